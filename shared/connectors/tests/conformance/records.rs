//! What holds of every record of every system.

use std::collections::BTreeSet;

use manifold_connectors::{
    map::MOST_ID,
    model::{self, FieldSpec, Kind},
};
use serde_json::Value;

use crate::{fixture::Fixture, run::Outcome};

/// What is wrong with the records of a reading.
pub fn problems(model: &str, outcome: &Outcome) -> Vec<String> {
    let mut wrong = outcome.broken.clone();
    let Some(model) = model::by_name(model) else {
        return vec![format!("`{model}` is no model")];
    };
    let schema = jsonschema::validator_for(&model.json_schema()).expect("the model's schema is one");
    let mut seen = BTreeSet::new();
    for (record, body) in &outcome.records {
        let id = &record.id;
        if !seen.insert(id.clone()) {
            wrong.push(format!("{id} comes twice"));
        }
        if id.is_empty() || id.len() > MOST_ID {
            wrong.push(format!("`{id}` is no id"));
        }
        wrong.extend(
            schema
                .iter_errors(body)
                .map(|error| format!("{id}: {}: {error}", error.instance_path())),
        );
        if body["id"] != Value::String(id.clone()) || body["model"] != Value::String(model.name.into()) {
            wrong.push(format!("{id}: id and model of the body are others"));
        }
        for field in ["connection_id", "seq", "synced_at"] {
            if body.get(field).is_some() {
                wrong.push(format!("{id}: `{field}` is for whoever stores it"));
            }
        }
        let mut invented = Vec::new();
        for spec in model.fields {
            if let Some(value) = body.get(spec.name()) {
                invented_in(spec, value, spec.name(), &mut invented);
            }
        }
        wrong.extend(invented.into_iter().map(|problem| format!("{id}: {problem}")));
    }
    wrong
}

/// Absent is left out: no null, no empty text or list, and no number where a decimal text belongs.
fn invented_in(spec: &FieldSpec, value: &Value, place: &str, wrong: &mut Vec<String>) {
    // Custom fields and the source's own text are as the system has them.
    if spec.kind == Kind::Given && matches!(spec.name(), "custom_fields" | "raw" | "source_key") {
        return;
    }
    invented(spec.kind, value, place, wrong);
}

fn invented(kind: Kind, value: &Value, place: &str, wrong: &mut Vec<String>) {
    match value {
        Value::Null => wrong.push(format!("{place} is null")),
        Value::String(text) if text.is_empty() => wrong.push(format!("{place} is an empty text")),
        Value::Array(items) if items.is_empty() => wrong.push(format!("{place} is an empty list")),
        Value::Object(fields) if fields.is_empty() => wrong.push(format!("{place} is an empty object")),
        Value::Number(_) if kind != Kind::Integer => wrong.push(format!("{place} is a JSON number")),
        Value::Array(items) => {
            let element = if let Kind::List(element) = kind {
                *element
            } else {
                Kind::Text
            };
            for (at, item) in items.iter().enumerate() {
                invented(element, item, &format!("{place}[{at}]"), wrong);
            }
        }
        Value::Object(fields) => {
            let specs: &[FieldSpec] = if let Kind::Object(specs) = kind {
                specs
            } else {
                &[]
            };
            for (name, field) in fields {
                match specs.iter().find(|spec| spec.name() == name) {
                    Some(spec) => invented_in(spec, field, &format!("{place}.{name}"), wrong),
                    None => invented(Kind::Text, field, &format!("{place}.{name}"), wrong),
                }
            }
        }
        _ => {}
    }
}

/// Where a credential of the fixture shows.
pub fn leaks(fixture: &Fixture, outcome: &Outcome) -> Vec<String> {
    let mut shown = vec![("the client's Debug".to_owned(), outcome.debug.clone())];
    for (record, body) in &outcome.records {
        shown.push((format!("record {}", record.id), body.to_string()));
    }
    for fault in &outcome.faults {
        shown.push(("a fault".into(), format!("{fault} {fault:?}")));
    }
    for rejected in &outcome.rejected {
        shown.push(("a rejected record".into(), format!("{rejected:?}")));
    }
    for sent in &outcome.sent {
        shown.push(("a request's Debug".into(), sent.debug.clone()));
        shown.push(("an address".into(), format!("{} {:?}", sent.path, sent.query)));
    }
    shown.extend(
        outcome
            .warnings
            .iter()
            .map(|warning| ("a warning".to_owned(), warning.clone())),
    );
    let mut wrong = Vec::new();
    for (key, secret) in &fixture.instance.credentials {
        assert!(
            secret.len() >= 8,
            "{}: credential `{key}` is too short to be searched for",
            fixture.name
        );
        for (place, text) in &shown {
            if text.contains(secret.as_str()) {
                wrong.push(format!("credential `{key}` shows in {place}"));
            }
        }
    }
    wrong
}
