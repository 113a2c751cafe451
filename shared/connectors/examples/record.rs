//! Records fixtures from a running system, through the connector itself:
//!
//! ```text
//! cargo run -p manifold-connectors --example record -- WANTED FOLDER
//! ```
//!
//! WANTED (JSON) says which system where, what to read, and what the fixtures show instead of its address and
//! its credentials. FOLDER is the system's `fixtures/`; without it, what came is told and nothing is written,
//! which is what helps while a manifest is made.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;
use manifold_connectors::{
    Client, Connector, Fault, Page, ReadRequest, Source as _,
    budget::Budget,
    client::Outside,
    form::ConnectionInput,
    transport::{AllowList, GuardedTransport, Request, Response, Transport},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Headers of requests that tell one from another.
const TELLING: [&str; 2] = ["x-tryton-context", "prefer"];

/// What to record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Path of the connector's manifest.
    manifest: String,
    /// `real_system`, `third_party_server` or `sandbox`.
    origin: String,
    note: String,
    instance: Instance,
    /// The instance that the fixtures show.
    shown: Instance,
    readings: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    settings: BTreeMap<String, String>,
    credentials: BTreeMap<String, String>,
}

/// One reading, as the conformance suite's fixtures have it.
#[derive(Debug, Deserialize)]
struct Reading {
    model: String,
    id: Option<String>,
    since: Option<Timestamp>,
    #[serde(default)]
    filters: BTreeMap<String, String>,
    page_size: Option<u32>,
}

/// Passes everything on and keeps it.
struct Recorder {
    inner: GuardedTransport,
    kept: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        let asked = asked(&request);
        let response = self.inner.send(request).await?;
        let exchange = format!(
            "    {{\n      \"request\": {asked},\n      \"response\": {}\n    }}",
            answered(&response)
        );
        self.kept
            .lock()
            .expect("nothing panics in between")
            .push(exchange);
        Ok(response)
    }
}

fn asked(request: &Request) -> Value {
    let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let mut asked = json!({"method": request.method.as_str(), "path": request.url.path(), "query": query});
    let headers: Map<String, Value> = TELLING
        .iter()
        .filter_map(|name| {
            Some((
                (*name).to_owned(),
                json!(request.headers.get(*name)?.to_str().ok()?),
            ))
        })
        .collect();
    if !headers.is_empty() {
        asked["headers"] = json!(headers);
    }
    let body = request.body.as_deref().map(serde_json::from_slice::<Value>);
    if let Some(Ok(body)) = body {
        asked["body"] = body;
    }
    asked
}

/// One record a line: readable in a diff, and not ten times as long as it needs to be.
fn answered(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    let rows = |rows: &[Value]| {
        let rows: Vec<String> = rows.iter().map(|row| format!("          {row}")).collect();
        format!("[\n{}\n        ]", rows.join(",\n"))
    };
    let body = match &body {
        Value::Array(list) if !list.is_empty() => rows(list),
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| match value {
                    Value::Array(list) if list.len() > 1 => format!("{}: {}", json!(name), rows(list)),
                    other => format!("{}: {other}", json!(name)),
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    };
    let headers: Map<String, Value> = ["content-type", "retry-after"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(response.header(name)?))))
        .collect();
    format!(
        "{{\n        \"status\": {},\n        \"headers\": {},\n        \"body\": {body}\n      }}",
        response.status,
        json!(headers)
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().expect("usage: record WANTED [FOLDER]");
    let folder = arguments.next();
    let text = fs::read_to_string(&file).expect("the file can be read");
    let wanted: Wanted = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let manifest = fs::read_to_string(&wanted.manifest).expect("the manifest can be read");
    let connector = Arc::new(Connector::from_toml(&manifest).unwrap_or_else(|error| panic!("{error}")));
    for (name, request) in &wanted.readings {
        let recorder = Arc::new(Recorder {
            inner: GuardedTransport::new(AllowList::none().with_loopback()),
            kept: Mutex::default(),
        });
        let client = client(&connector, &wanted.instance, recorder.clone());
        let reading =
            serde_json::from_value(request.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let pages = read(&client, reading).await;
        match &folder {
            None => tell(name, &pages),
            Some(folder) => {
                let exchanges = recorder
                    .kept
                    .lock()
                    .expect("nothing panics in between")
                    .join(",\n");
                let fixture = fixture(&wanted, request, &exchanges);
                fs::write(Path::new(folder).join(format!("{name}.json")), fixture)
                    .expect("the folder can be written");
            }
        }
    }
}

fn client(connector: &Arc<Connector>, entered: &Instance, recorder: Arc<Recorder>) -> Arc<Client> {
    let secrets = entered.credentials.iter();
    let input = ConnectionInput {
        system: connector.manifest().id.clone(),
        method: entered.method.clone(),
        settings: entered.settings.clone(),
        credentials: secrets
            .map(|(key, value)| (key.clone(), SecretString::from(value.clone())))
            .collect(),
        ..ConnectionInput::default()
    };
    let instance = connector
        .accept(&input)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let outside = Outside::new(recorder, Budget::new(connector.manifest().limits));
    Arc::new(Client::new(connector.clone(), instance, outside, &[]).unwrap_or_else(|fault| panic!("{fault}")))
}

/// Reads to the end, or to the fault that ends it.
async fn read(client: &Arc<Client>, reading: Reading) -> Vec<Result<Page, Fault>> {
    if let Some(id) = &reading.id {
        let got = client.get(&reading.model, id, false).await;
        return vec![got.map(|found| match found {
            Some(Ok(record)) => Page {
                records: vec![record],
                ..Page::default()
            },
            Some(Err(rejected)) => Page {
                rejected: vec![rejected],
                ..Page::default()
            },
            None => Page::default(),
        })];
    }
    let mut pages = client.clone().read(ReadRequest {
        model: reading.model,
        since: reading.since,
        filters: reading.filters.into_iter().collect(),
        page_size: reading.page_size,
        ..ReadRequest::default()
    });
    let mut read = Vec::new();
    loop {
        match pages.next().await {
            Ok(None) => return read,
            Ok(Some(page)) => read.push(Ok(page)),
            Err(fault) => {
                read.push(Err(fault));
                return read;
            }
        }
    }
}

/// The fixture's text, which shows no credential.
fn fixture(wanted: &Wanted, request: &Value, exchanges: &str) -> String {
    let mut text = format!(
        "{{\n  \"origin\": {},\n  \"note\": {},\n  \"instance\": {},\n  \"request\": {request},\n  \"exchanges\": [\n{exchanges}\n  ]\n}}\n",
        json!(wanted.origin),
        json!(wanted.note),
        json!(wanted.shown),
    );
    for (key, secret) in &wanted.instance.credentials {
        let shown = wanted.shown.credentials.get(key);
        if shown == Some(secret) {
            // A login, say, that whoever records finds fit to be shown.
            continue;
        }
        text = shown.map_or(text.clone(), |shown| text.replace(secret, shown));
        assert!(!text.contains(secret.as_str()), "`{key}` stands in a fixture");
    }
    text
}

/// What came of a reading, for whoever writes a manifest.
#[expect(clippy::print_stdout, reason = "a try is there to be read")]
fn tell(name: &str, pages: &[Result<Page, Fault>]) {
    println!("{name}:");
    for page in pages {
        match page {
            Err(fault) => println!("  {fault:?}"),
            Ok(page) => {
                println!(
                    "  {} records, {} rejected, warnings {:?}",
                    page.records.len(),
                    page.rejected.len(),
                    page.warnings
                );
                for rejected in page.rejected.iter().take(5) {
                    println!(
                        "  rejected {:?} {} {}",
                        rejected.id, rejected.pointer, rejected.reason
                    );
                }
                for record in page.records.iter().take(3) {
                    println!("  {}", String::from_utf8_lossy(&record.body));
                }
            }
        }
    }
}
