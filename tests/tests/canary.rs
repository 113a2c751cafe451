//! Credentials carry a marker, and the marker is looked for in everything that was written, sent or said.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use manifold_domain::store::packing::Unpacker;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Receiver, Reply, Tables, World, list, text, until};

/// In every secret; it must never come out again.
const MARKER: &str = "CANARY7f3a";

/// Everything that is logged, at the most talkative level of our own crates.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What is looked for: secrets as they are, and as they travel in base 64.
struct Needles {
    plain: Vec<String>,
    coded: Vec<String>,
}

impl Needles {
    fn of(secrets: &[String]) -> Self {
        // A secret may begin at each of the three places of a group; what mixes with its neighbours is left out.
        let coded = |secret: &String| {
            [(0, 0), (1, 2), (2, 3)].map(|(lead, begin)| {
                let padded = format!("{}{secret}", "x".repeat(lead));
                STANDARD.encode(&padded)[begin..padded.len() / 3 * 4].to_owned()
            })
        };
        assert!(
            secrets.iter().all(|secret| secret.len() > 8),
            "too short to be told from chance"
        );
        Self {
            plain: secrets.iter().map(|secret| secret.to_ascii_lowercase()).collect(),
            coded: secrets.iter().flat_map(coded).collect(),
        }
    }

    /// Whether one of them is in there, packed or not.
    fn are_in(&self, bytes: &[u8]) -> bool {
        let seen = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let lower = text.to_ascii_lowercase();
            self.plain.iter().any(|secret| lower.contains(secret.as_str()))
                || self.coded.iter().any(|secret| text.contains(secret.as_str()))
        };
        seen(bytes) || Unpacker::new().unpack(bytes).is_ok_and(|plain| seen(&plain))
    }

    /// Whether one of them is in a row, whose binary attributes are unpacked.
    fn are_in_row(&self, value: &Value) -> bool {
        match value {
            Value::Object(map) => match map.get("B").and_then(Value::as_str) {
                Some(binary) => STANDARD.decode(binary).is_ok_and(|bytes| self.are_in(&bytes)),
                None => map
                    .iter()
                    .any(|(name, inner)| self.are_in(name.as_bytes()) || self.are_in_row(inner)),
            },
            Value::Array(entries) => entries.iter().any(|entry| self.are_in_row(entry)),
            Value::String(text) => self.are_in(text.as_bytes()),
            _ => false,
        }
    }

    #[track_caller]
    fn are_nowhere_in(&self, tables: &Tables) {
        for table in ["state", "records", "local"] {
            let rows = tables.rows(table);
            assert!(
                table != "state" || !rows.is_empty(),
                "there is something to look through"
            );
            for (key, row) in rows {
                assert!(!self.are_in_row(&row), "{table} {key:?}: {row}");
            }
        }
    }
}

/// Everything that was answered.
#[derive(Default)]
struct Said(Vec<Reply>);

impl Said {
    fn keep(&mut self, reply: Reply) -> Value {
        self.0.push(reply.clone());
        reply.body
    }
}

/// The credentials of a system with the marker in each that is secret, and those values as they are.
fn mark(described: &Value, good: &Value) -> (Value, Vec<String>) {
    let (mut marked, mut secrets) = (good["credentials"].clone(), Vec::new());
    for (name, value) in marked.as_object_mut().expect("credentials") {
        let text = value.as_str().expect("a text").to_owned();
        if is_secret(described, name) {
            *value = json!(format!("{MARKER}{text}"));
            secrets.push(text);
        }
    }
    assert!(!secrets.is_empty(), "{described}");
    (marked, secrets)
}

/// Whether a system's form says so of the field.
fn is_secret(described: &Value, name: &str) -> bool {
    match described {
        Value::Object(map) if map.get("key").is_some_and(|key| key == name) => {
            map.get("secret") == Some(&json!(true))
        }
        Value::Object(map) => map.values().any(|inner| is_secret(inner, name)),
        Value::Array(entries) => entries.iter().any(|inner| is_secret(inner, name)),
        _ => false,
    }
}

/// The sandbox knows its own credentials only: those are connected with and looked for too, and marked ones are
/// tried wherever credentials can be given, in the right place and in wrong ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t44_no_credential_comes_out_again() {
    let log = Log::default();
    let filter = "trace,hyper=info,hyper_util=info,dynoxide=info,aws_smithy_runtime=info,aws_smithy_runtime_api=info,\
                  aws_sdk_dynamodb=info,h2=info,reqwest=info,rustls=info,mio=info,want=info";
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(log.clone());
    // Another test of this process may log already; then only what is said and written is looked at.
    let logs = subscriber.try_init().is_ok();

    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let mut said = Said::default();
    let mut secrets = vec![MARKER.to_owned()];
    // Everything that happens is sent to somebody, who answers with an error: so there are retries and logs.
    let receiver = Receiver::start().await;
    receiver.answer(500);
    let (endpoint, signing) = world.endpoint(&receiver.url, json!({"initial": true})).await;
    // It is shown once, when it is made.
    secrets.push(signing.trim_start_matches("whsec_").to_owned());
    for entry in world.stack.sandbox().entries() {
        let good = world.connect_body(&entry.system, json!({"models": ["vendor"]}));
        let described = world.ask(&format!("/v1/systems/{}", entry.system)).await;
        let (marked, own) = mark(&described, &good);
        secrets.extend(own);
        let needles = Needles::of(&secrets);
        let conn = world.connect(&entry.system, good.clone()).await;
        try_marked(&world, &mut said, &good, &marked).await;
        let path = format!("/v1/connections/{}", conn.id);
        let change = json!({"credentials": marked});
        said.keep(world.send(Method::PATCH, &path, &world.key, Some(&change)).await);
        for fault in ["bad_record", "http_500", "html", "bad_credentials"] {
            world.fault(&entry.system, fault, json!({})).await;
            said.keep(
                world
                    .post(&format!("{path}/syncs"), &world.key, json!({"full": true}))
                    .await,
            );
            world.settled(&conn).await;
            said.keep(world.get("/v1/vendors?limit=2&include=raw", &conn.token).await);
            said.keep(
                world
                    .post(
                        "/v1/passthrough",
                        &conn.token,
                        json!({"method": "GET", "path": "/"}),
                    )
                    .await,
            );
            world.heal().await;
        }
        let change = json!({"credentials": good["credentials"]});
        said.keep(world.send(Method::PATCH, &path, &world.key, Some(&change)).await);
        for what in ["", "/timeline", "/syncs", "/quarantine", "/mapping"] {
            said.keep(world.get(&format!("{path}{what}"), &world.key).await);
        }
        // As they lie while the connection lives, and when it is over.
        needles.are_nowhere_in(&Tables::open(folder.path()));
        said.keep(
            world
                .post(&format!("{path}/disconnect"), &world.key, json!({}))
                .await,
        );
    }
    said.keep(world.get("/v1/events?limit=500", &world.key).await);
    let log_of_deliveries = format!("/v1/webhook-endpoints/{endpoint}/deliveries?limit=500");
    let deliveries = said.keep(world.get(&log_of_deliveries, &world.key).await);
    assert!(!list(&deliveries).is_empty() && !receiver.heard().is_empty());
    said.keep(world.get("/v1/webhook-endpoints", &world.key).await);
    let needles = Needles::of(&secrets);
    needles.are_nowhere_in(&Tables::open(folder.path()));
    world.stack.stop().await;
    for heard in receiver.heard() {
        assert!(!needles.are_in(&heard.body), "a webhook: {:?}", heard.json());
        assert!(
            !needles.are_in(format!("{:?}", heard.headers).as_bytes()),
            "headers of a webhook: {:?}",
            heard.headers
        );
    }
    for reply in &said.0 {
        assert!(
            !needles.are_in(reply.text.as_bytes()),
            "an answer: {}",
            reply.text
        );
        assert!(
            !needles.are_in(format!("{:?}", reply.headers).as_bytes()),
            "headers: {:?}",
            reply.headers
        );
    }
    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("UTF-8");
    assert!(
        !logs || log.lines().count() > 100,
        "the log was caught: {} lines",
        log.lines().count()
    );
    let told = log.lines().find(|line| needles.are_in(line.as_bytes()));
    assert_eq!(told, None);
    // The files as they are on the disk, whatever SQLite makes of them.
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = file.expect("an entry").path();
        assert!(
            !needles.are_in(&std::fs::read(&path).expect("readable")),
            "{}",
            path.display()
        );
    }
}

/// Marked credentials, where they belong and where somebody put them by mistake.
async fn try_marked(world: &World, said: &mut Said, good: &Value, marked: &Value) {
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let refused = with("credentials", marked.clone());
    let reply = world.post("/v1/connections", &world.key, refused.clone()).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    said.keep(reply);
    let mut misplaced = marked.clone();
    misplaced["passwort"] = json!(MARKER);
    for body in [
        with("credentials", misplaced),
        with("credentials", json!(MARKER)),
        with("credentials", json!({"password": [MARKER]})),
        with("settings", json!({"password": MARKER})),
        with("settings", json!(MARKER)),
    ] {
        said.keep(world.post("/v1/connections", &world.key, body).await);
    }
    attempt(world, said, &refused).await;
}

async fn attempt(world: &World, said: &mut Said, refused: &Value) {
    let asked = json!({"customer": {"id": "c"}});
    let session = world
        .post("/v1/link-sessions", &world.key, asked)
        .await
        .expect(201);
    let link = text(&session, "/link_token");
    let typed = json!({"system": refused["system"], "settings": refused["settings"], "credentials": refused["credentials"]});
    let begun = world.post("/v1/connect/attempts", &link, typed).await.expect(202);
    let path = format!("/v1/connect/attempts/{}", text(&begun, "/id"));
    until("the attempt to fail", || async {
        let now = world.get(&path, &link).await.expect(200);
        (now["status"] == "failed").then_some(())
    })
    .await;
    said.keep(world.get(&path, &link).await);
}

/// What is looked for would be found.
#[test]
fn the_search_finds_what_it_looks_for() {
    use manifold_domain::store::packing::Packer;
    let needles = Needles::of(&[MARKER.to_owned()]);
    let said = format!("some text with {MARKER} in it");
    assert!(needles.are_in(said.as_bytes()));
    assert!(needles.are_in(said.to_lowercase().as_bytes()));
    for lead in 0..3 {
        assert!(
            needles.are_in(STANDARD.encode(&said[lead..]).as_bytes()),
            "{lead}"
        );
    }
    let packed = Packer::new().pack(said.repeat(9).as_bytes());
    assert!(needles.are_in(&packed));
    assert!(needles.are_in_row(&json!({"d": {"B": STANDARD.encode(&packed)}})));
    assert!(needles.are_in_row(&json!({"d": {"M": {"n": {"L": [{"S": said}]}}}})));
    assert!(!needles.are_in_row(&json!({"d": {"S": "canary"}})));
}
