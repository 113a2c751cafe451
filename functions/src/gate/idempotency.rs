//! `Idempotency-Key` on POST and PATCH: a repeated request gets the answer of the first.
//!
//! Kept are status, content type and body of answers below 500, except 429: those release the key,
//! so that the next try is worked on. Answers are sealed under a key that only the same token with
//! the same Idempotency-Key can name, since some hold a token.

use std::fmt::Write as _;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http_body_util::BodyExt as _;
use manifold_domain::{
    auth::Caller,
    error::Problem,
    idempotency::{self, Asked, Begun, Claim},
};
use serde::{Deserialize, Serialize};

use super::{body, caller::Identified, failure::Failure, request_id::RequestId};
use crate::app::App;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    content_type: Option<String>,
    body: String,
}

/// Begins and ends the work under a key.
pub async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    let asks = matches!(*request.method(), Method::POST | Method::PATCH);
    let Some(key) = request.headers().get(&KEY).filter(|_| asks).cloned() else {
        return next.run(request).await;
    };
    let (mut parts, content) = request.into_parts();
    let identified = match <Identified as axum::extract::FromRequestParts<App>>::from_request_parts(
        &mut parts, &app,
    )
    .await
    {
        Ok(identified) => identified,
        Err(failure) => return failure.into_response(),
    };
    let bytes = match body::read(content).await {
        Ok(bytes) => bytes,
        Err(failure) => return failure.into_response(),
    };
    let Ok(key) = key.to_str() else {
        return Failure::from(Problem::Unreadable("An Idempotency-Key is plain ASCII.".into()))
            .into_response();
    };
    let ws = match &identified.caller {
        Caller::Admin => "admin",
        Caller::Workspace { ws, .. } | Caller::Connection { ws, .. } | Caller::Link { ws, .. } => ws,
    };
    // A connection named by header is part of what is asked.
    let named = parts
        .headers
        .get(super::caller::CONNECTION_HEADER)
        .map_or(&b""[..], HeaderValue::as_bytes);
    // Not the host: a request that is sent again may reach us by another of our names.
    let asked_for = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    let fingerprint = fingerprint(&[
        parts.method.as_str().as_bytes(),
        asked_for.as_bytes(),
        named,
        &bytes,
    ]);
    let asked = Asked {
        ws,
        bearer: &identified.bearer,
        key,
        request: &fingerprint,
    };
    let claim = match idempotency::begin(&app.domain, asked).await {
        Ok(Begun::Replay(kept)) => return replay(&kept),
        Ok(Begun::Fresh(claim)) => claim,
        Err(problem) => return Failure::from(problem).into_response(),
    };
    let id = parts
        .extensions
        .get::<RequestId>()
        .map(|RequestId(id)| id.clone())
        .unwrap_or_default();
    let answer = next.run(Request::from_parts(parts, bytes.into())).await;
    // An error's document is written here, so that its repetition says the same.
    let answer = super::failure::finish(answer, &id);
    end(&app, claim, answer).await
}

async fn end(app: &App, claim: Claim, answer: Response) -> Response {
    let (parts, content) = answer.into_parts();
    let bytes = match content.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be read back");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let ended = if parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS {
        idempotency::release(&app.domain, claim).await
    } else {
        let content_type = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let kept = Kept {
            status: parts.status.as_u16(),
            content_type: content_type.map(str::to_owned),
            body: BASE64.encode(&bytes),
        };
        match serde_json::to_vec(&kept) {
            Ok(text) => idempotency::finish(&app.domain, claim, &text).await,
            Err(_) => idempotency::release(&app.domain, claim).await,
        }
    };
    if let Err(error) = ended {
        // The work is done and answered; its lease frees the key.
        tracing::warn!(%error, "an answer was not kept under its Idempotency-Key");
    }
    Response::from_parts(parts, bytes.into())
}

fn replay(kept: &[u8]) -> Response {
    let restored = serde_json::from_slice::<Kept>(kept).ok().and_then(|kept| {
        let status = StatusCode::from_u16(kept.status).ok()?;
        let mut response = (status, BASE64.decode(&kept.body).ok()?).into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(content_type) = kept
            .content_type
            .as_deref()
            .and_then(|text| HeaderValue::from_str(text).ok())
        {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
        Some(response)
    });
    restored.unwrap_or_else(|| {
        tracing::error!("a kept answer cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// A hash over parts whose lengths count, in hexadecimal.
fn fingerprint(parts: &[&[u8]]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
