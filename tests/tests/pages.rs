//! What the connect page is given: its document, its files, and its session.

use manifold_functions::pages::assets;
use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use serde_json::{Value, json};

use crate::support::{Reply, World, list, text};

async fn page(world: &World, path: &str) -> Reply {
    Reply::of(world.request(reqwest::Method::GET, path)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_tells_nothing_of_its_session() {
    let world = World::start().await;
    let asked =
        json!({"customer": {"id": "c-7", "name": "Seven & Sons"}, "origins": ["https://app.example.com"]});
    let session = world
        .post("/v1/link-sessions", &world.key, asked)
        .await
        .expect(201);
    let path = format!("/connect/{}", text(&session, "/id"));
    let shown = page(&world, &path).await;
    assert_eq!(shown.status, 200);
    assert!(
        shown
            .header(CONTENT_SECURITY_POLICY.as_str())
            .ends_with("frame-ancestors https://app.example.com")
    );
    assert_eq!(shown.header(CACHE_CONTROL.as_str()), "no-store");
    assert!(!shown.text.contains("Seven"), "only the token opens the session");
    // Looks come from the query, and cannot bring anything with them.
    let german = page(&world, &format!("{path}?lang=de&theme=dark&embedded=1")).await;
    assert!(
        german.text.contains("<html lang=\"de\" data-theme=\"dark\">"),
        "{}",
        german.text
    );
    let odd = page(&world, &format!("{path}?lang=%22%3E%3Cscript%3E&theme=x")).await;
    assert!(odd.text.contains("<html lang=\"en\">"), "{}", odd.text);
    // Nobody may frame what is no session.
    let none = page(&world, "/connect/lnk_%22%3Escript").await;
    assert!(
        none.header(CONTENT_SECURITY_POLICY.as_str())
            .ends_with("frame-ancestors 'none'")
    );
    assert!(!none.text.contains("\">script"), "{}", none.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_of_the_page_is_there_and_kept() {
    let world = World::start().await;
    let shown = page(&world, "/connect/lnk_any").await;
    let files: Vec<&str> = shown
        .text
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let answer = page(&world, file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(
            answer.header(CACHE_CONTROL.as_str()).contains("immutable"),
            "{file}"
        );
    }
    let script = page(&world, "/connect.js").await;
    assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
    assert!(script.text.contains("window.Manifold"));
    let older = assets::href("design.css").replace("/assets/", "/assets/00");
    assert_eq!(
        page(&world, &older).await.header(CACHE_CONTROL.as_str()),
        "no-store"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_shows_its_session_and_no_more() {
    let world = World::start().await;
    let asked = json!({"customer": {"id": "c-7", "name": "Seven"}, "systems": ["netsuite", "sap_s4hana"],
        "redirect_uri": "https://app.example.com/back"});
    let made = world
        .post("/v1/link-sessions", &world.key, asked)
        .await
        .expect(201);
    let token = text(&made, "/link_token");
    let session = world.get("/v1/connect/session", &token).await.expect(200);
    assert_eq!(session["customer"], json!({"id": "c-7", "name": "Seven"}));
    assert_eq!(
        (&session["used"], &session["repair"]),
        (&json!(false), &Value::Null)
    );
    let systems: Vec<String> = list(&json!({"data": session["systems"]}))
        .iter()
        .map(|choice| text(choice, "/name"))
        .collect();
    assert_eq!(
        systems,
        ["Oracle NetSuite", "SAP S/4HANA Cloud"],
        "by name, and only those that are allowed"
    );
    assert!(
        session["samples"]["netsuite"].is_array(),
        "the local stack offers its sandbox"
    );
    world
        .get("/v1/connect/session", &world.key)
        .await
        .problem(403, "forbidden");
    world
        .get("/v1/connect/session", "mfl_nonsense")
        .await
        .problem(401, "unauthorized");
}

/// Whoever repairs a connection sees what it has, but for what is secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_begins_with_what_is_known() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    let right = world.connect_body("sap_s4hana", json!({}));
    let asked = json!({"connection_id": conn.id});
    let made = world
        .post("/v1/link-sessions", &world.key, asked)
        .await
        .expect(201);
    let answer = world
        .get("/v1/connect/session", &text(&made, "/link_token"))
        .await;
    let mut told = answer.text.clone();
    let session = answer.expect(200);
    assert_eq!(
        session["repair"]["settings"]["tenant"],
        right["settings"]["tenant"]
    );
    assert_eq!(
        session["repair"]["credentials"],
        json!({"username": right["credentials"]["username"]})
    );
    // The sandbox's samples hold the password, as the local stack's own root page does.
    let samples = told.find("\"samples\"").expect("samples");
    told.truncate(samples);
    assert!(!told.contains(&text(&right, "/credentials/password")));
    // A connection that ended meanwhile can no longer be repaired.
    world
        .post(
            &format!("/v1/connections/{}/disconnect", conn.id),
            &world.key,
            json!({}),
        )
        .await
        .expect(200);
    world
        .get("/v1/connect/session", &text(&made, "/link_token"))
        .await
        .problem(409, "connection_disconnected");
}
