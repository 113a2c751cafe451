//! What is gone, and what only looks so.

use std::time::Duration;

use manifold_connectors::{Deletes, Fault, FaultKind};

use super::{MODEL, Rig};
use crate::{
    connection::Every,
    store::{Row, SortKeys, Table, sync::Seen},
    sync::Outcome,
    synced::{self, ListRequest},
    testing::record,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn fault() -> Fault {
    Fault::new(FaultKind::Malformed, "The answer is cut off.")
}

#[tokio::test]
async fn a_missing_record_is_asked_for_by_its_id() {
    let rig = Rig::start().await;
    rig.fill(20);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00003");
    rig.advance(DAY);
    rig.full_sync().await;
    assert!(rig.test.systems.calls().contains(&"get vendor 00003".to_owned()));
    assert_eq!(rig.stored().await, rig.at_system());
    let request = ListRequest {
        model: MODEL.to_owned(),
        limit: 50,
        include_deleted: true,
        ..ListRequest::default()
    };
    let page = synced::list(&rig.test.domain, &rig.connection().await, &request)
        .await
        .unwrap();
    let gone: Vec<serde_json::Value> = page
        .records
        .iter()
        .map(|body| serde_json::from_slice(body).unwrap())
        .filter(|body: &serde_json::Value| body.get("deleted_at").is_some())
        .collect();
    // Its last content stays.
    assert_eq!(gone.len(), 1);
    assert_eq!(
        (gone[0]["id"].as_str(), gone[0]["name"].as_str()),
        (Some("00003"), Some("vendor 3"))
    );
    assert_eq!(page.records.len(), 20);
}

#[tokio::test]
async fn a_record_that_the_read_skipped_but_the_system_has_stays() {
    let rig = Rig::start().await;
    rig.fill(20);
    rig.sync().await;
    rig.advance(DAY);
    // It vanishes from the list while the list is read, and is there when it is asked for.
    rig.test.systems.remove(MODEL, "00003");
    let systems = rig.test.systems.clone();
    let back = record(MODEL, "00003", "back", Some(rig.now()));
    rig.test.systems.before_each(move |what| {
        if what == "get vendor 00003" {
            systems.put(MODEL, back.clone());
        }
    });
    rig.full_sync().await;
    let row = rig.row().await;
    assert_eq!((row.counts.deleted, row.counts.updated), (0, 1));
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn without_reads_by_id_a_record_must_be_missing_twice() {
    let rig = Rig::start().await;
    rig.test.systems.traits(MODEL, |traits| traits.by_id = false);
    rig.fill(20);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00003");
    rig.test.systems.remove(MODEL, "00004");
    rig.full_sync().await;
    assert_eq!(rig.stored().await.len(), 20);
    rig.put("00004", "back");
    // An incremental run in between proves nothing.
    rig.sync().await;
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
    let row = rig.row().await;
    assert_eq!((row.counts.deleted, row.suspects), (1, None));
    assert!(
        !rig.test
            .systems
            .calls()
            .iter()
            .any(|call| call.starts_with("get "))
    );
}

#[tokio::test]
async fn a_record_without_a_readable_id_may_be_any_of_the_missing_ones() {
    let rig = Rig::start().await;
    rig.test.systems.traits(MODEL, |traits| traits.by_id = false);
    rig.fill(5);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00003");
    rig.test
        .systems
        .put_unnamed(MODEL, "00003x", "The id is missing.");
    for _ in 0..3 {
        rig.full_sync().await;
        assert_eq!(rig.stored().await.len(), 5);
    }
}

#[tokio::test]
async fn t12_a_complete_read_that_breaks_off_deletes_nothing() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(10);
    rig.fill(90);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00001");
    rig.advance(DAY);
    rig.ask(true, false).await;
    rig.test
        .systems
        .script([None, None, None, None, None, None, Some(fault())]);
    assert_eq!(rig.leg().await, Outcome::Failed);
    assert_eq!(rig.stored().await.len(), 90);
    let row = rig.row().await;
    assert_eq!(
        (row.counts.deleted, row.error.unwrap().code.as_str()),
        (0, "malformed")
    );
    assert_eq!(
        row.last_full_at,
        row.last_success_at.map(|_| row.last_full_at.unwrap())
    );
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t12_a_complete_read_over_several_legs_still_knows_what_it_saw() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(10);
    rig.fill(90);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00001");
    rig.test.systems.remove(MODEL, "00088");
    rig.put("00050", "changed");
    rig.put("new", "new");
    rig.advance(DAY);
    rig.ask(true, false).await;
    let clock = rig.test.clock.clone();
    rig.test
        .systems
        .before_each(move |_| clock.advance(Duration::from_secs(10)));
    let mut legs = 1;
    while rig.leg_until(Duration::from_secs(40)).await == Outcome::HandedOver {
        legs += 1;
    }
    assert!(legs >= 3, "{legs} legs");
    let row = rig.row().await;
    assert_eq!(
        (row.counts.deleted, row.counts.updated, row.counts.created),
        (2, 1, 1)
    );
    assert_eq!(rig.stored().await, rig.at_system());
    // What was saved between the legs is gone.
    let pk = row.partition().seen_pk();
    let left = rig
        .test
        .domain
        .store
        .any(Row::Seen, Table::Records, &pk, &SortKeys::All)
        .await;
    assert!(!left.unwrap());
}

#[tokio::test]
async fn t12_a_leg_that_died_takes_what_it_saw_with_it() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(10);
    rig.fill(90);
    rig.sync().await;
    rig.test.systems.remove(MODEL, "00001");
    rig.put("00005", "changed");
    rig.advance(DAY);
    rig.ask(true, false).await;
    let gate = rig.test.systems.stop_at("page vendor 4");
    tokio::select! {
        _ = rig.leg() => panic!("it waits for the system"),
        () = gate.reached() => {}
    }
    rig.advance(Duration::from_secs(200));
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    assert_eq!(rig.row().await.counts.deleted, 0);
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn more_than_half_missing_is_not_believed_until_a_person_confirms() {
    for by_id in [true, false] {
        let rig = Rig::start().await;
        rig.test.systems.traits(MODEL, |traits| traits.by_id = by_id);
        rig.fill(120);
        rig.sync().await;
        for n in 0..70 {
            rig.test.systems.remove(MODEL, &format!("{n:05}"));
        }
        rig.advance(DAY);
        assert_eq!(rig.full_sync().await, Outcome::Failed);
        let row = rig.row().await;
        assert_eq!(row.error.unwrap().code, "mass_deletion_suspected");
        assert_eq!((rig.stored().await.len(), row.counts.deleted), (120, 0));
        rig.ask(true, true).await;
        assert_eq!(rig.leg().await, Outcome::Succeeded);
        assert_eq!(rig.stored().await, rig.at_system());
    }
}

#[tokio::test]
async fn fifty_missing_records_are_not_suspicious() {
    let rig = Rig::start().await;
    rig.fill(60);
    rig.sync().await;
    for n in 0..50 {
        rig.test.systems.remove(MODEL, &format!("{n:05}"));
    }
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn a_record_that_the_system_marks_is_deleted() {
    let rig = Rig::start().await;
    rig.test
        .systems
        .traits(MODEL, |traits| traits.deletes = Deletes::Marked);
    rig.fill(5);
    rig.sync().await;
    rig.advance(DAY);
    let mut gone = record(MODEL, "00003", "vendor 3", Some(rig.now()));
    gone.deleted = true;
    rig.test.systems.put(MODEL, gone.clone());
    // One that was marked before it was ever stored is none of ours.
    gone.id = "never".to_owned();
    rig.test.systems.put(MODEL, gone);
    rig.sync().await;
    let row = rig.row().await;
    assert_eq!((row.counts.deleted, row.counts.created, row.live), (1, 0, 4));
    assert_eq!(rig.stored().await, rig.at_system());
    // Absence proves nothing here.
    rig.test.systems.remove(MODEL, "00004");
    rig.full_sync().await;
    assert_eq!(rig.stored().await.len(), 4);
    // Back again it is new.
    rig.advance(DAY);
    rig.put("00003", "back");
    rig.sync().await;
    assert_eq!(rig.row().await.counts.created, 1);
}

#[tokio::test]
async fn a_first_run_looks_for_nothing_missing() {
    let rig = Rig::start().await;
    rig.connect(&[MODEL], Every::Manual).await;
    rig.fill(3);
    rig.test.systems.page_size(1);
    rig.ask(false, false).await;
    let gate = rig.test.systems.stop_at("page vendor 2");
    tokio::select! {
        _ = rig.leg() => panic!("it waits for the system"),
        () = gate.reached() => {}
    }
    assert_eq!(rig.row().await.run.unwrap().seen, Seen::Untracked);
}
