//! What happened in a workspace.

use axum::extract::{Path, State};
use manifold_domain::events;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    app::App,
    gate::{
        body::Json,
        caller::Workspace,
        failure::Answer,
        query::{PageOf, Query},
        times::Time,
    },
};

/// Something that happened. Kept 90 days.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// `evt_…`
    id: String,
    /// What kind: `connection.online`, `sync.failed`, …
    #[serde(rename = "type")]
    kind: &'static str,
    /// When.
    timestamp: Time,
    /// Ids and sequence numbers.
    #[schema(value_type = Object)]
    data: Value,
}

impl From<events::Event> for Event {
    fn from(from: events::Event) -> Self {
        Self {
            id: from.id,
            kind: from.kind.as_str(),
            timestamp: from.timestamp.into(),
            data: from.data,
        }
    }
}

/// Events, newest first.
#[derive(Serialize, ToSchema)]
pub struct Events {
    /// The events.
    data: Vec<Event>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// What happened.
#[utoipa::path(get, path = "/v1/events", operation_id = "list_events",
    tag = "Events", params(PageOf), responses((status = 200, body = Events)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Query(page): Query<PageOf>,
) -> Answer<Json<Events>> {
    let page = events::list(&app.domain, &workspace.id, page.paging()?).await?;
    Ok(Json(Events {
        data: page.data.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One event.
#[utoipa::path(get, path = "/v1/events/{id}", operation_id = "get_event",
    tag = "Events", params(("id" = String, Path)),
    responses((status = 200, body = Event)))]
pub async fn get(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Event>> {
    Ok(Json(events::get(&app.domain, &workspace.id, &id).await?.into()))
}
