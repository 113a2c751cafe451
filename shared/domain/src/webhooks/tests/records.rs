//! Changed records as events, from the journal of the pages that brought them.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;

use super::*;
use crate::{
    connect::{self, ConnectRequest},
    connection::{Connection, Customer},
    disconnect::disconnect,
    store::{Change, When, sync::Asked},
    sync::{self, RunBudget, SyncMessage, run_leg},
    systems::ConnectionInput,
    testing::{Death, PASSWORD, SYSTEM, record},
};

const MODEL: &str = "vendor";

impl Story {
    /// A connection to the fake system, whose only model is `vendor`.
    async fn connect(&self) -> Connection {
        let input = ConnectionInput {
            system: SYSTEM.to_owned(),
            method: None,
            settings: BTreeMap::from([("instance_url".to_owned(), "https://erp.example.com".to_owned())]),
            credentials: BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))]),
        };
        let mut wanted = ConnectRequest {
            input,
            customer: Customer {
                id: "c-1".to_owned(),
                name: None,
            },
            ..ConnectRequest::default()
        };
        wanted.options.models = Some(vec![MODEL.to_owned()]);
        connect::connect(&self.test.domain, &self.ws, &somebody(), &wanted, &mut |_| {})
            .await
            .unwrap()
            .0
    }

    fn vendors(&self, ids: std::ops::Range<usize>, name: &str) {
        for id in ids {
            let id = format!("{id:05}");
            let at = Some(self.now());
            self.test.systems.put(MODEL, record(MODEL, &id, name, at));
        }
    }

    /// A whole run, asked for by hand.
    async fn sync(&self, connection: &Connection) {
        // Behind the cursor's hold-back.
        self.test.clock.advance(Duration::from_secs(300));
        let domain = &self.test.domain;
        let asked = Asked::default();
        sync::start(domain, &self.ws, &connection.id, Some(MODEL), asked)
            .await
            .unwrap();
        self.leg(connection).await;
    }

    async fn leg(&self, connection: &Connection) {
        let message = SyncMessage {
            ws: self.ws.clone(),
            conn: connection.id.clone(),
            model: MODEL.to_owned(),
            generation: connection.generation,
        };
        let deadline = self.test.clock.wall() + Duration::from_secs(600);
        let _ = run_leg(&self.test.domain, &message, RunBudget { deadline }).await;
    }

    /// What `record.*` messages told a host: type and record ids, in the order of the ids of the events.
    fn records_told(&self, host: &str) -> Vec<(String, Vec<String>)> {
        let mut arrived = self.arrived(host);
        arrived.sort_by(|one, other| one.id.cmp(&other.id));
        let told = arrived.iter().map(body);
        told.filter(|said| {
            said["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("record."))
        })
        .map(|said| {
            let records = said["data"]["records"].as_array().unwrap();
            let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
            (
                said["type"].as_str().unwrap().to_owned(),
                records.iter().map(id).collect(),
            )
        })
        .collect()
    }
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| format!("{id:05}")).collect()
}

#[tokio::test]
async fn changes_are_told_in_batches_and_a_first_sync_only_to_who_asks() {
    let story = Story::begin().await;
    story.endpoint("usual.example").await;
    story
        .endpoint_that("initial.example", |settings| {
            settings.initial = true;
            settings.event_types = vec!["record.created".to_owned()];
        })
        .await;
    let connection = story.connect().await;
    story.test.systems.page_size(700);
    story.vendors(0..1200, "a name");
    story.sync(&connection).await;
    story.pump().await;
    assert_eq!(
        story.records_told("usual.example"),
        [],
        "a first sync is not told"
    );
    let first = story.records_told("initial.example");
    let sizes: Vec<usize> = first.iter().map(|(_, records)| records.len()).collect();
    assert_eq!(sizes, [500, 200, 500], "at most 500 a message, none over a page");
    assert_eq!(
        first
            .into_iter()
            .flat_map(|(_, records)| records)
            .collect::<Vec<_>>(),
        ids(0..1200)
    );

    story.vendors(0..3, "another name");
    story.vendors(1200..1202, "a name");
    story.sync(&connection).await;
    story.pump().await;
    // They came on two pages.
    let later = [
        ("record.updated".to_owned(), ids(0..3)),
        ("record.created".to_owned(), ids(1200..1202)),
    ];
    assert_eq!(story.records_told("usual.example"), later);
    let told = story.arrived("usual.example");
    let said = told
        .iter()
        .map(body)
        .find(|said| said["type"] == "record.updated");
    let data = &said.unwrap()["data"];
    assert_eq!(data["connection_id"], connection.id.as_str());
    assert_eq!(
        (&data["model"], &data["records"][0]["seq"]),
        (&json!(MODEL), &data["first_seq"])
    );
    story.hours(1).await;
}

/// A commit may come between two reads of who announces. What it brought is not taken for later than a first sync.
#[tokio::test]
async fn what_a_first_sync_goes_on_to_bring_is_announced_by_who_knows_of_it() {
    let story = Story::begin().await;
    story.endpoint("usual.example").await;
    let connection = story.connect().await;
    story.test.systems.page_size(700);
    story.vendors(0..1200, "a name");
    story.sync(&connection).await;
    // As it was read when the first of two pages was committed.
    let key = keys::announcement(&story.ws, &connection.id, connection.epoch, MODEL);
    let early = Change::new()
        .set("until", 700_u64)
        .set("initial_until", 700_u64)
        .due(&key, story.now());
    story
        .test
        .domain
        .store
        .update(Row::Announcement, Table::State, &key, early, When::row_exists())
        .await
        .unwrap();
    story.pump().await;
    assert_eq!(story.records_told("usual.example"), []);
}

#[tokio::test]
async fn an_endpoint_without_batches_gets_a_message_a_record() {
    let story = Story::begin().await;
    let (endpoint, secret) = story
        .endpoint_that("single.example", |settings| {
            settings.batch = false;
            settings.event_types = vec!["record.*".to_owned()];
        })
        .await;
    let connection = story.connect().await;
    story.sync(&connection).await;
    story.vendors(0..30, "a name");
    story.sync(&connection).await;
    story.pump().await;
    let arrived = story.arrived("single.example");
    assert_eq!(arrived.len(), 30);
    let mut seen = std::collections::BTreeSet::new();
    for arrived in &arrived {
        let said = body(arrived);
        let data = &said["data"];
        assert_eq!(data["records"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&data["first_seq"], &data["last_seq"]),
            (&data["records"][0]["seq"], &data["records"][0]["seq"])
        );
        assert!(is_signed(&secret, arrived));
        assert!(seen.insert(arrived.id.clone()), "each has an id of its own");
    }
    assert_eq!(story.log(&endpoint.id).await.len(), 30);
    let events = story.told().await;
    assert_eq!(
        events.iter().filter(|kind| **kind == "record.created").count(),
        1,
        "and they are one event"
    );
    story.pump().await;
}

#[tokio::test]
async fn events_of_records_are_made_where_somebody_wants_them() {
    let story = Story::begin().await;
    story
        .endpoint_that("else.example", |settings| {
            settings.event_types = vec!["connection.*".to_owned(), "sync.*".to_owned()];
        })
        .await;
    let connection = story.connect().await;
    story.sync(&connection).await;
    story.vendors(0..5, "a name");
    story.sync(&connection).await;
    story.pump().await;
    assert!(!story.told().await.iter().any(|kind| kind.starts_with("record.")));
    // Whoever listens from now on hears of what happens from now on.
    story.endpoint("late.example").await;
    story.vendors(5..6, "a name");
    story.sync(&connection).await;
    story.pump().await;
    assert_eq!(
        story.records_told("late.example"),
        [("record.created".to_owned(), ids(5..6))]
    );
}

/// Disconnecting stops what the connection does; what it has to tell is the workspace's.
#[tokio::test]
async fn t23_deliveries_go_on_after_a_disconnect() {
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Answers(500));
    story.endpoint("down.example").await;
    let connection = story.connect().await;
    story.sync(&connection).await;
    story.vendors(0..2, "a name");
    story.sync(&connection).await;
    // Nothing was announced or sent yet.
    story.test.queue.lose_all();
    disconnect(&story.test.domain, &story.ws, &connection.id, &somebody())
        .await
        .unwrap();
    story.minute().await;
    story.minute().await;
    story.behave("down.example", Behaviour::Answers(200));
    story.test.receivers.forget();
    story.hours(1).await;
    assert_eq!(
        story.records_told("down.example"),
        [("record.created".to_owned(), ids(0..2))]
    );
    let told: Vec<Value> = story
        .arrived("down.example")
        .iter()
        .map(|arrived| body(arrived)["type"].clone())
        .collect();
    assert!(told.contains(&json!("connection.disconnected")), "{told:?}");
    story.check_quiet().await;
}

/// The worker that announces dies at every call; each event is made once, under the same id.
#[tokio::test]
async fn t32_announcing_survives_a_death_at_any_point() {
    let mut ids_seen: Option<Vec<String>> = None;
    for call in 0..40 {
        let story = Story::begin().await;
        story
            .endpoint_that("one.example", |settings| {
                settings.event_types = vec!["record.*".to_owned()];
            })
            .await;
        let connection = story.connect().await;
        story.sync(&connection).await;
        story.pump().await;
        story.test.systems.page_size(3);
        story.vendors(0..9, "a name");
        story.sync(&connection).await;
        story.test.probe.die(Death::After(call));
        for body in story.test.queue.take(QueueName::Deliver) {
            let message: DeliverMessage = serde_json::from_str(&body).unwrap();
            let _ = work(&story.test.domain, &message, story.deadline()).await;
        }
        let died = story.test.probe.revive();
        story.test.queue.lose_all();
        for _ in 0..5 {
            story.test.clock.advance(Duration::from_secs(60));
            story.minute().await;
        }
        let mut told: Vec<(String, Vec<String>)> = story.records_told("one.example");
        told.dedup();
        let all: Vec<String> = told.into_iter().flat_map(|(_, records)| records).collect();
        assert_eq!(all, ids(0..9), "death after call {call}");
        // The ids follow from the journal, whoever makes them: the same in each run of this story.
        let mut made = story.ids("one.example");
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 3, "one event a page");
        assert_eq!(*ids_seen.get_or_insert(made.clone()), made);
        if !died {
            assert!(call > 5, "{call}");
            return;
        }
    }
    panic!("it never came to its end");
}

/// Whoever takes over from a sync that died announces what arrived of its last page.
#[tokio::test]
async fn t7_changes_of_a_run_that_died_are_announced_by_who_takes_over() {
    for call in 0..30 {
        let story = Story::begin().await;
        story
            .endpoint_that("one.example", |settings| {
                settings.event_types = vec!["record.*".to_owned()];
            })
            .await;
        let connection = story.connect().await;
        story.sync(&connection).await;
        story.pump().await;
        story.vendors(0..4, "a name");
        story.test.clock.advance(Duration::from_secs(300));
        let asked = Asked::default();
        sync::start(&story.test.domain, &story.ws, &connection.id, Some(MODEL), asked)
            .await
            .unwrap();
        story.test.probe.die(Death::After(call));
        story.leg(&connection).await;
        let died = story.test.probe.revive();
        // The lease ends, another worker takes over.
        story.test.clock.advance(Duration::from_secs(200));
        story.leg(&connection).await;
        story.pump().await;
        story.test.clock.advance(Duration::from_secs(60));
        story.minute().await;
        let mut told: Vec<String> = story
            .records_told("one.example")
            .into_iter()
            .flat_map(|(_, records)| records)
            .collect();
        told.sort();
        assert_eq!(told, ids(0..4), "death after call {call}");
        if !died {
            return;
        }
    }
    panic!("it never came to its end");
}
