//! Replays a fixture through the real client.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use manifold_connectors::{
    Client, Fault, FaultKind, ReadRequest, Record, Rejected, Source as _, auth::Moment, budget::Budget,
    client::Outside, form::ConnectionInput, map::CustomField, transport::Transport,
};
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    fixture::Fixture,
    replay::{Replay, Sent},
    system::System,
};

/// The most faults that a reading goes on after.
const MOST_FAULTS: usize = 3;

/// What came of a fixture.
#[derive(Debug, Default)]
pub struct Outcome {
    pub sent: Vec<Sent>,
    /// Records a page.
    pub pages: Vec<usize>,
    pub records: Vec<(Record, Value)>,
    pub rejected: Vec<Rejected>,
    pub faults: Vec<Fault>,
    pub warnings: Vec<String>,
    /// What is wrong with the fixture itself.
    pub broken: Vec<String>,
    /// The client's own Debug.
    pub debug: String,
}

/// A clock that stands still, and nonces that are always the same.
struct Still;

impl Moment for Still {
    fn now(&self) -> Timestamp {
        "2026-11-24T09:00:00Z".parse().expect("a time")
    }

    fn random(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

/// Replays one fixture.
pub async fn run(system: &System, fixture: &Fixture) -> Outcome {
    let replay = Arc::new(Replay::new(fixture.exchanges.clone()));
    let mut outcome = through(system, fixture, replay.clone(), Arc::new(Still)).await;
    let (sent, unknown, unused) = replay.finish();
    outcome.sent = sent;
    outcome.broken.extend(unknown);
    if unused > 0 {
        outcome
            .broken
            .push(format!("{unused} exchanges were not asked for"));
    }
    outcome
}

/// Reads what a fixture asks for through any transport.
pub async fn through(
    system: &System,
    fixture: &Fixture,
    transport: Arc<dyn Transport>,
    moment: Arc<dyn Moment>,
) -> Outcome {
    let mut outcome = Outcome::default();
    match client(system, fixture, transport, moment) {
        Ok(client) => read(Arc::new(client), fixture, &mut outcome).await,
        Err(problem) => outcome.broken.push(problem),
    }
    outcome
}

fn client(
    system: &System,
    fixture: &Fixture,
    transport: Arc<dyn Transport>,
    moment: Arc<dyn Moment>,
) -> Result<Client, String> {
    let secrets = |given: &BTreeMap<String, String>| {
        given
            .iter()
            .map(|(key, value)| (key.clone(), SecretString::from(value.clone())))
            .collect()
    };
    let input = ConnectionInput {
        system: system.id.clone(),
        method: fixture.instance.method.clone(),
        settings: fixture.instance.settings.clone(),
        credentials: secrets(&fixture.instance.credentials),
        ..ConnectionInput::default()
    };
    let instance = system
        .connector
        .accept(&input)
        .map_err(|problems| format!("{problems:?}"))?;
    let budget = Budget::new(system.connector.manifest().limits);
    let outside = Outside {
        moment,
        ..Outside::new(transport, budget)
    };
    let own = fixture
        .request
        .custom_fields
        .iter()
        .map(|(name, path)| CustomField {
            name: name.clone(),
            model: fixture.request.model.clone(),
            path: path.clone(),
        });
    Client::new(
        system.connector.clone(),
        instance,
        outside,
        &own.collect::<Vec<_>>(),
    )
    .map_err(|fault| fault.to_string())
}

async fn read(client: Arc<Client>, fixture: &Fixture, outcome: &mut Outcome) {
    outcome.debug = format!("{client:?}");
    let asked = &fixture.request;
    if let Some(id) = &asked.id {
        match client.get(&asked.model, id, true).await {
            Ok(None) => {}
            Ok(Some(Ok(record))) => keep(record, outcome),
            Ok(Some(Err(rejected))) => outcome.rejected.push(rejected),
            Err(fault) => outcome.faults.push(fault),
        }
        return;
    }
    let mut pages = client.read(ReadRequest {
        model: asked.model.clone(),
        since: asked.since,
        filters: asked.filters.clone().into_iter().collect(),
        page_size: asked.page_size,
        position: None,
        raw: false,
        look: false,
    });
    loop {
        match pages.next().await {
            Ok(None) => return,
            Ok(Some(page)) => {
                outcome.pages.push(page.records.len() + page.rejected.len());
                outcome.rejected.extend(page.rejected);
                outcome.warnings.extend(page.warnings);
                for record in page.records {
                    keep(record, outcome);
                }
            }
            // A reader comes again when the system said when; anything else ends a run.
            Err(fault) => {
                let again = fault.kind == FaultKind::RateLimited && outcome.faults.len() < MOST_FAULTS;
                outcome.faults.push(fault);
                if !again {
                    return;
                }
            }
        }
    }
}

fn keep(record: Record, outcome: &mut Outcome) {
    let body = serde_json::from_slice(&record.body).unwrap_or_else(|error| {
        outcome
            .broken
            .push(format!("{}: the record is not JSON: {error}", record.id));
        Value::Null
    });
    outcome.records.push((record, body));
}
