//! Link sessions: somebody else enters the credentials.

use serde_json::{Value, json};

use crate::support::{World, list, text, until};

/// Somebody else enters the credentials.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_session_connects_once() {
    let world = World::start().await;
    let asked = json!({"customer": {"id": "c-7", "name": "Seven"}, "systems": ["sap_s4hana"], "models": ["vendor"],
        "schedule": "manual", "metadata": {"plan": "gold"}});
    let session = world
        .post("/v1/link-sessions", &world.key, asked)
        .await
        .expect(201);
    let link = text(&session, "/link_token");
    assert!(text(&session, "/url").ends_with(&format!("/connect/{}#token={link}", text(&session, "/id"))));
    world
        .get("/v1/connections", &link)
        .await
        .problem(403, "forbidden");

    let right = world.connect_body("sap_s4hana", json!({}));
    let typed = |password: &Value| {
        let mut body = json!({"system": "sap_s4hana", "settings": right["settings"], "credentials": right["credentials"]});
        if let Some(method) = right.get("method") {
            body["method"] = method.clone();
        }
        let key = body["credentials"]
            .as_object()
            .expect("credentials")
            .keys()
            .next_back()
            .expect("one")
            .clone();
        body["credentials"][key] = password.clone();
        body
    };
    let failed = attempt(&world, &link, typed(&json!("not-it"))).await;
    assert_eq!(failed["status"], "failed");
    assert!(failed["public_token"].is_null());
    let step = list(&json!({"data": failed["steps"]}))
        .into_iter()
        .find(|step| step["state"] == "failed");
    let step = step.expect("the step that failed");
    assert_eq!(step["key"], "sign_in", "{failed}");
    assert!(step["hint"].is_string() && step["detail"].is_string(), "{step}");
    assert_eq!(world.credits().await.1, 0, "nothing is held before a success");

    let last = right["credentials"]
        .as_object()
        .expect("credentials")
        .values()
        .next_back()
        .expect("one")
        .clone();
    let done = attempt(&world, &link, typed(&last)).await;
    assert_eq!(done["status"], "succeeded", "{done}");
    let steps = done["steps"].as_array().expect("steps");
    assert!(
        steps
            .iter()
            .all(|step| matches!(step["state"].as_str(), Some("passed" | "skipped"))),
        "{done}"
    );
    assert_eq!(world.credits().await.1, 4, "held from the success on");

    let public = json!({"public_token": text(&done, "/public_token")});
    let made = world
        .post("/v1/link-sessions/exchange", &world.key, public.clone())
        .await
        .expect(200);
    assert_eq!(
        (
            &made["connection"]["customer"]["id"],
            &made["connection"]["metadata"]
        ),
        (&json!("c-7"), &json!({"plan": "gold"}))
    );
    let token = text(&made, "/token");
    world.get("/v1/vendors?limit=1", &token).await.expect(200);
    let twice = world.post("/v1/link-sessions/exchange", &world.key, public).await;
    assert!(
        matches!(twice.status, 401 | 404 | 409 | 422),
        "once only: {}",
        twice.text
    );
    let used = world.post("/v1/connect/attempts", &link, typed(&last)).await;
    assert!(
        matches!(used.status, 401 | 409),
        "a session is used up by its success: {}",
        used.text
    );
    assert_eq!(world.credits().await.1, 4);
}

async fn attempt(world: &World, link: &str, typed: Value) -> Value {
    let id = text(
        &world.post("/v1/connect/attempts", link, typed).await.expect(202),
        "/id",
    );
    let path = format!("/v1/connect/attempts/{id}");
    until("an attempt to end", || async {
        let now = world.get(&path, link).await.expect(200);
        matches!(now["status"].as_str(), Some("succeeded" | "failed")).then_some(now)
    })
    .await
}
