//! Webhooks from end to end, over real sockets: what a customer's receiver gets, and what the log says of it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Process, Receiver, World, list, text, until};

const SYSTEM: &str = "sap_s4hana";

/// A system goes down and comes back: the receiver hears of each once, and can verify it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_heard_of_once_and_its_end_once() {
    let world = World::at_speed(600).await;
    let receiver = Receiver::start().await;
    let (endpoint, secret) = world
        .endpoint(&receiver.url, json!({"event_types": ["connection.*"]}))
        .await;
    let conn = world.connect(SYSTEM, json!({"models": ["vendor"]})).await;
    world.sync(&conn, json!({})).await;
    world.fault(SYSTEM, "down", json!({})).await;
    world
        .get("/v1/vendors?limit=1", &conn.token)
        .await
        .problem(503, "system_unreachable");
    // By hand only, unless somebody asks: from then on it is tried by itself.
    let syncs = format!("/v1/connections/{}/syncs", conn.id);
    world.post(&syncs, &world.key, json!({})).await.expect(202);
    until("the outage to be heard of", || async {
        (!receiver.heard_of("connection.unreachable").is_empty()).then_some(())
    })
    .await;
    world.heal().await;
    until("the recovery to be heard of", || async {
        (!receiver.heard_of("connection.online").is_empty()).then_some(())
    })
    .await;
    until("all of it to be written down", || async {
        let log = world.deliveries(&endpoint).await;
        (log.len() == 3 && log.iter().all(|one| one["status"] == "succeeded")).then_some(())
    })
    .await;
    for heard in receiver.heard() {
        heard.verify(&secret);
        assert_eq!(heard.json()["data"]["connection_id"], conn.id.as_str());
        assert_eq!(heard.headers["content-type"], "application/json");
    }
    let kinds: Vec<String> = receiver.heard().iter().map(|heard| heard.kind()).collect();
    for kind in [
        "connection.created",
        "connection.unreachable",
        "connection.online",
    ] {
        let times = kinds.iter().filter(|heard| *heard == kind).count();
        assert_eq!(times, 1, "{kind}: {kinds:?}");
    }
    let events = world.all("/v1/events", &world.key).await;
    let heard = &receiver.heard()[0];
    let event = events.iter().find(|event| event["id"] == heard.id().as_str());
    assert_eq!(
        event.expect("the event")["data"],
        heard.json()["data"],
        "the message is the event"
    );
}

/// T33 over real sockets: each answer is bounded, logged and, where it is no success, tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t33_whatever_a_receiver_does_is_bounded_and_logged() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = world.endpoint(&receiver.url, json!({})).await;
    let path = format!("/v1/webhook-endpoints/{endpoint}/test");
    let answers: [(&str, Vec<u8>, Value, &str); 7] = [
        (
            "a success",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec(),
            json!(200),
            "succeeded",
        ),
        (
            "a redirect is not followed",
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec(),
            json!(302),
            "failed",
        ),
        (
            "an error",
            b"HTTP/1.1 500 No\r\ncontent-length: 3\r\n\r\nwhy".to_vec(),
            json!(500),
            "failed",
        ),
        (
            "a body of a gigabyte, announced",
            [
                b"HTTP/1.1 500 No\r\ncontent-length: 1073741824\r\n\r\n".to_vec(),
                vec![b'x'; 200_000],
            ]
            .concat(),
            json!(500),
            "failed",
        ),
        (
            "a body that is cut off",
            b"HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nhal".to_vec(),
            json!(503),
            "failed",
        ),
        (
            "a connection that is cut",
            b"HTTP/1.1 2".to_vec(),
            Value::Null,
            "failed",
        ),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n".to_vec(), Value::Null, "failed"),
    ];
    for (what, answer, status, became) in answers {
        receiver.answer_raw(answer);
        let tried = world.post(&path, &world.key, json!({})).await.expect(200);
        let attempt = &tried["attempts"][0];
        assert_eq!(
            (&tried["status"], &attempt["status"]),
            (&json!(became), &status),
            "{what}: {tried}"
        );
        assert_eq!(attempt["error"].is_string(), status.is_null(), "{what}: {tried}");
        let response = attempt["response"].as_str().unwrap_or_default();
        assert!(response.len() <= 1024, "{what}: {} bytes", response.len());
    }
    assert_eq!(world.deliveries(&endpoint).await.len(), 7);
    drop(receiver);
    let tried = world.post(&path, &world.key, json!({})).await.expect(200);
    assert!(
        text(&tried, "/attempts/0/error").contains("refuses connections"),
        "{tried}"
    );
}

/// The routes of endpoints, one after the other, as a client goes through them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_are_made_changed_and_deleted() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    let key = world.key.clone();
    let made = world
        .post(
            "/v1/webhook-endpoints",
            &key,
            json!({"url": receiver.url, "description": "ours", "event_types": ["sync.*"]}),
        )
        .await
        .expect(201);
    let (id, secret) = (text(&made, "/id"), text(&made, "/secret"));
    assert!(id.starts_with("ep_") && secret.starts_with("whsec_"), "{made}");
    assert_eq!(
        (&made["batch"], &made["initial"], &made["status"]),
        (&json!(true), &json!(false), &json!("enabled"))
    );
    let path = format!("/v1/webhook-endpoints/{id}");
    let shown = world.ask(&path).await;
    assert!(shown.get("secret").is_none(), "it is shown once: {shown}");
    assert_eq!(
        world.ask("/v1/webhook-endpoints").await["data"],
        json!([shown.clone()])
    );
    let patch = async |body: Value| world.send(Method::PATCH, &path, &key, Some(&body)).await;
    let changed = patch(json!({"event_types": [], "description": null, "batch": false}))
        .await
        .expect(200);
    assert_eq!(
        (
            &changed["event_types"],
            &changed["description"],
            &changed["batch"]
        ),
        (&json!([]), &Value::Null, &json!(false))
    );
    assert_eq!(changed["url"], made["url"], "what is not named stays");
    for (body, pointer) in [
        (json!({"url": "ftp://127.0.0.1/"}), "/url"),
        (json!({"url": "https://user:pass@example.com/"}), "/url"),
        (json!({"event_types": ["sync.done"]}), "/event_types/0"),
        (json!({"connection_ids": ["conn_1"]}), "/connection_ids/0"),
        (json!({"status": "paused"}), "/status"),
    ] {
        let problem = patch(body.clone()).await.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    let rotated = world
        .post(
            &format!("{path}/rotate-secret"),
            &key,
            json!({"overlap_seconds": 60}),
        )
        .await
        .expect(200);
    assert_ne!(rotated["secret"], made["secret"]);
    world
        .post(
            &format!("{path}/rotate-secret"),
            &key,
            json!({"overlap_seconds": 604_801}),
        )
        .await
        .problem(422, "invalid_request");
    world
        .post(&format!("{path}/test"), &key, json!({}))
        .await
        .expect(200);
    let heard = receiver.heard().remove(0);
    heard.verify(&secret);
    heard.verify(&text(&rotated, "/secret"));
    let delivery = world.deliveries(&id).await.remove(0);
    let one = format!("/v1/deliveries/{}", text(&delivery, "/id"));
    assert_eq!(world.ask(&one).await, delivery);
    world
        .post(&format!("{one}/replay"), &key, json!({}))
        .await
        .expect(202);
    until("the replay", || async {
        (receiver.heard().len() == 2).then_some(())
    })
    .await;
    assert_eq!(receiver.heard()[1].id(), heard.id(), "the same id");
    let replay = json!({"since": "2020-01-01T00:00:00Z", "only": "all"});
    let begun = world
        .post(&format!("{path}/replay"), &key, replay)
        .await
        .expect(202);
    assert!(text(&begun, "/id").starts_with("rpl_"));
    for (body, pointer) in [
        (json!({"since": "yesterday"}), "/since"),
        (
            json!({"since": "2020-01-01T00:00:00Z", "until": "2019-01-01T00:00:00Z"}),
            "/since",
        ),
        (json!({"since": "2020-01-01T00:00:00Z", "only": "some"}), "/only"),
    ] {
        let problem = world
            .post(&format!("{path}/replay"), &key, body.clone())
            .await
            .problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    world
        .get(&format!("{path}/deliveries?status=lost"), &key)
        .await
        .problem(400, "invalid_request");
    assert_eq!(
        world.ask(&format!("{path}/deliveries?status=failed")).await["data"],
        json!([])
    );
    let gone = world.send(Method::DELETE, &path, &key, None).await;
    assert_eq!(gone.status, 204);
    world.get(&path, &key).await.problem(404, "not_found");
    world.get(&one, &key).await.problem(404, "not_found");
}

/// Receivers that fail, each in its way.
async fn ill_receivers() -> Vec<Receiver> {
    let mut ill = Vec::new();
    for _ in 0..6 {
        ill.push(Receiver::start().await);
    }
    ill[0].answer(500);
    ill[1].answer(410);
    ill[2].hang();
    ill[3].drip();
    ill[4].answer_raw(
        [
            b"HTTP/1.1 500 No\r\ncontent-length: 1073741824\r\n\r\n".to_vec(),
            vec![b'x'; 200_000],
        ]
        .concat(),
    );
    // Cut in the middle of the head.
    ill[5].answer_raw(b"HTTP/1.1 2".to_vec());
    ill
}

/// T32 with real processes and real sockets: over five hundred events, endpoints that fail in six ways, and SIGKILL in
/// between, twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t32_five_hundred_events_survive_kills() {
    let folder = tempfile::tempdir().expect("a folder");
    let receivers = [Receiver::start().await, Receiver::start().await];
    let ill = ill_receivers().await;
    let mut process = Process::start(folder.path());
    let key = process.key.clone();
    let mut secrets = Vec::new();
    for receiver in receivers.iter().chain(&ill) {
        let wanted =
            json!({"url": receiver.url, "event_types": ["record.*"], "batch": false, "initial": true});
        let made = process
            .call(Method::POST, "/v1/webhook-endpoints", &key, Some(wanted))
            .await;
        secrets.push(text(&made, "/secret"));
    }
    let mut body = process.entry(SYSTEM).await;
    body["models"] = json!(["purchase_order", "vendor"]);
    let made = process
        .call(Method::POST, "/v1/connections", &key, Some(body))
        .await;
    let (conn, token) = (text(&made, "/connection/id"), text(&made, "/token"));
    for heard in [20, 250] {
        until("some of the messages", || async {
            (receivers[0].heard().len() >= heard).then_some(())
        })
        .await;
        process.kill();
        process = Process::start(folder.path());
    }
    until("the syncs to end", || async {
        let syncs = process.syncs(&conn).await;
        syncs
            .iter()
            .all(|sync| sync["state"] == "succeeded")
            .then_some(())
    })
    .await;
    let mut created = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/changes?limit=500{cursor}");
        let page = process.call(Method::GET, &path, &token, None).await;
        let changes = list(&page);
        if changes.is_empty() {
            break;
        }
        created.extend(changes.iter().map(|one| (text(one, "/model"), text(one, "/id"))));
        cursor = format!("&cursor={}", text(&page, "/next_cursor"));
    }
    assert!(created.len() >= 500, "{} records", created.len());
    for (receiver, secret) in receivers.iter().zip(&secrets) {
        until("every message", || async {
            let told: BTreeSet<String> = receiver.heard().iter().map(|heard| heard.id()).collect();
            (told.len() >= created.len()).then_some(())
        })
        .await;
        let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for heard in receiver.heard() {
            heard.verify(secret);
            let said = heard.json();
            let of = (text(&said, "/data/model"), text(&said, "/data/records/0/id"));
            told.entry(of).or_default().insert(heard.id());
        }
        assert_eq!(
            told.keys().cloned().collect::<BTreeSet<_>>(),
            created,
            "none is missing, none is invented"
        );
        assert!(
            told.values().all(|ids| ids.len() == 1),
            "each came under one id, however often"
        );
    }
    // Those that fail have held up no other, and are tried themselves, though perhaps after the last kill only.
    for (number, receiver) in ill.iter().enumerate() {
        until(&format!("an attempt at failing endpoint {number}"), || async {
            (!receiver.heard().is_empty()).then_some(())
        })
        .await;
    }
}
