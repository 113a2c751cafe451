//! What a run reads and stores, and what it leaves alone.

use std::time::Duration;

use manifold_connectors::Deletes;

use super::{MODEL, Rig};
use crate::{
    store::{index::id_hash, sync::SyncState},
    sync::Outcome,
    testing::{Twist, record},
};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_first_run_stores_everything() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(100);
    rig.fill(350);
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    assert_eq!(rig.stored().await, rig.at_system());
    let row = rig.row().await;
    assert_eq!((row.counts.read, row.counts.created, row.live), (350, 350, 350));
    assert_eq!(
        (row.watermark, row.next_seq, row.state),
        (350, 351, SyncState::Succeeded)
    );
    assert!(row.lease_until.is_none() && row.run.is_none() && row.due_at.is_some());
    assert!(rig.connection().await.last_synced_at.is_some());
}

#[tokio::test]
async fn an_unchanged_second_run_writes_no_record_journal_or_index_item() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(500);
    rig.fill(1_000);
    rig.sync().await;
    rig.advance(HOUR);
    for full in [false, true] {
        rig.ask(full, false).await;
        rig.test.probe.take().clear();
        assert_eq!(rig.leg().await, Outcome::Succeeded);
        let calls = rig.test.probe.take();
        for part in ["records", "journal", "index", "seen", "quarantine"] {
            assert!(
                !calls.iter().any(|call| call.is_write() && call.touches(part)),
                "{part} was written"
            );
        }
        assert_eq!(
            calls.iter().filter(|call| call.is_write()).count(),
            2,
            "the lease and the end"
        );
        let reads = calls.iter().filter(|call| !call.is_write()).count();
        assert!(reads <= 6, "{reads} reads for 1000 records");
    }
    let row = rig.row().await;
    assert_eq!(
        (row.counts.read, row.counts.unchanged, row.watermark),
        (1_000, 1_000, 1_000)
    );
}

#[tokio::test]
async fn few_changes_write_few_rows() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(500);
    rig.fill(1_000);
    rig.sync().await;
    rig.advance(HOUR);
    for n in (0..1_000).step_by(50) {
        rig.put(&format!("{n:05}"), "changed");
    }
    rig.ask(true, false).await;
    rig.test.probe.take().clear();
    rig.leg().await;
    let calls = rig.test.probe.take();
    let writes = |part| {
        calls
            .iter()
            .filter(|call| call.is_write() && call.touches(part))
            .count()
    };
    assert_eq!(
        (writes("records"), writes("journal"), writes("index")),
        (20, 2, 0)
    );
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn an_incremental_run_reads_what_changed_only() {
    let rig = Rig::start().await;
    rig.fill(300);
    rig.advance(HOUR);
    rig.put("later", "later");
    rig.sync().await;
    rig.advance(HOUR);
    rig.put("00007", "changed");
    rig.put("new", "new");
    rig.sync().await;
    let row = rig.row().await;
    // `later` lies in the overlap.
    assert_eq!(
        (row.counts.read, row.counts.created, row.counts.updated),
        (3, 1, 1)
    );
    assert_eq!(
        row.since,
        Some(rig.now() - Duration::from_secs(60)),
        "held back from the run's start"
    );
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn folded_and_fresh_changes_are_known_alike() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(500);
    // Ids of a kind that does not deflate, so that few records make an index worth folding.
    let id = |n: u64| {
        (0..8)
            .map(|part| format!("{:016x}", id_hash(&format!("{n} {part}"))))
            .collect::<String>()
    };
    let put = |n: u64, name: &str| rig.put(&id(n), name);
    (0..1_200).for_each(|n| put(n, "first"));
    rig.sync().await;
    let folded = rig.row().await.fold;
    assert!(folded.segments >= 2 && folded.seq == 1_200, "{folded:?}");
    rig.advance(HOUR);
    (0..1_200).step_by(50).for_each(|n| put(n, "second"));
    rig.sync().await;
    assert_eq!(rig.row().await.counts.updated, 24);
    assert_eq!(rig.row().await.fold, folded, "few changes are not worth a fold");
    rig.full_sync().await;
    assert_eq!(rig.row().await.counts.unchanged, 1_200);
    // Most of it changes, and some goes: the index is folded again and the old fold removed.
    rig.advance(HOUR);
    (0..1_000).for_each(|n| put(n, "third"));
    (0..20).for_each(|n| rig.test.systems.remove(MODEL, &id(n)));
    rig.full_sync().await;
    let again = rig.row().await;
    assert!(again.fold.number > folded.number && again.unfolded == 0);
    let partition = again.partition();
    assert!(
        rig.test
            .domain
            .store
            .index_segment(&partition, folded.number, 0)
            .await
            .is_err()
    );
    rig.full_sync().await;
    let row = rig.row().await;
    assert_eq!(
        (row.counts.unchanged, row.counts.deleted, row.live),
        (1_180, 0, 1_180)
    );
}

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

#[tokio::test]
async fn what_is_older_than_the_history_stays_out() {
    for incremental in [true, false] {
        let rig = Rig::start().await;
        rig.test
            .systems
            .traits(MODEL, |traits| traits.incremental = incremental);
        let old = rig.now() - Duration::from_secs(100 * 24 * 3600);
        rig.test
            .systems
            .put(MODEL, record(MODEL, "old", "old", Some(old)));
        rig.test
            .systems
            .put(MODEL, record(MODEL, "timeless", "timeless", None));
        rig.put("new", "new");
        rig.sync().await;
        let stored: Vec<String> = rig.stored().await.into_keys().collect();
        assert_eq!(stored, ["new", "timeless"], "incremental: {incremental}");
        // What is stored grows old without being lost.
        rig.advance(Duration::from_secs(80 * 24 * 3600));
        rig.full_sync().await;
        assert_eq!(rig.stored().await.len(), 2);
    }
}

#[tokio::test]
async fn a_model_that_cannot_say_what_changed_is_read_whole_and_compared() {
    let rig = Rig::start().await;
    rig.test
        .systems
        .traits(MODEL, |traits| traits.incremental = false);
    rig.fill(50);
    rig.sync().await;
    rig.put("00003", "changed");
    rig.test.systems.remove(MODEL, "00004");
    rig.advance(HOUR);
    rig.sync().await;
    let row = rig.row().await;
    assert_eq!(
        (row.counts.updated, row.counts.deleted, row.counts.unchanged),
        (1, 1, 48)
    );
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn a_complete_read_comes_daily_where_deletions_show_by_absence() {
    let rig = Rig::start().await;
    rig.fill(10);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00003");
    rig.advance(HOUR);
    rig.sync().await;
    assert_eq!(rig.stored().await.len(), 10);
    rig.advance(24 * HOUR);
    rig.sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
    rig.test
        .systems
        .traits(MODEL, |traits| traits.deletes = Deletes::Never);
    rig.test.systems.remove(MODEL, "00004");
    rig.advance(48 * HOUR);
    rig.full_sync().await;
    assert_eq!(rig.stored().await.len(), 9);
}

#[tokio::test]
async fn a_lost_journal_does_not_make_old_records_new() {
    let rig = Rig::start().await;
    rig.fill(40);
    rig.sync().await;
    let row = rig.row().await;
    assert_eq!(row.fold.segments, 0);
    // Nobody ran it for months: the journal, which is all of the index here, was removed.
    let pk = row.partition().journal_pk();
    rig.test
        .domain
        .store
        .remove_range(crate::store::Row::Journal, &pk, &crate::store::SortKeys::All)
        .await
        .unwrap();
    rig.advance(100 * 24 * HOUR);
    rig.test.systems.remove(MODEL, "00007");
    rig.put("00008", "changed");
    rig.full_sync().await;
    let row = rig.row().await;
    assert_eq!(
        (
            row.counts.created,
            row.counts.updated,
            row.counts.deleted,
            row.live
        ),
        (0, 1, 1, 39)
    );
    assert!(row.run.is_none());
    assert_eq!(rig.stored().await, rig.at_system());
}
