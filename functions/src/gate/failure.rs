//! From a problem of the domain to `application/problem+json`: the one translator into HTTP.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use manifold_connectors::FaultKind;
use manifold_domain::error::{Code, Problem, SystemProblem};
use serde_json::{Map, Value, json};

use super::times::rfc3339;
use crate::routes;

/// What handlers answer.
pub type Answer<T> = Result<T, Failure>;

/// Why a request failed.
#[derive(Debug)]
pub enum Failure {
    /// A rule said no, or something that we depend on failed.
    Problem(Problem),
    /// The body is over the limit of this many bytes.
    TooLarge(usize),
    /// Our own rate limit; seconds until it makes sense to come again.
    TooFast(u64),
    /// There is no such route.
    NoRoute(String),
    /// The route exists and not with this method.
    NoMethod {
        /// The method that was used.
        method: String,
        /// Those that there are; none for pages of the dashboard, which no table names.
        allowed: Vec<&'static str>,
    },
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<manifold_domain::store::StoreError> for Failure {
    fn from(error: manifold_domain::store::StoreError) -> Self {
        Self::Problem(error.into())
    }
}

/// The document of an error, until the request's id is put into it.
#[derive(Clone)]
struct Document(Map<String, Value>);

/// The table of api.md: every code and its status. `system_forbidden` and `conflict` are 422 while connecting.
#[must_use]
pub fn status_of(code: Code, connecting: bool) -> StatusCode {
    match code {
        Code::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Unauthorized | Code::TokenRevoked => StatusCode::UNAUTHORIZED,
        Code::InsufficientCredits => StatusCode::PAYMENT_REQUIRED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict | Code::IdempotencyInFlight | Code::ConnectionDisconnected | Code::ReauthRequired => {
            StatusCode::CONFLICT
        }
        Code::CursorExpired => StatusCode::GONE,
        Code::IdempotencyMismatch | Code::InvalidCredentials | Code::SystemRejected => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Code::SystemForbidden if connecting => StatusCode::UNPROCESSABLE_ENTITY,
        Code::SystemForbidden => StatusCode::FORBIDDEN,
        Code::SystemUnreachable | Code::SystemRateLimited => StatusCode::SERVICE_UNAVAILABLE,
        Code::SystemTimeout => StatusCode::GATEWAY_TIMEOUT,
        Code::SystemMalformed => StatusCode::BAD_GATEWAY,
        Code::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn title(code: &str) -> &'static str {
    match code {
        "invalid_request" => "The request does not fit",
        "unauthorized" => "Unauthorized",
        "token_revoked" => "The token was revoked",
        "insufficient_credits" => "Not enough credits",
        "forbidden" => "Not allowed",
        "not_found" => "Not found",
        "conflict" => "Conflict",
        "idempotency_in_flight" => "The same request is under way",
        "idempotency_mismatch" => "The Idempotency-Key was used for another request",
        "connection_disconnected" => "The connection was disconnected",
        "cursor_expired" => "The cursor is too old",
        "payload_too_large" => "The body is too large",
        "rate_limited" => "Too many requests",
        "system_unreachable" => "The system cannot be reached",
        "system_rate_limited" => "The system asks to wait",
        "system_timeout" => "The system did not answer in time",
        "system_rejected" => "The system refused the request",
        "invalid_credentials" => "The system refused the credentials",
        "system_forbidden" => "The system does not permit this",
        "system_malformed" => "The system's answer makes no sense",
        "reauth_required" => "The connection needs new credentials",
        "unsupported" => "The system cannot do this",
        _ => "Something went wrong at our end",
    }
}

fn document(status: StatusCode, code: &str, detail: &str) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("type".into(), json!(format!("urn:manifold:problem:{code}")));
    document.insert("title".into(), json!(title(code)));
    document.insert("status".into(), json!(status.as_u16()));
    document.insert("code".into(), json!(code));
    document.insert("detail".into(), json!(detail));
    document
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Failure::Problem(problem) => of_problem(&problem),
            Failure::TooLarge(limit) => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                let detail = format!("The body is over {limit} bytes. Send less at once.");
                respond(status, document(status, "payload_too_large", &detail), None)
            }
            Failure::TooFast(seconds) => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let detail = format!("Too many requests. Come again in {seconds} seconds.");
                respond(status, document(status, "rate_limited", &detail), Some(seconds))
            }
            Failure::NoRoute(path) => {
                let status = StatusCode::NOT_FOUND;
                let detail = format!("There is nothing at {path}. GET /openapi.json lists what there is.");
                respond(status, document(status, "not_found", &detail), None)
            }
            Failure::NoMethod { method, allowed } => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                let detail = match allowed.split_last() {
                    None => format!("{method} is not possible here."),
                    Some((only, [])) => format!("{method} is not possible here, only {only}."),
                    Some((last, others)) => {
                        format!(
                            "{method} is not possible here, only {} and {last}.",
                            others.join(", ")
                        )
                    }
                };
                let allowed = allowed.join(", ");
                let mut response = respond(status, document(status, "invalid_request", &detail), None);
                // Pages are not described: of them the router says itself what they allow.
                if let Some(allowed) = HeaderValue::from_str(&allowed)
                    .ok()
                    .filter(|allowed| !allowed.is_empty())
                {
                    response.headers_mut().insert(header::ALLOW, allowed);
                }
                response
            }
        }
    }
}

/// A problem as a status, a headline and a sentence: what an error says, wherever it is shown.
#[must_use]
pub fn in_words(problem: &Problem) -> (StatusCode, &'static str, String) {
    let code = problem.code();
    let connecting = matches!(problem, Problem::System(system) if system.connecting());
    let status = match problem {
        Problem::Unreadable(_) => StatusCode::BAD_REQUEST,
        _ => status_of(code, connecting),
    };
    let detail = if code == Code::Internal {
        // What is inside stays in the log, where it is written once.
        tracing::error!(error = %problem, "a request failed at our end");
        "Something went wrong at our end. It was logged under this request's id; trying again is safe."
            .to_owned()
    } else {
        problem.to_string()
    };
    (status, title(code.as_str()), detail)
}

fn of_problem(problem: &Problem) -> Response {
    let (status, _, detail) = in_words(problem);
    let mut document = document(status, problem.code().as_str(), &detail);
    let mut retry_after = None;
    match problem {
        Problem::InvalidFields(problems) => {
            let errors: Vec<Value> = problems
                .iter()
                .map(|field| json!({"pointer": field.pointer, "detail": field.detail}))
                .collect();
            document.insert("errors".into(), errors.into());
        }
        Problem::InsufficientCredits { .. } => {
            document.insert(
                "hint".into(),
                json!("Disconnect a connection, or ask the operator for more credits."),
            );
        }
        Problem::ConnectionDisconnected { connection, .. } => {
            document.insert("connection_id".into(), json!(connection));
            document.insert(
                "hint".into(),
                json!("Stored data stays readable with source=synced. Connect anew for more."),
            );
        }
        Problem::ReauthRequired {
            connection, system, ..
        } => {
            document.insert("connection_id".into(), json!(connection));
            document.insert("system".into(), json!(system));
            document.insert("hint".into(), json!("Repair the connection: a link session with its connection_id, or PATCH with new credentials."));
        }
        Problem::System(system) => retry_after = describe(system, &mut document),
        _ => {}
    }
    respond(status, document, retry_after)
}

/// What is known of a system's failure; seconds to wait when it makes sense to come again.
fn describe(problem: &SystemProblem, document: &mut Map<String, Value>) -> Option<u64> {
    document.insert("system".into(), json!(problem.system));
    if let Some(connection) = &problem.connection {
        document.insert("connection_id".into(), json!(connection));
    }
    if let Some(step) = &problem.step {
        document.insert("step".into(), json!(step));
    }
    if let Some(upstream) = &problem.fault.upstream {
        document.insert("upstream".into(), json!(upstream));
    }
    let transient = problem.fault.kind.is_transient();
    if let Some(hint) = &problem.hint {
        document.insert("hint".into(), json!(hint));
    } else if transient && problem.connection.is_some() {
        document.insert(
            "hint".into(),
            json!("Stored data stays readable with source=synced."),
        );
    }
    if let Some(since) = problem.since {
        document.insert("unreachable_since".into(), json!(rfc3339(since)));
    }
    if let Some(retry_at) = problem.retry_at {
        document.insert("retry_at".into(), json!(rfc3339(retry_at)));
    }
    if let Some(at) = problem.last_synced_at.filter(|_| transient) {
        document.insert("last_synced_at".into(), json!(rfc3339(at)));
    }
    if problem.connecting() || !transient {
        return None;
    }
    let wait = problem.wait.max(problem.fault.retry_after);
    let asked = wait
        .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        .map(|seconds| seconds.max(1));
    let usual = if problem.fault.kind == FaultKind::RateLimited {
        60
    } else {
        30
    };
    Some(asked.unwrap_or(usual))
}

fn respond(status: StatusCode, document: Map<String, Value>, retry_after: Option<u64>) -> Response {
    let mut response = status.into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response.extensions_mut().insert(Document(document));
    response
}

/// Writes an error's document with the request's id; other answers pass.
pub fn finish(mut response: Response, request_id: &str) -> Response {
    let Some(Document(mut document)) = response.extensions_mut().remove::<Document>() else {
        return if is_frameworks_own(&response) {
            finish(unreadable_path(), request_id)
        } else {
            response
        };
    };
    document.insert("request_id".into(), json!(request_id));
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(Value::Object(document).to_string()))
}

/// Answers a path that this function does not have: another may have it, with other methods.
pub async fn nothing_there(method: axum::http::Method, uri: axum::http::Uri) -> Failure {
    match routes::methods_at(uri.path()) {
        none if none.is_empty() => Failure::NoRoute(uri.path().to_owned()),
        allowed => no_method(&method, allowed),
    }
}

/// Answers a method that a path of this function does not have.
pub async fn wrong_method(method: axum::http::Method, uri: axum::http::Uri) -> Failure {
    no_method(&method, routes::methods_at(uri.path()))
}

fn no_method(method: &axum::http::Method, allowed: Vec<&'static str>) -> Failure {
    Failure::NoMethod {
        method: method.to_string(),
        allowed,
    }
}

/// The framework refuses a path that is no UTF-8 before any route sees it, in words of its own.
fn is_frameworks_own(response: &Response) -> bool {
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    plain && response.status() == StatusCode::BAD_REQUEST
}

fn unreadable_path() -> Response {
    Failure::Problem(Problem::Unreadable(
        "The path cannot be read: what it escapes is not UTF-8.".into(),
    ))
    .into_response()
}
