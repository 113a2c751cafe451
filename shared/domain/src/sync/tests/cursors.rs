//! What a run reads again, so that no record is missed: cursors, times, and records that come late.

use std::time::Duration;

use super::{MODEL, Rig};
use crate::{
    store::sync::SyncState,
    sync::Outcome,
    testing::{Twist, record},
};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn t1_records_that_share_the_cursor_value_are_all_stored_after_a_death() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(2);
    rig.sync().await;
    for id in ["a", "b", "c"] {
        rig.put(id, id);
    }
    rig.advance(HOUR);
    rig.ask(false, false).await;
    let fault = manifold_connectors::Fault::new(manifold_connectors::FaultKind::Malformed, "Cut off.");
    rig.test.systems.script([None, Some(fault)]);
    assert_eq!(rig.leg().await, Outcome::Failed);
    assert_eq!(rig.stored().await.len(), 2);
    rig.sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t2_a_record_that_is_committed_late_with_an_older_time_is_stored() {
    let rig = Rig::start().await;
    rig.test.systems.traits(MODEL, |traits| {
        traits.overlap = Duration::ZERO;
        traits.hold_back = Duration::from_secs(180);
    });
    rig.put("a", "a");
    rig.sync().await;
    // The source's clock is two minutes behind ours.
    let late = rig.now() - Duration::from_secs(120);
    rig.test
        .systems
        .put(MODEL, record(MODEL, "late", "late", Some(late)));
    rig.advance(HOUR);
    rig.sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t3_times_of_any_precision_lose_nothing() {
    let rig = Rig::start().await;
    rig.test
        .systems
        .traits(MODEL, |traits| traits.overlap = Duration::ZERO);
    let day = |text: &str| Some(text.parse().unwrap());
    for (id, at) in [
        ("ns", "2026-01-05T06:00:00.999999999Z"),
        ("us", "2026-01-05T06:00:00.999999Z"),
        ("s", "2026-01-05T06:00:00Z"),
        ("date", "2026-01-05T00:00:00Z"),
    ] {
        rig.test.systems.put(MODEL, record(MODEL, id, id, day(at)));
    }
    rig.sync().await;
    assert_eq!(rig.row().await.since, day("2026-01-05T06:00:00.999999999Z"));
    // The same moment again, and one nanosecond of it is the cursor itself.
    rig.test.systems.put(
        MODEL,
        record(MODEL, "ns2", "ns2", day("2026-01-05T06:00:00.999999999Z")),
    );
    rig.advance(HOUR);
    rig.sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t4_records_out_of_order_are_all_read_after_a_death() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(2);
    // The newest comes first: a checkpoint in the middle would pass the others.
    for (n, id) in ["a", "b", "c", "d", "e", "f"].iter().enumerate() {
        let at = rig.now() - Duration::from_secs(600 * (1 + n as u64));
        rig.test.systems.put(MODEL, record(MODEL, id, id, Some(at)));
    }
    let fault = manifold_connectors::Fault::new(manifold_connectors::FaultKind::Denied, "Not now.");
    rig.test.systems.script([None, Some(fault)]);
    assert_eq!(rig.leg().await, Outcome::Failed);
    assert_eq!(rig.row().await.since, None);
    rig.sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t5_changes_while_pages_are_read_lose_nothing_and_the_newest_wins() {
    for twist in [None, Some(Twist::Offset), Some(Twist::Doubled)] {
        let rig = Rig::start().await;
        rig.test.systems.page_size(10);
        rig.fill(100);
        rig.test.systems.twist(twist);
        let systems = rig.test.systems.clone();
        let now = rig.now();
        rig.test.systems.before_each(move |what| match what {
            "page vendor 3" => systems.put(MODEL, record(MODEL, "00005", "changed behind", Some(now))),
            "page vendor 4" => systems.put(MODEL, record(MODEL, "00095", "changed ahead", Some(now))),
            "page vendor 5" => systems.put(MODEL, record(MODEL, "00050x", "inserted", Some(now))),
            "page vendor 6" => systems.remove(MODEL, "00001"),
            _ => {}
        });
        rig.sync().await;
        rig.test.systems.before_each(|_| {});
        rig.advance(HOUR);
        rig.full_sync().await;
        if twist == Some(Twist::Doubled) {
            let stored = rig.stored().await;
            assert!(
                stored.values().all(|name| name.starts_with("newest ")),
                "{stored:?}"
            );
        } else {
            assert_eq!(rig.stored().await, rig.at_system(), "{twist:?}");
        }
    }
}

#[tokio::test]
async fn t6_a_run_without_records_keeps_the_cursor() {
    let rig = Rig::start().await;
    rig.put("a", "a");
    rig.sync().await;
    let since = rig.row().await.since;
    assert!(since.is_some());
    rig.test.systems.remove(MODEL, "a");
    rig.advance(2 * HOUR);
    rig.sync().await;
    let row = rig.row().await;
    assert_eq!(
        (row.since, row.counts.read, row.state),
        (since, 0, SyncState::Succeeded)
    );
}

#[tokio::test]
async fn t6_a_cursor_in_the_future_is_refused() {
    let rig = Rig::start().await;
    rig.put("a", "a");
    rig.sync().await;
    let mut row = rig.row().await;
    row.since = Some(rig.now() + 10 * HOUR);
    rig.test.domain.store.put_sync(&mut row).await.unwrap();
    rig.advance(HOUR);
    assert_eq!(rig.sync().await, Outcome::Failed);
    let row = rig.row().await;
    assert_eq!(row.error.unwrap().code, "cursor_in_future");
    assert_eq!(row.since, Some(rig.now() + 9 * HOUR));
    // A complete read mends it.
    rig.put("b", "b");
    assert_eq!(rig.full_sync().await, Outcome::Succeeded);
    assert!(rig.row().await.since.unwrap() < rig.now());
    assert_eq!(rig.stored().await, rig.at_system());
}
