//! The system's own words, from the error envelope that its manifest names and from nothing else.

use serde_json::Value;

use crate::{
    fault::FaultKind,
    json::{Path, find},
    manifest::FaultPreset,
};

/// Longest error answer that is looked into. Real ones have a few kilobytes.
const LONGEST_ENVELOPE: usize = 1024 * 1024;

/// Most sentences of one answer that are joined.
const MOST_SENTENCES: usize = 5;

/// What an error answer says; nothing, where it is not the envelope.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The system's code.
    pub(super) code: Option<String>,
    /// The system's sentences, neither cut nor cleaned.
    pub(super) message: Option<String>,
    /// What the code means, where it says more than the status.
    pub(super) kind: Option<FaultKind>,
}

/// Reads the envelope of an error answer.
pub(super) fn read(preset: FaultPreset, body: &[u8]) -> Said {
    let Some(answer) = json(body) else {
        return Said::default();
    };
    match preset {
        FaultPreset::OdataV2 => odata_v2(&answer),
        FaultPreset::OdataV4 => odata_v4(&answer),
        FaultPreset::OErrorDetails => o_error_details(&answer),
        FaultPreset::MessageDescription => message_description(&answer),
        FaultPreset::ErrorList => error_list(&answer),
        FaultPreset::ErrorElements => error_elements(&answer),
    }
}

/// Whether a good answer holds an error after all. Pages are longer than any error.
pub(super) fn has_error(body: &[u8]) -> bool {
    let error = Path::parse("error").filter(|_| body.len() <= LONGEST_ENVELOPE);
    error.is_some_and(|path| find(body, &path).is_some_and(|value| value != b"null"))
}

/// The body as JSON, if it is some and not absurdly long.
pub(super) fn json(body: &[u8]) -> Option<Value> {
    if body.len() > LONGEST_ENVELOPE {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// SAP Gateway: the headline, then the details of severity `error`, which name the fields at fault.
fn odata_v2(answer: &Value) -> Said {
    let details = list(answer, "/error/innererror/errordetails")
        .filter(|detail| text(detail, "/severity").as_deref() == Some("error"))
        .map(|detail| text(detail, "/message"));
    Said {
        code: text(answer, "/error/code"),
        message: sentences([odata_headline(answer)].into_iter().chain(details)),
        kind: None,
    }
}

/// SAP and Dynamics. Finance & Operations says "An error has occurred." and puts the sentence that
/// helps into `innererror` (systems.md 2.7), which therefore replaces the headline.
fn odata_v4(answer: &Value) -> Said {
    let headline = text(answer, "/error/innererror/message").or_else(|| odata_headline(answer));
    let details = list(answer, "/error/details").map(|detail| text(detail, "/message"));
    Said {
        code: text(answer, "/error/code"),
        message: sentences([headline].into_iter().chain(details)),
        kind: None,
    }
}

/// A text in V4 and an object with language and text in V2; some servers mix them (Business One).
fn odata_headline(answer: &Value) -> Option<String> {
    text(answer, "/error/message/value").or_else(|| text(answer, "/error/message"))
}

/// NetSuite and Oracle.
fn o_error_details(answer: &Value) -> Said {
    let code = list(answer, "/o:errorDetails").find_map(|detail| text(detail, "/o:errorCode"));
    let details = list(answer, "/o:errorDetails").map(|detail| text(detail, "/detail"));
    Said {
        message: sentences(details).or_else(|| text(answer, "/title")),
        kind: code.as_deref().and_then(netsuite_code),
        code,
    }
}

/// NetSuite's codes that come with status 400 and mean something else than a bad request (systems.md 2.5).
fn netsuite_code(code: &str) -> Option<FaultKind> {
    match code {
        "INSUFFICIENT_PERMISSION" => Some(FaultKind::Denied),
        "SSS_REQUEST_LIMIT_EXCEEDED" => Some(FaultKind::RateLimited),
        _ => None,
    }
}

/// Tryton's REST API.
fn message_description(answer: &Value) -> Said {
    Said {
        code: None,
        message: sentences([text(answer, "/message"), text(answer, "/description")].into_iter()),
        kind: None,
    }
}

/// Tryton 7's JSON-RPC: the name of what was raised, and what it holds; or the text of an error that nobody
/// expected (an unknown model) and a traceback, which is nobody's business.
pub(super) fn error_list(answer: &Value) -> Said {
    let Some(name) = text(answer, "/error/0") else {
        return Said {
            kind: answer.get("error").map(|_| FaultKind::Rejected),
            ..Said::default()
        };
    };
    let (kind, said) = match name.as_str() {
        "UserError" => (FaultKind::Rejected, ["/error/1/0", "/error/1/1"]),
        "UserWarning" => (FaultKind::Rejected, ["/error/1/1", "/error/1/2"]),
        "LoginException" => (FaultKind::Unauthorized, ["/error/1/1", ""]),
        "ConcurrencyException" => (FaultKind::Conflict, ["/error/1", ""]),
        _ => {
            return Said {
                code: None,
                message: Some(name),
                kind: Some(FaultKind::Rejected),
            };
        }
    };
    Said {
        message: sentences(said.into_iter().map(|place| text(answer, place))),
        code: Some(name),
        kind: Some(kind),
    }
}

/// Xero: the headline, then what is wrong with each element; what its gateway refuses has a title and a detail.
fn error_elements(answer: &Value) -> Said {
    let elements = list(answer, "/Elements");
    let details = elements.flat_map(|element| list(element, "/ValidationErrors"));
    let details = details.map(|detail| text(detail, "/Message"));
    let headline = text(answer, "/Message").or_else(|| text(answer, "/Title"));
    let headlines = [headline, text(answer, "/Detail")].into_iter();
    Said {
        code: text(answer, "/Type"),
        message: sentences(headlines.chain(details)),
        kind: None,
    }
}

/// The text at a place; blank ones do not count.
fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Joins sentences, each said once.
fn sentences(said: impl Iterator<Item = Option<String>>) -> Option<String> {
    let mut different: Vec<String> = Vec::new();
    for sentence in said.flatten() {
        if different.len() < MOST_SENTENCES && !different.contains(&sentence) {
            different.push(sentence);
        }
    }
    (!different.is_empty()).then(|| different.join(" | "))
}
