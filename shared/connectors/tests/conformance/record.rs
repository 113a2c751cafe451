//! Records fixtures from a running system: `RECORD=wanted.json cargo test -p manifold-connectors --test conformance
//! -- --ignored record`. The file says where the system is, what to read, and what to show instead of its address
//! and its keys.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use manifold_connectors::{
    Fault,
    auth::SystemMoment,
    transport::{AllowList, GuardedTransport, Request, Response, Transport},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, Instance, Request as Asked},
    run::{self, Outcome},
    system,
};

/// What to record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    system: String,
    /// `real_system`, `third_party_server` or `sandbox`.
    origin: String,
    note: String,
    instance: Instance,
    /// The instance that the fixtures show.
    shown: Value,
    readings: BTreeMap<String, Value>,
    /// Tells what came instead of writing it.
    #[serde(default)]
    only_try: bool,
}

/// Passes everything on and keeps it.
struct Recorder {
    inner: GuardedTransport,
    kept: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let asked = json!({"method": request.method.as_str(), "path": request.url.path(), "query": query});
        let response = self.inner.send(request).await?;
        let kind = response.header("content-type").unwrap_or_default();
        let text = String::from_utf8_lossy(&response.body);
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        let body = match &body {
            Value::Array(rows) if !rows.is_empty() => {
                let rows: Vec<String> = rows.iter().map(|row| format!("          {row}")).collect();
                format!("[\n{}\n        ]", rows.join(",\n"))
            }
            other => other.to_string(),
        };
        let shown = format!(
            "    {{\n      \"request\": {asked},\n      \"response\": {{\n        \"status\": {},\n        \"headers\": {},\n        \"body\": {body}\n      }}\n    }}",
            response.status,
            json!({"content-type": kind}),
        );
        self.kept.lock().expect("no test panics in between").push(shown);
        Ok(response)
    }
}

/// Reads what is wanted and writes one fixture a reading.
pub async fn record(file: &str) {
    let text = fs::read_to_string(file).expect("the file can be read");
    let wanted: Wanted = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let system = system::all()
        .into_iter()
        .find(|system| system.id == wanted.system)
        .expect("the system is there");
    for (name, request) in &wanted.readings {
        let inner = GuardedTransport::new(AllowList::none().with_loopback());
        let recorder = Arc::new(Recorder {
            inner,
            kept: Mutex::default(),
        });
        let asked: Asked = serde_json::from_value(request.clone()).expect("a request");
        let fixture = Fixture {
            name: name.clone(),
            instance: wanted.instance.clone(),
            request: asked,
            exchanges: Vec::new(),
        };
        let outcome = run::through(&system, &fixture, recorder.clone(), Arc::new(SystemMoment)).await;
        assert!(outcome.broken.is_empty(), "{name}: {:?}", outcome.broken);
        if wanted.only_try {
            tell(name, &outcome);
            continue;
        }
        let exchanges = recorder
            .kept
            .lock()
            .expect("no test panics in between")
            .join(",\n");
        let fixture = format!(
            "{{\n  \"origin\": {},\n  \"note\": {},\n  \"instance\": {},\n  \"request\": {request},\n  \"exchanges\": [\n{exchanges}\n  ]\n}}\n",
            json!(wanted.origin),
            json!(wanted.note),
            wanted.shown,
        );
        let leaked = wanted
            .instance
            .credentials
            .values()
            .any(|secret| fixture.contains(secret.as_str()));
        assert!(!leaked, "{name}: a credential stands in the fixture");
        fs::write(
            system.folder.join("fixtures").join(format!("{name}.json")),
            fixture,
        )
        .expect("the fixture can be written");
    }
}

/// What came of a try, for whoever writes a manifest.
#[expect(clippy::print_stdout, reason = "a try is there to be read")]
fn tell(name: &str, outcome: &Outcome) {
    println!(
        "{name}: pages {:?}, faults {:?}, warnings {:?}",
        outcome.pages, outcome.faults, outcome.warnings
    );
    for rejected in outcome.rejected.iter().take(5) {
        println!(
            "  rejected {:?} {} {}",
            rejected.id, rejected.pointer, rejected.reason
        );
    }
    for (_, body) in outcome.records.iter().take(3) {
        println!("  {body}");
    }
}
