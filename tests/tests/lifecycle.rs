//! From connect to disconnect and back: tokens, credits, data.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Conn, Tables, World, list, text, until};

/// Every route that a connection's token opens.
fn routes_of_a_token(order: &str) -> Vec<(Method, String, Option<Value>)> {
    let orders = "/v1/purchase-orders";
    vec![
        (Method::GET, orders.to_owned(), None),
        (Method::GET, format!("{orders}?source=synced"), None),
        (Method::GET, format!("{orders}/{order}"), None),
        (Method::GET, format!("{orders}/{order}?source=synced"), None),
        (Method::GET, "/v1/changes".to_owned(), None),
        (Method::GET, "/v1/connection".to_owned(), None),
        (
            Method::POST,
            "/v1/passthrough".to_owned(),
            Some(json!({"method": "GET", "path": "/"})),
        ),
    ]
}

async fn disconnect(world: &World, conn: &Conn) -> Value {
    world
        .post(
            &format!("/v1/connections/{}/disconnect", conn.id),
            &world.key,
            json!({}),
        )
        .await
        .expect(200)
}

/// A token that was revoked is refused wherever it is shown, whether it would have been right there or not.
async fn assert_revoked_everywhere(world: &World, token: &str, order: &str) {
    for (method, path, body) in routes_of_a_token(order) {
        world
            .send(method, &path, token, body.as_ref())
            .await
            .problem(401, "token_revoked");
    }
    for path in ["/v1/connections", "/v1/credits", "/v1/systems", "/v1/events"] {
        world.get(path, token).await.problem(401, "token_revoked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t25_connect_disconnect_erase_and_connect_again() {
    let world = World::start().await;
    assert_eq!(world.credits().await, (40, 0, 40));
    let conn = world
        .connect("sap_s4hana", json!({"models": ["vendor", "purchase_order"]}))
        .await;
    assert_eq!(world.credits().await, (40, 4, 36));
    let own = world.get("/v1/connection", &conn.token).await.expect(200);
    assert_eq!(
        (&own["id"], &own["credits"], &own["status"]),
        (&json!(conn.id), &json!(4), &json!("online"))
    );
    let vendors = world.sync(&conn, json!({"model": "vendor"})).await;
    assert_eq!(vendors.len(), 2, "every model of the connection is shown");
    let stored = world.all("/v1/vendors?source=synced", &conn.token).await;
    let orders = world
        .get("/v1/purchase-orders?limit=1", &conn.token)
        .await
        .expect(200);
    let order = text(&list(&orders)[0], "/id");

    let asked = world.requests("sap_s4hana").await.len();
    let ended = disconnect(&world, &conn).await;
    assert_eq!(
        (&ended["status"], &ended["credits"]),
        (&json!("disconnected"), &json!(0))
    );
    assert_eq!(world.credits().await, (40, 0, 40), "usable at once");
    assert_revoked_everywhere(&world, &conn.token, &order).await;
    let again = disconnect(&world, &conn).await;
    assert_eq!(again, ended, "twice is once");
    assert_eq!(world.credits().await, (40, 0, 40));
    let ledger: Vec<Value> = world.all("/v1/credits/ledger", &world.key).await;
    let moved: Vec<_> = ledger
        .iter()
        .rev()
        .map(|entry| (entry["kind"].clone(), entry["amount"].clone()))
        .collect();
    assert_eq!(
        json!(moved),
        json!([["granted", 40], ["held", 4], ["released", 4]])
    );
    assert_eq!(
        world
            .events(&conn, &["connection.created", "connection.disconnected"])
            .await
            .len(),
        2
    );

    refuses_what_is_live(&world, &conn).await;
    assert_eq!(
        world.requests("sap_s4hana").await.len(),
        asked,
        "nothing was asked of the system any more"
    );
    stays_readable_until_erased(&world, &conn, stored.len()).await;

    let anew = world.connect("sap_s4hana", json!({})).await;
    assert!(anew.id != conn.id && anew.token != conn.token);
    world.get("/v1/connection", &anew.token).await.expect(200);
    world
        .get("/v1/connection", &conn.token)
        .await
        .problem(401, "token_revoked");
    assert_eq!(world.credits().await, (40, 4, 36));
}

async fn refuses_what_is_live(world: &World, conn: &Conn) {
    for path in [
        "/v1/vendors",
        "/v1/vendors/10300001",
        "/v1/purchase-orders?source=live",
    ] {
        let problem = world
            .get_as(&conn.id, path)
            .await
            .problem(409, "connection_disconnected");
        assert_eq!(problem["connection_id"], conn.id.as_str());
    }
    for (what, body) in [
        ("syncs", json!({})),
        ("rotate-token", json!({})),
        ("quarantine/none/retry", json!({})),
    ] {
        let path = format!("/v1/connections/{}/{what}", conn.id);
        world
            .post(&path, &world.key, body)
            .await
            .problem(409, "connection_disconnected");
    }
    let path = format!("/v1/connections/{}", conn.id);
    let change = json!({"schedule": "1h"});
    world
        .send(Method::PATCH, &path, &world.key, Some(&change))
        .await
        .problem(409, "connection_disconnected");
    let call = world
        .request(Method::POST, "/v1/passthrough")
        .bearer_auth(&world.key);
    let call = call
        .header("manifold-connection", &conn.id)
        .header("content-type", "application/json");
    let refused = crate::support::Reply::of(call.body(r#"{"method":"GET","path":"/"}"#)).await;
    refused.problem(409, "connection_disconnected");
}

async fn stays_readable_until_erased(world: &World, conn: &Conn, records: usize) {
    let page = world
        .get_as(&conn.id, "/v1/vendors?source=synced&limit=500")
        .await
        .expect(200);
    assert_eq!(list(&page).len(), records);
    let one = text(&list(&page)[0], "/id");
    let path = format!("/v1/vendors/{one}?source=synced");
    world.get_as(&conn.id, &path).await.expect(200);
    let feed = world.get_as(&conn.id, "/v1/changes?limit=500").await.expect(200);
    assert_eq!(list(&feed).len(), records);
    for what in ["syncs", "timeline", "mapping", "quarantine"] {
        world.ask(&format!("/v1/connections/{}/{what}", conn.id)).await;
    }

    let data = format!("/v1/connections/{}/data", conn.id);
    world
        .send(Method::DELETE, &data, &world.key, None)
        .await
        .expect(202);
    let page = world
        .get_as(&conn.id, "/v1/vendors?source=synced")
        .await
        .expect(200);
    assert_eq!(list(&page), Vec::<Value>::new());
    world.get_as(&conn.id, &path).await.problem(404, "not_found");
    let feed = world.get_as(&conn.id, "/v1/changes").await.expect(200);
    assert_eq!(list(&feed), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_while_connected_makes_the_next_sync_a_first_one() {
    let world = World::start().await;
    let conn = world.connect("netsuite", json!({"models": ["vendor"]})).await;
    let first = world.sync(&conn, json!({})).await;
    let (_, cursor) = world.changes(&conn.token, None).await;
    let data = format!("/v1/connections/{}/data", conn.id);
    world
        .send(Method::DELETE, &data, &world.key, None)
        .await
        .expect(202);
    assert_eq!(
        world.all("/v1/vendors?source=synced", &conn.token).await,
        Vec::<Value>::new()
    );
    world
        .get(&format!("/v1/changes?cursor={cursor}"), &conn.token)
        .await
        .problem(410, "cursor_expired");
    let second = world.sync(&conn, json!({})).await;
    assert_eq!(second[0]["counts"]["created"], first[0]["counts"]["created"]);
    let (changes, _) = world.changes(&conn.token, None).await;
    assert_eq!(json!(changes.len()), first[0]["counts"]["created"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_token_replaces_the_old_one() {
    let world = World::start().await;
    let conn = world
        .connect("dynamics_finance", json!({"models": ["vendor"]}))
        .await;
    let rotate = format!("/v1/connections/{}/rotate-token", conn.id);
    let token = text(
        &world.post(&rotate, &world.key, json!({})).await.expect(200),
        "/token",
    );
    assert_revoked_everywhere(&world, &conn.token, "usmf:PO-000001").await;
    let own = world.get("/v1/connection", &token).await.expect(200);
    assert_eq!(own["id"], conn.id.as_str());
    world.get("/v1/vendors?limit=1", &token).await.expect(200);
    world
        .post(&rotate, &token, json!({}))
        .await
        .problem(403, "forbidden");
}

/// In the middle of a sync, a disconnect ends it: no page more is stored, and the system is left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t23_a_disconnect_ends_what_is_going_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let tables = Tables::open(folder.path());
    let in_local = |partition: &str| {
        tables
            .rows("local")
            .into_keys()
            .filter(|(pk, _)| pk == partition)
            .count()
    };
    let conn = world
        .connect("sap_s4hana", json!({"models": ["purchase_order"]}))
        .await;
    assert_eq!(in_local("vault"), 1);
    world.fault("sap_s4hana", "slow", json!({"delay_ms": 700})).await;
    world
        .post(
            &format!("/v1/connections/{}/syncs", conn.id),
            &world.key,
            json!({}),
        )
        .await
        .expect(202);
    until("the first page", || async {
        (world.syncs(&conn).await[0]["counts"]["read"].as_u64() > Some(0)).then_some(())
    })
    .await;
    let asked = world.requests("sap_s4hana").await.len();
    disconnect(&world, &conn).await;
    assert_eq!(in_local("vault"), 0, "its credentials are gone at once");
    let synced = "/v1/purchase-orders?source=synced&limit=500";
    let stored = list(&world.get_as(&conn.id, synced).await.expect(200));
    assert!(!stored.is_empty());
    // The worker lets go of its message when it found out.
    until("the worker to stop", || async {
        (in_local("queue#sync") == 0).then_some(())
    })
    .await;
    assert!(
        world.requests("sap_s4hana").await.len() <= asked + 2,
        "what was under way, and what was fetched ahead"
    );
    assert_eq!(list(&world.get_as(&conn.id, synced).await.expect(200)), stored);
    let feed = world.get_as(&conn.id, "/v1/changes?limit=500").await.expect(200);
    assert_eq!(list(&feed).len(), stored.len());
    assert_eq!(world.credits().await, (40, 0, 40));
    world.stack.stop().await;
}

/// New credentials, the same connection: its id, its token, its data.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_keeps_id_token_and_data() {
    let world = World::start().await;
    let system = "dynamics_business_central";
    let conn = world.connect(system, json!({"models": ["vendor"]})).await;
    world.sync(&conn, json!({})).await;
    let stored = world.all("/v1/vendors?source=synced", &conn.token).await;
    let path = format!("/v1/connections/{}", conn.id);
    let body = world.connect_body(system, json!({}));
    let wrong = json!({"credentials": {"client_secret": "not-the-right-one"}});
    world
        .send(Method::PATCH, &path, &world.key, Some(&wrong))
        .await
        .problem(422, "invalid_credentials");
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);

    let right = json!({"credentials": body["credentials"], "metadata": {"repaired": true}});
    let changed = world
        .send(Method::PATCH, &path, &world.key, Some(&right))
        .await
        .expect(200);
    assert_eq!(
        (&changed["id"], &changed["metadata"]["repaired"]),
        (&json!(conn.id), &json!(true))
    );
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    assert_eq!(world.all("/v1/vendors?source=synced", &conn.token).await, stored);
    assert_eq!(world.credits().await.1, 2, "held once");

    // What says which instance it is cannot change.
    let elsewhere = json!({"settings": {"environment": "elsewhere"}, "credentials": body["credentials"]});
    let refused = world
        .send(Method::PATCH, &path, &world.key, Some(&elsewhere))
        .await;
    assert_eq!(refused.status, 422, "{}", refused.text);
}
