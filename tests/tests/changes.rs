//! Later syncs: where nothing changed nothing is written, and what changed is told once, in order.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::support::{Conn, Tables, World, until};

/// What one system calls three new orders.
struct Story {
    system: &'static str,
    new: [&'static str; 2],
}

const SAP: Story = Story {
    system: "sap_s4hana",
    new: ["4599000001", "4599000002"],
};
const SAP_V4: Story = Story {
    system: "sap_s4hana_v4",
    new: ["4599000001", "4599000002"],
};
const NETSUITE: Story = Story {
    system: "netsuite",
    new: ["990001", "990002"],
};
const BUSINESS_CENTRAL: Story = Story {
    system: "dynamics_business_central",
    new: [
        "0e2f3a51-77aa-4f0d-8a11-0000000000a1",
        "0e2f3a51-77aa-4f0d-8a11-0000000000a2",
    ],
};
const FINANCE: Story = Story {
    system: "dynamics_finance",
    new: ["usmf:PO-990001", "usmf:PO-990002"],
};

fn counts(sync: &Value) -> [u64; 3] {
    ["created", "updated", "deleted"].map(|name| sync["counts"][name].as_u64().expect("a count"))
}

fn ids(changes: &[Value], change: &str) -> BTreeSet<String> {
    let of = changes.iter().filter(|entry| entry["change"] == change);
    of.map(|entry| entry["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// Each number once, each greater than the one before.
#[track_caller]
fn assert_in_order(changes: &[Value]) {
    let numbers: Vec<u64> = changes
        .iter()
        .map(|entry| entry["seq"].as_u64().expect("a number"))
        .collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}

async fn sync(world: &World, conn: &Conn, full: bool) -> [u64; 3] {
    let syncs = world.sync(conn, json!({"full": full})).await;
    counts(&syncs[0])
}

async fn tell(story: &Story) {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let tables = Tables::open(folder.path());
    let system = story.system;
    let conn = world
        .connect(
            system,
            json!({"models": ["purchase_order"], "history": {"days": 30}}),
        )
        .await;
    let [created, updated, deleted] = sync(&world, &conn, false).await;
    assert!(
        created > 100 && updated == 0 && deleted == 0,
        "{created} {updated} {deleted}"
    );
    let (existing, cursor) = world.changes(&conn.token, None).await;
    assert_eq!(existing.len() as u64, created);
    assert_eq!(
        ids(&existing, "created").len() as u64,
        created,
        "each existing record once"
    );

    let before = tables.rows("records");
    for full in [false, true] {
        assert_eq!(
            sync(&world, &conn, full).await,
            [0, 0, 0],
            "an unchanged system, full: {full}"
        );
    }
    assert_eq!(
        world.changes(&conn.token, Some(&cursor)).await.0,
        Vec::<Value>::new()
    );
    assert!(
        before == tables.rows("records"),
        "no record, journal or index item was written"
    );

    // Payment terms are a list of each system's own; these are in all of them.
    let other = |entry: &&Value| entry["record"]["payment_terms"] != "NT60";
    let chosen: Vec<Value> = existing
        .iter()
        .filter(other)
        .take(4)
        .map(|entry| entry["id"].clone())
        .collect();
    let chosen: Vec<String> = chosen
        .iter()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    for id in &chosen[..3] {
        world
            .put_record(system, "purchase_order", id, json!({"payment_terms": "NT60"}))
            .await;
    }
    world.delete_record(system, "purchase_order", &chosen[3]).await;
    for id in story.new {
        world
            .put_record(
                system,
                "purchase_order",
                id,
                json!({"currency": "EUR", "payment_terms": "NT30"}),
            )
            .await;
    }
    // What is only told by absence shows when everything is read.
    assert_eq!(sync(&world, &conn, true).await, [2, 3, 1]);
    assert_eq!(sync(&world, &conn, false).await, [0, 0, 0], "once");
    let (changes, cursor) = world.changes(&conn.token, Some(&cursor)).await;
    assert_eq!(changes.len(), 6, "{changes:#?}");
    assert_in_order(&changes);
    assert_eq!(ids(&changes, "updated"), chosen[..3].iter().cloned().collect());
    assert_eq!(ids(&changes, "deleted"), BTreeSet::from([chosen[3].clone()]));
    assert_eq!(ids(&changes, "created"), story.new.map(str::to_owned).into());
    for change in &changes {
        let gone = change["change"] == "deleted";
        assert_eq!(change["record"].is_null(), gone, "{change}");
        assert!(gone || change["record"]["id"] == change["id"], "{change}");
    }
    let terms = |entry: &&Value| entry["change"] == "updated" && entry["record"]["payment_terms"] == "NT60";
    assert_eq!(changes.iter().filter(terms).count(), 3);
    assert_eq!(
        world.changes(&conn.token, Some(&cursor)).await.0,
        Vec::<Value>::new(),
        "and never again"
    );

    let gone = format!("/v1/purchase-orders/{}?source=synced", chosen[3]);
    world.get(&gone, &conn.token).await.problem(404, "not_found");
    let kept = world
        .get(&format!("{gone}&include_deleted=true"), &conn.token)
        .await
        .expect(200);
    assert!(kept["deleted_at"].is_string(), "{kept}");
    world.stack.stop().await;
}

/// SAP marks what is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_changes_are_told_once_sap() {
    tell(&SAP).await;
}

/// SAP marks what is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_changes_are_told_once_sap_v4() {
    tell(&SAP_V4).await;
}

/// What NetSuite deleted is not there any more, and asked for by id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_changes_are_told_once_netsuite() {
    tell(&NETSUITE).await;
}

/// The same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_changes_are_told_once_business_central() {
    tell(&BUSINESS_CENTRAL).await;
}

/// The same, and F&O cannot even say what changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_changes_are_told_once_finance() {
    tell(&FINANCE).await;
}

/// A reader that goes on and on while the first sync and later ones run sees each record and change once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_each_change_once_while_syncs_run() {
    let world = World::start().await;
    let conn = world
        .connect(
            "dynamics_business_central",
            json!({"models": ["purchase_order", "vendor"]}),
        )
        .await;
    let syncs = format!("/v1/connections/{}/syncs", conn.id);
    let over = AtomicBool::new(false);
    let write = async {
        world.post(&syncs, &world.key, json!({})).await.expect(202);
        let mut written = 0;
        let orders: Vec<String> = until("the first orders", || async {
            let page = world
                .get("/v1/purchase-orders?source=synced&limit=3", &conn.token)
                .await
                .expect(200);
            let found: Vec<String> = crate::support::list(&page)
                .iter()
                .map(|order| crate::support::text(order, "/id"))
                .collect();
            (found.len() == 3).then_some(found)
        })
        .await;
        for terms in ["NT60", "0001", "2%10", "NT30"] {
            for id in &orders {
                let terms = json!({"payment_terms": terms});
                world
                    .put_record("dynamics_business_central", "purchase_order", id, terms)
                    .await;
            }
            // Asked for while another may be going on: then one more follows it.
            world
                .post(&syncs, &world.key, json!({"model": "purchase_order"}))
                .await
                .expect(202);
            world.synced(&conn).await;
            written += orders.len();
        }
        over.store(true, Ordering::SeqCst);
        written
    };
    let read = async {
        let mut seen: Vec<Value> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let over = over.load(Ordering::SeqCst);
            let (changes, next) = world.changes(&conn.token, cursor.as_deref()).await;
            seen.extend(changes);
            cursor = Some(next);
            if over {
                return seen;
            }
        }
    };
    let reading = tokio::time::timeout(std::time::Duration::from_secs(60), read);
    let (written, seen) = tokio::join!(write, reading);
    let seen = seen.expect("the reader comes to the end");
    let (rest, _) = world.changes(&conn.token, None).await;
    let numbers: BTreeSet<(String, u64)> = seen
        .iter()
        .map(|change| {
            (
                change["model"].to_string(),
                change["seq"].as_u64().expect("a number"),
            )
        })
        .collect();
    assert_eq!(numbers.len(), seen.len(), "no change twice");
    assert_eq!(ids(&seen, "created"), ids(&rest, "created"), "no record left out");
    assert_eq!(
        seen.iter().filter(|change| change["change"] == "created").count(),
        rest.len()
    );
    let updates = seen.iter().filter(|change| change["change"] == "updated").count();
    assert!(
        updates <= written && updates >= 3,
        "{updates} of {written}: what one sync did not see apart is one"
    );
}

/// A complete read that breaks off says nothing about what it did not come to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_breaks_off_deletes_nothing() {
    for fault in ["truncated", "http_500"] {
        let world = World::start().await;
        let conn = world
            .connect("dynamics_finance", json!({"models": ["purchase_order"]}))
            .await;
        sync(&world, &conn, false).await;
        let (existing, cursor) = world.changes(&conn.token, None).await;
        // The first call is merely slow by nothing; from the second on the fault strikes.
        world
            .fault(&conn.system, "slow", json!({"delay_ms": 0, "count": 1}))
            .await;
        world.fault(&conn.system, fault, json!({})).await;
        let path = format!("/v1/connections/{}/syncs", conn.id);
        world
            .post(&path, &world.key, json!({"full": true}))
            .await
            .expect(202);
        let syncs = world.settled(&conn).await;
        assert_eq!(syncs[0]["state"], "failed", "{fault}: {}", syncs[0]);
        let read = syncs[0]["counts"]["read"].as_u64().expect("a count");
        assert!(
            read > 0 && read < existing.len() as u64,
            "{fault}: broke off after {read}"
        );
        assert_eq!(counts(&syncs[0]), [0, 0, 0], "{fault}");
        assert_eq!(
            world.changes(&conn.token, Some(&cursor)).await.0,
            Vec::<Value>::new(),
            "{fault}"
        );
        let stored = world.all("/v1/purchase-orders?source=synced", &conn.token).await;
        assert_eq!(stored.len(), existing.len(), "{fault}");

        world.heal().await;
        assert_eq!(
            sync(&world, &conn, true).await,
            [0, 0, 0],
            "{fault}: once it is whole again"
        );
    }
}
