//! One call to one system: faults first, then the dialect's answer, then the log.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;

use crate::clock::rfc3339;
use crate::dialect::Refusal;
use crate::faults::{Active, Fault};
use crate::http::{Answer, Call};
use crate::request_log::Logged;
use crate::sandbox::Sandbox;
use crate::system::System;

/// Larger requests are refused.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Marks an answer in place of which the connection is to be dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropped;

/// Answers everything below the prefix of a system.
pub(crate) async fn exchange(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (key, rest) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((path.trim_start_matches('/'), ""));
    let Some(system) = sandbox.system(key) else {
        return crate::control::problem(
            StatusCode::NOT_FOUND,
            "There is no such system; GET / lists them.",
        );
    };
    let Ok(body) = http_body_util::Limited::new(body, MAX_BODY).collect().await else {
        return crate::control::problem(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large or broken.");
    };
    let call = Call {
        method: parts.method.clone(),
        root: sandbox.root(system.dialect.key()),
        path: format!("/{rest}"),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_bytes(),
        poison: false,
    };
    let pending = sandbox.log.begin(Logged {
        at: rfc3339(sandbox.now_ms()),
        system: system.dialect.key(),
        method: call.method.to_string(),
        path: path.to_owned(),
        query: call.query.clone(),
        status: None,
    });
    let response = respond(&sandbox, system, call).await;
    let is_dropped = response.extensions().get::<Dropped>().is_some();
    pending.answered((!is_dropped).then(|| response.status().as_u16()));
    response
}

async fn respond(sandbox: &Sandbox, system: &System, mut call: Call) -> Response {
    let dialect = system.dialect;
    let signing_in = dialect.signs_in(&call);
    let struck = sandbox
        .faults
        .strike(dialect.key(), signing_in, sandbox.now_ms(), |fault| {
            hits(system, &call, signing_in, fault)
        });
    let Some(Active { fault, delay, .. }) = struck else {
        return answered(sandbox, system, &call).into_response();
    };
    let refused = |refusal| dialect.refuse(refusal, signing_in).into_response();
    match fault {
        Fault::Down => dropped(),
        Fault::Slow => {
            tokio::time::sleep(delay).await;
            answered(sandbox, system, &call).into_response()
        }
        Fault::Http500 => refused(Refusal::ServerError),
        Fault::Http503 => refused(Refusal::Unavailable),
        Fault::RateLimited => refused(Refusal::RateLimited),
        Fault::Forbidden => refused(Refusal::Forbidden),
        Fault::ExpiredToken => refused(Refusal::Unauthorized),
        Fault::BadCredentials if signing_in => refused(Refusal::BadCredentials),
        Fault::BadCredentials => refused(Refusal::Unauthorized),
        Fault::Html => Answer::new(StatusCode::OK, "text/html; charset=utf-8", LOGIN_PAGE).into_response(),
        Fault::Drip => dripping(answered(sandbox, system, &call), delay),
        Fault::Truncated => truncated(answered(sandbox, system, &call)),
        Fault::BadRecord => {
            call.poison = true;
            answered(sandbox, system, &call).into_response()
        }
    }
}

/// The dialect's answer; what it changed is kept.
fn answered(sandbox: &Sandbox, system: &System, call: &Call) -> Answer {
    let mut answer = system.dialect.answer(system, call);
    if let Some(change) = answer.change.take() {
        sandbox.record(change);
    }
    answer
}

/// A token is refused only if it is older than the fault; whoever sends a password with each call is refused
/// while the fault lasts.
fn hits(system: &System, call: &Call, signing_in: bool, fault: &Active) -> bool {
    match fault.fault {
        Fault::ExpiredToken | Fault::BadCredentials if !signing_in => call
            .bearer()
            .is_none_or(|token| system.sessions.expire(token, fault.since)),
        _ => true,
    }
}

/// What a proxy in front of a system shows to whoever is not signed in.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=\"post\">\
<input name=\"user\"><input name=\"password\" type=\"password\"><button>Sign in</button></form></body></html>";

/// The server drops the connection when it sees the mark. Behind another server the broken body does it, after
/// the headers.
fn dropped() -> Response {
    let broken =
        stream::once(async { Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) });
    let mut response = Response::new(Body::from_stream(broken));
    response.extensions_mut().insert(Dropped);
    response
}

/// Sends one byte at a time.
fn dripping(answer: Answer, delay: Duration) -> Response {
    let (mut parts, body) = answer.split();
    parts
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let bytes = Bytes::from(body);
    let drops = stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(delay).await;
        let drop = rest.split_to(1);
        Some((Ok::<_, Infallible>(drop), rest))
    });
    parts.map(|()| Body::from_stream(drops))
}

/// Promises the whole body and sends half of it. The rest never comes: the server closes the connection.
fn truncated(answer: Answer) -> Response {
    let (mut parts, body) = answer.split();
    parts
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len().max(2)));
    let bytes = Bytes::from(body);
    let half = bytes.slice(..bytes.len() / 2);
    // A stream, since the length of a body that is in memory would be checked against the header. It yields
    // before it ends, so that what is there already goes out.
    let sent = stream::unfold(Some(half), |rest| async move {
        match rest {
            Some(half) => Some((Ok::<_, Infallible>(half), None)),
            None => {
                tokio::task::yield_now().await;
                None
            }
        }
    });
    parts.map(|()| Body::from_stream(sent))
}
