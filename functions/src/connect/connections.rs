//! Connecting server to server, and changing a connection.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{
    connect::{self, ConnectOptions, ConnectRequest},
    connection,
    systems::ConnectionInput,
    update::{self, ConnectionPatch},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    api::connections::{Connection, Customer, history, schedule},
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
        object,
    },
    openapi::shapes::{History, Schedule},
};

/// Secrets as they come in.
pub type Credentials = BTreeMap<String, SecretString>;

/// A new connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// The system's id in the catalogue.
    system: String,
    /// How it signs in; the recommended method when absent.
    method: Option<String>,
    /// Settings, as `GET /v1/systems/{system}` lists them.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Credentials, as `GET /v1/systems/{system}` lists them.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: Credentials,
    /// Whose system it is.
    #[serde(deserialize_with = "object::one")]
    customer: Customer,
    /// The workspace's own notes.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// `manual|15m|30m|1h|6h|12h|24h`, for all models or for each; every hour when absent.
    #[schema(value_type = Option<Schedule>)]
    schedule: Option<Value>,
    /// Which models; all when absent.
    models: Option<Vec<String>>,
    /// `{"days":n}` or `"all"`; 90 days when absent.
    #[schema(value_type = Option<History>)]
    history: Option<Value>,
    /// Keep source texts beside the records.
    #[serde(default)]
    keep_raw: bool,
}

/// A connection and its token.
#[derive(Serialize, ToSchema)]
pub struct Connected {
    /// The connection.
    pub connection: Connection,
    /// The connection's token, shown this once: `mft_…`. Absent after a repair, whose token stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Whose it is, as the domain has it.
pub fn customer(customer: Customer) -> connection::Customer {
    connection::Customer {
        id: customer.id,
        name: customer.name,
    }
}

/// Connects a system: its settings and credentials are tried against it first. Nothing is kept when that fails.
#[utoipa::path(post, path = "/v1/connections", operation_id = "create_connection",
    tag = "Connections", request_body = NewConnection,
    responses((status = 201, body = Connected)))]
pub async fn create(
    State(app): State<App>,
    workspace: Workspace,
    Body(new): Body<NewConnection>,
) -> Answer<(StatusCode, Json<Connected>)> {
    let request = ConnectRequest {
        input: ConnectionInput {
            system: new.system,
            method: new.method,
            settings: new.settings,
            credentials: new.credentials,
        },
        customer: customer(new.customer),
        options: ConnectOptions {
            schedule: schedule(new.schedule)?,
            models: new.models,
            history: history(new.history)?,
            metadata: new.metadata,
            keep_raw: new.keep_raw,
        },
    };
    let (connection, token) = connect::connect(
        &app.domain,
        &workspace.id,
        &workspace.actor,
        &request,
        &mut |_| {},
    )
    .await?;
    let answer = Connected {
        connection: connection.into(),
        token: Some(token.expose_secret().to_owned()),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// What can be changed about a connection; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionChange {
    /// How often models are synced.
    #[schema(value_type = Option<Schedule>)]
    schedule: Option<Value>,
    /// Which models are synced.
    models: Option<Vec<String>>,
    /// How far back a first sync reads.
    #[schema(value_type = Option<History>)]
    history: Option<Value>,
    /// The workspace's own notes.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Keep source texts beside the records.
    keep_raw: Option<bool>,
    /// Another way to sign in.
    method: Option<String>,
    /// Settings that change; what identifies the instance cannot.
    settings: Option<BTreeMap<String, String>>,
    /// Credentials that change.
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: Option<Credentials>,
}

/// Changes a connection. New settings and credentials are tried against the system first.
#[utoipa::path(patch, path = "/v1/connections/{id}", operation_id = "update_connection",
    tag = "Connections", params(("id" = String, Path)),
    request_body = ConnectionChange, responses((status = 200, body = Connection)))]
pub async fn change(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(change): Body<ConnectionChange>,
) -> Answer<Json<Connection>> {
    let patch = ConnectionPatch {
        schedule: schedule(change.schedule)?,
        models: change.models,
        history: history(change.history)?,
        metadata: change.metadata,
        keep_raw: change.keep_raw,
        method: change.method,
        settings: change.settings,
        credentials: change.credentials,
    };
    let changed = update::change(
        &app.domain,
        &workspace.id,
        &id,
        &workspace.actor,
        patch,
        &mut |_| {},
    )
    .await;
    Ok(Json(changed?.into()))
}
