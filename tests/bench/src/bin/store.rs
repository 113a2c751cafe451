//! The sync engine over the bench manifest, against a DynamoDB at another port.
//!
//! - `bench-store load DYNAMODB URL CONNECTION`: makes tables and a connection, and runs the first sync.
//! - `bench-store resync DYNAMODB URL CONNECTION`: reads everything anew and compares.
//! - `bench-store list DYNAMODB ROUNDS CONNECTION`: lists 100 stored orders so many times, as the API serves them.
//! - `bench-store bare DYNAMODB ROUNDS CONNECTION`: the floor of that: one query for the same 100 rows.
//! - `bench-store puts DYNAMODB URL CONNECTION`: the floor of a load: fetch, typed parse, map by hand, and the
//!   SDK's own batches of rows.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use manifold_bench::{
    client::{client, connector, plain},
    deployment::{self, clients},
    orders::Page,
};
use manifold_connectors::{
    Client, Connector, Fault, FaultKind, ModelTraits, Pages, ReadRequest, Record, Rejected, Source,
};
use manifold_domain::{
    connection::{Connection, ConnectionStatus, Every, History, Schedule},
    deployment::Domain,
    store::{
        Row, Table, When, keys,
        sync::{Asked, initial_sync_item},
    },
    sync::{self, Outcome, RunBudget, SyncMessage},
    synced::{self, ListRequest},
    systems::{
        AcceptedInput, ConnectionInput, FieldProblem, Hosting, OpenSpec, OpenSystem, PassthroughAnswer,
        PassthroughCall, StepFailure, StepReport, SystemFacts, Systems, Validated,
    },
    webhooks::{Answer, Message, Posted, Receivers},
};
use url::Url;

const WS: &str = "ws_bench";
const MODEL: &str = "purchase_order";
/// Orders of one page.
const LISTED: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, endpoint, url, conn] = arguments
        .try_into()
        .expect("a mode, an endpoint, an address, a connection");
    if mode == "puts" {
        return puts(&endpoint, &url, &conn).await;
    }
    let domain = domain(&endpoint, &url);
    match mode.as_str() {
        "load" => load(&domain, &conn).await,
        "list" => list(&domain, &conn, rounds(&url)).await,
        "bare" => bare(&endpoint, &conn, rounds(&url)).await,
        _ => resync(&domain, &conn).await,
    }
}

async fn load(domain: &Domain, conn: &str) {
    domain.store.create_tables().await.expect("the tables are made");
    let connection = connection(domain, conn);
    let key = keys::connection(WS, conn);
    let put = domain
        .store
        .put(Row::Connection, Table::State, &key, &connection, When::always());
    put.await.expect("the connection is written");
    let (_, item) = initial_sync_item(&connection, MODEL, domain.ports.clock.now()).expect("a row");
    let put = domain
        .store
        .put_item(Row::Sync, Table::State, item, When::always());
    put.await.expect("the sync is written");
    legs(domain, conn).await;
}

async fn resync(domain: &Domain, conn: &str) {
    let asked = Asked {
        full: true,
        confirm_deletions: false,
    };
    sync::start(domain, WS, conn, Some(MODEL), asked)
        .await
        .expect("the sync is asked for");
    legs(domain, conn).await;
}

fn rounds(text: &str) -> usize {
    text.parse().expect("a number of rounds")
}

async fn list(domain: &Domain, conn: &str, rounds: usize) {
    let connection = connection(domain, conn);
    let request = ListRequest {
        model: MODEL.to_owned(),
        limit: LISTED,
        ..ListRequest::default()
    };
    for _ in 0..rounds {
        let page = synced::list(domain, &connection, &request).await.expect("a page");
        assert_eq!(page.records.len(), LISTED);
    }
}

async fn bare(endpoint: &str, conn: &str, rounds: usize) {
    let dynamodb = clients(endpoint).dynamodb;
    let pk = keys::Partition::new(WS, conn, 1, MODEL).records_pk(0);
    for _ in 0..rounds {
        let page = dynamodb
            .query()
            .table_name("records")
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .limit(100)
            .send()
            .await
            .expect("a page");
        assert_eq!(page.items().len(), LISTED);
    }
}

/// Runs the sync to its end.
async fn legs(domain: &Domain, conn: &str) {
    let message = SyncMessage {
        ws: WS.to_owned(),
        conn: conn.to_owned(),
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

/// Rows of 765 bytes, as a packed order is, 25 at a time.
async fn puts(endpoint: &str, url: &str, conn: &str) {
    let (client, dynamodb) = (plain(), clients(endpoint).dynamodb);
    let mut next = Some(format!("{url}/PurchaseOrders"));
    while let Some(url) = next {
        let answer = client.get(&url).send().await.expect("the server answers");
        let body = answer.bytes().await.expect("the page comes whole");
        let page: Page = serde_json::from_slice(&body).expect("a page");
        for batch in page.value.chunks(25) {
            let rows = batch.iter().map(|order| {
                let mut text = serde_json::to_vec(&order.map()).expect("an order serialises");
                text.truncate(765);
                let put = PutRequest::builder()
                    .item("pk", AttributeValue::S(format!("{conn}#r0")))
                    .item("sk", AttributeValue::S(order.purchase_order.clone().into_owned()))
                    .item("b", AttributeValue::B(Blob::new(text)));
                WriteRequest::builder()
                    .put_request(put.build().expect("it has an item"))
                    .build()
            });
            let rows = rows.collect();
            dynamodb
                .batch_write_item()
                .request_items("records", rows)
                .send()
                .await
                .expect("the rows are taken");
        }
        next = page.next.map(|link| link.into_owned());
    }
}

fn connection(domain: &Domain, conn: &str) -> Connection {
    let now = domain.ports.clock.now();
    Connection {
        id: conn.to_owned(),
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
        status_seq: 1,
        doubted_at: None,
        live_after: None,
        live_until: None,
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
    let catalog = Bench {
        connector: connector(),
        url: url.to_owned(),
    };
    deployment::domain(endpoint, Arc::new(catalog), Arc::new(Nobody))
}

/// Nobody listens to webhooks here.
struct Nobody;

#[async_trait]
impl Receivers for Nobody {
    async fn admit(&self, _: &str, _: &Url) -> Result<(), Fault> {
        Ok(())
    }

    async fn post(&self, _: &str, _: Message) -> Posted {
        Posted {
            took: Duration::ZERO,
            answer: Ok(Answer::default()),
        }
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
