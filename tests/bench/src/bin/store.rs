//! The sync engine over the bench manifest, against a DynamoDB at another port.
//!
//! - `bench-store load DYNAMODB URL`: makes tables and a connection, and runs the first sync.
//! - `bench-store resync DYNAMODB URL`: reads everything anew and compares.
//! - `bench-store list DYNAMODB ROUNDS`: serves 100 stored orders so many times.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use manifold_aws::{Clients, Settings};
use manifold_bench::client::{client, connector};
use manifold_connectors::{
    Client, Connector, Fault, FaultKind, ModelTraits, Pages, ReadRequest, Record, Rejected, Source,
};
use manifold_domain::{
    connection::{Connection, ConnectionStatus, Every, History, Schedule},
    deployment::{DeploymentKeys, Domain},
    ports::{PortError, Ports, Queue, QueueName, Received, Secrets, SystemClock, SystemIds, Vault},
    store::{
        Row, Store, Table, When, keys,
        sync::{Asked, initial_sync_item},
    },
    sync::{self, Outcome, RunBudget, SyncMessage},
    synced::{self, ListRequest},
    systems::{
        AcceptedInput, ConnectionInput, FieldProblem, Hosting, OpenSpec, OpenSystem, PassthroughAnswer,
        PassthroughCall, StepFailure, StepReport, SystemFacts, Systems, Validated,
    },
};
use secrecy::SecretString;

const WS: &str = "ws_bench";
const CONN: &str = "conn_bench";
const MODEL: &str = "purchase_order";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, endpoint, what] = arguments
        .try_into()
        .expect("a mode, an endpoint, and an address or a number");
    let domain = domain(&endpoint, &what);
    match mode.as_str() {
        "load" => load(&domain).await,
        "resync" => resync(&domain).await,
        _ => list(&domain, what.parse().expect("a number of rounds")).await,
    }
}

async fn load(domain: &Domain) {
    domain.store.create_tables().await.expect("the tables are made");
    let connection = connection(domain);
    let key = keys::connection(WS, CONN);
    let put = domain
        .store
        .put(Row::Connection, Table::State, &key, &connection, When::always())
        .await;
    put.expect("the connection is written");
    let (_, item) = initial_sync_item(&connection, MODEL, domain.ports.clock.now()).expect("a row");
    let put = domain
        .store
        .put_item(Row::Sync, Table::State, item, When::always())
        .await;
    put.expect("the sync is written");
    legs(domain).await;
}

async fn resync(domain: &Domain) {
    let asked = Asked {
        full: true,
        confirm_deletions: false,
    };
    sync::start(domain, WS, CONN, Some(MODEL), asked)
        .await
        .expect("the sync is asked for");
    legs(domain).await;
}

/// Runs the sync to its end.
async fn legs(domain: &Domain) {
    let message = SyncMessage {
        ws: WS.to_owned(),
        conn: CONN.to_owned(),
        model: MODEL.to_owned(),
        generation: 1,
    };
    loop {
        let deadline = domain.ports.clock.wall() + Duration::from_secs(900);
        let outcome = sync::run_leg(domain, &message, RunBudget { deadline })
            .await
            .expect("the leg runs");
        match outcome {
            Outcome::Succeeded => return,
            Outcome::HandedOver => {}
            other => panic!("the sync ended as {other:?}"),
        }
    }
}

async fn list(domain: &Domain, rounds: usize) {
    let connection = domain
        .store
        .connection(WS, CONN)
        .await
        .expect("DynamoDB answers")
        .expect("it is loaded");
    let request = ListRequest {
        model: MODEL.to_owned(),
        limit: 100,
        ..ListRequest::default()
    };
    for _ in 0..rounds {
        let page = synced::list(domain, &connection, &request)
            .await
            .expect("the page is read");
        assert_eq!(page.records.len(), 100, "the page is full");
    }
}

fn connection(domain: &Domain) -> Connection {
    let now = domain.ports.clock.now();
    Connection {
        id: CONN.to_owned(),
        workspace: WS.to_owned(),
        system: "bench".to_owned(),
        method: "basic".to_owned(),
        hosting: Hosting::Cloud,
        customer: Default::default(),
        settings: BTreeMap::new(),
        identity: Vec::new(),
        status: ConnectionStatus::Online,
        status_since: now,
        status_reason: None,
        next_attempt_at: None,
        failures: 0,
        credits: 4,
        models: vec![MODEL.to_owned()],
        history: History::All,
        schedule: Schedule::All(Every::Hour),
        metadata: Default::default(),
        keep_raw: false,
        custom_fields: Vec::new(),
        created_at: now,
        last_synced_at: None,
        generation: 1,
        epoch: 1,
        credentials_version: 1,
        token_hash: None,
    }
}

/// The deployment of a function, with the bench system as its only one.
fn domain(endpoint: &str, url: &str) -> Domain {
    let settings = Settings::read(|name| match name {
        "AWS_REGION" => Some("local".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("bench".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    let clients = Clients::new(&settings.expect("the settings are complete"));
    Domain {
        store: Store::new(clients.dynamodb.clone(), "state", "records"),
        ports: Ports {
            queue: Arc::new(Nothing),
            vault: Arc::new(Nothing),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        },
        keys: DeploymentKeys::from_master(&SecretString::from("a master secret of the benchmark's own")),
        catalog: Arc::new(Bench {
            connector: connector(),
            url: url.to_owned(),
        }),
    }
}

/// A queue that sends nothing and a vault with the one secret that the pages ask for.
struct Nothing;

#[async_trait]
impl Queue for Nothing {
    async fn send(&self, _: QueueName, _: &str, _: Duration) -> Result<(), PortError> {
        Ok(())
    }

    async fn receive(&self, _: QueueName, _: usize, _: Duration) -> Result<Vec<Received>, PortError> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: QueueName, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Vault for Nothing {
    async fn put(&self, _: &str, _: &Secrets) -> Result<(), PortError> {
        Ok(())
    }

    async fn get(&self, _: &str) -> Result<Option<Secrets>, PortError> {
        Ok(Some(Secrets::new()))
    }

    async fn destroy(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

/// The catalogue with the bench system only.
struct Bench {
    connector: Arc<Connector>,
    url: String,
}

#[async_trait]
impl Systems for Bench {
    fn describe(&self, system: &str) -> Option<SystemFacts> {
        let models = self
            .connector
            .capabilities()
            .into_iter()
            .map(|capability| capability.reads)
            .collect();
        Some(SystemFacts {
            system: system.to_owned(),
            title: "Bench".to_owned(),
            credits: 4,
            models,
        })
    }

    fn accept(&self, _: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        Err(Vec::new())
    }

    async fn validate(
        &self,
        _: &str,
        _: &AcceptedInput,
        _: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Validated, StepFailure> {
        Ok(Validated::default())
    }

    fn open(&self, _: OpenSpec) -> Result<Arc<dyn OpenSystem>, Fault> {
        Ok(Arc::new(Opened(client(&self.connector, &self.url))))
    }
}

struct Opened(Arc<Client>);

#[async_trait]
impl Source for Opened {
    fn traits(&self, model: &str) -> Option<ModelTraits> {
        self.0.traits(model)
    }

    fn read(self: Arc<Self>, request: ReadRequest) -> Box<dyn Pages> {
        Arc::clone(&self.0).read(request)
    }

    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault> {
        self.0.get(model, id, raw).await
    }
}

#[async_trait]
impl OpenSystem for Opened {
    async fn passthrough(&self, _: PassthroughCall) -> Result<PassthroughAnswer, Fault> {
        Err(Fault::new(
            FaultKind::Unsupported,
            "The benchmark passes nothing through.",
        ))
    }
}
