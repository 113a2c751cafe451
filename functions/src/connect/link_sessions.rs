//! Link sessions: somebody else enters the credentials.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use manifold_domain::link::{self, LinkRequest};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::connections::{Connected, customer};
use crate::{
    api::connections::{Customer, history, schedule},
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
        object,
        times::Time,
    },
    openapi::shapes::{History, Schedule},
};

/// A new link session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinkSession {
    /// Whose system is to be connected. Not needed with `connection_id`.
    #[serde(default, deserialize_with = "object::maybe")]
    customer: Option<Customer>,
    /// The systems to choose from; all when absent.
    systems: Option<Vec<String>>,
    /// The models of the connection; all when absent.
    models: Option<Vec<String>>,
    /// How far back the first sync reads.
    #[schema(value_type = Option<History>)]
    history: Option<Value>,
    /// How often models are synced.
    #[schema(value_type = Option<Schedule>)]
    schedule: Option<Value>,
    /// Pages that may embed the flow: origins such as `https://app.example.com`. Without any it is a hosted page.
    #[serde(default)]
    origins: Vec<String>,
    /// Where a hosted page returns to; https.
    redirect_uri: Option<String>,
    /// Notes for the connection.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// Seconds that it lives: at most 1,800 embedded, 604,800 hosted.
    expires_in: Option<u64>,
    /// The connection to repair, instead of a new one.
    connection_id: Option<String>,
}

/// A link session.
#[derive(Serialize, ToSchema)]
pub struct LinkSession {
    /// `lnk_…`; not secret.
    id: String,
    /// Opens the session, shown this once: `mfl_…`.
    link_token: String,
    /// The page, with the token in its fragment.
    url: String,
    /// When it ends.
    expires_at: Time,
}

/// Makes a link session, in which a customer connects a system.
#[utoipa::path(post, path = "/v1/link-sessions", operation_id = "create_link_session",
    tag = "Link sessions", request_body = NewLinkSession,
    responses((status = 201, body = LinkSession)))]
pub async fn create(
    State(app): State<App>,
    workspace: Workspace,
    Body(new): Body<NewLinkSession>,
) -> Answer<(StatusCode, Json<LinkSession>)> {
    let request = LinkRequest {
        customer: new.customer.map(customer).unwrap_or_default(),
        systems: new.systems,
        models: new.models,
        history: history(new.history)?,
        schedule: schedule(new.schedule)?,
        metadata: new.metadata,
        origins: new.origins,
        redirect_uri: new.redirect_uri,
        expires_in: new.expires_in.map(Duration::from_secs),
        connection_id: new.connection_id,
    };
    let made = link::create(&app.domain, &workspace.id, &workspace.actor, &request).await?;
    let token = made.link_token.expose_secret().to_owned();
    let url = format!("{}/connect/{}#token={token}", app.public_url, made.id);
    let session = LinkSession {
        id: made.id,
        link_token: token,
        url,
        expires_at: made.expires_at.into(),
    };
    Ok((StatusCode::CREATED, Json(session)))
}

/// What the connect flow handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// `mfp_…`, once, within ten minutes.
    public_token: String,
}

/// Exchanges a public token for the connection and its token.
#[utoipa::path(post, path = "/v1/link-sessions/exchange", operation_id = "exchange_public_token",
    tag = "Link sessions", request_body = Exchange,
    responses((status = 200, body = Connected)))]
pub async fn exchange(
    State(app): State<App>,
    workspace: Workspace,
    Body(given): Body<Exchange>,
) -> Answer<Json<Connected>> {
    let (connection, token) =
        link::exchange::exchange(&app.domain, &workspace.id, &workspace.actor, &given.public_token).await?;
    let token = token.map(|token| token.expose_secret().to_owned());
    Ok(Json(Connected {
        connection: connection.into(),
        token,
    }))
}
