//! Where a workspace wants to hear of what happens.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::webhooks::{self, EndpointPatch, EndpointSettings, EndpointStatus, USUAL_OVERLAP};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
        query::{PageOf, Query},
        times::Time,
    },
};

/// A webhook endpoint.
#[derive(Serialize, ToSchema)]
pub struct WebhookEndpoint {
    /// `ep_…`
    id: String,
    /// Where messages go.
    url: String,
    /// A note for people.
    description: Option<String>,
    /// Types of events, or groups such as `connection.*`; all when empty.
    event_types: Vec<String>,
    /// Only events of these connections, beside those of none; all when empty.
    connection_ids: Vec<String>,
    /// Up to 500 records in one `record.*` message, instead of a message for each.
    batch: bool,
    /// Records of first syncs as well.
    initial: bool,
    /// `enabled` or `disabled`.
    status: &'static str,
    /// Since when it is disabled.
    disabled_at: Option<Time>,
    /// Why it is disabled.
    disabled_reason: Option<String>,
    /// Since when every attempt fails.
    failing_since: Option<Time>,
    /// When it will be disabled unless an attempt succeeds.
    disables_at: Option<Time>,
    /// When an attempt last succeeded.
    last_success_at: Option<Time>,
    /// When it was made.
    created_at: Time,
    /// What messages are signed with, shown when it is made: `whsec_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<webhooks::Endpoint> for WebhookEndpoint {
    fn from(from: webhooks::Endpoint) -> Self {
        let settings = from.settings;
        Self {
            id: from.id,
            url: settings.url,
            description: settings.description,
            event_types: settings.event_types,
            connection_ids: settings.connection_ids,
            batch: settings.batch,
            initial: settings.initial,
            status: from.status.as_str(),
            disabled_at: from.disabled_at.map(Into::into),
            disabled_reason: from.disabled_reason,
            failing_since: from.failing_since.map(Into::into),
            disables_at: from.disables_at.map(Into::into),
            last_success_at: from.last_success_at.map(Into::into),
            created_at: from.created_at.into(),
            secret: None,
        }
    }
}

/// Webhook endpoints. There are at most 40, so that they are one page.
#[derive(Serialize, ToSchema)]
pub struct WebhookEndpoints {
    /// The endpoints, the oldest first.
    data: Vec<WebhookEndpoint>,
    /// Always null.
    next_cursor: Option<String>,
}

/// A new webhook endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// Where messages go: https, on the public internet.
    url: String,
    /// A note for people.
    description: Option<String>,
    /// Types of events, or groups such as `connection.*`; all when absent or empty.
    #[serde(default)]
    event_types: Vec<String>,
    /// Only events of these connections; all when absent or empty.
    #[serde(default)]
    connection_ids: Vec<String>,
    /// Up to 500 records in one message (the default), or with `false` a message for each.
    #[serde(default = "yes")]
    #[schema(default = true)]
    batch: bool,
    /// Records of first syncs as well.
    #[serde(default)]
    initial: bool,
}

fn yes() -> bool {
    true
}

/// Makes a webhook endpoint. Its secret is shown in this answer and never again.
#[utoipa::path(post, path = "/v1/webhook-endpoints", operation_id = "create_webhook_endpoint", tag = "Webhooks",
    request_body = NewWebhookEndpoint, responses((status = 201, body = WebhookEndpoint)))]
pub async fn create(
    State(app): State<App>,
    workspace: Workspace,
    Body(new): Body<NewWebhookEndpoint>,
) -> Answer<(StatusCode, Json<WebhookEndpoint>)> {
    let settings = EndpointSettings {
        url: new.url,
        description: new.description,
        event_types: new.event_types,
        connection_ids: new.connection_ids,
        batch: new.batch,
        initial: new.initial,
    };
    let (made, secret) = webhooks::create(&app.domain, &workspace.id, &workspace.actor, settings).await?;
    let mut shown = WebhookEndpoint::from(made);
    shown.secret = Some(secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The workspace's webhook endpoints.
#[utoipa::path(get, path = "/v1/webhook-endpoints", operation_id = "list_webhook_endpoints", tag = "Webhooks",
    params(PageOf), responses((status = 200, body = WebhookEndpoints)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Query(page): Query<PageOf>,
) -> Answer<Json<WebhookEndpoints>> {
    let page = webhooks::page(&app.domain, &workspace.id, page.paging()?).await?;
    Ok(Json(WebhookEndpoints {
        data: page.data.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One webhook endpoint.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}", operation_id = "get_webhook_endpoint", tag = "Webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookEndpoint)))]
pub async fn get(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<WebhookEndpoint>> {
    Ok(Json(webhooks::get(&app.domain, &workspace.id, &id).await?.into()))
}

/// What can be changed about a webhook endpoint; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct WebhookEndpointChange {
    /// Another address; attempts that are due go there.
    url: Option<String>,
    /// Another note; null removes it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Other types.
    event_types: Option<Vec<String>>,
    /// Other connections.
    connection_ids: Option<Vec<String>>,
    /// Records in batches, or one by one.
    batch: Option<bool>,
    /// Records of first syncs as well.
    initial: Option<bool>,
    /// `enabled` or `disabled`.
    #[schema(value_type = Option<String>)]
    status: Option<EndpointStatus>,
}

/// Tells `null` from absent.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Changes a webhook endpoint, disables it, or enables it again. What was missed while it was disabled is sent by a replay.
#[utoipa::path(patch, path = "/v1/webhook-endpoints/{id}", operation_id = "change_webhook_endpoint", tag = "Webhooks",
    params(("id" = String, Path)), request_body = WebhookEndpointChange, responses((status = 200, body = WebhookEndpoint)))]
pub async fn change(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(change): Body<WebhookEndpointChange>,
) -> Answer<Json<WebhookEndpoint>> {
    let patch = EndpointPatch {
        url: change.url,
        description: change.description,
        event_types: change.event_types,
        connection_ids: change.connection_ids,
        batch: change.batch,
        initial: change.initial,
        status: change.status,
    };
    let changed = webhooks::change(&app.domain, &workspace.id, &id, &workspace.actor, &patch).await?;
    Ok(Json(changed.into()))
}

/// Deletes a webhook endpoint; what was on its way to it is dropped.
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{id}", operation_id = "delete_webhook_endpoint", tag = "Webhooks",
    params(("id" = String, Path)), responses((status = 204)))]
pub async fn delete(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    webhooks::delete(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a secret is replaced.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RotateSecret {
    /// How long messages are signed with the old secret as well: 0 to 604,800 seconds, a day when absent.
    overlap_seconds: Option<u64>,
}

/// Replaces the secret of a webhook endpoint. The new one is shown in this answer and never again.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/rotate-secret", operation_id = "rotate_webhook_secret",
    tag = "Webhooks", params(("id" = String, Path)), request_body = RotateSecret,
    responses((status = 200, body = WebhookEndpoint)))]
pub async fn rotate_secret(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(how): Body<RotateSecret>,
) -> Answer<Json<WebhookEndpoint>> {
    let overlap = how.overlap_seconds.map_or(USUAL_OVERLAP, Duration::from_secs);
    let (endpoint, secret) =
        webhooks::rotate_secret(&app.domain, &workspace.id, &id, &workspace.actor, overlap).await?;
    let mut shown = WebhookEndpoint::from(endpoint);
    shown.secret = Some(secret.expose_secret().to_owned());
    Ok(Json(shown))
}
