//! The program: its first line, its errors, and how it takes being killed.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use http::Method;
use serde_json::Value;

use crate::client::{get, send};

fn manifold(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manifold"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A program that serves; killed with the test.
struct Serving {
    child: Child,
    ready: Value,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = manifold(arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = line
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("its first line is {line:?}"));
        Self {
            ready: serde_json::from_str(ready).unwrap(),
            child,
        }
    }

    fn on(folder: &Path) -> Self {
        Self::start(&[
            "--port",
            "0",
            "--data",
            folder.to_str().unwrap(),
            "--speed",
            "1000",
        ])
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// The time of the sandbox's last request, by the stack's clock.
    async fn time(&self) -> String {
        let sandbox = self.text("sandbox_url");
        let asked = send(Method::GET, &format!("{sandbox}/sap_s4hana/nothing"), None, None).await;
        assert!(asked.status >= 400);
        let (_, log) = get(&format!("{sandbox}/_requests"), None).await;
        log["data"].as_array().unwrap().last().unwrap()["at"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program that ends by itself said on standard error.
fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn its_first_line_says_where_everything_is() {
    let serving = Serving::start(&["--port", "0", "--memory"]);
    assert!(serving.text("admin_key").starts_with("mfa_"));
    assert!(serving.text("dashboard_url").starts_with(serving.text("url")));
    let (status, _) = get(
        &format!("{}/v1/systems", serving.text("url")),
        Some(serving.text("workspace_key")),
    )
    .await;
    assert_eq!(status, 200);
    let (status, sandbox) = get(serving.text("sandbox_url"), None).await;
    assert_eq!(status, 200);
    assert!(
        sandbox["systems"]
            .as_array()
            .is_some_and(|systems| !systems.is_empty())
    );
}

#[cfg(unix)]
#[test]
fn it_ends_in_order_when_it_is_told_to() {
    let mut serving = Serving::start(&["--port", "0", "--memory"]);
    let told = Command::new("kill")
        .arg(serving.child.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    assert!(serving.child.wait().unwrap().success());
}

#[tokio::test]
async fn after_a_kill_it_is_the_same_stack_and_its_clock_has_not_gone_back() {
    let folder = tempfile::tempdir().unwrap();
    let first = Serving::on(folder.path());
    let (key, time) = (first.text("workspace_key").to_owned(), first.time().await);
    // As SIGKILL does: nothing can be written down.
    drop(first);
    let second = Serving::on(folder.path());
    assert_eq!(second.text("workspace_key"), key);
    let later = second.time().await;
    assert!(later >= time, "{later} after {time}");
    let (status, _) = get(&format!("{}/v1/credits", second.text("url")), Some(&key)).await;
    assert_eq!(status, 200);
}

#[test]
fn a_folder_or_port_in_use_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::on(folder.path());
    let second = manifold(&["--port", "0", "--data", folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    let said = refused(&second);
    assert!(
        said.contains("another Manifold") && said.contains("--data DIR"),
        "{said}"
    );
    let port = serving.text("url").rsplit(':').next().unwrap();
    let said = refused(&manifold(&["--port", port, "--memory"]).output().unwrap());
    assert!(said.contains("--port 0"), "{said}");
}

#[test]
fn the_admin_key_comes_from_a_master_secret_on_standard_input() {
    let mut child = manifold(&["admin-key"]).stdin(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all("0123456789abcdef".repeat(4).as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("mfa_"));
}

#[tokio::test]
async fn a_sync_without_a_store_writes_a_line_a_record() {
    let serving = Serving::start(&["--port", "0", "--memory"]);
    let (_, sandbox) = get(serving.text("sandbox_url"), None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sap.json");
    let entry = sandbox["systems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["system"] == "sap_s4hana")
        .unwrap();
    std::fs::write(&file, entry.to_string()).unwrap();
    let sync = |system: &str, model: &str| {
        manifold(&[
            "sync",
            "--system",
            system,
            "--settings",
            file.to_str().unwrap(),
            "--model",
            model,
            "--to",
            "jsonl",
        ])
        .output()
        .unwrap()
    };

    let output = sync("sap_s4hana", "vendor");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success(), "{said}");
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() >= 60, "{} vendors", lines.len());
    assert!(
        lines
            .iter()
            .all(|vendor| vendor["model"] == "vendor" && vendor["id"].is_string())
    );
    assert!(
        said.contains(&format!("vendor: {} records", lines.len())),
        "{said}"
    );

    let said = refused(&sync("no_such_system", "vendor"));
    assert!(
        said.contains("there is no system `no_such_system`; there are"),
        "{said}"
    );
    let said = refused(&sync("sap_s4hana", "no_such_model"));
    assert!(said.contains("has no model `no_such_model`; it has"), "{said}");

    let fault = serde_json::json!({"system": "sap_s4hana", "fault": "http_503"});
    let url = format!("{}/_faults", serving.text("sandbox_url"));
    send(Method::POST, &url, None, Some(fault.to_string().into())).await;
    let output = sync("sap_s4hana", "vendor");
    assert_eq!(output.stdout, b"");
    let said = refused(&output);
    assert!(said.contains("manifold: ") && said.contains("503"), "{said}");
}
