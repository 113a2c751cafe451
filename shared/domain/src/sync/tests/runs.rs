//! What a run reads and stores, and what it leaves alone.

use std::time::Duration;

use manifold_connectors::Deletes;

use super::{MODEL, Rig};
use crate::{
    store::{index::id_hash, sync::SyncState},
    sync::Outcome,
    testing::record,
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
