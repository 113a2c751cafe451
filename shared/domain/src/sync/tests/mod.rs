//! Runs against fake systems and the embedded DynamoDB. Names carry the failure that a test is about
//! (T1 to T26: reliability.md).

mod commits;
mod cursors;
mod deletions;
mod faults;
mod feed;
mod feed_interleaved;
mod gate;
mod poison;
mod runs;
mod stories;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    changes,
    connection::{Connection, ConnectionStatus, Every, History, Schedule},
    health::probe::{self, ProbeMessage},
    ports::{QueueName, Secrets},
    schedule,
    store::{
        Row, Table, When, keys,
        record::StoredRecord,
        sync::{Asked, SyncRow, SyncState, initial_sync_item},
    },
    synced::{self, ListRequest},
    systems::Hosting,
    testing::{PASSWORD, SYSTEM, TestDomain, record},
};

use super::{Outcome, RunBudget, SyncMessage, run_leg, start};

pub(super) const WS: &str = "ws_1";
pub(super) const CONN: &str = "conn_1";
pub(super) const MODEL: &str = "vendor";

/// A deployment with one connection, whose only model is `vendor`.
pub(super) struct Rig {
    pub(super) test: TestDomain,
}

impl Rig {
    pub(super) async fn start() -> Self {
        let rig = Self {
            test: TestDomain::start().await,
        };
        rig.connect(&[MODEL], Every::Hour).await;
        rig
    }

    pub(super) async fn connect(&self, models: &[&str], every: Every) -> Connection {
        let now = self.now();
        let connection = Connection {
            id: CONN.to_owned(),
            workspace: WS.to_owned(),
            system: SYSTEM.to_owned(),
            method: "password".to_owned(),
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
            credits: 2,
            models: models.iter().map(|model| (*model).to_owned()).collect(),
            history: History::Days(90),
            schedule: Schedule::All(every),
            metadata: Default::default(),
            keep_raw: false,
            custom_fields: Vec::new(),
            created_at: now,
            last_synced_at: None,
            generation: 1,
            epoch: 1,
            credentials_version: 1,
            token_hash: None,
        };
        self.put_connection(&connection).await;
        let secrets = Secrets::from([("password".to_owned(), SecretString::from(PASSWORD))]);
        self.test
            .domain
            .ports
            .vault
            .put(&connection.vault_name(), &secrets)
            .await
            .unwrap();
        for model in models {
            let (_, item) = initial_sync_item(&connection, model, now).unwrap();
            self.test
                .domain
                .store
                .put_item(Row::Sync, Table::State, item, When::always())
                .await
                .unwrap();
        }
        connection
    }

    pub(super) async fn put_connection(&self, connection: &Connection) {
        let key = keys::connection(WS, CONN);
        self.test
            .domain
            .store
            .put(Row::Connection, Table::State, &key, connection, When::always())
            .await
            .unwrap();
    }

    pub(super) async fn connection(&self) -> Connection {
        self.test
            .domain
            .store
            .connection(WS, CONN)
            .await
            .unwrap()
            .unwrap()
    }

    /// What a disconnect does to the connection's row.
    pub(super) async fn disconnect(&self) {
        let mut connection = self.connection().await;
        connection.status = ConnectionStatus::Disconnected;
        connection.generation += 1;
        self.put_connection(&connection).await;
    }

    pub(super) fn now(&self) -> Timestamp {
        self.test.domain.ports.clock.now()
    }

    pub(super) fn advance(&self, by: Duration) {
        self.test.clock.advance(by);
    }

    /// Creates or changes a record at the system, now.
    pub(super) fn put(&self, id: &str, name: &str) {
        self.test
            .systems
            .put(MODEL, record(MODEL, id, name, Some(self.now())));
    }

    /// Creates numbered records at the system.
    pub(super) fn fill(&self, count: usize) {
        for n in 0..count {
            self.put(&format!("{n:05}"), &format!("vendor {n}"));
        }
    }

    pub(super) async fn row(&self) -> SyncRow {
        self.test
            .domain
            .store
            .sync(WS, CONN, MODEL)
            .await
            .unwrap()
            .unwrap()
    }

    pub(super) async fn state(&self) -> SyncState {
        self.row().await.shown_state(self.test.domain.ports.clock.wall())
    }

    pub(super) async fn leg_until(&self, budget: Duration) -> Outcome {
        self.try_leg(budget).await.unwrap()
    }

    pub(super) async fn try_leg(&self, budget: Duration) -> Result<Outcome, crate::error::Problem> {
        let message = SyncMessage {
            ws: WS.to_owned(),
            conn: CONN.to_owned(),
            model: MODEL.to_owned(),
            generation: 1,
        };
        let deadline = self.test.domain.ports.clock.wall() + budget;
        run_leg(&self.test.domain, &message, RunBudget { deadline }).await
    }

    pub(super) async fn leg(&self) -> Outcome {
        self.leg_until(Duration::from_secs(900)).await
    }

    pub(super) async fn ask(&self, full: bool, confirm_deletions: bool) {
        let asked = Asked {
            full,
            confirm_deletions,
        };
        self.try_ask(asked).await.unwrap();
    }

    pub(super) async fn try_ask(&self, asked: Asked) -> Result<(), crate::error::Problem> {
        start(&self.test.domain, WS, CONN, Some(MODEL), asked)
            .await
            .map(|_| ())
    }

    /// Asks for a run and runs it to its end.
    pub(super) async fn sync(&self) -> Outcome {
        self.ask(false, false).await;
        self.leg().await
    }

    /// Asks for a complete read and runs it to its end.
    pub(super) async fn full_sync(&self) -> Outcome {
        self.ask(true, false).await;
        self.leg().await
    }

    /// What the minute schedule and the queue's poller do, for so many minutes.
    pub(super) async fn minutes(&self, minutes: usize) {
        for _ in 0..minutes {
            self.minute().await;
            self.advance(Duration::from_secs(60));
        }
    }

    pub(super) async fn minute(&self) -> schedule::DriveReport {
        let deadline = self.test.domain.ports.clock.wall() + Duration::from_secs(55);
        let report = schedule::drive(&self.test.domain, deadline).await.unwrap();
        self.poll().await;
        report
    }

    /// Handles messages until none is visible.
    pub(super) async fn poll(&self) -> usize {
        let mut handled = 0;
        loop {
            let bodies = self.test.queue.take(QueueName::Sync);
            if bodies.is_empty() {
                return handled;
            }
            for body in bodies {
                self.handle(&body).await;
                handled += 1;
            }
        }
    }

    /// What the `sync` function does with a message.
    async fn handle(&self, body: &str) {
        // A probe's message names no model.
        if let Ok(message) = serde_json::from_str::<SyncMessage>(body) {
            let deadline = self.test.domain.ports.clock.wall() + Duration::from_secs(900);
            run_leg(&self.test.domain, &message, RunBudget { deadline })
                .await
                .unwrap();
            return;
        }
        let message: ProbeMessage = serde_json::from_str(body).unwrap();
        probe::run(&self.test.domain, &message).await.unwrap();
    }

    /// Names of the stored records by id.
    pub(super) async fn stored(&self) -> BTreeMap<String, String> {
        let connection = self.connection().await;
        let mut stored = BTreeMap::new();
        let mut request = ListRequest {
            model: MODEL.to_owned(),
            limit: 500,
            ..ListRequest::default()
        };
        loop {
            let page = synced::list(&self.test.domain, &connection, &request)
                .await
                .unwrap();
            for body in page.records {
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let text = |name: &str| body[name].as_str().unwrap().to_owned();
                stored.insert(text("id"), text("name"));
            }
            match page.next_cursor {
                Some(cursor) => request.cursor = Some(cursor),
                None => return stored,
            }
        }
    }

    /// Names of the records at the system by id.
    pub(super) fn at_system(&self) -> BTreeMap<String, String> {
        self.test.systems.names(MODEL)
    }

    /// Everything that a reader of the feed gets from a cursor on: `(seq, change, id)`, and the cursor.
    pub(super) async fn feed(&self, cursor: Option<String>) -> (Vec<(u64, &'static str, String)>, String) {
        let connection = self.connection().await;
        let (mut seen, mut cursor) = (Vec::new(), cursor);
        loop {
            let page = changes::read(&self.test.domain, &connection, &[], cursor.as_deref(), 100)
                .await
                .unwrap();
            seen.extend(
                page.items
                    .into_iter()
                    .map(|item| (item.seq, item.change.as_str(), item.id)),
            );
            cursor = Some(page.next_cursor.clone());
            if page.up_to_date {
                return (seen, page.next_cursor);
            }
        }
    }

    pub(super) async fn stored_row(&self, id: &str) -> Option<StoredRecord> {
        let row = self.row().await;
        self.test.domain.store.record(&row.partition(), id).await.unwrap()
    }
}
