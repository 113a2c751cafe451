//! Expected requests and records, as files that are rewritten on demand.

use std::{env, fs, path::PathBuf};

use serde_json::{Map, Value, json};

use crate::{fixture::Fixture, replay::Sent, run::Outcome, system::System};

/// Headers that say something about a dialect.
const SHOWN: [&str; 4] = ["accept", "content-type", "prefer", "x-tryton-context"];

/// How an outcome differs from its golden; with `UPDATE_GOLDEN` set it becomes the golden.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the suite says by the environment that goldens are rewritten"
)]
pub fn differences(system: &System, fixture: &Fixture, outcome: &Outcome) -> Vec<String> {
    if !outcome.broken.is_empty() {
        return outcome.broken.clone();
    }
    let path: PathBuf = system
        .folder
        .join("golden")
        .join(format!("{}.json", fixture.name));
    let text = text(fixture, outcome);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(system.folder.join("golden")).expect("the folder can be written");
        fs::write(&path, text).expect("the golden can be written");
        return Vec::new();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    if golden == text {
        return Vec::new();
    }
    let first = golden.lines().zip(text.lines()).position(|(old, new)| old != new);
    let at = first.unwrap_or_else(|| golden.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    vec![format!(
        "line {} of its golden\n  has   {}\n  wants {}",
        at + 1,
        line(&text),
        line(&golden)
    )]
}

/// One item a line: readable in a diff, and not ten times as long as it needs to be.
fn text(fixture: &Fixture, outcome: &Outcome) -> String {
    let lines = |items: Vec<Value>| match items.as_slice() {
        [] => "[]".to_owned(),
        items => {
            let shown: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
            format!("[\n{}\n  ]", shown.join(",\n"))
        }
    };
    let records = outcome.records.iter().map(|(record, body)| {
        let mut shown = json!({"record": body});
        if let Some(at) = record.modified_at {
            shown["modified_at"] = json!(at.to_string());
        }
        if record.deleted {
            shown["deleted"] = json!(true);
        }
        shown
    });
    let mut parts = vec![
        (
            "requests",
            lines(outcome.sent.iter().map(|sent| request(fixture, sent)).collect()),
        ),
        ("pages", json!(outcome.pages).to_string()),
        ("records", lines(records.collect())),
    ];
    let more = [
        (
            "rejected",
            outcome
                .rejected
                .iter()
                .map(|one| json!({"id": one.id, "pointer": one.pointer, "reason": one.reason}))
                .collect(),
        ),
        (
            "warnings",
            outcome.warnings.iter().map(|one| json!(one)).collect(),
        ),
        (
            "faults",
            outcome.faults.iter().map(|one| json!(one)).collect::<Vec<_>>(),
        ),
    ];
    parts.extend(
        more.into_iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(name, items)| (name, lines(items))),
    );
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(name, value)| format!("  \"{name}\": {value}"))
        .collect();
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

fn request(fixture: &Fixture, sent: &Sent) -> Value {
    let mut shown = Map::new();
    shown.insert("method".into(), json!(sent.method));
    shown.insert("url".into(), json!(format!("{}{}", sent.host, sent.path)));
    if !sent.query.is_empty() {
        shown.insert("query".into(), json!(sent.query));
    }
    let headers: Map<String, Value> = SHOWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(sent.headers.get(*name)?.to_str().ok()?))))
        .collect();
    if !headers.is_empty() {
        shown.insert("headers".into(), json!(headers));
    }
    if let Some(body) = &sent.body {
        // Nor does the body of a sign-in show what it proves.
        let text = fixture
            .instance
            .credentials
            .values()
            .fold(String::from_utf8_lossy(body).into_owned(), |text, secret| {
                text.replace(secret, "***")
            });
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => shown.insert("body".into(), value),
            // A form holds credentials: its fields are named and not shown.
            Err(_) => {
                let names: Vec<String> = url::form_urlencoded::parse(body)
                    .map(|(name, _)| name.into_owned())
                    .collect();
                shown.insert("form".into(), json!(names))
            }
        };
    }
    Value::Object(shown)
}
