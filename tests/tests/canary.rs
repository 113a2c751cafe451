//! Credentials carry a marker, and the marker is looked for in everything that was written, sent or said.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use manifold_domain::store::packing::Unpacker;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Reply, Tables, World, list, text, until};

/// In every credential, where the system's form allows it; it must never come out again.
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

/// Every text in which the marker might stand: as it is, and as it travels.
fn found_in(bytes: &[u8]) -> bool {
    let marked = |text: &[u8]| {
        let holds = |needle: &[u8]| text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
        holds(MARKER.as_bytes())
            // Base 64 of a text that holds the marker, at each of the three places where it may begin.
            || (0..3).any(|lead| {
                let padded = format!("{}{MARKER}", "x".repeat(lead));
                let coded = STANDARD.encode(padded);
                // The ends mix with their neighbours.
                let inner = &coded[(lead * 4).div_ceil(3)..coded.len() - 4];
                text.windows(inner.len()).any(|window| window == inner.as_bytes())
            })
    };
    marked(bytes) || unpacked(bytes).is_some_and(|plain| marked(&plain))
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    Unpacker::new().unpack(bytes).ok()
}

/// Looks through a row, its binary attributes unpacked.
fn row_is_clean(value: &Value) -> bool {
    match value {
        Value::Object(map) => match map.get("B").and_then(Value::as_str) {
            Some(binary) => STANDARD.decode(binary).is_ok_and(|bytes| !found_in(&bytes)),
            None => map.iter().all(|(name, inner)| !found_in(name.as_bytes()) && row_is_clean(inner)),
        },
        Value::Array(entries) => entries.iter().all(row_is_clean),
        Value::String(text) => !found_in(text.as_bytes()),
        _ => true,
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

/// The sandbox refuses marked credentials, so they are tried, repaired to, and attempted; marked values that it
/// does not look at are connected with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_credential_comes_out_again() {
    let log = Log::default();
    let filter = "trace,hyper=info,hyper_util=info,dynoxide=info,aws_smithy_runtime=info,aws_smithy_runtime_api=info,\
                  aws_sdk_dynamodb=info,h2=info,reqwest=info,rustls=info,mio=info,want=info";
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(log.clone());
    subscriber.try_init().expect("the first in this process");

    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let mut said = Said::default();
    let mut secrets = Vec::new();
    for entry in world.stack.sandbox().entries() {
        let good = world.connect_body(&entry.system, json!({}));
        let models = if entry.system == "sap_s4hana" { json!(["vendor"]) } else { json!(["item"]) };
        let marked = mark(&good);
        for (_, value) in good["credentials"].as_object().expect("credentials") {
            secrets.push(value.as_str().expect("a text").to_owned());
        }
        let mut refused = good.clone();
        refused["credentials"] = marked.clone();
        let reply = world.post("/v1/connections", &world.key, refused.clone()).await;
        assert!(matches!(reply.status, 422), "{}: {}", entry.system, reply.text);
        said.keep(reply);
        // A typing error puts a credential where no credential belongs.
        let mut misplaced = good.clone();
        misplaced["credentials"]["passwort"] = json!(MARKER);
        said.keep(world.post("/v1/connections", &world.key, misplaced).await);
        let mut wrong_type = good.clone();
        wrong_type["credentials"] = json!(MARKER);
        said.keep(world.post("/v1/connections", &world.key, wrong_type).await);

        let mut body = good.clone();
        body["models"] = models;
        let conn = world.connect(&entry.system, body).await;
        let path = format!("/v1/connections/{}", conn.id);
        let change = json!({"credentials": marked});
        said.keep(world.send(Method::PATCH, &path, &world.key, Some(&change)).await);
        attempt(&world, &mut said, &refused).await;
        for fault in ["", "bad_record", "http_500", "html", "bad_credentials"] {
            if !fault.is_empty() {
                world.fault(&entry.system, fault, json!({})).await;
            }
            said.keep(world.post(&format!("{path}/syncs"), &world.key, json!({"full": true})).await);
            world.settled(&conn).await;
            let model = if entry.system == "sap_s4hana" { "vendors" } else { "items" };
            said.keep(world.get(&format!("/v1/{model}?limit=2&include=raw"), &conn.token).await);
            let call = json!({"method": "GET", "path": "/"});
            said.keep(world.post("/v1/passthrough", &conn.token, call).await);
            world.heal().await;
        }
        let change = json!({"credentials": good["credentials"]});
        said.keep(world.send(Method::PATCH, &path, &world.key, Some(&change)).await);
        world.settled(&conn).await;
        for what in ["", "/timeline", "/syncs", "/quarantine", "/mapping"] {
            said.keep(world.get(&format!("{path}{what}"), &world.key).await);
        }
        // The secrets as they lie while the connection lives, and after it.
        assert_clean(&Tables::open(folder.path()), &secrets);
        said.keep(world.post(&format!("{path}/disconnect"), &world.key, json!({})).await);
    }
    said.keep(world.get("/v1/events?limit=500", &world.key).await);
    assert_clean(&Tables::open(folder.path()), &secrets);
    world.stack.stop().await;
    for reply in &said.0 {
        assert!(!found_in(reply.text.as_bytes()), "an answer: {}", reply.text);
        let headers = format!("{:?}", reply.headers);
        assert!(!found_in(headers.as_bytes()), "{headers}");
    }
    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("UTF-8");
    assert!(log.lines().count() > 100, "the log was caught: {} lines", log.lines().count());
    for line in log.lines() {
        assert!(!found_in(line.as_bytes()), "a log line: {line}");
        assert!(!secrets.iter().any(|secret| line.contains(secret.as_str())), "a log line: {line}");
    }
    // The files as they are on the disk, whatever SQLite makes of them. The identity's file is the stack's own.
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = file.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        assert!(!found_in(&bytes), "{}", path.display());
    }
}

/// The same credentials with the marker in each, in the form that the field has.
fn mark(good: &Value) -> Value {
    let mut marked = good["credentials"].clone();
    for (name, value) in marked.as_object_mut().expect("credentials") {
        let text = value.as_str().expect("a text");
        // A client id is a UUID and a key is PEM: what does not fit the form is refused before it is used.
        *value = match name.as_str() {
            "client_id" | "tenant_id" | "certificate_id" => json!(text),
            _ => json!(format!("{MARKER}{text}")),
        };
    }
    marked
}

async fn attempt(world: &World, said: &mut Said, refused: &Value) {
    let asked = json!({"customer": {"id": "c"}});
    let session = world.post("/v1/link-sessions", &world.key, asked).await.expect(201);
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

#[track_caller]
fn assert_clean(tables: &Tables, secrets: &[String]) {
    for table in ["state", "records", "local"] {
        let rows = tables.rows(table);
        assert!(table != "state" || !rows.is_empty(), "there is something to look through");
        for (key, row) in rows {
            assert!(row_is_clean(&row), "{table} {key:?}: {row}");
            let told = row.to_string();
            assert!(!secrets.iter().any(|secret| told.contains(secret.as_str())), "{table} {key:?}: {row}");
        }
    }
}

/// What is looked for would be found.
#[test]
fn the_search_finds_what_it_looks_for() {
    use manifold_domain::store::packing::Packer;
    let said = format!("some text with {MARKER} in it");
    assert!(found_in(said.as_bytes()));
    assert!(found_in(said.to_lowercase().as_bytes()));
    for lead in 0..3 {
        assert!(found_in(STANDARD.encode(&said[lead..]).as_bytes()), "{lead}");
    }
    let packed = Packer::new().pack(said.as_bytes());
    assert!(!packed.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()) || found_in(&packed));
    assert!(found_in(&packed));
    assert!(!row_is_clean(&json!({"d": {"B": STANDARD.encode(&packed)}})));
    assert!(row_is_clean(&json!({"d": {"S": "canary"}})));
    assert!(list(&json!({"data": []})).is_empty());
}
