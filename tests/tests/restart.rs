//! A first sync whose process is killed: the next one goes on where it was.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, client, list, text, until};

const SYSTEM: &str = "sap_s4hana";

/// The program that `cargo run` starts, beside the folder of this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let program = test
        .parent()
        .and_then(Path::parent)
        .expect("target/…")
        .join("manifold");
    assert!(
        program.exists(),
        "{} is missing: `cargo test --workspace` or `cargo build` makes it",
        program.display()
    );
    program
}

/// A stack in a process of its own.
struct Process {
    child: Child,
    url: String,
    sandbox: String,
    key: String,
    client: reqwest::Client,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(program());
        command
            .args(["--port", "0", "--log", "error", "--data"])
            .arg(folder);
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("its first line");
        let ready: Value = serde_json::from_str(line.trim_start_matches("ready ")).expect("JSON");
        Self {
            child,
            url: text(&ready, "/url"),
            sandbox: text(&ready, "/sandbox_url"),
            key: text(&ready, "/workspace_key"),
            client: client(),
        }
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Value {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = Reply::of(request).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.body
    }

    async fn syncs(&self, conn: &str) -> Vec<Value> {
        list(
            &self
                .call(
                    Method::GET,
                    &format!("/v1/connections/{conn}/syncs"),
                    &self.key,
                    None,
                )
                .await,
        )
    }

    /// As SIGKILL does: nothing can be written down.
    fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Process::start(folder.path());
    let key = first.key.clone();
    let reply = Reply::of(first.client.get(&first.sandbox)).await.expect(200);
    let systems = reply["systems"].as_array().expect("systems");
    let mut body = systems
        .iter()
        .find(|entry| entry["system"] == SYSTEM)
        .expect("SAP")
        .clone();
    body["customer"] = json!({"id": "c"});
    body["history"] = json!("all");
    let made = first
        .call(Method::POST, "/v1/connections", &key, Some(body))
        .await;
    let (conn, token) = (text(&made, "/connection/id"), text(&made, "/token"));
    let whole = first.call(Method::GET, "/v1/credits", &key, None).await;

    until("the sync to be in the middle", || async {
        let syncs = first.syncs(&conn).await;
        let orders = syncs
            .iter()
            .find(|sync| sync["model"] == "purchase_order")
            .expect("orders");
        (orders["state"] == "running" && orders["counts"]["read"].as_u64() > Some(0)).then_some(())
    })
    .await;
    first.kill();

    let second = Process::start(folder.path());
    assert_eq!(second.key, key, "the same workspace key");
    assert_eq!(second.call(Method::GET, "/v1/credits", &key, None).await, whole);
    let syncs = until("the sync to end", || async {
        let syncs = second.syncs(&conn).await;
        syncs
            .iter()
            .all(|sync| sync["state"] == "succeeded")
            .then_some(syncs)
    })
    .await;
    // The connection's token is the same, and the system is where the connection knows it.
    let mut cursor = String::new();
    let mut told: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    loop {
        let page = second
            .call(
                Method::GET,
                &format!("/v1/changes?limit=500{cursor}"),
                &token,
                None,
            )
            .await;
        let changes = list(&page);
        for change in &changes {
            let of = (text(change, "/model"), text(change, "/id"));
            told.entry(of).or_default().push(text(change, "/change"));
        }
        if changes.is_empty() {
            break;
        }
        cursor = format!("&cursor={}", text(&page, "/next_cursor"));
    }
    assert!(
        told.values().all(|changes| changes == &["created"]),
        "each record once, as created"
    );
    for sync in &syncs {
        let model = text(sync, "/model");
        let path = format!("/v1/{}s", model.replace('_', "-"));
        let stored = told.keys().filter(|(of, _)| *of == model).count();
        assert_eq!(
            stored,
            live_ids(&second, &path, &token).await,
            "{model}: none lost, none invented"
        );
    }
}

/// How many records the system has.
async fn live_ids(process: &Process, path: &str, token: &str) -> usize {
    let mut cursor = String::new();
    let mut count = 0;
    loop {
        let page = process
            .call(Method::GET, &format!("{path}?limit=500{cursor}"), token, None)
            .await;
        count += list(&page).len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}
