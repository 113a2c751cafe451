//! Request bodies: JSON of at most 1 MiB, with errors that name the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::HeaderValue,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use manifold_domain::error::Problem;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::failure::Failure;

/// The most bytes of a request's body.
pub const LIMIT: usize = 1024 * 1024;

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = read(request.into_body()).await?;
        parse(&bytes).map(Body).map_err(Failure::Problem)
    }
}

/// Reads a body up to the limit.
///
/// # Errors
/// The body is larger, or was cut off.
pub async fn read(body: axum::body::Body) -> Result<Bytes, Failure> {
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Failure::TooLarge(LIMIT)),
        Err(_) => Err(Failure::Problem(Problem::Unreadable(
            "The body was cut off.".into(),
        ))),
    }
}

/// Reads JSON; an empty body counts as `{}`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) {
        b"{}"
    } else {
        bytes
    };
    // serde would take a list for an object whose fields come in the order of our code.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Problem::invalid("", "The body is a JSON object."),
            Err(error) => Problem::Unreadable(format!("The body is not valid JSON: {error}.")),
        });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer: String = error.path().iter().filter_map(pointer_step).collect();
        let inner = error.into_inner();
        if inner.is_data() {
            let sentence = inner.to_string();
            // serde_json adds where in the text it was; the pointer says it better.
            let sentence = sentence.split(" at line ").next().unwrap_or_default();
            match missing(sentence) {
                Some(field) => Problem::invalid(pointer + &step(field), "It is missing."),
                None => Problem::invalid(pointer, unquoted(sentence)),
            }
        } else {
            Problem::Unreadable(format!("The body is not valid JSON: {inner}."))
        }
    })?;
    reader
        .end()
        .map_err(|_| Problem::Unreadable("The body goes on behind the JSON value.".into()))?;
    Ok(value)
}

/// The field that serde misses: it says so of the object around it.
fn missing(sentence: &str) -> Option<&str> {
    sentence.strip_prefix("missing field `")?.strip_suffix('`')
}

/// The sentence without the value that did not fit: it may be a secret in the wrong place.
fn unquoted(sentence: &str) -> String {
    let quotes = sentence.starts_with("invalid type: ") || sentence.starts_with("invalid value: ");
    match sentence.rsplit_once(", expected ").filter(|_| quotes) {
        Some((_, expected)) => format!("Not what belongs here: expected {expected}."),
        None => sentence.to_owned(),
    }
}

fn pointer_step(segment: &serde_path_to_error::Segment) -> Option<String> {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(step(key)),
        Segment::Enum { variant } => Some(format!("/{variant}")),
        Segment::Unknown => None,
    }
}

fn step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A JSON answer.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(text) => raw(text),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// An answer that is JSON already.
pub fn raw(text: Vec<u8>) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(
        axum::http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[expect(dead_code, reason = "only read")]
        lines: Vec<BTreeMap<String, u32>>,
    }

    #[test]
    fn errors_name_the_field() {
        let of = |text: &str| match parse::<Order>(text.as_bytes()) {
            Err(Problem::InvalidFields(fields)) => format!("{} {}", fields[0].pointer, fields[0].detail),
            Err(other) => other.to_string(),
            Ok(_) => "fine".into(),
        };
        assert_eq!(of(r#"{"lines":[{"a":1}]}"#), "fine");
        assert_eq!(
            of(r#"{"lines":[{"a/b":"x"}]}"#),
            "/lines/0/a~1b Not what belongs here: expected u32."
        );
        assert_eq!(
            of(r#"{"lines":"my, expected secret"}"#),
            "/lines Not what belongs here: expected a sequence."
        );
        assert_eq!(of(""), "/lines It is missing.");
        assert!(of(r#"{"lines":[],"more":1}"#).contains("unknown field `more`"));
        assert!(of("{").contains("not valid JSON"));
        assert!(of("[[]]").contains("a JSON object"), "positions are no names");
        assert!(of("[[]").contains("not valid JSON"));
        assert!(of(r#"{"lines":[]} x"#).contains("goes on"));
    }
}
