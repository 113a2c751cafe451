//! The system's own API with the connection's credentials.

use std::sync::Arc;

use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use manifold_connectors::FaultKind;
use manifold_domain::{
    error::Problem,
    systems::{FieldProblem, OpenSystem, PassthroughCall},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;

use super::live;
use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Scoped,
        failure::Answer,
    },
    openapi::shapes::Scalar,
};

/// A call of the system's own API.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Passthrough {
    /// `GET`, `POST`, …
    method: String,
    /// Path on the system's API host, as its documentation names it.
    path: String,
    /// Query parameters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Scalar>)]
    query: Map<String, Value>,
    /// Headers beside those of the authentication.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Scalar>)]
    headers: Map<String, Value>,
    /// Body: JSON is sent as it is, a text as text.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    body: Option<Box<RawValue>>,
}

/// What the system answered.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    /// The system's own status.
    status: u16,
    /// Headers that may be shown.
    #[schema(value_type = BTreeMap<String, String>)]
    headers: Map<String, Value>,
    /// The body: JSON as it is, a text as text.
    body: Value,
    /// `base64` when the body is neither JSON nor text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_encoding: Option<&'static str>,
}

fn pairs(name: &str, map: Map<String, Value>) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = Vec::with_capacity(map.len());
    for (key, value) in map {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => {
                return Err(Problem::invalid(
                    format!("/{name}/{key}"),
                    "A text, a number, true or false.",
                ));
            }
        };
        pairs.push((key, text));
    }
    Ok(pairs)
}

/// A call that never left us does not fit; what the system itself refuses comes as its answer.
fn unsent(problem: Problem) -> Problem {
    match problem {
        Problem::System(system)
            if system.fault.kind == FaultKind::Rejected && system.fault.upstream.is_none() =>
        {
            let pointer = match system.fault.about.as_deref() {
                Some(name @ ("method" | "path")) => format!("/{name}"),
                Some(header) => format!("/headers/{header}"),
                None => String::new(),
            };
            Problem::invalid(pointer, system.fault.message)
        }
        problem => problem,
    }
}

/// Calls the system's own API with Manifold's credentials.
#[utoipa::path(post, path = "/v1/passthrough", operation_id = "call_passthrough",
    tag = "Passthrough", request_body = Passthrough,
    responses((status = 200, body = Answered)))]
pub async fn call(
    State(app): State<App>,
    Scoped(connection): Scoped,
    Body(call): Body<Passthrough>,
) -> Answer<Json<Answered>> {
    let connection = connection.live()?;
    let mut headers = pairs("headers", call.headers)?;
    if !call.path.starts_with('/') {
        let problem = FieldProblem::new("/path", "A path on the system's own host, beginning with `/`.");
        return Err(Problem::InvalidFields(vec![problem]).into());
    }
    let body = call
        .body
        .map(|raw| match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => Bytes::from(text),
            Err(_) => {
                if !headers
                    .iter()
                    .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
                {
                    headers.push(("content-type".to_owned(), "application/json".to_owned()));
                }
                Bytes::from(raw.get().to_owned())
            }
        });
    let request = PassthroughCall {
        method: call.method.to_ascii_uppercase(),
        path: call.path,
        query: pairs("query", call.query)?,
        headers,
        body,
    };
    let send = |system: Arc<dyn OpenSystem>| {
        let request = request.clone();
        async move { system.passthrough(request).await }
    };
    let answer = match request.method.as_str() {
        "GET" | "HEAD" => live::ask(&app, &connection, send).await,
        _ => live::ask_once(&app, &connection, send).await,
    };
    let answer = answer.map_err(unsent)?;
    let headers = answer
        .headers
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    let (body, body_encoding) = match (
        serde_json::from_slice(&answer.body),
        std::str::from_utf8(&answer.body),
    ) {
        (Ok(json), _) => (json, None),
        (Err(_), Ok("")) => (Value::Null, None),
        (Err(_), Ok(text)) => (Value::from(text), None),
        (Err(_), Err(_)) => (Value::from(BASE64.encode(&answer.body)), Some("base64")),
    };
    Ok(Json(Answered {
        status: answer.status,
        headers,
        body,
        body_encoding,
    }))
}
