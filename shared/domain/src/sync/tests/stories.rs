//! Long runs, and the end of all data.

use std::time::Duration;

use super::{CONN, MODEL, Rig, WS};
use crate::{
    changes,
    error::Problem,
    store::{
        Change, Row, SortKeys, Table, When, due,
        keys::{self, RECORD_SHARDS},
        sync::SyncState,
    },
    sync::{Outcome, reset},
};

#[tokio::test]
async fn t15_a_first_sync_of_more_than_200_pages_goes_over_many_legs() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(1_050);
    let clock = rig.test.clock.clone();
    // Each page takes a minute; a leg has a quarter of an hour.
    rig.test
        .systems
        .before_each(move |_| clock.advance(Duration::from_secs(60)));
    let mut messages = 0;
    rig.minute().await;
    while rig.state().await == SyncState::Running {
        messages += rig.poll().await;
    }
    assert_eq!(rig.state().await, SyncState::Succeeded);
    assert_eq!(rig.stored().await, rig.at_system());
    let pages = rig.test.systems.calls().len();
    assert_eq!(pages, 210, "no page is read twice");
    let _ = messages;
    let (changes, _) = rig.feed(None).await;
    assert_eq!(changes.len(), 1_050);
}

#[tokio::test]
async fn t15_legs_are_counted_and_more_than_sixteen() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(1);
    rig.fill(60);
    let clock = rig.test.clock.clone();
    rig.test
        .systems
        .before_each(move |_| clock.advance(Duration::from_secs(20)));
    let mut legs = 1;
    while rig.leg_until(Duration::from_secs(50)).await == Outcome::HandedOver {
        legs += 1;
    }
    assert!(legs > 16, "{legs} legs");
    assert_eq!(rig.stored().await, rig.at_system());
    // One that never ends is ended.
    rig.ask(true, false).await;
    assert_eq!(rig.leg_until(Duration::from_secs(30)).await, Outcome::HandedOver);
    let mut row = rig.row().await;
    row.run_mut().leg = 10_000;
    rig.test.domain.store.put_sync(&mut row).await.unwrap();
    assert_eq!(rig.leg_until(Duration::from_secs(30)).await, Outcome::Failed);
    assert_eq!(rig.row().await.error.unwrap().code, "too_long");
}

async fn rows_left(rig: &Rig, epoch: u64) -> usize {
    let partition = keys::Partition::new(WS, CONN, epoch, MODEL);
    let mut partitions: Vec<String> = (0..RECORD_SHARDS)
        .map(|shard| partition.records_pk(shard))
        .collect();
    partitions.extend([partition.journal_pk(), partition.index_pk(), partition.seen_pk()]);
    partitions.push(keys::quarantine_pk(WS, CONN, epoch));
    let mut left = 0;
    for pk in partitions {
        let page = rig
            .test
            .domain
            .store
            .query_items(Row::Record, Table::Records, &pk, &SortKeys::All, 1_000, true)
            .await;
        left += page.unwrap().rows.len();
    }
    left
}

#[tokio::test]
async fn erased_data_is_hidden_at_once_and_gone_after_the_work() {
    let rig = Rig::start().await;
    rig.test.systems.put_bad(MODEL, "bad", "No.");
    rig.fill(300);
    rig.sync().await;
    let (_, cursor) = rig.feed(None).await;
    assert!(rows_left(&rig, 1).await > 300);
    // What the request does: the next epoch, and a row for the work.
    let store = &rig.test.domain.store;
    let change = Change::new().set("epoch", 2u64);
    store
        .update(
            Row::Connection,
            Table::State,
            &keys::connection(WS, CONN),
            change,
            When::row_exists(),
        )
        .await
        .unwrap();
    let key = keys::erase(WS, CONN, 1);
    let mut item = key.attributes();
    item.extend(due::attributes(&key, rig.now()));
    store
        .put_item(Row::Erase, Table::State, item, When::new_row())
        .await
        .unwrap();
    assert_eq!(rig.stored().await.len(), 0);
    let connection = rig.connection().await;
    let old = changes::read(&rig.test.domain, &connection, &[], Some(&cursor), 10).await;
    assert!(matches!(old, Err(Problem::CursorExpired)));
    assert_eq!(rig.feed(None).await.0, []);
    reset(&rig.test.domain, &connection).await.unwrap();
    assert_eq!(rig.state().await, SyncState::Queued);
    // The work, and the next first sync beside it.
    rig.minutes(2).await;
    assert_eq!(rows_left(&rig, 1).await, 0);
    assert_eq!(rig.stored().await, rig.at_system());
    assert_eq!(rig.row().await.counts.created, 300);
    // A worker that was still writing is cleaned up after: the work looks again.
    let erase = store.get_item(Row::Erase, Table::State, &key).await.unwrap();
    assert!(erase.is_some());
    rig.minutes(25).await;
    assert_eq!(
        store.get_item(Row::Erase, Table::State, &key).await.unwrap(),
        None
    );
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn an_erasure_during_a_run_ends_it() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    let gate = rig.test.systems.stop_at("page vendor 3");
    let erasing = async {
        gate.reached().await;
        let mut connection = rig.connection().await;
        connection.epoch += 1;
        rig.put_connection(&connection).await;
        reset(&rig.test.domain, &connection).await.unwrap();
        gate.open();
    };
    let (outcome, ()) = tokio::join!(rig.leg(), erasing);
    assert_eq!(outcome, Outcome::Stale);
    assert_eq!(rig.stored().await.len(), 0);
    rig.minute().await;
    assert_eq!(rig.stored().await, rig.at_system());
    assert_eq!(rig.row().await.watermark, 20);
}
