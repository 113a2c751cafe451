//! What systems do to a run, and what comes of it.

use std::{cell::Cell, time::Duration};

use manifold_connectors::{Fault, FaultKind};

use super::{MODEL, Rig};
use crate::{
    connection::{ConnectionStatus, Every},
    error::Problem,
    events,
    listing::Paging,
    quarantine::{self, Retried},
    store::sync::{Hold, SyncState},
    sync::{LARGEST_RECORD, Outcome, states},
    testing::{Twist, record},
};

const HOUR: Duration = Duration::from_secs(3600);

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "The system does not want to.")
}

async fn stuck(twist: Twist) {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    rig.sync().await;
    let before = rig.row().await;
    rig.test.systems.remove(MODEL, "00019");
    rig.advance(HOUR);
    rig.test.systems.twist(Some(twist));
    assert_eq!(rig.full_sync().await, Outcome::Failed, "{twist:?}");
    let row = rig.row().await;
    assert_eq!(row.error.unwrap().code, "pagination_stuck", "{twist:?}");
    assert_eq!((row.since, row.counts.deleted), (before.since, 0), "{twist:?}");
    assert_eq!(rig.stored().await.len(), 20);
    assert!(rig.test.systems.calls().len() < 20, "{twist:?}");
    rig.test.systems.twist(None);
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t8_the_same_position_twice_is_a_circle() {
    stuck(Twist::SamePosition).await;
}

#[tokio::test]
async fn t8_the_same_page_twice_is_a_circle() {
    stuck(Twist::SamePage).await;
}

#[tokio::test]
async fn t8_empty_pages_that_promise_more_are_a_circle() {
    stuck(Twist::EmptyPages).await;
}

#[tokio::test]
async fn t13_what_cannot_be_stored_is_put_aside_and_the_run_goes_on() {
    let rig = Rig::start().await;
    rig.fill(3);
    rig.test.systems.put(
        MODEL,
        record(MODEL, "huge", &"x".repeat(LARGEST_RECORD), Some(rig.now())),
    );
    let exact = record(MODEL, "exact", "n\u{0}ul", Some(rig.now()));
    let mut numbers = record(MODEL, "numbers", "n", Some(rig.now()));
    numbers.body =
        br#"{"id":"numbers","name":"n","big":9007199254740993,"amount":"12345678901234567890.12"}"#.to_vec();
    let mut broken = record(MODEL, "broken", "n", Some(rig.now()));
    broken.body = b"{\"id\":\"broken\",\"name\":\"\xff\"}".to_vec();
    for record in [exact.clone(), numbers.clone(), broken] {
        rig.test.systems.put(MODEL, record);
    }
    assert_eq!(rig.sync().await, Outcome::Succeeded);
    let row = rig.row().await;
    assert_eq!((row.counts.created, row.counts.quarantined), (5, 2));
    let mut unpacker = crate::store::packing::Unpacker::new();
    for kept in [exact, numbers] {
        assert_eq!(
            rig.stored_row(&kept.id)
                .await
                .unwrap()
                .body(&mut unpacker)
                .unwrap(),
            kept.body
        );
    }
    let page = quarantine::list(&rig.test.domain, &rig.connection().await, Paging::default())
        .await
        .unwrap();
    let mut reasons: Vec<(String, String)> = page
        .data
        .into_iter()
        .map(|item| (item.id.unwrap(), item.reason))
        .collect();
    reasons.sort();
    assert_eq!(reasons[0].0, "broken");
    assert!(reasons[0].1.contains("UTF-8"), "{reasons:?}");
    assert_eq!(reasons[1].0, "huge");
    assert!(reasons[1].1.contains("350000"), "{reasons:?}");
}

#[tokio::test]
async fn t14_a_poison_record_is_put_aside_until_it_is_well() {
    let rig = Rig::start().await;
    rig.fill(3);
    rig.test.systems.put_bad(MODEL, "bad", "The amount is no number.");
    for attempts in 1..=3 {
        assert_eq!(rig.full_sync().await, Outcome::Succeeded);
        let page = quarantine::list(&rig.test.domain, &rig.connection().await, Paging::default())
            .await
            .unwrap();
        let item = &page.data[0];
        assert_eq!(
            (item.id.as_deref(), item.pointer.as_str(), item.attempts),
            (Some("bad"), "/name", attempts)
        );
        rig.advance(HOUR);
    }
    assert_eq!(rig.stored().await.len(), 3);
    rig.put("bad", "well");
    rig.sync().await;
    let page = quarantine::list(&rig.test.domain, &rig.connection().await, Paging::default())
        .await
        .unwrap();
    assert_eq!(page.data, []);
    assert_eq!(rig.stored().await, rig.at_system());
    rig.sync().await;
    assert!(!rig.row().await.quarantine);
}

#[tokio::test]
async fn t14_a_record_that_was_put_aside_can_be_tried_again_alone() {
    let rig = Rig::start().await;
    rig.fill(3);
    rig.test.systems.put_bad(MODEL, "bad", "The amount is no number.");
    rig.sync().await;
    let connection = rig.connection().await;
    let page = quarantine::list(&rig.test.domain, &connection, Paging::default())
        .await
        .unwrap();
    let item = page.data[0].item.clone();
    let still = quarantine::retry(&rig.test.domain, &connection, &item)
        .await
        .unwrap();
    assert!(matches!(still, Retried::StillAside(item) if item.attempts == 2));
    rig.put("bad", "well");
    let before = rig.row().await;
    assert_eq!(
        quarantine::retry(&rig.test.domain, &connection, &item)
            .await
            .unwrap(),
        Retried::Stored
    );
    assert_eq!(rig.stored().await, rig.at_system());
    let after = rig.row().await;
    assert_eq!(
        (after.due_at, after.counts, after.state),
        (before.due_at, before.counts, before.state)
    );
    let (changes, _) = rig.feed(None).await;
    assert_eq!(changes.len(), 4);
    rig.full_sync().await;
    assert_eq!(rig.row().await.counts.unchanged, 4);
    rig.test.systems.put_bad(MODEL, "other", "No.");
    rig.full_sync().await;
    let page = quarantine::list(&rig.test.domain, &connection, Paging::default())
        .await
        .unwrap();
    rig.test.systems.remove(MODEL, "other");
    let gone = quarantine::retry(&rig.test.domain, &connection, &page.data[0].item)
        .await
        .unwrap();
    assert_eq!(gone, Retried::Gone);
}

/// The retry holds the lease for a moment: whoever asks for a sync in it must not be forgotten.
#[tokio::test]
async fn t11_a_sync_that_is_asked_for_while_a_record_is_tried_again_is_due() {
    let met = Cell::new(0);
    for calls in 0..16 {
        let rig = Rig::start().await;
        rig.connect(&[MODEL], Every::Manual).await;
        rig.test.systems.put_bad(MODEL, "bad", "The amount is no number.");
        rig.full_sync().await;
        let connection = rig.connection().await;
        let page = quarantine::list(&rig.test.domain, &connection, Paging::default())
            .await
            .unwrap();
        rig.put("bad", "well");
        let _ = rig.test.probe.take();
        let over = Cell::new(false);
        let asking = async {
            // As far as the retry has come after so many calls of the store.
            let mut seen = 0;
            while seen < calls && !over.get() {
                tokio::task::yield_now().await;
                seen += rig.test.probe.take().len();
            }
            met.set(met.get() + u32::from(rig.row().await.lease_until.is_some()));
            rig.ask(false, false).await;
        };
        let retrying = async {
            let retried = quarantine::retry(&rig.test.domain, &connection, &page.data[0].item).await;
            over.set(true);
            retried
        };
        let (retried, ()) = tokio::join!(retrying, asking);
        assert!(
            matches!(retried, Ok(Retried::Stored) | Err(Problem::Conflict(_))),
            "{retried:?}"
        );
        let row = rig.row().await;
        assert!(
            row.asked.is_none() || row.due_at.is_some(),
            "after {calls} calls: {row:?}"
        );
    }
    assert!(met.get() > 0, "somebody asked while the retry held the lease");
}

#[tokio::test]
async fn t14_a_poison_page_fails_its_model_and_no_other() {
    let rig = Rig::start().await;
    rig.connect(&[MODEL, "purchase_order"], crate::connection::Every::Hour)
        .await;
    rig.fill(3);
    rig.test.systems.put(
        "purchase_order",
        record("purchase_order", "1", "order", Some(rig.now())),
    );
    rig.test
        .systems
        .fail_model(MODEL, Some(fault(FaultKind::Malformed)));
    rig.minutes(2).await;
    let other = rig
        .test
        .domain
        .store
        .sync(super::WS, super::CONN, "purchase_order")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(other.state, SyncState::Succeeded);
    assert_eq!(rig.state().await, SyncState::Failed);
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    let row = rig.row().await;
    assert!(
        row.due_at.unwrap() > rig.now() + HOUR / 4,
        "its next run is by the schedule"
    );
    rig.test.systems.fail_model(MODEL, None);
    rig.minutes(95).await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t19_an_outage_is_looked_at_twice_backs_off_and_heals_by_itself() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(40);
    // A hiccup is no outage.
    rig.test
        .systems
        .script([None, None, Some(fault(FaultKind::Timeout))]);
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    rig.advance(HOUR);
    rig.put("00001", "changed");
    rig.test.systems.fail(Some(fault(FaultKind::Unreachable)));
    let calls = rig.test.systems.calls().len();
    assert_eq!(rig.sync().await, Outcome::Failed);
    assert_eq!(rig.test.systems.calls().len() - calls, 2);
    let (row, connection) = (rig.row().await, rig.connection().await);
    assert_eq!(
        (connection.status, connection.failures),
        (ConnectionStatus::Unreachable, 1)
    );
    assert_eq!((row.hold, row.state), (Some(Hold::Outage), SyncState::Failed));
    let shown = states(&rig.test.domain, super::WS, super::CONN).await.unwrap();
    assert_eq!(
        shown[0].next_run_at,
        connection.next_attempt_at.map(crate::present::time)
    );
    // Nothing is asked before the next attempt is due.
    let calls = rig.test.systems.calls().len();
    assert_eq!(rig.leg().await, Outcome::NotDue);
    assert_eq!(rig.test.systems.calls().len(), calls);
    // One light request an attempt, however many models wait.
    rig.minutes(120).await;
    let tries = rig.test.systems.calls().len() - calls;
    assert!((6..=12).contains(&tries), "{tries} tries in two hours");
    rig.test.systems.fail(None);
    rig.minutes(120).await;
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    assert_eq!(rig.stored().await, rig.at_system());
    let kinds: Vec<&str> = kinds(&rig).await;
    let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
    assert_eq!(
        (
            count("connection.unreachable"),
            count("connection.online"),
            count("sync.failed")
        ),
        (1, 1, 1)
    );
}

async fn kinds(rig: &Rig) -> Vec<&'static str> {
    let page = events::list(
        &rig.test.domain,
        super::WS,
        Paging {
            cursor: None,
            limit: 100,
        },
    )
    .await
    .unwrap();
    page.data.into_iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn an_outage_in_the_middle_goes_on_where_it_was() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(40);
    let down = || Some(fault(FaultKind::Unavailable));
    rig.test.systems.script([None, None, None, down(), down()]);
    assert_eq!(rig.leg().await, Outcome::Failed);
    assert_eq!(rig.stored().await.len(), 15);
    let calls = rig.test.systems.calls().len();
    rig.minutes(2).await;
    assert_eq!(rig.state().await, SyncState::Succeeded);
    // A light request that shows that the system is back, and the pages that were left.
    assert_eq!(rig.test.systems.calls().len() - calls, 6);
    assert_eq!(rig.row().await.counts.created, 40);
}

#[tokio::test]
async fn a_rate_limit_only_delays() {
    let rig = Rig::start().await;
    rig.fill(4);
    let mut limited = fault(FaultKind::RateLimited);
    limited.retry_after = Some(Duration::from_secs(300));
    rig.test.systems.script([Some(limited)]);
    assert_eq!(rig.leg().await, Outcome::Waiting);
    let row = rig.row().await;
    assert_eq!(
        (row.state, row.due_at),
        (SyncState::Running, Some(rig.now() + Duration::from_secs(300)))
    );
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    rig.minutes(4).await;
    assert_eq!(rig.stored().await.len(), 0);
    rig.minutes(3).await;
    assert_eq!(rig.stored().await.len(), 4);
}

#[tokio::test]
async fn t18_refused_credentials_park_the_connection_until_they_are_mended() {
    let rig = Rig::start().await;
    rig.fill(4);
    rig.sync().await;
    rig.test.systems.set_password("changed");
    rig.advance(HOUR);
    assert_eq!(rig.sync().await, Outcome::Failed);
    assert_eq!(rig.connection().await.status, ConnectionStatus::ReauthRequired);
    assert_eq!(rig.row().await.hold, Some(Hold::Reauth));
    let calls = rig.test.systems.calls().len();
    rig.minutes(130).await;
    assert_eq!(
        rig.test.systems.calls().len(),
        calls,
        "nobody knocks with credentials that were refused"
    );
    assert_eq!(
        kinds(&rig)
            .await
            .iter()
            .filter(|kind| **kind == "connection.reauth_required")
            .count(),
        1
    );
    // A person gives new ones.
    rig.test.systems.set_password(crate::testing::PASSWORD);
    let mut connection = rig.connection().await;
    connection.status = ConnectionStatus::Online;
    rig.put_connection(&connection).await;
    rig.put("new", "new");
    super::super::resume(&rig.test.domain, super::WS, super::CONN)
        .await
        .unwrap();
    rig.minutes(1).await;
    assert_eq!(rig.stored().await, rig.at_system());
}

/// A page that fails each time while the system answers others: its model waits, and the connection stands.
#[tokio::test]
async fn t14_a_page_that_always_fails_is_no_outage() {
    let rig = Rig::start().await;
    rig.connect(&[MODEL, "purchase_order"], crate::connection::Every::Hour)
        .await;
    rig.fill(3);
    rig.test
        .systems
        .fail_model(MODEL, Some(fault(FaultKind::Unavailable)));
    rig.minutes(30).await;
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    assert_eq!(rig.state().await, SyncState::Failed);
    let told = kinds(&rig).await;
    assert!(!told.contains(&"connection.unreachable"), "{told:?}");
    assert_eq!(told.iter().filter(|kind| **kind == "sync.failed").count(), 1);
    rig.test.systems.fail_model(MODEL, None);
    rig.minutes(60).await;
    assert_eq!(rig.stored().await, rig.at_system());
}
