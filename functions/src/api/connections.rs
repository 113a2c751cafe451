//! Connections, as far as they need neither the vault nor the system.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{
    auth,
    connection::{Connection as Stored, ConnectionStatus, Every, History, Schedule},
    connections::{self, ConnectionFilter},
    erasure,
    error::Problem,
    rotate, timeline,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    gate::{
        body::Json,
        caller::{Scoped, Workspace},
        failure::Answer,
        query::{PageOf, Query, paging},
        times::Time,
    },
    openapi::shapes,
};

/// One customer's instance of one system.
#[derive(Serialize, ToSchema)]
pub struct Connection {
    /// `conn_…`
    id: String,
    /// The system's id in the catalogue.
    system: String,
    /// How it signs in.
    method: String,
    /// Whose system it is.
    customer: Customer,
    /// `online`, `unreachable`, `reauth_required` or `disconnected`.
    #[schema(value_type = String)]
    status: ConnectionStatus,
    /// Since when.
    status_since: Time,
    /// Why, when it is not online.
    status_reason: Option<String>,
    /// Credits that it holds; none after a disconnect.
    credits: u32,
    /// Settings as entered, with defaults; never credentials.
    settings: BTreeMap<String, String>,
    /// The models that are synced.
    models: Vec<String>,
    /// How far back the first sync reads: `{"days":90}` or `"all"`.
    #[schema(value_type = shapes::History)]
    history: History,
    /// How often models are synced: one interval, or one for each model.
    #[schema(value_type = shapes::Schedule)]
    schedule: Schedule,
    /// Source texts are kept beside the records.
    keep_raw: bool,
    /// The workspace's own notes.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// When it was connected.
    created_at: Time,
    /// When a sync last succeeded.
    last_synced_at: Option<Time>,
    /// When it is tried again, while it is unreachable.
    next_attempt_at: Option<Time>,
}

/// The workspace's own customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The workspace's id for the customer.
    pub id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<Stored> for Connection {
    fn from(from: Stored) -> Self {
        Self {
            credits: if from.is_disconnected() { 0 } else { from.credits },
            id: from.id,
            system: from.system,
            method: from.method,
            customer: Customer {
                id: from.customer.id,
                name: from.customer.name,
            },
            status: from.status,
            status_since: from.status_since.into(),
            status_reason: from.status_reason,
            settings: from.settings,
            models: from.models,
            history: from.history,
            schedule: from.schedule,
            keep_raw: from.keep_raw,
            metadata: from.metadata,
            created_at: from.created_at.into(),
            last_synced_at: from.last_synced_at.map(Into::into),
            next_attempt_at: from.next_attempt_at.map(Into::into),
        }
    }
}

/// Reads a schedule: one interval, or one for each model.
///
/// # Errors
/// It is neither; a sentence that names the intervals.
pub fn schedule(given: Option<Value>) -> Result<Option<Schedule>, Problem> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    let wrong = || {
        let detail = "manual, 15m, 30m, 1h, 6h, 12h or 24h; or an object with one of these for each model.";
        Problem::invalid("/schedule", detail)
    };
    match given {
        Value::Object(by_model) => {
            let every = |value: Value| serde_json::from_value::<Every>(value).map_err(|_| wrong());
            let by_model = by_model
                .into_iter()
                .map(|(model, value)| Ok((model, every(value)?)));
            Ok(Some(Schedule::PerModel(
                by_model.collect::<Result<_, Problem>>()?,
            )))
        }
        one => serde_json::from_value(one)
            .map(|every| Some(Schedule::All(every)))
            .map_err(|_| wrong()),
    }
}

/// Reads a history: `{"days":n}` or `"all"`.
///
/// # Errors
/// It is neither.
pub fn history(given: Option<Value>) -> Result<Option<History>, Problem> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    serde_json::from_value(given)
        .map(Some)
        .map_err(|_| Problem::invalid("/history", "{\"days\": n} with n from 1 to 3650, or \"all\"."))
}

/// Which connections are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// In this status.
    status: Option<String>,
    /// Of this system.
    system: Option<String>,
    /// Of this customer.
    customer_id: Option<String>,
    /// Entries a page, 1 to 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Connections of the workspace.
#[derive(Serialize, ToSchema)]
pub struct Connections {
    /// The connections.
    data: Vec<Connection>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// The workspace's connections.
#[utoipa::path(get, path = "/v1/connections", operation_id = "list_connections",
    tag = "Connections", params(Filter),
    responses((status = 200, body = Connections)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Query(filter): Query<Filter>,
) -> Answer<Json<Connections>> {
    let status = match filter.status.as_deref() {
        None => None,
        Some(text) => Some(serde_json::from_value(Value::from(text)).map_err(|_| {
            Problem::Unreadable(format!(
                "`status` is online, unreachable, reauth_required or disconnected, not `{text}`."
            ))
        })?),
    };
    let wanted = ConnectionFilter {
        status,
        system: filter.system,
        customer_id: filter.customer_id,
        text: None,
    };
    let paging = paging(filter.limit.as_deref(), filter.cursor.as_deref())?;
    let page = connections::list(&app.domain, &workspace.id, &wanted, paging).await?;
    Ok(Json(Connections {
        data: page.data.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One connection.
#[utoipa::path(get, path = "/v1/connections/{id}", operation_id = "get_connection",
    tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = Connection)))]
pub async fn get(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Connection>> {
    Ok(Json(auth::find(&app.domain, &workspace.id, &id).await?.into()))
}

/// The connection of the token, or of the header.
#[utoipa::path(get, path = "/v1/connection", operation_id = "get_own_connection",
    tag = "Connections", responses((status = 200, body = Connection)))]
pub async fn own(Scoped(connection): Scoped) -> Json<Connection> {
    Json(connection.into())
}

/// A connection's new token.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// Shown this once: `mft_…`.
    token: String,
}

/// Replaces a connection's token; the old one is refused from now on.
#[utoipa::path(post, path = "/v1/connections/{id}/rotate-token", operation_id = "rotate_connection_token",
    tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = Token)))]
pub async fn rotate_token(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Token>> {
    let token = rotate::rotate(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok(Json(Token {
        token: token.expose_secret().to_owned(),
    }))
}

/// Erases what was synced: reads are empty at once.
#[utoipa::path(delete, path = "/v1/connections/{id}/data", operation_id = "erase_connection_data",
    tag = "Connections", params(("id" = String, Path)),
    responses((status = 202, body = Connection)))]
pub async fn erase(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<Connection>)> {
    let connection = erasure::request(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok((StatusCode::ACCEPTED, Json(connection.into())))
}

/// One entry of a timeline.
#[derive(Serialize, ToSchema)]
pub struct TimelineEntry {
    /// Its id.
    id: String,
    /// When.
    at: Time,
    /// What kind: `connection.online`, `sync.failed`, …
    kind: String,
    /// What happened, in a sentence.
    message: String,
}

/// A connection's timeline, the oldest entry first.
#[derive(Serialize, ToSchema)]
pub struct Timeline {
    /// The entries.
    data: Vec<TimelineEntry>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// Status changes, syncs and errors of a connection.
#[utoipa::path(get, path = "/v1/connections/{id}/timeline", operation_id = "list_connection_timeline",
    tag = "Connections",
    params(("id" = String, Path), PageOf), responses((status = 200, body = Timeline)))]
pub async fn timeline(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Query(page): Query<PageOf>,
) -> Answer<Json<Timeline>> {
    auth::find(&app.domain, &workspace.id, &id).await?;
    let page = timeline::list(&app.domain, &workspace.id, &id, page.paging()?).await?;
    let entries = page.data.into_iter().map(|entry| TimelineEntry {
        id: entry.id,
        at: entry.at.into(),
        kind: entry.kind,
        message: entry.message,
    });
    Ok(Json(Timeline {
        data: entries.collect(),
        next_cursor: page.next_cursor,
    }))
}
