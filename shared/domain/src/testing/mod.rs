//! A whole deployment in one test: an embedded DynamoDB of its own, ports in memory, systems that a
//! test scripts. Behind the feature `testing`.
//!
//! `MANIFOLD_TEST_DYNAMODB_ENDPOINT` takes another DynamoDB; each test then has tables of its own.

#[cfg(test)]
mod cases;
mod fake;
mod in_process;
mod ports;
mod probe;
mod receivers;

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use jiff::Timestamp;
use secrecy::SecretString;

#[cfg(test)]
pub(crate) use cases::{each_case, each_case_on};
pub use fake::{FakeSystems, Gate, PASSWORD, SYSTEM, Twist, record};
pub use ports::{MemoryQueue, MemoryVault, SeededIds, Sent, TestClock};
pub use probe::{Death, Probe, StoreCall};
pub use receivers::{Arrived, Behaviour, MemoryReceivers};

use crate::{
    deployment::{DeploymentKeys, Domain},
    ports::{Ports, QueueName},
    store::Store,
    webhooks::{self, DeliverMessage},
};

/// A deployment for one test. Its DynamoDB ends with it.
#[derive(Debug)]
pub struct TestDomain {
    /// What use cases take.
    pub domain: Domain,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its queues.
    pub queue: Arc<MemoryQueue>,
    /// Its vault.
    pub vault: Arc<MemoryVault>,
    /// Its systems.
    pub systems: Arc<FakeSystems>,
    /// Whoever its webhooks reach.
    pub receivers: Arc<MemoryReceivers>,
    /// Its calls of DynamoDB.
    pub probe: Probe,
    server: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for TestDomain {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl TestDomain {
    /// Starts one with empty tables at 2026-01-05T08:00:00Z.
    ///
    /// # Panics
    /// When the embedded DynamoDB does not start.
    pub async fn start() -> Self {
        let probe = Probe::default();
        let (store, server) = watched_store(&probe).await;
        let clock = Arc::new(TestClock::default());
        let queue = Arc::new(MemoryQueue::new(clock.clone()));
        let vault = Arc::new(MemoryVault::default());
        let systems = Arc::new(FakeSystems::default());
        let receivers = Arc::new(MemoryReceivers::new(clock.clone()));
        let domain = Domain {
            store,
            ports: Ports {
                queue: queue.clone(),
                vault: vault.clone(),
                clock: clock.clone(),
                ids: Arc::new(SeededIds::default()),
            },
            keys: keys(),
            catalog: systems.clone(),
            receivers: receivers.clone(),
        };
        Self {
            domain,
            clock,
            queue,
            vault,
            systems,
            receivers,
            probe,
            server,
        }
    }
}

impl TestDomain {
    /// Works on every message of the deliver queue, and on those that this brings.
    ///
    /// # Panics
    /// When one cannot be worked on.
    pub async fn deliver(&self) {
        loop {
            let messages = self.queue.take(QueueName::Deliver);
            if messages.is_empty() {
                return;
            }
            for body in messages {
                let message: DeliverMessage = serde_json::from_str(&body).expect("a message of ours");
                let deadline = self.domain.ports.clock.wall() + Duration::from_secs(70);
                webhooks::work(&self.domain, &message, deadline)
                    .await
                    .expect("it can be worked on");
            }
        }
    }

    /// The stack's time.
    #[must_use]
    pub fn clock_now(&self) -> Timestamp {
        self.domain.ports.clock.now()
    }

    /// The wall's time.
    #[must_use]
    pub fn clock_wall(&self) -> Timestamp {
        self.domain.ports.clock.wall()
    }
}

/// A deployment without any DynamoDB, for what asks only the systems.
#[must_use]
pub fn detached(systems: Arc<FakeSystems>) -> Domain {
    let clock = Arc::new(TestClock::default());
    Domain {
        store: Store::new(client("http://127.0.0.1:9", &Probe::default()), "none", "none"),
        ports: Ports {
            queue: Arc::new(MemoryQueue::new(clock.clone())),
            vault: Arc::new(MemoryVault::default()),
            clock: clock.clone(),
            ids: Arc::new(SeededIds::default()),
        },
        keys: keys(),
        catalog: systems,
        receivers: Arc::new(MemoryReceivers::new(clock)),
    }
}

/// A store over empty tables, and the server behind it when it is embedded.
///
/// # Panics
/// When there is no DynamoDB to be had.
pub async fn empty_store() -> (Store, Option<tokio::task::JoinHandle<()>>) {
    watched_store(&Probe::default()).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test run is pointed at another DynamoDB from outside"
)]
async fn watched_store(probe: &Probe) -> (Store, Option<tokio::task::JoinHandle<()>>) {
    if let Ok(endpoint) = std::env::var("MANIFOLD_TEST_DYNAMODB_ENDPOINT") {
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        let store = Store::new(
            client(&endpoint, probe),
            format!("state-{suffix}"),
            format!("records-{suffix}"),
        );
        store
            .create_tables()
            .await
            .expect("the given DynamoDB makes tables");
        store
            .keep_expired()
            .await
            .expect("the given DynamoDB keeps what is over by the wall's clock");
        return (store, None);
    }
    let database = dynoxide::Database::memory().expect("SQLite opens in memory");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
    let store = Store::new(client(&format!("http://{address}"), probe), "state", "records");
    store
        .create_tables()
        .await
        .expect("the embedded DynamoDB makes tables");
    (store, Some(server))
}

/// A store over empty tables in this very task, without any socket: for stories in which tokio's clock stands still
/// while nobody waits.
///
/// # Panics
/// When SQLite does not open in memory.
pub async fn in_process_store() -> Store {
    let database = dynoxide::Database::memory().expect("SQLite opens in memory");
    let config = config(&Probe::default())
        .http_client(in_process::http_client(database))
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let store = Store::new(Client::from_conf(config), "state", "records");
    store
        .create_tables()
        .await
        .expect("the embedded DynamoDB makes tables");
    store
}

/// The keys of a test's deployment.
#[must_use]
pub fn keys() -> DeploymentKeys {
    DeploymentKeys::from_master(&SecretString::from("a master secret that only tests know"))
}

fn client(endpoint: &str, probe: &Probe) -> Client {
    let config = config(probe)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

/// A client as the store wants it: without retries of its own.
fn config(probe: &Probe) -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .interceptor(probe.clone())
}
