//! Each route takes the tokens that its description names, and no others.

use manifold_functions::openapi;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::{Reply, World, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_take_the_tokens_that_they_name() {
    let world = World::start().await;
    let conn = world
        .connect("netsuite", json!({"models": ["vendor"], "schedule": "manual"}))
        .await;
    let session = json!({"customer": {"id": "c"}});
    let session = world
        .post("/v1/link-sessions", &world.key, session)
        .await
        .expect(201);
    let tokens = [
        ("admin_key", world.stack.admin_key().expose_secret().to_owned()),
        ("workspace_key", world.key.clone()),
        ("connection_token", conn.token.clone()),
        ("link_token", text(&session, "/link_token")),
    ];

    let document = openapi::document();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let named = named(operation);
            for (scheme, token) in &tokens {
                // Nothing has this name, so that nothing is done to anything.
                let filled = path.replace("{id}", "nothing").replace("{item}", "nothing");
                let mut request = world
                    .request(method.clone(), &filled.replace(['{', '}'], ""))
                    .bearer_auth(token)
                    .header("manifold-connection", &conn.id);
                if method != Method::GET {
                    request = request.header("content-type", "application/json").body("{}");
                }
                let reply = Reply::of(request).await;
                let refused = reply.status == 401 || reply.body["code"] == "forbidden";
                let takes = named.is_empty() || named.contains(scheme);
                assert_eq!(refused, !takes, "{method} {path} with {scheme}: {}", reply.text);
                tried += 1;
            }
            let anonymous = world.request(method.clone(), &path.replace(['{', '}'], ""));
            let refused = Reply::of(anonymous).await.status == 401;
            assert_eq!(refused, !named.is_empty(), "{method} {path} without a token");
        }
    }
    assert!(tried > 200, "{tried}");
}

/// The security schemes of an operation, one of which is enough.
fn named(operation: &Value) -> Vec<&str> {
    let choices = operation["security"].as_array().expect("every operation says it");
    let choices = choices.iter().filter_map(Value::as_object);
    choices
        .flat_map(|choice| choice.keys().map(String::as_str))
        .collect()
}
