//! Webhook endpoints at the dashboard.

use serde_json::json;

use super::*;

/// An endpoint that answers and takes nothing: the sandbox has no such path.
async fn endpoint(world: &World) -> String {
    let url = format!("{}/nowhere", world.stack.sandbox_url());
    let made = world
        .post("/v1/webhook-endpoints", &world.key, json!({"url": url}))
        .await
        .expect(201);
    text(&made, "/id")
}

/// Pages of an endpoint, behind its id.
const OF_ENDPOINT: &[&str] = &["", "?status=failed", "/edit", "/rotate-secret", "/delete"];

/// Forms of an endpoint, behind its id, with what they send.
const ENDPOINT_DEEDS: &[(&str, &[(&str, &str)])] = &[
    ("/edit", &[("url", "https://example.com/")]),
    ("/test", &[]),
    ("/switch", &[("to", "disabled")]),
    ("/replay", &[("hours", "24"), ("only", "all")]),
    ("/rotate-secret", &[]),
    ("/delete", &[]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_made_tried_and_deleted_here() {
    let world = World::start().await;
    let person = world.person(&world.key).await;
    let wrong = person
        .post("/dashboard/webhooks/new", &[("url", "https://10.0.0.1/")])
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let url = format!("{}/nowhere", world.stack.sandbox_url());
    let fields = [
        ("url", url.as_str()),
        ("event_types", "sync.*"),
        ("event_types", "connection.*"),
    ];
    let made = person.post("/dashboard/webhooks/new", &fields).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("whsec_"), "{}", made.text);
    let one = world.ask("/v1/webhook-endpoints").await["data"][0].clone();
    assert_eq!(one["event_types"], json!(["sync.*", "connection.*"]));
    let at = format!("/dashboard/webhooks/{}", text(&one, "/id"));
    for step in OF_ENDPOINT {
        let page = person.page(&format!("{at}{step}")).await;
        assert!(!page.contains("whsec_"), "{step} shows the secret");
    }
    let tried = person.post(&format!("{at}/test"), &[]).await;
    assert_eq!(tried.status, 303, "{}", tried.text);
    let delivery = tried
        .header("location")
        .split('?')
        .next()
        .expect("a path")
        .to_owned();
    let page = person.page(&delivery).await;
    assert!(
        page.contains("HTTP 404") && page.contains("endpoint.test"),
        "{page}"
    );
    let again = person.post(&format!("{delivery}/replay"), &[]).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let off = person.post(&format!("{at}/switch"), &[("to", "disabled")]).await;
    assert_eq!(off.status, 303, "{}", off.text);
    let refused = person.post(&format!("{delivery}/replay"), &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(person.page(&at).await.contains("Nothing is sent here"));
    person.post(&format!("{at}/delete"), &[]).await;
    assert_eq!(person.get(&at).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_safe_from_others() {
    let world = World::start().await;
    let at = format!("/dashboard/webhooks/{}", endpoint(&world).await);
    let before = world.ask("/v1/webhook-endpoints").await;
    let admin = world.stack.admin_key().expose_secret().to_owned();
    let else_ = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 4}))
        .await
        .expect(201);
    let stranger = world.person(&text(&else_, "/key")).await;
    let person = world.person(&world.key).await;
    for step in OF_ENDPOINT {
        assert_eq!(stranger.get(&format!("{at}{step}")).await.status, 404, "{step}");
    }
    for (step, fields) in ENDPOINT_DEEDS {
        let path = format!("{at}{step}");
        assert_eq!(stranger.post(&path, fields).await.status, 404, "{step}");
        assert_eq!(person.post_bare(&path, fields, &[]).await.status, 403, "{step}");
    }
    assert_eq!(
        world.ask("/v1/webhook-endpoints").await,
        before,
        "nothing was done"
    );
}
