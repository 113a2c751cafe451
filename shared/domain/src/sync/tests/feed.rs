//! The change feed under concurrent syncs, and its ends.

use std::{collections::BTreeSet, time::Duration};

use super::{MODEL, Rig};
use crate::{
    changes,
    error::Problem,
    store::{Row, SortKeys},
    synced::{self, ListRequest},
};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn six_changes_appear_once_in_order() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(50);
    rig.fill(500);
    rig.sync().await;
    let (all, cursor) = rig.feed(None).await;
    assert_eq!(all.len(), 500);
    assert!(all.iter().all(|(_, change, _)| *change == "created"));
    rig.advance(HOUR);
    for id in ["00100", "00200", "00300"] {
        rig.put(id, "changed");
    }
    rig.test.systems.remove(MODEL, "00400");
    rig.put("new 1", "new");
    rig.put("new 2", "new");
    rig.full_sync().await;
    let (changes, cursor) = rig.feed(Some(cursor)).await;
    let seqs: Vec<u64> = changes.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs, [501, 502, 503, 504, 505, 506]);
    let mut what: Vec<(&str, &str)> = changes
        .iter()
        .map(|(_, change, id)| (*change, id.as_str()))
        .collect();
    what.sort_unstable();
    assert_eq!(
        what,
        [
            ("created", "new 1"),
            ("created", "new 2"),
            ("deleted", "00400"),
            ("updated", "00100"),
            ("updated", "00200"),
            ("updated", "00300"),
        ]
    );
    assert_eq!(rig.feed(Some(cursor)).await.0, []);
}

#[tokio::test]
async fn a_reader_sees_each_change_once_while_syncs_run() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(20);
    rig.fill(200);
    let connection = rig.connection().await;
    let writing = async {
        for round in 0..6 {
            rig.advance(HOUR);
            for n in (round..200).step_by(7) {
                rig.put(&format!("{n:05}"), &format!("round {round}"));
            }
            rig.put(&format!("new {round}"), "new");
            rig.test.systems.remove(MODEL, &format!("{:05}", round * 30));
            rig.full_sync().await;
        }
    };
    let reading = async {
        let (mut seen, mut cursor, mut quiet) = (Vec::new(), None, 0);
        while quiet < 50 {
            let page = changes::read(&rig.test.domain, &connection, &[], cursor.as_deref(), 13)
                .await
                .unwrap();
            assert!(page.up_to_date || !page.items.is_empty());
            quiet = if page.items.is_empty() { quiet + 1 } else { 0 };
            for item in page.items {
                let record: Option<serde_json::Value> =
                    item.record.map(|record| serde_json::from_slice(&record).unwrap());
                // The record is as it is now: never older than the change.
                assert!(record.is_none_or(|record| record["seq"].as_u64().unwrap() >= item.seq));
                seen.push((item.seq, item.change.as_str(), item.id));
            }
            cursor = Some(page.next_cursor);
            tokio::task::yield_now().await;
        }
        (seen, cursor)
    };
    let ((), (mut seen, cursor)) = tokio::join!(writing, reading);
    seen.extend(rig.feed(cursor).await.0);
    let seqs: BTreeSet<u64> = seen.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs.len(), seen.len(), "no change twice");
    let mut there = BTreeSet::new();
    for (_, change, id) in &seen {
        let fits = match *change {
            "created" => there.insert(id.clone()),
            "deleted" => there.remove(id),
            _ => there.contains(id),
        };
        assert!(fits, "{change} {id}");
    }
    assert_eq!(there, rig.at_system().into_keys().collect());
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn what_changes_during_the_first_walk_comes_as_created_first() {
    let rig = Rig::start().await;
    rig.fill(100);
    rig.sync().await;
    let connection = rig.connection().await;
    let page = changes::read(&rig.test.domain, &connection, &[], None, 10)
        .await
        .unwrap();
    let walked: BTreeSet<String> = page.items.into_iter().map(|item| item.id).collect();
    rig.advance(HOUR);
    for n in 0..100 {
        rig.put(&format!("{n:05}"), "changed");
    }
    rig.sync().await;
    let rest = rig.feed(Some(page.next_cursor)).await.0;
    // The ten that were walked come with their change; the others come once, as they are now.
    let (updated, created): (Vec<_>, Vec<_>) = rest.iter().partition(|(_, change, _)| *change == "updated");
    let ids = |items: &[&(u64, &str, String)]| -> BTreeSet<String> {
        items.iter().map(|(_, _, id)| id.clone()).collect()
    };
    assert_eq!((updated.len(), created.len()), (10, 90));
    assert_eq!(ids(&updated), walked);
    assert!(ids(&created).is_disjoint(&walked));
    assert!(created.iter().all(|(_, change, _)| *change == "created"));
    let seqs: BTreeSet<u64> = rest.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs, (101..=200).collect());
}

#[tokio::test]
async fn an_empty_page_means_up_to_date_however_many_were_deleted() {
    let rig = Rig::start().await;
    rig.fill(90);
    rig.sync().await;
    rig.advance(HOUR);
    for n in 0..90 {
        if n != 70 {
            rig.test.systems.remove(MODEL, &format!("{n:05}"));
        }
    }
    rig.ask(true, true).await;
    rig.leg().await;
    rig.ask(true, true).await;
    rig.leg().await;
    assert_eq!(rig.row().await.live, 1);
    let connection = rig.connection().await;
    let _ = rig.test.probe.take();
    let page = changes::read(&rig.test.domain, &connection, &[], None, 1)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].id, "00070");
    let read = async |cursor: &str| {
        changes::read(&rig.test.domain, &connection, &[], Some(cursor), 1)
            .await
            .unwrap()
    };
    let end = read(&page.next_cursor).await;
    assert_eq!((end.items.len(), end.up_to_date), (0, true));
    // One row a query would be ninety and more.
    let calls = rig.test.probe.take().len();
    assert!(calls < 60, "{calls} calls");
}

#[tokio::test]
async fn t42_cursors_are_bound_to_their_query_and_end_with_what_is_kept() {
    let rig = Rig::start().await;
    rig.fill(20);
    rig.sync().await;
    let connection = rig.connection().await;
    let read = async |models: &[String], cursor: &str| {
        changes::read(&rig.test.domain, &connection, models, Some(cursor), 10).await
    };
    let (_, cursor) = rig.feed(None).await;
    assert!(matches!(
        read(&[MODEL.to_owned()], &cursor).await,
        Err(Problem::Unreadable(_))
    ));
    assert!(matches!(
        read(&[], &format!("x{cursor}")).await,
        Err(Problem::Unreadable(_))
    ));
    let mut other = connection.clone();
    other.workspace = "ws_2".to_owned();
    let stranger = changes::read(&rig.test.domain, &other, &[], Some(&cursor), 10).await;
    assert!(matches!(stranger, Err(Problem::Unreadable(_))));
    rig.advance(HOUR);
    rig.put("00001", "changed");
    rig.sync().await;
    rig.advance(Duration::from_secs(91 * 24 * 3600));
    assert!(matches!(read(&[], &cursor).await, Err(Problem::CursorExpired)));
    // The row may be gone by then as well.
    let pk = rig.row().await.partition().journal_pk();
    rig.test
        .domain
        .store
        .remove_range(Row::Journal, &pk, &SortKeys::All)
        .await
        .unwrap();
    assert!(matches!(read(&[], &cursor).await, Err(Problem::CursorExpired)));
    // Beginning anew works, and what is up to date stays so.
    let (all, cursor) = rig.feed(None).await;
    assert_eq!(all.len(), 20);
    assert!(read(&[], &cursor).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn lists_are_stable_and_filtered() {
    let rig = Rig::start().await;
    rig.fill(150);
    rig.sync().await;
    let connection = rig.connection().await;
    let mut request = ListRequest {
        model: MODEL.to_owned(),
        limit: 40,
        ..ListRequest::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = synced::list(&rig.test.domain, &connection, &request)
            .await
            .unwrap();
        assert!(page.records.len() <= 40);
        for body in &page.records {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            assert_eq!(body["connection_id"], "conn_1");
            assert!(body["seq"].is_u64() && body["synced_at"].is_string());
            ids.push(body["id"].as_str().unwrap().to_owned());
        }
        match page.next_cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 150);
    request.filters = vec![("name".to_owned(), "vendor 7".to_owned())];
    assert!(matches!(
        synced::list(&rig.test.domain, &connection, &request).await,
        Err(Problem::Unreadable(_))
    ));
    request.cursor = None;
    let page = synced::list(&rig.test.domain, &connection, &request)
        .await
        .unwrap();
    assert_eq!((page.records.len(), page.next_cursor), (1, None));
    request.filters.clear();
    request.modified_after = Some(rig.now() + HOUR);
    let page = synced::list(&rig.test.domain, &connection, &request)
        .await
        .unwrap();
    assert_eq!(page.records.len(), 0);
    let one = synced::get(&rig.test.domain, &connection, MODEL, "00007", false, false)
        .await
        .unwrap();
    assert!(String::from_utf8(one).unwrap().contains("vendor 7"));
    let none = synced::get(&rig.test.domain, &connection, MODEL, "nothing", false, false).await;
    assert!(matches!(none, Err(Problem::NotFound(_))));
    let raw = synced::get(&rig.test.domain, &connection, MODEL, "00007", false, true).await;
    assert!(matches!(raw, Err(Problem::Unsupported(_))));
}

#[tokio::test]
async fn source_text_is_kept_where_the_connection_says_so() {
    let rig = Rig::start().await;
    let mut connection = rig.connection().await;
    connection.keep_raw = true;
    rig.put_connection(&connection).await;
    rig.fill(2);
    rig.sync().await;
    let one = synced::get(&rig.test.domain, &connection, MODEL, "00001", false, true)
        .await
        .unwrap();
    let one: serde_json::Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(one["raw"]["name"], "vendor 1");
    rig.full_sync().await;
    assert_eq!(rig.row().await.counts.unchanged, 2);
}
