//! A whole deployment in one test: an embedded DynamoDB of its own, ports in memory, systems that a
//! test scripts. Behind the feature `testing`.
//!
//! `MANIFOLD_TEST_DYNAMODB_ENDPOINT` takes another DynamoDB; each test then has tables of its own.

mod fake;
mod ports;
mod probe;

use std::sync::Arc;

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use secrecy::SecretString;

pub use fake::{FakeSystems, Gate, PASSWORD, SYSTEM, Twist, record};
pub use ports::{MemoryQueue, MemoryVault, SeededIds, Sent, TestClock};
pub use probe::{Death, Probe, StoreCall};

use crate::{
    deployment::{DeploymentKeys, Domain},
    ports::Ports,
    store::Store,
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
        let domain = Domain {
            store,
            ports: Ports {
                queue: queue.clone(),
                vault: vault.clone(),
                clock: clock.clone(),
                ids: Arc::new(SeededIds::default()),
            },
            keys: DeploymentKeys::from_master(&SecretString::from("a master secret that only tests know")),
            catalog: systems.clone(),
        };
        Self {
            domain,
            clock,
            queue,
            vault,
            systems,
            probe,
            server,
        }
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
            clock,
            ids: Arc::new(SeededIds::default()),
        },
        keys: DeploymentKeys::from_master(&SecretString::from("a master secret that only tests know")),
        catalog: systems,
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

/// A client as the store wants it: without retries of its own.
fn client(endpoint: &str, probe: &Probe) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .interceptor(probe.clone())
        .build();
    Client::from_conf(config)
}
