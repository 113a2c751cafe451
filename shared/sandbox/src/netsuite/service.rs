//! The REST services: SuiteQL, records, and the limits of the account.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{record, refusal, sql, write};
use crate::http::{Answer, Call};
use crate::odata::push_json_string;
use crate::odata::value::Value;
use crate::system::System;

/// Most rows of one page, and the number where none is given.
const MAX_LIMIT: usize = 1000;
/// A query answers no more rows than this on all its pages.
const MAX_ROWS: usize = 100_000;

/// Answers a call that is signed in.
pub(super) fn answer(system: &System, call: &Call) -> Answer {
    let segments = call.segments();
    let steps: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), steps.as_slice()) {
        ("POST", ["services", "rest", "query", "v1", "suiteql"]) => suiteql(system, call),
        ("GET", ["services", "rest", "system", "v1", "governanceLimits"]) => Answer::json(
            json!({"accountConcurrencyLimit": 15, "accountUnallocatedConcurrencyLimit": 15}).to_string(),
        ),
        ("GET", ["services", "rest", "record", "v1", kind]) => records(system, call, kind),
        ("GET", ["services", "rest", "record", "v1", kind, id]) => one_record(system, call, kind, id),
        ("POST", ["services", "rest", "record", "v1", "purchaseOrder"]) => write::create(system, call),
        ("PATCH", ["services", "rest", "record", "v1", "purchaseOrder", id]) => {
            write::change(system, call, id)
        }
        ("DELETE", ["services", "rest", "record", "v1", "purchaseOrder", id]) => write::delete(system, id),
        (_, ["services", "rest", "record" | "query" | "system", ..]) if call.method != Method::GET => {
            let text = "This sandbox writes purchase orders only.";
            refusal::error(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", text)
        }
        _ => refusal::error(
            StatusCode::NOT_FOUND,
            "NONEXISTENT_RECORD_TYPE",
            "The resource was not found.",
        ),
    }
}

/// `limit` and `offset`.
fn window(call: &Call) -> Result<(usize, usize), String> {
    let pairs = call.pairs();
    let number = |name: &str, default: usize| match pairs.iter().find(|(key, _)| key == name) {
        None => Ok(default),
        Some((_, value)) => value
            .parse()
            .map_err(|_| format!("Invalid value for query parameter '{name}'.")),
    };
    let (limit, offset) = (number("limit", MAX_LIMIT)?, number("offset", 0)?);
    if limit == 0 || limit > MAX_LIMIT {
        return Err(format!(
            "Invalid value for query parameter 'limit'. It must be a number from 1 to {MAX_LIMIT}."
        ));
    }
    if !offset.is_multiple_of(limit) {
        return Err(
            "Invalid value for query parameter 'offset'. It must be divisible by 'limit'.".to_owned(),
        );
    }
    Ok((limit, offset))
}

fn bad_request(detail: &str) -> Answer {
    refusal::error(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail)
}

#[derive(Deserialize)]
struct Question {
    q: String,
}

fn suiteql(system: &System, call: &Call) -> Answer {
    let prefers = call
        .headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok());
    if !prefers
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case("transient"))
    {
        return refusal::error(
            StatusCode::BAD_REQUEST,
            "INVALID_HEADER",
            "The required request header 'Prefer' is missing or is not 'transient'.",
        );
    }
    let Ok(question) = serde_json::from_slice::<Question>(&call.body) else {
        return refusal::error(
            StatusCode::BAD_REQUEST,
            "INVALID_CONTENT",
            "Invalid content in the request body. It must hold 'q'.",
        );
    };
    let (limit, offset) = match window(call) {
        Ok(window) => window,
        Err(detail) => return bad_request(&detail),
    };
    match system.read(|books| sql::run(books, &question.q, system.clock.now_ms())) {
        Ok(result) => Answer::new(
            StatusCode::OK,
            "application/vnd.oracle.resource+json; type=collection",
            page(call, &result, limit, offset),
        ),
        Err(detail) => refusal::bad_query(&detail),
    }
}

/// All values are texts, and a column without a value is left out.
fn page(call: &Call, result: &sql::Result, limit: usize, offset: usize) -> String {
    let total = result.rows.len().min(MAX_ROWS);
    let end = (offset + limit).min(total);
    let rows = result.rows.get(offset.min(end)..end).unwrap_or_default();
    let mut out = format!(
        "{{\"links\":{},\"count\":{},\"hasMore\":{},\"items\":[",
        links(call, limit, offset, total),
        rows.len(),
        end < total
    );
    let spoilt = call.poison.then_some(rows.len() / 2);
    for (index, row) in rows.iter().enumerate() {
        out.push_str(if index > 0 {
            ",{\"links\":[]"
        } else {
            "{\"links\":[]"
        });
        for (column, value) in result.columns.iter().zip(row) {
            if *value == Value::Null {
                continue;
            }
            out.push(',');
            push_json_string(&mut out, column);
            out.push(':');
            push_json_string(
                &mut out,
                &if spoilt == Some(index) {
                    poisoned(value)
                } else {
                    sql::shown(value)
                },
            );
        }
        out.push('}');
    }
    out.push_str(&format!("],\"offset\":{offset},\"totalResults\":{total}}}"));
    out
}

/// An amount that is none, a day that no calendar has; times and whole numbers stay.
fn poisoned(value: &Value) -> String {
    let is_day = |text: &str| {
        text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| (at == 4 || at == 7) == (byte == b'-'))
    };
    match value {
        Value::Decimal(_) => "12,3x".to_owned(),
        Value::Day(_) => "2/31/2026".to_owned(),
        Value::Text(text) if is_day(text) => "2026-02-31".to_owned(),
        other => sql::shown(other),
    }
}

fn links(call: &Call, limit: usize, offset: usize, total: usize) -> Json {
    let link = |rel: &str, offset: usize| json!({"rel": rel, "href": format!("{}?limit={limit}&offset={offset}", call.url())});
    let mut links = Vec::new();
    if offset + limit < total {
        links.push(link("next", offset + limit));
    }
    links.push(link("self", offset));
    Json::Array(links)
}

/// A list of records holds ids only.
fn records(system: &System, call: &Call, kind: &str) -> Answer {
    if call.pairs().iter().any(|(name, _)| name == "q") {
        return bad_request("This sandbox has no record filters; use SuiteQL.");
    }
    let (limit, offset) = match window(call) {
        Ok(window) => window,
        Err(detail) => return bad_request(&detail),
    };
    let Some(ids) = system.read(|books| record::ids(&books.company, kind)) else {
        return no_such_type(kind);
    };
    let end = (offset + limit).min(ids.len());
    let here = ids.get(offset.min(end)..end).unwrap_or_default();
    let items: Vec<Json> = here
        .iter()
        .map(|id| json!({"links": [{"rel": "self", "href": format!("{}/{id}", call.url())}], "id": id}))
        .collect();
    let body = json!({
        "links": links(call, limit, offset, ids.len()), "count": here.len(), "hasMore": end < ids.len(),
        "items": items, "offset": offset, "totalResults": ids.len()
    });
    Answer::json(body.to_string())
}

fn one_record(system: &System, call: &Call, kind: &str, id: &str) -> Answer {
    let expand = call
        .pairs()
        .iter()
        .any(|(name, value)| name == "expandSubResources" && value == "true");
    let found = system.read(|books| {
        record::ids(&books.company, kind)?;
        Some(record::read(&books.company, &call.root, kind, id, expand))
    });
    match found {
        None => no_such_type(kind),
        Some(None) => refusal::error(
            StatusCode::NOT_FOUND,
            "NONEXISTENT_ID",
            "The record instance does not exist. Provide a valid record instance ID.",
        ),
        Some(Some(body)) => Answer::json(body.to_string()),
    }
}

fn no_such_type(kind: &str) -> Answer {
    let detail = format!("Record type '{kind}' does not exist.");
    refusal::error(StatusCode::NOT_FOUND, "NONEXISTENT_RECORD_TYPE", &detail)
}
