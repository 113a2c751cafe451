//! `Idempotency-Key`: a repeated request gets the answer of the first, and does nothing again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, World, text, until};

async fn post(world: &World, path: &str, token: &str, key: &str, body: &Value) -> Reply {
    let request = world
        .request(Method::POST, path)
        .bearer_auth(token)
        .header("idempotency-key", key);
    Reply::of(
        request
            .header("content-type", "application/json")
            .body(body.to_string()),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_the_same_request_again_is_answered_and_not_done_again() {
    let world = World::start().await;
    let body = world.connect_body("dynamics_finance", json!({"models": ["vendor"]}));
    let connect =
        async |key: &str, body: &Value| post(&world, "/v1/connections", &world.key, key, body).await;
    let first = connect("k-1", &body).await;
    assert_eq!(first.header("idempotent-replayed"), "");
    let first = first.expect(201);
    let again = connect("k-1", &body).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        again.expect(201),
        first,
        "the token too: the first answer may have been lost"
    );
    assert_eq!(world.credits().await.1, 4);
    // By another of our names, or after we moved, it is the same request.
    let elsewhere = world
        .request(Method::POST, "/v1/connections")
        .bearer_auth(&world.key)
        .header("host", "elsewhere.example")
        .header("idempotency-key", "k-1")
        .header("content-type", "application/json")
        .body(body.to_string());
    assert_eq!(Reply::of(elsewhere).await.expect(201), first);

    let mut other = body.clone();
    other["metadata"] = json!({"n": 2});
    connect("k-1", &other).await.problem(422, "idempotency_mismatch");
    let reply = post(&world, "/v1/link-sessions", &world.key, "k-1", &body).await;
    reply.problem(422, "idempotency_mismatch");
    let second = connect("k-2", &body).await.expect(201);
    assert_ne!(second["connection"]["id"], first["connection"]["id"]);
    assert_eq!(world.credits().await.1, 8);

    // An error is an answer too, and each caller has keys of its own.
    let refused = connect("k-3", &json!({"system": "none"})).await;
    let repeated = connect("k-3", &json!({"system": "none"})).await;
    assert_eq!((refused.status, &refused.body), (422, &repeated.body));
    assert_eq!(repeated.header("idempotent-replayed"), "true");
    let token = text(&first, "/token");
    let call = json!({"method": "GET", "path": "/"});
    let reply = post(&world, "/v1/passthrough", &token, "k-1", &call).await;
    assert_ne!(reply.body["code"], "idempotency_mismatch", "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_one_that_is_under_way_is_not_begun_again() {
    let world = World::start().await;
    let system = "sap_s4hana";
    let body = world.connect_body(system, json!({"models": ["vendor"]}));
    world
        .fault(system, "slow", json!({"delay_ms": 1_500, "count": 1}))
        .await;
    let connect = || post(&world, "/v1/connections", &world.key, "k-1", &body);
    let second = async {
        until("the first to be under way", || async {
            (!world.requests(system).await.is_empty()).then_some(())
        })
        .await;
        connect().await
    };
    // A request is logged when it is answered; the slow one only then, so this one may come too late to meet it.
    let (first, both) = tokio::join!(connect(), async { tokio::join!(connect(), second) });
    let (beside, after) = both;
    let statuses = [first.status, beside.status];
    assert!(statuses.contains(&201) && statuses.contains(&409), "{statuses:?}");
    let refused = if first.status == 409 { first } else { beside };
    refused.problem(409, "idempotency_in_flight");
    assert!(matches!(after.status, 201 | 409), "{}", after.text);
    connect().await.expect(201);
    assert_eq!(world.credits().await.1, 4, "once");
}

/// What failed for a while is tried anew under the same key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_a_failure_of_the_moment_is_not_kept() {
    let world = World::start().await;
    let system = "dynamics_business_central";
    let body = world.connect_body(system, json!({"models": ["vendor"]}));
    world.fault(system, "down", json!({})).await;
    post(&world, "/v1/connections", &world.key, "k-1", &body)
        .await
        .problem(503, "system_unreachable");
    world.heal().await;
    post(&world, "/v1/connections", &world.key, "k-1", &body)
        .await
        .expect(201);
    assert_eq!(world.credits().await.1, 2);
}
