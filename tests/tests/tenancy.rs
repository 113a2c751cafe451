//! Another workspace's ids: each route of the description says that there is no such thing.

use std::collections::BTreeSet;

use manifold_functions::openapi;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::{Receiver, Reply, World, list, text};

/// What a workspace has that another one must not reach.
struct Owned {
    connection: String,
    event: String,
    quarantined: String,
    vendor: String,
    endpoint: String,
    delivery: String,
}

/// Routes of others: the operator's, and those of a link session.
const NOT_A_WORKSPACES: &[&str] = &["/v1/workspaces", "/v1/connect/"];
/// Ids that belong to nobody.
const EVERYBODYS: &[&str] = &["/v1/systems/{system}", "/v1/models/{model}"];

/// A body that would do, were the id one's own.
fn body(path: &str) -> Value {
    match path {
        "/v1/connections/{id}/custom-fields" => json!({"fields": []}),
        "/v1/passthrough" => json!({"method": "GET", "path": "/"}),
        "/v1/webhook-endpoints/{id}/replay" => json!({"since": "2026-01-01T00:00:00Z"}),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t43_another_workspaces_ids_lead_nowhere() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    world.fault("sap_s4hana", "bad_record", json!({})).await;
    world.sync(&conn, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url, json!({})).await.0;
    let path = format!("/v1/webhook-endpoints/{endpoint}/test");
    let tried = world.post(&path, &world.key, json!({})).await.expect(200);
    let own = Owned {
        delivery: text(&tried, "/id"),
        endpoint,
        quarantined: text(
            &list(
                &world
                    .ask(&format!("/v1/connections/{}/quarantine", conn.id))
                    .await,
            )[0],
            "/id",
        ),
        event: text(&list(&world.ask("/v1/events").await)[0], "/id"),
        vendor: text(
            &world.all("/v1/vendors?source=synced", &conn.token).await[0],
            "/id",
        ),
        connection: conn.id.clone(),
    };
    let admin = world.stack.admin_key().expose_secret().to_owned();
    let stranger = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 40}))
        .await
        .expect(201);
    let stranger = text(&stranger, "/key");
    let before = world.connection(&conn).await;
    let asked = world.requests("sap_s4hana").await.len();

    let document = openapi::document();
    let mut tried = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let names_one = path.contains('{') && !EVERYBODYS.contains(&path.as_str());
        let names_connection = path.as_str() == "/v1/changes"
            || path == "/v1/passthrough"
            || path == "/v1/connection"
            || document
                .pointer("/paths")
                .is_some_and(|_| is_of_records(&document, path));
        if NOT_A_WORKSPACES.iter().any(|others| path.starts_with(others)) || !(names_one || names_connection)
        {
            continue;
        }
        for method in operations.as_object().expect("operations").keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let reply = ask(&world, &method, path, &own, &stranger).await;
            let (status, code) = (reply.status, reply.body["code"].clone());
            assert_eq!(
                (status, code),
                (404, json!("not_found")),
                "{method} {path}: {}",
                reply.text
            );
            for told in [&own.connection, "10300"] {
                let echoed = path.contains('{') || told.starts_with("conn_");
                assert!(
                    echoed || !reply.text.contains(told),
                    "{method} {path} tells of it: {}",
                    reply.text
                );
            }
            tried.insert(format!("{method} {path}"));
        }
    }
    assert!(tried.len() > 25, "{tried:?}");
    assert_eq!(world.connection(&conn).await, before, "and nothing was done");
    assert_eq!(world.requests("sap_s4hana").await.len(), asked, "nor asked");
    world.get("/v1/connection", &conn.token).await.expect(200);

    // Lists of the stranger are empty.
    for path in ["/v1/connections", "/v1/events", "/v1/webhook-endpoints"] {
        assert_eq!(world.all(path, &stranger).await, Vec::<Value>::new(), "{path}");
    }
    // To repair somebody else's connection is impossible too.
    let repair = json!({"connection_id": own.connection});
    world
        .post("/v1/link-sessions", &stranger, repair)
        .await
        .problem(404, "not_found");
}

/// Whether a path is one of a model's records: then a header names the connection.
fn is_of_records(document: &Value, path: &str) -> bool {
    let parameters = &document["paths"][path]["get"]["parameters"];
    parameters
        .as_array()
        .into_iter()
        .flatten()
        .any(|parameter| parameter["name"] == "Manifold-Connection")
}

async fn ask(world: &World, method: &Method, path: &str, own: &Owned, key: &str) -> Reply {
    let id = if path.starts_with("/v1/connections/") {
        &own.connection
    } else if path.starts_with("/v1/webhook-endpoints/") {
        &own.endpoint
    } else if path.starts_with("/v1/deliveries/") {
        &own.delivery
    } else if path.starts_with("/v1/events/") {
        &own.event
    } else {
        &own.vendor
    };
    let filled = path.replace("{id}", id).replace("{item}", &own.quarantined);
    assert!(
        !filled.contains('{'),
        "{path} names something that this test does not know"
    );
    let mut request = world.request(method.clone(), &filled).bearer_auth(key);
    request = request.header("manifold-connection", &own.connection);
    if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        request = request
            .header("content-type", "application/json")
            .body(body(path).to_string());
    }
    Reply::of(request).await
}

/// A link session sees its own attempts only, and another workspace cannot exchange what it made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn link_sessions_are_apart() {
    let world = World::start().await;
    let session = async |key: &str| {
        let asked = json!({"customer": {"id": "c"}, "systems": ["dynamics_finance"], "models": ["vendor"]});
        text(
            &world.post("/v1/link-sessions", key, asked).await.expect(201),
            "/link_token",
        )
    };
    let (one, other) = (session(&world.key).await, session(&world.key).await);
    let entry = world.connect_body("dynamics_finance", json!({}));
    let typed = json!({"system": entry["system"], "settings": entry["settings"], "credentials": entry["credentials"]});
    let id = text(
        &world.post("/v1/connect/attempts", &one, typed).await.expect(202),
        "/id",
    );
    let path = format!("/v1/connect/attempts/{id}");
    world.get(&path, &other).await.problem(404, "not_found");
    let public = crate::support::until("a public token", || async {
        let now = world.get(&path, &one).await.expect(200);
        now["public_token"].as_str().map(str::to_owned)
    })
    .await;
    let admin = world.stack.admin_key().expose_secret().to_owned();
    let stranger = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 40}))
        .await
        .expect(201);
    let given = json!({"public_token": public});
    let stranger = text(&stranger, "/key");
    world
        .post("/v1/link-sessions/exchange", &stranger, given.clone())
        .await
        .problem(404, "not_found");
    world
        .post("/v1/link-sessions/exchange", &world.key, given)
        .await
        .expect(200);
    // A system that the session does not name.
    let sap = world.connect_body("sap_s4hana", json!({}));
    let typed =
        json!({"system": "sap_s4hana", "settings": sap["settings"], "credentials": sap["credentials"]});
    world
        .post("/v1/connect/attempts", &other, typed)
        .await
        .problem(403, "forbidden");
}
