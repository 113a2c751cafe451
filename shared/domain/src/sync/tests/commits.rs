//! Deaths in the middle of a commit, and workers that wake up late.

use std::time::Duration;

use super::Rig;
use crate::{
    store::{
        Row, StoreError,
        journal::ChangeKind,
        packing::Packer,
        record_writes::{Content, RecordRow, RecordWrite},
        sync::SyncState,
    },
    sync::Outcome,
    testing::Death,
};

/// The lease is over, and the schedule has looked.
const TAKEN_OVER: Duration = Duration::from_secs(200);

/// One system's changes, with a death at one call of a run over them; then the next worker.
///
/// Answers whether the run had died at all.
async fn dies(death: Death) -> bool {
    let rig = Rig::start().await;
    rig.test.systems.page_size(3);
    rig.fill(6);
    assert_eq!(rig.sync().await, Outcome::Succeeded);
    let (first, cursor) = rig.feed(None).await;
    assert_eq!(first.len(), 6);
    rig.advance(Duration::from_secs(3600));
    rig.put("00001", "changed");
    rig.put("00004", "changed");
    rig.put("00001x", "new");
    rig.put("00005x", "new");
    rig.test.systems.remove(super::MODEL, "00003");
    rig.ask(true, false).await;
    rig.test.probe.die(death);
    let outcome = rig.try_leg(Duration::from_secs(900)).await;
    let died = rig.test.probe.revive();
    if !died {
        assert_eq!(outcome.unwrap(), Outcome::Succeeded);
        return false;
    }
    // Whatever is committed now is true and stays: a reader in between sees no record that is not stored.
    let (before, cursor) = rig.feed(Some(cursor)).await;
    let row = rig.row().await;
    assert!(row.watermark < row.next_seq);
    // The record was put back and a changed one changed back, so that equal content must not hide
    // rows that were half written.
    rig.put("00001", "vendor 1");
    rig.advance(TAKEN_OVER);
    let now = rig.row().await;
    if now.lease_until.is_some() {
        assert_eq!(rig.state().await, SyncState::Interrupted);
        assert_eq!(rig.leg().await, Outcome::Succeeded, "{death:?}");
    }
    assert_eq!(rig.full_sync().await, Outcome::Succeeded, "{death:?}");
    let (after, _) = rig.feed(Some(cursor)).await;
    // No gap and nothing twice: numbers rise, and playing the changes brings what is stored.
    let all: Vec<_> = first.iter().chain(&before).chain(&after).collect();
    let mut last = 0;
    let mut there = std::collections::BTreeSet::new();
    for (seq, change, id) in first.iter().chain(&before).chain(&after).skip(6) {
        assert!(*seq > last.max(6), "{death:?}: {all:?}");
        last = *seq;
        if there.is_empty() {
            there.extend(first.iter().map(|(_, _, id)| id.clone()));
        }
        let fits = match *change {
            "created" => there.insert(id.clone()),
            "deleted" => there.remove(id),
            _ => there.contains(id),
        };
        assert!(fits, "{death:?}: {change} {id} in {all:?}");
    }
    let stored = rig.stored().await;
    assert_eq!(stored, rig.at_system(), "{death:?}: {all:?}");
    assert_eq!(there, stored.into_keys().collect(), "{death:?}: {all:?}");
    let row = rig.row().await;
    assert_eq!(row.live, there.len() as u64, "{death:?}");
    // The index agrees with the rows: another complete read finds nothing to do.
    rig.full_sync().await;
    assert_eq!(rig.row().await.counts.unchanged, row.live, "{death:?}");
    true
}

#[tokio::test]
async fn t7_a_death_before_any_call_of_a_run_leaves_no_gap_and_no_change_twice() {
    let mut calls = 0;
    while dies(Death::Before(calls)).await {
        calls += 1;
    }
    assert!(calls > 15, "a run makes {calls} calls");
}

#[tokio::test]
async fn t7_a_death_after_any_call_of_a_run_leaves_no_gap_and_no_change_twice() {
    let mut calls = 0;
    while dies(Death::After(calls)).await {
        calls += 1;
    }
    assert!(calls > 15, "a run makes {calls} calls");
}

#[tokio::test]
async fn t7_the_one_who_takes_over_may_die_as_well() {
    let mut died = true;
    let mut second = 0;
    while died {
        let rig = Rig::start().await;
        rig.fill(3);
        rig.sync().await;
        rig.advance(Duration::from_secs(3600));
        for id in ["00000", "00001", "00002", "new"] {
            rig.put(id, "changed");
        }
        rig.ask(true, false).await;
        // Two of the four rows are written.
        rig.test.probe.die(Death::BeforeRecord(2));
        assert!(rig.try_leg(Duration::from_secs(900)).await.is_err());
        rig.advance(TAKEN_OVER);
        rig.test.probe.die(Death::Before(second));
        let again = rig.try_leg(Duration::from_secs(900)).await;
        died = rig.test.probe.revive();
        if died {
            assert!(again.is_err());
            rig.advance(TAKEN_OVER);
            if rig.row().await.run.is_some() {
                assert_eq!(rig.leg().await, Outcome::Succeeded, "{second}");
            }
        }
        assert_eq!(rig.stored().await, rig.at_system(), "{second}");
        let (changes, _) = rig.feed(None).await;
        assert_eq!(changes.len(), 4, "{second}: {changes:?}");
        rig.full_sync().await;
        let row = rig.row().await;
        assert_eq!((row.live, row.counts.unchanged), (4, 4), "{second}");
        second += 1;
    }
    assert!(second > 15, "taking over makes {second} calls");
}

#[tokio::test]
async fn t11_rows_are_closed_to_a_worker_that_wakes_up_late() {
    let rig = Rig::start().await;
    rig.fill(2);
    rig.sync().await;
    rig.advance(Duration::from_secs(3600));
    rig.put("00000", "changed");
    rig.put("new", "new");
    rig.ask(true, false).await;
    // It fell asleep after the journal was written, before the rows.
    rig.test.probe.die(Death::BeforeRecord(0));
    assert!(rig.try_leg(Duration::from_secs(900)).await.is_err());
    rig.test.probe.revive();
    let asleep = rig.row().await;
    let left = rig
        .test
        .domain
        .store
        .journal(&asleep.partition(), asleep.watermark + 1, 10)
        .await
        .unwrap();
    assert_eq!(left.segments.len(), 1);
    rig.advance(TAKEN_OVER);
    // The system took everything back meanwhile.
    rig.put("00000", "vendor 0");
    rig.test.systems.remove(super::MODEL, "new");
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    // It wakes up and writes what it still had in hand.
    let segment = &left.segments[0];
    let row = |place: usize| RecordRow {
        key: asleep.partition().record(&segment.entries[place].id),
        content: Content::pack(&mut Packer::new(), None, b"{\"name\":\"stale\"}", None, None).unwrap(),
        now: rig.now(),
        deleted_at: None,
    };
    let (first, second) = (segment.first_seq, segment.first_seq + 1);
    // Each by itself, and both in one batch.
    for writes in [
        vec![(first, RecordWrite::Put(row(0)))],
        vec![(second, RecordWrite::New(row(1)))],
        vec![
            (first, RecordWrite::New(row(0))),
            (second, RecordWrite::New(row(1))),
        ],
    ] {
        let written = rig.test.domain.store.write_records(asleep.fence, writes).await;
        assert!(
            matches!(written, Err(StoreError::Condition(Row::Record))),
            "{written:?}"
        );
    }
    let mut stale = asleep.clone();
    stale.watermark += 2;
    assert!(matches!(
        rig.test.domain.store.put_sync(&mut stale).await,
        Err(StoreError::Condition(Row::Sync))
    ));
    assert_eq!(rig.stored().await, rig.at_system());
    let (changes, _) = rig.feed(None).await;
    assert_eq!(changes.len(), 2);
    // What was struck out is a number that readers pass.
    let row = rig.row().await;
    let journal = rig
        .test
        .domain
        .store
        .journal(&row.partition(), 1, 10)
        .await
        .unwrap();
    let struck = journal.segments.iter().flat_map(|segment| &segment.entries);
    assert_eq!(struck.filter(|entry| entry.kind == ChangeKind::Void).count(), 2);
}

#[tokio::test]
async fn t11_two_triggers_at_once_are_one_run() {
    let rig = Rig::start().await;
    rig.fill(20);
    let (one, two) = tokio::join!(rig.leg(), rig.leg());
    let mut outcomes = [one, two];
    outcomes.sort_by_key(|outcome| *outcome != Outcome::Succeeded);
    assert_eq!(outcomes[0], Outcome::Succeeded);
    assert!(
        matches!(outcomes[1], Outcome::Held | Outcome::NotDue),
        "{outcomes:?}"
    );
    assert_eq!(rig.stored().await.len(), 20);
    assert_eq!(rig.row().await.watermark, 20);
}

#[tokio::test]
async fn t11_a_worker_that_slept_through_its_lease_commits_nothing_more() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    let gate = rig.test.systems.stop_at("page vendor 3");
    let old = rig.leg();
    let new = async {
        gate.reached().await;
        rig.advance(TAKEN_OVER);
        let outcome = rig.leg().await;
        gate.open();
        outcome
    };
    let (old, new) = tokio::join!(old, new);
    assert_eq!((old, new), (Outcome::Held, Outcome::Succeeded));
    assert_eq!(rig.stored().await, rig.at_system());
    let (changes, _) = rig.feed(None).await;
    assert_eq!(changes.len(), 20);
}

#[tokio::test]
async fn t10_a_worker_that_is_killed_shows_as_interrupted_and_goes_on_from_its_last_page() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(50);
    let gate = rig.test.systems.stop_at("page vendor 4");
    tokio::select! {
        _ = rig.leg() => panic!("it waits for the system"),
        () = gate.reached() => {}
    }
    assert_eq!(rig.state().await, SyncState::Running);
    assert_eq!(rig.leg().await, Outcome::Held);
    rig.advance(Duration::from_secs(121));
    assert_eq!(rig.state().await, SyncState::Interrupted);
    rig.test.queue.lose_all();
    let before = rig.test.systems.calls().len();
    rig.minutes(3).await;
    assert_eq!(rig.state().await, SyncState::Succeeded);
    // Three pages were committed; the other seven were read.
    assert_eq!(rig.test.systems.calls().len() - before, 7);
    assert_eq!(rig.stored().await, rig.at_system());
    assert_eq!(rig.row().await.counts.created, 50);
}

#[tokio::test]
async fn leases_that_nobody_holds_any_more_can_be_ended() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    let gate = rig.test.systems.stop_at("page vendor 2");
    tokio::select! {
        _ = rig.leg() => panic!("it waits for the system"),
        () = gate.reached() => {}
    }
    assert_eq!(rig.leg().await, Outcome::Held);
    // A laptop starts again and knows that the worker died with it.
    let ws = rig.row().await.ws;
    crate::sync::end_leases(&rig.test.domain, &ws).await.unwrap();
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    assert_eq!(rig.stored().await, rig.at_system());
    assert_eq!(rig.row().await.counts.created, 20);
}
