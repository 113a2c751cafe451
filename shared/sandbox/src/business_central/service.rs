//! Reading the API: companies, and the entity sets of one company.

use std::sync::Arc;

use http::{Method, StatusCode};

use super::schema::SCHEMA;
use super::{COMPANY, ENVIRONMENT, refusal};
use crate::entra;
use crate::http::{Answer, Call, encoded};
use crate::odata::Refused;
use crate::odata::key::split;
use crate::odata::read_v4::{Found, Read};
use crate::odata::row::Row;
use crate::odata::v4::{V4Writer, etag};
use crate::system::System;

/// Rows of one page where the client does not say.
const PAGE_SIZE: usize = 100;
/// Most rows of one page.
const MAX_PAGE_SIZE: usize = 20_000;

/// Answers a call that is signed in.
pub(super) fn answer(system: &System, call: &Call) -> Answer {
    let segments = call.segments();
    let steps: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["v2.0", tenant, environment, "api", "v2.0", rest @ ..] = steps.as_slice() else {
        return not_found("No HTTP resource was found that matches the request URI.");
    };
    if !tenant.eq_ignore_ascii_case(entra::TENANT) || !environment.eq_ignore_ascii_case(ENVIRONMENT) {
        return refusal::error(
            StatusCode::NOT_FOUND,
            "NoEnvironment",
            &format!("Environment '{environment}' does not exist."),
        );
    }
    match rest {
        [companies] | [companies, "$count"] if split(companies).0 == "companies" => {
            read(system, call, companies, &rest[1..], true)
        }
        [company, set, below @ ..] => match split(company) {
            ("companies", Some(id)) => {
                let id = id.trim_matches('\'');
                let known = system.read(|books| books.rows("companies"));
                if !known.iter().any(|row| row.text("id").eq_ignore_ascii_case(id)) {
                    let text = format!("The company with the ID '{id}' does not exist.");
                    return refusal::error(StatusCode::NOT_FOUND, "Internal_CompanyNotFound", &text);
                }
                if call.method != Method::GET {
                    return super::write::answer(system, call, set);
                }
                read(system, call, set, below, id.eq_ignore_ascii_case(COMPANY))
            }
            _ => not_found("The company must be given in the path."),
        },
        _ => not_found("No HTTP resource was found that matches the request URI."),
    }
}

/// Reads a set; that of a company without data is empty.
fn read(system: &System, call: &Call, segment: &str, below: &[&str], has_data: bool) -> Answer {
    let (set, key) = split(segment);
    let Some(entity) = SCHEMA.get(set) else {
        return not_found(&format!("Resource not found for the segment '{set}'."));
    };
    let rows: Vec<Arc<Row>> = if has_data {
        system.read(|books| books.rows(set))
    } else {
        Vec::new()
    };
    let pairs = call.pairs();
    let read = Read {
        pairs: &pairs,
        schema: &SCHEMA,
        entity,
        rows,
        cap: page_size(call),
    };
    match read.resolve(key, below) {
        Ok(found) => written(call, found),
        Err(Refused(text)) => refusal::error(StatusCode::BAD_REQUEST, "BadRequest", &text),
    }
}

/// `Prefer: odata.maxpagesize=n`.
fn page_size(call: &Call) -> usize {
    let preferences = call
        .headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut sizes = preferences
        .flat_map(|line| line.split([',', ';']))
        .filter_map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            let is_size = matches!(name.trim(), "odata.maxpagesize" | "maxpagesize");
            is_size.then(|| value.trim().parse::<usize>().ok()).flatten()
        });
    sizes
        .next()
        .map_or(PAGE_SIZE, |size| size.clamp(1, MAX_PAGE_SIZE))
}

fn written(call: &Call, found: Found) -> Answer {
    let api = call
        .url()
        .split_once("/api/v2.0")
        .map(|(head, _)| format!("{head}/api/v2.0"))
        .unwrap_or_default();
    match found {
        Found::List {
            page,
            options,
            entity,
        } => {
            let next = page.next.map(|(offset, top)| next_link(call, offset, top));
            let writer = V4Writer {
                context: &format!("{api}/$metadata#{}", entity.set),
                poison: call.poison,
            };
            answered(writer.list(&page, &options.shape, options.count, next.as_deref()))
        }
        Found::One { row, shape } => {
            let writer = V4Writer {
                context: &format!("{api}/$metadata#{}", row.of.set),
                poison: call.poison,
            };
            answered(writer.single(&row, &shape)).with("etag", &etag(&row))
        }
        Found::Count(count) => Answer::new(StatusCode::OK, "text/plain", count.to_string()),
        Found::Missing => refusal::error(
            StatusCode::NOT_FOUND,
            "Internal_EntityWithIdDoesNotExist",
            "The requested entity does not exist.",
        ),
        Found::NoSegment(name) => not_found(&format!("Resource not found for the segment '{name}'.")),
    }
}

/// Absolute; `aid` is what the real service adds.
fn next_link(call: &Call, offset: usize, top: Option<usize>) -> String {
    let mut parts = vec!["aid=FIN".to_owned()];
    for (name, value) in call.pairs() {
        if !matches!(name.as_str(), "$skip" | "$skiptoken" | "$top" | "aid") {
            parts.push(format!("{name}={}", encoded(&value)));
        }
    }
    parts.extend(top.map(|top| format!("$top={top}")));
    parts.push(format!("$skiptoken={offset}"));
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

fn not_found(text: &str) -> Answer {
    refusal::error(StatusCode::NOT_FOUND, "BadRequest_NotFound", text)
}
