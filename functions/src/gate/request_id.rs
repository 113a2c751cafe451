//! Every request has an id, in its answer, its log lines and its errors; and one log line at its end.

use std::time::Instant;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use jiff::Timestamp;
use manifold_domain::ports::{Ids as _, SystemIds};
use tracing::Instrument as _;

use super::failure;

/// The header that shows it.
pub const HEADER: HeaderName = HeaderName::from_static("manifold-request-id");

/// The id of the request under way.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives the request an id and finishes its answer.
pub async fn give(mut request: Request, next: Next) -> Response {
    let id = SystemIds.id("req", Timestamp::now());
    let method = request.method().clone();
    // The path and never the query: a query may hold what a log must not.
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", request_id = %id);
    let began = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        failure::finish(response, &id)
    }
    .instrument(span.clone())
    .await;
    let status = response.status().as_u16();
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::info!(
            target: "http",
            http_method = %method, http_path = %path, http_status = status, duration_ms = milliseconds,
            "{method} {path} was answered with {status} in {milliseconds} ms"
        );
    });
    crate::telemetry::request(status, milliseconds);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
