//! Systems that fail, each in its way, and come back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Conn, World, list, text, until};

const SYSTEM: &str = "sap_s4hana";
const STATUS_CHANGES: &[&str] = &[
    "connection.online",
    "connection.unreachable",
    "connection.reauth_required",
];

async fn status(world: &World, conn: &Conn, wanted: &str) -> Value {
    until(wanted, || async {
        let now = world.connection(conn).await;
        (now["status"] == wanted).then_some(now)
    })
    .await
}

async fn vendors(world: &World) -> Conn {
    let conn = world.connect(SYSTEM, json!({"models": ["vendor"]})).await;
    world.sync(&conn, json!({})).await;
    conn
}

/// Down, told so, tried less and less often; back by itself when the system is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_an_outage_is_told_and_ends_by_itself() {
    // Minutes of backoff in fractions of a second.
    let world = World::at_speed(600).await;
    let conn = vendors(&world).await;
    let syncs = format!("/v1/connections/{}/syncs", conn.id);
    world.fault(SYSTEM, "down", json!({})).await;
    let live = world.get("/v1/vendors?limit=1", &conn.token).await;
    let wait: u64 = live
        .header("retry-after")
        .parse()
        .expect("Retry-After in seconds");
    let problem = live.problem(503, "system_unreachable");
    assert!(
        wait > 0 && problem["retry_at"].is_string() && problem["unreachable_since"].is_string(),
        "{problem}"
    );
    assert_eq!(
        (&problem["system"], &problem["connection_id"]),
        (&json!(SYSTEM), &json!(conn.id))
    );
    assert!(problem["last_synced_at"].is_string(), "{problem}");
    let now = status(&world, &conn, "unreachable").await;
    assert!(
        now["next_attempt_at"].is_string() && now["status_reason"].is_string(),
        "{now}"
    );
    assert_eq!(now["credits"], 4, "credits stay held during an outage");

    world.post(&syncs, &world.key, json!({})).await.expect(202);
    let failed = until("the sync to fail", || async {
        let sync = world.syncs(&conn).await.remove(0);
        (sync["state"] == "failed").then_some(sync)
    })
    .await;
    assert_eq!(failed["error"]["code"], "unreachable", "{failed}");
    assert!(
        failed["next_run_at"].is_string() && failed["last_success_at"].is_string(),
        "{failed}"
    );
    assert_eq!(
        world.all("/v1/vendors?source=synced", &conn.token).await.len(),
        60,
        "what was synced stays readable"
    );
    let before = world.requests(SYSTEM).await.len();
    until("another attempt", || async {
        (world.requests(SYSTEM).await.len() > before).then_some(())
    })
    .await;

    world.heal().await;
    let now = status(&world, &conn, "online").await;
    assert!(
        now["next_attempt_at"].is_null() && now["status_reason"].is_null(),
        "{now}"
    );
    until("the sync that was due", || async {
        let sync = world.syncs(&conn).await.remove(0);
        (sync["state"] == "succeeded"
            && sync["last_success_at"].as_str() > failed["last_success_at"].as_str())
        .then_some(())
    })
    .await;
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    let told = world.events(&conn, STATUS_CHANGES).await;
    assert_eq!(
        told,
        ["connection.unreachable", "connection.online"],
        "each change once"
    );
    let timeline = world
        .all(&format!("/v1/connections/{}/timeline", conn.id), &world.key)
        .await;
    assert!(
        timeline
            .iter()
            .any(|entry| entry["kind"] == "connection.unreachable"),
        "{timeline:?}"
    );
}

/// Credentials that are refused wait for a person: nobody knocks again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t18_refused_credentials_wait_for_a_repair() {
    let world = World::at_speed(3600).await;
    let conn = vendors(&world).await;
    let path = format!("/v1/connections/{}", conn.id);
    world.fault(SYSTEM, "bad_credentials", json!({})).await;
    world
        .post(&format!("{path}/syncs"), &world.key, json!({}))
        .await
        .expect(202);
    let now = status(&world, &conn, "reauth_required").await;
    assert!(now["status_reason"].is_string(), "{now}");
    let failed = world.settled(&conn).await.remove(0);
    assert_eq!(
        (&failed["state"], &failed["error"]["code"]),
        (&json!("failed"), &json!("unauthorized"))
    );
    let asked = world.requests(SYSTEM).await.len();
    let problem = world
        .get("/v1/vendors?limit=1", &conn.token)
        .await
        .problem(409, "reauth_required");
    assert!(problem["hint"].is_string(), "{problem}");
    world
        .post(&format!("{path}/syncs"), &world.key, json!({}))
        .await
        .problem(409, "reauth_required");
    // Hours of the stack's time go by.
    let since = text(&now, "/status_since");
    until("hours to pass", || async {
        let passed = world.stack.clock().as_ref();
        let passed =
            manifold_domain::ports::Clock::now(passed).duration_since(since.parse().expect("a time"));
        (passed.as_hours() >= 4).then_some(())
    })
    .await;
    assert_eq!(
        world.requests(SYSTEM).await.len(),
        asked,
        "the system was left alone"
    );
    assert_eq!(
        world.all("/v1/vendors?source=synced", &conn.token).await.len(),
        60
    );

    let body = world.connect_body(SYSTEM, json!({}));
    let repair = json!({"credentials": body["credentials"]});
    world
        .send(Method::PATCH, &path, &world.key, Some(&repair))
        .await
        .problem(422, "invalid_credentials");
    world.heal().await;
    let repaired = world
        .send(Method::PATCH, &path, &world.key, Some(&repair))
        .await
        .expect(200);
    assert_eq!(
        (&repaired["id"], &repaired["status"]),
        (&json!(conn.id), &json!("online"))
    );
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    until("the sync that was held", || async {
        (world.syncs(&conn).await[0]["state"] == "succeeded").then_some(())
    })
    .await;
    let told = world.events(&conn, STATUS_CHANGES).await;
    assert_eq!(told, ["connection.reauth_required", "connection.online"]);
}

/// Live answers to failures that are no outage of the host: each has its code, and the status stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_each_failure_has_its_code() {
    let world = World::start().await;
    let mut conn = vendors(&world).await;
    for (fault, status, code, wait) in [
        ("rate_limited", 503, "system_rate_limited", true),
        ("html", 502, "system_malformed", false),
        ("forbidden", 403, "system_forbidden", false),
    ] {
        world.fault(SYSTEM, fault, json!({})).await;
        let live = world.get("/v1/vendors?limit=1", &conn.token).await;
        assert_eq!(
            !live.header("retry-after").is_empty(),
            wait,
            "{fault}: {}",
            live.text
        );
        let problem = live.problem(status, code);
        assert_eq!(problem["system"], SYSTEM, "{fault}: {problem}");
        world.heal().await;
        assert_eq!(world.connection(&conn).await["status"], "online", "{fault}");
        if wait {
            // The system asked for a pause, and gets it: whoever asks meanwhile is told at once how long it is.
            let early = world.get("/v1/vendors?limit=1", &conn.token).await;
            assert!(
                early
                    .header("retry-after")
                    .parse::<u64>()
                    .is_ok_and(|seconds| seconds > 10),
                "{}",
                early.text
            );
            early.problem(503, "system_rate_limited");
            conn = vendors(&world).await;
        }
        world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    }
    for (fault, code) in [
        ("http_500", "system_unreachable"),
        ("http_503", "system_unreachable"),
        ("truncated", ""),
    ] {
        world.fault(SYSTEM, fault, json!({})).await;
        let live = world.get("/v1/vendors?limit=1", &conn.token).await;
        assert!(matches!(live.status, 502 | 503), "{fault}: {}", live.text);
        assert!(
            code.is_empty() || live.body["code"] == code,
            "{fault}: {}",
            live.text
        );
        world.heal().await;
        // A sync that is asked for does not wait for the next attempt, and its success is heard by all.
        world.sync(&conn, json!({})).await;
        assert_eq!(world.connection(&conn).await["status"], "online", "{fault}");
        world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    }
    // A little slow is no failure.
    world.fault(SYSTEM, "slow", json!({"delay_ms": 200})).await;
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    // A token that ended before its time is replaced without a word.
    world.heal().await;
    let other = world
        .connect("dynamics_finance", json!({"models": ["vendor"]}))
        .await;
    world.fault("dynamics_finance", "expired_token", json!({})).await;
    world.get("/v1/vendors?limit=1", &other.token).await.expect(200);
    assert_eq!(world.events(&other, STATUS_CHANGES).await, Vec::<String>::new());
}

/// A system that does not come to an end has 25 seconds, and the answer says so.
/// The clock stands still but for what is waited for, so that nothing really waits.
#[tokio::test]
async fn t19_a_live_call_of_a_slow_system_ends_within_its_time() {
    let world = World::start().await;
    let conn = world.connect(SYSTEM, json!({"models": ["vendor"]})).await;
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
    world.fault(SYSTEM, "slow", json!({"delay_ms": 600_000})).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let live = world.get("/v1/vendors?limit=1", &conn.token).await;
    let took = begun.elapsed().as_secs();
    tokio::time::resume();
    assert_eq!(
        (live.status, &live.body["code"]),
        (504, &json!("system_timeout")),
        "{}",
        live.text
    );
    assert!((20..=25).contains(&took), "{took} s");
    assert_eq!(live.body["system"], SYSTEM);
    // One answer that takes too long proves nothing; a second does, and then nobody waits any more.
    assert_eq!(world.connection(&conn).await["status"], "online");
    tokio::time::pause();
    world
        .get("/v1/vendors?limit=1", &conn.token)
        .await
        .problem(504, "system_timeout");
    tokio::time::resume();
    assert_eq!(world.connection(&conn).await["status"], "unreachable");
    world
        .get("/v1/vendors?limit=1", &conn.token)
        .await
        .problem(503, "system_unreachable");
    world.heal().await;
    world.sync(&conn, json!({})).await;
    assert_eq!(world.connection(&conn).await["status"], "online");
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
}

/// One bad record is put aside with its reason, and the rest is stored; once it is good, so is it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t14_a_bad_record_is_put_aside_and_comes_back() {
    let world = World::start().await;
    let conn = world.connect(SYSTEM, json!({"models": ["vendor"]})).await;
    world.fault(SYSTEM, "bad_record", json!({})).await;
    let sync = world.sync(&conn, json!({})).await.remove(0);
    let aside = sync["counts"]["quarantined"].as_u64().expect("a count");
    assert!(aside >= 1 && sync["counts"]["created"] == 60 - aside, "{sync}");
    let path = format!("/v1/connections/{}/quarantine", conn.id);
    let items = list(&world.ask(&path).await);
    assert_eq!(items.len() as u64, aside);
    let item = &items[0];
    assert_eq!(item["model"], "vendor");
    for field in ["id", "pointer", "reason", "first_seen_at"] {
        assert!(
            item[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field}: {item}"
        );
    }
    let retry = format!("{path}/{}/retry", text(item, "/id"));
    let still = world.post(&retry, &world.key, json!({})).await.expect(200);
    assert_eq!(still["outcome"], "still_aside", "{still}");

    world.heal().await;
    let stored = world.post(&retry, &world.key, json!({})).await.expect(200);
    assert_eq!(stored["outcome"], "stored", "{stored}");
    world.sync(&conn, json!({"full": true})).await;
    assert_eq!(list(&world.ask(&path).await), Vec::<Value>::new());
    assert_eq!(
        world.all("/v1/vendors?source=synced", &conn.token).await.len(),
        60
    );
    let (changes, _) = world.changes(&conn.token, None).await;
    assert_eq!(changes.len(), 60);
    world
        .post(&retry, &world.key, json!({}))
        .await
        .problem(404, "not_found");
}
