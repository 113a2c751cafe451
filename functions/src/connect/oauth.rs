//! Systems to which a person signs in themselves, in a window of its own.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use manifold_connectors::FaultKind;
use manifold_domain::{
    error::Problem,
    link::sign_in::{self, Return, SignInStatus, SignInView},
    systems::ConnectionInput,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempts::NewAttempt;
use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Linked,
        failure::{Answer, Failure},
        query::Query,
    },
    pages::connect::window,
};

/// Binds the window's browser to its sign-in. `Lax`, since it has to come back with the system's redirect; the
/// prefix keeps it on this host and to encrypted lines, which browsers take loopback for.
const COOKIE: &str = "__Host-manifold-sign-in";

/// Where systems send people back to: what has to be registered there.
#[must_use]
pub fn redirect_uri(app: &App) -> String {
    format!("{}/v1/connect/oauth/callback", app.public_url)
}

/// A sign-in that began.
#[derive(Serialize, ToSchema)]
pub struct SignIn {
    /// `sgn_…`
    id: String,
    /// To be opened in a window of its own, once.
    url: String,
}

/// Begins a sign-in at the system's own page, with what the form asked for.
#[utoipa::path(post, path = "/v1/connect/oauth/start", operation_id = "start_connect_sign_in",
    tag = "Connect module", request_body = NewAttempt,
    responses((status = 201, body = SignIn)))]
pub async fn start(
    State(app): State<App>,
    linked: Linked,
    Body(new): Body<NewAttempt>,
) -> Answer<(StatusCode, Json<SignIn>)> {
    let (ws, link) = (&linked.workspace, &linked.session);
    let input = ConnectionInput::from(new);
    let started = sign_in::start(&app.domain, ws, link, &input, &redirect_uri(&app)).await?;
    let ticket = started.ticket.expose_secret();
    let url = format!("{}/v1/connect/oauth/start?ticket={ticket}", app.public_url);
    Ok((StatusCode::CREATED, Json(SignIn { id: started.id, url })))
}

/// What opens a window.
#[derive(Deserialize)]
pub struct Ticket {
    /// As `POST` put it into the address.
    #[serde(default)]
    ticket: String,
}

/// Opens the system's page in a window: binds the browser to the sign-in, and sends it there. Once. A window's
/// address and no call of the API, so that its description leaves it out.
pub async fn depart(
    State(app): State<App>,
    asked: Result<Query<Ticket>, Failure>,
    headers: HeaderMap,
) -> Response {
    let Ok(Query(asked)) = asked else {
        return window::page(window::Said::Unreadable, &headers);
    };
    let departure = match sign_in::depart(&app.domain, &asked.ticket).await {
        Ok(departure) => departure,
        Err(problem) => return window::page(said_of(&problem), &headers),
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let own = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&departure.url) {
        own.insert(header::LOCATION, location);
    }
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    own.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax",
        departure.browser.expose_secret()
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        own.insert(header::SET_COOKIE, cookie);
    }
    response
}

/// What the system sends a person back with.
#[derive(Deserialize)]
pub struct Callback {
    /// As it was handed out.
    #[serde(default)]
    state: String,
    /// The code.
    code: Option<SecretString>,
    /// Why there is none.
    error: Option<String>,
    /// The same in a sentence.
    error_description: Option<String>,
    /// Who says so (RFC 9207).
    iss: Option<String>,
}

/// Where a system sends a person back to; as little a call of the API. The page that began the sign-in hears of it; the
/// window closes.
pub async fn callback(
    State(app): State<App>,
    came: Result<Query<Callback>, Failure>,
    headers: HeaderMap,
) -> Response {
    // Nothing is given twice (RFC 6749, 3.1): which of the two is meant would be a guess.
    let Ok(Query(came)) = came else {
        return window::page(window::Said::Unreadable, &headers);
    };
    let back = Return {
        state: came.state,
        browser: cookie(&headers),
        code: came.code,
        error: came.error,
        error_description: came.error_description,
        issuer: came.iss,
    };
    let said = match sign_in::come_back(&app.domain, back).await {
        Ok(view) => said_at_the_end(&view),
        Err(problem) => return window::page(said_of(&problem), &headers),
    };
    let mut response = window::page(said, &headers);
    let gone = HeaderValue::from_static(
        "__Host-manifold-sign-in=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
    );
    response.headers_mut().insert(header::SET_COOKIE, gone);
    response
}

/// A sign-in as it stands.
#[derive(Serialize, ToSchema)]
pub struct SignInState {
    /// `waiting`, `returned`, `started`, `refused` or `failed`.
    #[schema(value_type = String)]
    status: SignInStatus,
    /// The attempt that began, for `GET /v1/connect/attempts/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
    /// Why it was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What kind of failure it is, where it is the system's, for whoever says it in another language:
    /// `unauthorized` when it did not accept the code that it had sent, `timeout`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    fault: Option<FaultKind>,
}

/// How a sign-in stands.
#[utoipa::path(get, path = "/v1/connect/oauth/{id}", operation_id = "get_connect_sign_in",
    tag = "Connect module", params(("id" = String, Path)),
    responses((status = 200, body = SignInState)))]
pub async fn get(
    State(app): State<App>,
    linked: Linked,
    Path(id): Path<String>,
) -> Answer<Json<SignInState>> {
    let view = sign_in::get(&app.domain, &linked.workspace, &linked.session, &id).await?;
    Ok(Json(SignInState {
        status: view.status,
        attempt: view.attempt,
        detail: view.detail,
        fault: view.fault,
    }))
}

/// What the window says of a sign-in that has ended.
fn said_at_the_end(view: &SignInView) -> window::Said {
    match (view.status, view.fault) {
        (SignInStatus::Started, _) => window::Said::Done,
        (SignInStatus::Refused, _) => window::Said::Refused,
        (_, Some(FaultKind::Unauthorized)) => window::Said::NotAccepted,
        _ => window::Said::Failed,
    }
}

/// What the window says of a sign-in that cannot go on: a person stands before it, who reads no problem documents.
fn said_of(problem: &Problem) -> window::Said {
    match problem {
        Problem::NotFound(_) | Problem::Forbidden(_) | Problem::Conflict(_) | Problem::Unsupported(_) => {
            window::Said::Stale
        }
        other => {
            tracing::error!(error = %other, "a sign-in's window cannot go on");
            window::Said::Broken
        }
    }
}

fn cookie(headers: &HeaderMap) -> Option<SecretString> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE)?;
    Some(value.to_owned().into())
}
