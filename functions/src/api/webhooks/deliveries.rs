//! The log of deliveries, and sending again.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{
    error::Problem,
    webhooks::{self, DeliveryStatus, Only, Range},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
        query::{Query, paging},
        times::{self, Time},
    },
};

/// One event on its way to one endpoint.
#[derive(Serialize, ToSchema)]
pub struct Delivery {
    /// `dlv_…`
    id: String,
    /// The endpoint.
    endpoint_id: String,
    /// The event; the message's `webhook-id` is this, with the record's number behind it where each record has a
    /// message of its own.
    event_id: String,
    /// The event's type.
    event_type: &'static str,
    /// `pending`, `succeeded`, or `failed`: parked, until it is replayed.
    status: &'static str,
    /// When the next attempt is due.
    next_attempt_at: Option<Time>,
    /// Why it is parked, where the last attempt does not say it.
    reason: Option<String>,
    /// Attempts, the oldest first.
    attempts: Vec<DeliveryAttempt>,
    /// When it was made.
    created_at: Time,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub struct DeliveryAttempt {
    /// When it began.
    at: Time,
    /// How long it took.
    duration_ms: u64,
    /// HTTP status of the answer.
    status: Option<u16>,
    /// The beginning of the answer, at most 1 KiB.
    response: Option<String>,
    /// Why there was no answer.
    error: Option<String>,
}

impl From<webhooks::Delivery> for Delivery {
    fn from(from: webhooks::Delivery) -> Self {
        Self {
            id: from.id,
            endpoint_id: from.endpoint,
            event_id: from.event,
            event_type: from.kind.as_str(),
            status: from.status.as_str(),
            next_attempt_at: from.next_attempt_at.map(Into::into),
            reason: from.reason,
            attempts: from.attempts.into_iter().map(Into::into).collect(),
            created_at: from.created_at.into(),
        }
    }
}

impl From<webhooks::Attempt> for DeliveryAttempt {
    fn from(from: webhooks::Attempt) -> Self {
        Self {
            at: from.at.into(),
            duration_ms: from.milliseconds,
            status: from.status,
            response: from.response,
            error: from.error,
        }
    }
}

/// Deliveries, those of the newest events first.
#[derive(Serialize, ToSchema)]
pub struct Deliveries {
    /// The deliveries.
    data: Vec<Delivery>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// Which deliveries are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeliveriesOf {
    /// `pending`, `succeeded` or `failed`; all when absent.
    status: Option<String>,
    /// Entries a page, 1 to 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Deliveries to an endpoint, each with every attempt. Kept 90 days.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}/deliveries", operation_id = "list_deliveries", tag = "Webhooks",
    params(("id" = String, Path), DeliveriesOf), responses((status = 200, body = Deliveries)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Query(wanted): Query<DeliveriesOf>,
) -> Answer<Json<Deliveries>> {
    let status = wanted.status.as_deref().map(status).transpose()?;
    let paging = paging(wanted.limit.as_deref(), wanted.cursor.as_deref())?;
    let page = webhooks::deliveries(&app.domain, &workspace.id, &id, status, paging).await?;
    Ok(Json(Deliveries {
        data: page.data.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor,
    }))
}

fn status(text: &str) -> Result<DeliveryStatus, Problem> {
    [
        DeliveryStatus::Pending,
        DeliveryStatus::Succeeded,
        DeliveryStatus::Failed,
    ]
    .into_iter()
    .find(|status| status.as_str() == text)
    .ok_or_else(|| Problem::Unreadable(format!("`status` is pending, succeeded or failed, not `{text}`.")))
}

/// One delivery.
#[utoipa::path(get, path = "/v1/deliveries/{id}", operation_id = "get_delivery", tag = "Webhooks",
    params(("id" = String, Path)), responses((status = 200, body = Delivery)))]
pub async fn get(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Delivery>> {
    Ok(Json(
        webhooks::delivery(&app.domain, &workspace.id, &id).await?.into(),
    ))
}

/// Sends a message again, now. A retry that was pending is this one.
#[utoipa::path(post, path = "/v1/deliveries/{id}/replay", operation_id = "replay_delivery", tag = "Webhooks",
    params(("id" = String, Path)), responses((status = 202, body = Delivery)))]
pub async fn replay(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<Delivery>)> {
    let again = webhooks::replay(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok((StatusCode::ACCEPTED, Json(again.into())))
}

/// Which events are sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRange {
    /// Events from then on, RFC 3339.
    since: String,
    /// Events until then; now when absent.
    until: Option<String>,
    /// `failed`: what did not arrive, or was missed while the endpoint was disabled. `all`: what arrived as well.
    #[serde(default = "failed")]
    #[schema(value_type = String)]
    only: Only,
}

fn failed() -> Only {
    Only::Failed
}

/// A replay that has begun.
#[derive(Serialize, ToSchema)]
pub struct Replay {
    /// `rpl_…`
    id: String,
}

/// Sends the events of a range again, one after the other in the order in which they happened. Each keeps its id.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/replay", operation_id = "replay_range", tag = "Webhooks",
    params(("id" = String, Path)), request_body = ReplayRange, responses((status = 202, body = Replay)))]
pub async fn replay_range(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(range): Body<ReplayRange>,
) -> Answer<(StatusCode, Json<Replay>)> {
    let time = |pointer: &str, text: &str| {
        times::parse(text).map_err(|detail| Problem::invalid(pointer, format!("{detail}.")))
    };
    // Whether there is such an endpoint comes first.
    webhooks::get(&app.domain, &workspace.id, &id).await?;
    let range = Range {
        since: time("/since", &range.since)?,
        until: range.until.map(|until| time("/until", &until)).transpose()?,
        only: range.only,
    };
    let id = webhooks::replay_range(&app.domain, &workspace.id, &id, &workspace.actor, range).await?;
    Ok((StatusCode::ACCEPTED, Json(Replay { id })))
}

/// Sends one signed message of the type `endpoint.test` now, and answers with what became of it.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/test", operation_id = "test_webhook_endpoint", tag = "Webhooks",
    params(("id" = String, Path)), responses((status = 200, body = Delivery)))]
pub async fn test(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Delivery>> {
    let tried = webhooks::test(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok(Json(tried.into()))
}
