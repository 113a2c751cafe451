//! What webhooks promise, told with owned time.

mod days;
mod delivering;
mod endpoints;
mod failing;
mod interleaved;
mod records;
mod replaying;

use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{
    Attempt, DeliverMessage, Delivery, DeliveryStatus, Endpoint, EndpointSettings, Outcome, create,
    deliveries, work,
};
use crate::{
    audit::Actor,
    events::{self, EventType},
    listing::Paging,
    ports::{Clock as _, QueueName},
    schedule,
    store::{Row, Table, Transaction, keys},
    testing::{Arrived, Behaviour, TestDomain},
    workspace,
};

/// Whoever acts in these stories.
fn somebody() -> Actor {
    Actor {
        who: "key_test".to_owned(),
        from: None,
        request: None,
    }
}

/// A deployment with one workspace.
struct Story {
    test: TestDomain,
    ws: String,
}

impl Story {
    async fn begin() -> Self {
        let test = TestDomain::start().await;
        let (made, _) = workspace::create(&test.domain, &somebody(), "Example", 40)
            .await
            .unwrap();
        Self { test, ws: made.id }
    }

    /// From now on this host behaves so.
    fn behave(&self, host: &str, behaviour: Behaviour) {
        self.test.receivers.behave(host, behaviour);
    }

    /// An endpoint on a host that wants everything.
    async fn endpoint(&self, host: &str) -> (Endpoint, String) {
        self.endpoint_that(host, |_| {}).await
    }

    async fn endpoint_that(
        &self,
        host: &str,
        settle: impl FnOnce(&mut EndpointSettings),
    ) -> (Endpoint, String) {
        let mut settings = EndpointSettings {
            url: format!("https://{host}/hook"),
            description: None,
            event_types: Vec::new(),
            connection_ids: Vec::new(),
            batch: true,
            initial: false,
        };
        settle(&mut settings);
        let (endpoint, secret) = create(&self.test.domain, &self.ws, &somebody(), settings)
            .await
            .unwrap();
        // Ids sort by time, so that the next one comes behind.
        self.test.clock.advance(Duration::from_millis(1));
        (endpoint, secret.expose_secret().to_owned())
    }

    /// Something happens to a connection; the event's id.
    async fn happen(&self, conn: &str) -> String {
        self.happen_as(EventType::SyncSucceeded, conn).await
    }

    async fn happen_as(&self, kind: EventType, conn: &str) -> String {
        let domain = &self.test.domain;
        let mut transaction = Transaction::new();
        let id = events::add(
            &mut transaction,
            domain,
            &self.ws,
            kind,
            json!({"connection_id": conn}),
        )
        .unwrap();
        domain.commit(transaction).await.unwrap();
        self.test.clock.advance(Duration::from_millis(1));
        id
    }

    fn now(&self) -> Timestamp {
        self.test.clock.now()
    }

    fn deadline(&self) -> Timestamp {
        self.test.clock.wall() + Duration::from_secs(70)
    }

    /// Works on every message that is there, and on those that this brings, until none is.
    async fn pump(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        loop {
            let messages = self.test.queue.take(QueueName::Deliver);
            if messages.is_empty() {
                return outcomes;
            }
            for body in messages {
                let message: DeliverMessage = serde_json::from_str(&body).unwrap();
                let outcome = work(&self.test.domain, &message, self.deadline()).await;
                outcomes.push(outcome.unwrap().outcome);
            }
        }
    }

    /// The minute schedule runs, and what it wakes is worked on.
    async fn minute(&self) -> schedule::DriveReport {
        let report = schedule::drive(&self.test.domain, self.deadline()).await.unwrap();
        self.pump().await;
        report
    }

    /// Lets time pass to each moment at which some lane has something to do, until `end`.
    async fn until(&self, end: Timestamp) {
        self.pump().await;
        while let Some(at) = self.next_wake().await.filter(|at| *at <= end) {
            let wait = at.duration_since(self.now());
            self.test
                .clock
                .advance(Duration::try_from(wait).unwrap_or_default());
            if self.pump().await.is_empty() {
                // Too far off for a message: the schedule's, which may have sent one that comes within a second.
                self.minute().await;
                self.test.clock.advance(Duration::from_millis(250));
            }
        }
        let rest = end.duration_since(self.now());
        self.test
            .clock
            .advance(Duration::try_from(rest).unwrap_or_default());
        self.minute().await;
    }

    async fn hours(&self, hours: u64) {
        self.until(self.now() + Duration::from_secs(hours * 3600)).await;
    }

    async fn next_wake(&self) -> Option<Timestamp> {
        let lanes = super::endpoint::rows(&self.test.domain, &self.ws).await.unwrap();
        lanes.into_iter().filter_map(|(_, lane)| lane?.wake_at).min()
    }

    /// What arrived at a host.
    fn arrived(&self, host: &str) -> Vec<Arrived> {
        self.test.receivers.arrived(host)
    }

    /// Ids of what arrived at a host.
    fn ids(&self, host: &str) -> Vec<String> {
        self.arrived(host).into_iter().map(|arrived| arrived.id).collect()
    }

    /// The log of an endpoint, oldest event first.
    async fn log(&self, ep: &str) -> Vec<Delivery> {
        let paging = Paging {
            limit: 500,
            cursor: None,
        };
        let page = deliveries(&self.test.domain, &self.ws, ep, None, paging).await;
        let mut log = page.unwrap().data;
        log.reverse();
        log
    }

    async fn only(&self, ep: &str) -> Delivery {
        let log = self.log(ep).await;
        assert_eq!(log.len(), 1, "{log:?}");
        log.into_iter().next().unwrap()
    }

    async fn get(&self, ep: &str) -> Endpoint {
        super::get(&self.test.domain, &self.ws, ep).await.unwrap()
    }

    /// Types of all events, oldest first.
    async fn told(&self) -> Vec<&'static str> {
        let paging = Paging {
            limit: 500,
            cursor: None,
        };
        let page = events::list(&self.test.domain, &self.ws, paging).await.unwrap();
        page.data.iter().rev().map(|event| event.kind.as_str()).collect()
    }

    /// Nothing is due and nothing is left to be sent.
    async fn check_quiet(&self) {
        let far = self.now() + Duration::from_secs(30 * 24 * 3600);
        for shard in 0..keys::DUE_SHARDS {
            let due = self.test.domain.store.due(shard, far, 100).await.unwrap();
            assert!(due.is_empty(), "{due:?}");
        }
        for (endpoint, _) in super::endpoint::rows(&self.test.domain, &self.ws).await.unwrap() {
            let pk = keys::turns_pk(&self.ws, &endpoint.id);
            let left = self
                .test
                .domain
                .store
                .any(Row::Turn, Table::State, &pk, &crate::store::SortKeys::All)
                .await;
            assert!(!left.unwrap(), "{} has turns left", endpoint.id);
        }
    }
}

/// Whether a message is signed with a secret, by the official library. Its `verify` knows no clock but the wall's,
/// and these stories have their own: the story over real sockets calls that.
fn is_signed(secret: &str, arrived: &Arrived) -> bool {
    let timestamp = arrived.timestamp.parse().unwrap();
    let expected = standardwebhooks::Webhook::new(secret)
        .unwrap()
        .sign(&arrived.id, timestamp, &arrived.body)
        .unwrap();
    arrived
        .signature
        .split(' ')
        .any(|signature| signature == expected)
}

fn body(arrived: &Arrived) -> Value {
    serde_json::from_slice(&arrived.body).unwrap()
}

fn statuses(attempts: &[Attempt]) -> Vec<Option<u16>> {
    attempts.iter().map(|attempt| attempt.status).collect()
}
