//! A stack in a process of its own, which can be killed.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::{Value, json};

use super::{Reply, client, list, text};

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
pub struct Process {
    child: Child,
    url: String,
    /// Where the sandbox is.
    pub sandbox: String,
    /// The workspace key.
    pub key: String,
    /// A client for it.
    pub client: reqwest::Client,
}

impl Process {
    /// Starts it over a folder, and waits until it is ready.
    pub fn start(folder: &Path) -> Self {
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

    /// A call that succeeds; its answer.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Value {
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

    /// How each model's sync stands.
    pub async fn syncs(&self, conn: &str) -> Vec<Value> {
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

    /// What connects a system of the sandbox, with its whole history.
    pub async fn entry(&self, system: &str) -> Value {
        let reply = Reply::of(self.client.get(&self.sandbox)).await.expect(200);
        let systems = reply["systems"].as_array().expect("systems");
        let entry = systems.iter().find(|entry| entry["system"] == system);
        let mut body = entry.expect("a system of the sandbox").clone();
        body["customer"] = json!({"id": "c"});
        body["history"] = json!("all");
        body
    }

    /// As SIGKILL does: nothing can be written down.
    pub fn kill(mut self) {
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
