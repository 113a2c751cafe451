//! Reading data entities below `/data`.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::json;

use super::refusal;
use super::schema::SCHEMA;
use crate::company::places::COMPANIES;
use crate::http::{Answer, Call, encoded};
use crate::odata::Refused;
use crate::odata::key::split;
use crate::odata::options::Options;
use crate::odata::read_v4::{Found, Read};
use crate::odata::row::Row;
use crate::odata::v4::{V4Writer, etag};
use crate::system::System;

/// Rows of one page. The real service sends up to 10,000.
const PAGE_SIZE: usize = 100;

/// Answers a call that is signed in.
pub(super) fn answer(system: &System, call: &Call) -> Answer {
    let segments = call.segments();
    let steps: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["data", rest @ ..] = steps.as_slice() else {
        return not_found();
    };
    if call.method != Method::GET {
        return super::write::answer(system, call, rest.first().copied().unwrap_or_default());
    }
    let [first, below @ ..] = rest else {
        let sets: Vec<_> = SCHEMA
            .all()
            .iter()
            .map(|set| json!({"name": set.set, "kind": "EntitySet", "url": set.set}))
            .collect();
        return Answer::json(
            json!({"@odata.context": format!("{}/data/$metadata", call.root), "value": sets}).to_string(),
        );
    };
    let (set, key) = split(first);
    let Some(entity) = SCHEMA.get(set) else {
        return not_found();
    };
    let pairs = call.pairs();
    let rows = visible(system.read(|books| books.rows(set)), &pairs);
    let read = Read {
        pairs: &pairs,
        schema: &SCHEMA,
        entity,
        rows,
        cap: PAGE_SIZE,
    };
    match read.resolve(key, below) {
        Ok(found) => written(call, found),
        Err(Refused(text)) => bad_request(&text),
    }
}

/// Without `cross-company=true`, only the user's own company is there.
fn visible(rows: Vec<Arc<Row>>, pairs: &[(String, String)]) -> Vec<Arc<Row>> {
    let all = pairs
        .iter()
        .any(|(name, value)| name == "cross-company" && value.eq_ignore_ascii_case("true"));
    let own = |row: &Arc<Row>| {
        row.of.position("dataAreaId").is_none() || row.text("dataAreaId") == COMPANIES[0].area
    };
    rows.into_iter().filter(|row| all || own(row)).collect()
}

fn written(call: &Call, found: Found) -> Answer {
    let metadata = format!("{}/data/$metadata", call.root);
    match found {
        Found::List {
            page,
            options,
            entity,
        } => {
            if expands_twice(&options) {
                return bad_request("Only one level of $expand is supported.");
            }
            let next = page.next.map(|(offset, top)| next_link(call, offset, top));
            let writer = V4Writer {
                context: &format!("{metadata}#{}", entity.set),
                poison: call.poison,
            };
            answered(writer.list(&page, &options.shape, options.count, next.as_deref()))
        }
        Found::One { row, shape } => {
            let writer = V4Writer {
                context: &format!("{metadata}#{}", row.of.set),
                poison: call.poison,
            };
            answered(writer.single(&row, &shape)).with("etag", &etag(&row))
        }
        Found::Count(count) => Answer::new(StatusCode::OK, "text/plain", count.to_string()),
        Found::Missing | Found::NoSegment(_) => not_found(),
    }
}

fn expands_twice(options: &Options) -> bool {
    options
        .shape
        .expand
        .values()
        .any(|below| !below.expand.is_empty())
}

/// Absolute, and continued by `$skip`.
fn next_link(call: &Call, offset: usize, top: Option<usize>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in call.pairs() {
        if !matches!(name.as_str(), "$skip" | "$top") {
            parts.push(format!("{name}={}", encoded(&value)));
        }
    }
    parts.extend(top.map(|top| format!("$top={top}")));
    parts.push(format!("$skip={offset}"));
    format!("{}?{}", call.url(), parts.join("&"))
}

fn answered(body: String) -> Answer {
    Answer::new(
        StatusCode::OK,
        "application/json; odata.metadata=minimal; odata.streaming=true",
        body,
    )
    .with("odata-version", "4.0")
}

fn bad_request(text: &str) -> Answer {
    refusal::error(StatusCode::BAD_REQUEST, text, "Microsoft.OData.ODataException")
}

fn not_found() -> Answer {
    let text = "No HTTP resource was found that matches the request URI.";
    Answer::status_json(StatusCode::NOT_FOUND, json!({"Message": text}).to_string())
}
