//! Attempts to connect inside a link session.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{
    link::attempts,
    store::link::{AttemptFailure, AttemptStatus},
    systems::{ConnectionInput, StepReport, StepState},
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::connections::Credentials;
use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Linked,
        failure::Answer,
    },
};

/// What somebody typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttempt {
    /// The system's id in the catalogue.
    system: String,
    /// How it signs in; the recommended method when absent.
    method: Option<String>,
    /// Settings.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Credentials.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: Credentials,
}

impl From<NewAttempt> for ConnectionInput {
    fn from(new: NewAttempt) -> Self {
        Self {
            system: new.system,
            method: new.method,
            settings: new.settings,
            credentials: new.credentials,
        }
    }
}

/// An attempt that began.
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// `att_…`
    id: String,
}

/// Begins an attempt; its steps are read by `GET`.
#[utoipa::path(post, path = "/v1/connect/attempts", operation_id = "start_connect_attempt",
    tag = "Connect module", request_body = NewAttempt,
    responses((status = 202, body = Begun)))]
pub async fn start(
    State(app): State<App>,
    linked: Linked,
    Body(new): Body<NewAttempt>,
) -> Answer<(StatusCode, Json<Begun>)> {
    let input = ConnectionInput::from(new);
    let id = attempts::start(&app.domain, &linked.workspace, &linked.session, &input).await?;
    Ok((StatusCode::ACCEPTED, Json(Begun { id })))
}

/// One step of a connection check.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "documents domain's StepReport, whose crate knows no OpenAPI"
)]
pub struct Step {
    /// `address`, `host`, `tls`, `sign_in`, `permission:purchase_order`, `first_record`.
    key: String,
    /// What is done, in plain words.
    title: String,
    /// `waiting`, `running`, `passed`, `failed` or `skipped`.
    #[schema(value_type = String)]
    state: StepState,
    /// What was found, or why it failed.
    detail: Option<String>,
    /// What to do about it.
    hint: Option<String>,
    /// What kind of failure it is, for whoever says it in another language: `unauthorized`, `tls`, …
    #[schema(value_type = Option<String>)]
    fault: Option<manifold_connectors::FaultKind>,
    /// The system's own words about it.
    said: Option<String>,
    /// How many records of the model there are, where the system says so cheaply.
    total: Option<u64>,
    /// When the model's newest record was changed, where that is cheap to ask.
    #[schema(value_type = Option<String>, format = DateTime)]
    newest: Option<jiff::Timestamp>,
}

/// An attempt as it stands.
#[derive(Serialize, ToSchema)]
pub struct ConnectAttempt {
    /// `waiting`, `running`, `succeeded` or `failed`.
    #[schema(value_type = String)]
    status: AttemptStatus,
    /// Each step.
    #[schema(value_type = Vec<Step>)]
    steps: Vec<StepReport>,
    /// After a success: to be handed to the page that opened the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_token: Option<String>,
    /// Why it failed, where that is no step's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    failure: Option<AttemptFailure>,
}

/// How an attempt stands.
#[utoipa::path(get, path = "/v1/connect/attempts/{id}", operation_id = "get_connect_attempt",
    tag = "Connect module", params(("id" = String, Path)),
    responses((status = 200, body = ConnectAttempt)))]
pub async fn get(
    State(app): State<App>,
    linked: Linked,
    Path(id): Path<String>,
) -> Answer<Json<ConnectAttempt>> {
    let view = attempts::get(&app.domain, &linked.workspace, &linked.session, &id).await?;
    Ok(Json(ConnectAttempt {
        status: view.status,
        steps: view.steps,
        public_token: view.public_token.map(|token| token.expose_secret().to_owned()),
        failure: view.failure,
    }))
}
