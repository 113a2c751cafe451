//! Records and pages that cannot be stored: put aside, tried again, and in nobody's way.

use std::{cell::Cell, time::Duration};

use manifold_connectors::FaultKind;

use super::{
    MODEL, Rig,
    faults::{fault, kinds},
};
use crate::{
    connection::{ConnectionStatus, Every},
    error::Problem,
    listing::Paging,
    quarantine::{self, Retried},
    store::sync::SyncState,
    sync::{LARGEST_RECORD, Outcome},
    testing::record,
};

const HOUR: Duration = Duration::from_secs(3600);

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
