//! Reading the V4 purchase order service.

use http::{Method, StatusCode};
use serde_json::json;

use super::refusal;
use super::schema_v4::V4;
use super::write::Service;
use crate::http::{Answer, Call, encoded};
use crate::odata::Refused;
use crate::odata::key::split;
use crate::odata::read_v4::{Found, Read};
use crate::odata::v4::{V4Writer, etag};
use crate::system::System;

/// Path of the service below `/sap/opu/odata4/`.
const SERVICE: [&str; 6] = [
    "sap",
    "api_purchaseorder_2",
    "srvd_a2x",
    "sap",
    "purchaseorder",
    "0001",
];
/// The server sends no more rows than this at once, and a link to the next page.
const PAGE_CAP: usize = 100;

/// Answers a call below `/sap/opu/odata4`.
pub(super) fn answer(system: &System, call: &Call, steps: &[&str]) -> Answer {
    let Some(rest) = steps.strip_prefix(SERVICE.as_slice()) else {
        return refusal::v4(
            StatusCode::NOT_FOUND,
            "/IWFND/CM_V4_COS/021",
            "The service group or service does not exist.",
        );
    };
    if call.method != Method::GET {
        let url = format!("{}/sap/opu/odata4/{}", call.root, SERVICE.join("/"));
        return Service { in_v4: true, url }.write(system, call, rest);
    }
    let [first, rest @ ..] = rest else {
        let sets: Vec<_> = V4
            .all()
            .iter()
            .map(|set| json!({"name": set.set, "url": set.set}))
            .collect();
        return Answer::json(json!({"@odata.context": "$metadata", "value": sets}).to_string());
    };
    let (set, key) = split(first);
    let Some(entity) = V4.get(set) else {
        return no_segment(set);
    };
    let rows = system.read(|books| books.rows(set));
    let read = Read {
        pairs: &call.pairs(),
        schema: &V4,
        entity,
        rows,
        cap: PAGE_CAP,
    };
    match read.resolve(key, rest) {
        Ok(found) => written(call, found),
        Err(Refused(text)) => refusal::v4(StatusCode::BAD_REQUEST, "/IWBEP/CM_V4_RT/022", &text),
    }
}

fn written(call: &Call, found: Found) -> Answer {
    match found {
        Found::List {
            page,
            options,
            entity,
        } => {
            let next = page
                .next
                .map(|(offset, top)| next_link(call, entity.set, offset, top));
            let writer = V4Writer {
                context: &format!("$metadata#{}", entity.set),
                poison: call.poison,
            };
            answered(writer.list(&page, &options.shape, options.count, next.as_deref()))
        }
        Found::One { row, shape } => {
            let writer = V4Writer {
                context: &format!("../$metadata#{}", row.of.set),
                poison: call.poison,
            };
            answered(writer.single(&row, &shape)).with("etag", &etag(&row))
        }
        Found::Count(count) => Answer::new(StatusCode::OK, "text/plain;charset=utf-8", count.to_string()),
        Found::Missing => refusal::v4(
            StatusCode::NOT_FOUND,
            "/IWBEP/CM_V4_RT/020",
            "Resource not found for the given key.",
        ),
        Found::NoSegment(name) => no_segment(&name),
    }
}

/// RELATIVE to the service, with its options' names percent-encoded, as the CAP runtime writes it.
fn next_link(call: &Call, set: &str, offset: usize, top: Option<usize>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in call.pairs() {
        if !matches!(name.as_str(), "$skip" | "$skiptoken" | "$top") {
            parts.push(format!("{}={}", encoded(&name), encoded(&value)));
        }
    }
    parts.extend(top.map(|top| format!("%24top={top}")));
    parts.push(format!("%24skiptoken={offset}"));
    format!("{set}?{}", parts.join("&"))
}

fn answered(body: String) -> Answer {
    Answer::new(
        StatusCode::OK,
        "application/json;odata.metadata=minimal;charset=utf-8",
        body,
    )
    .with("odata-version", "4.0")
}

fn no_segment(name: &str) -> Answer {
    refusal::v4(
        StatusCode::NOT_FOUND,
        "/IWBEP/CM_V4_RT/004",
        &format!("Resource '{name}' was not found."),
    )
}
