//! The change feed of a connection.

use axum::{extract::State, response::Response};
use manifold_connectors::model;
use manifold_domain::{changes, error::Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use super::records::of_connection;
use crate::{
    app::App,
    gate::{
        body::raw,
        caller::Scoped,
        failure::Answer,
        query::{Query, limit},
    },
};

/// What to read of the feed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Models, separated by commas; all of the connection when absent.
    models: Option<String>,
    /// `next_cursor` of the page before; without one, every existing record once, then changes.
    cursor: Option<String>,
    /// Changes a page, 1 to 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Changes of a connection's records in order: never one skipped, never one twice. An empty page means up to date.
#[utoipa::path(get, path = "/v1/changes", operation_id = "list_changes", tag = "Changes", params(Feed),
    responses((status = 200, body = inline(crate::openapi::shapes::Changes))))]
pub async fn read(
    State(app): State<App>,
    Scoped(connection): Scoped,
    Query(feed): Query<Feed>,
) -> Answer<Response> {
    let models: Vec<String> = match feed.models.as_deref() {
        None => connection.models.clone(),
        Some(list) => list.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    for name in &models {
        let model = model::by_name(name)
            .ok_or_else(|| Problem::Unreadable(format!("`{name}` in `models` is not a unified model.")))?;
        of_connection(&connection, model)?;
    }
    let limit = limit(feed.limit.as_deref())?;
    let page = changes::read(&app.domain, &connection, &models, feed.cursor.as_deref(), limit).await?;
    Ok(raw(page.body()))
}
