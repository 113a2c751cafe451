//! Workspaces, by the operator of the deployment.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{api_key, workspace};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credits::Credits;
use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Admin,
        failure::Answer,
        times::Time,
    },
};

/// A software company that uses the deployment.
#[derive(Serialize, ToSchema)]
pub struct Workspace {
    /// `ws_…`
    pub id: String,
    /// For people.
    pub name: String,
    /// Its pool of credits.
    pub credits: Credits,
    /// When it was made.
    pub created_at: Time,
}

impl From<workspace::Workspace> for Workspace {
    fn from(from: workspace::Workspace) -> Self {
        Self {
            id: from.id,
            name: from.name,
            credits: from.credits.into(),
            created_at: from.created_at.into(),
        }
    }
}

/// A new workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// For people.
    name: String,
    /// Credits of its pool.
    credits: u64,
}

/// A workspace and its first key.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceWithKey {
    /// The workspace.
    workspace: Workspace,
    /// The API key, shown this once: `mfk_…`.
    key: String,
}

/// Makes a workspace.
#[utoipa::path(post, path = "/v1/workspaces", operation_id = "create_workspace",
    tag = "Workspaces", request_body = NewWorkspace,
    responses((status = 201, body = WorkspaceWithKey)))]
pub async fn create(
    State(app): State<App>,
    Admin(actor): Admin,
    Body(new): Body<NewWorkspace>,
) -> Answer<(StatusCode, Json<WorkspaceWithKey>)> {
    let (workspace, key) = workspace::create(&app.domain, &actor, &new.name, new.credits).await?;
    let answer = WorkspaceWithKey {
        workspace: workspace.into(),
        key: key.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// One workspace.
#[utoipa::path(get, path = "/v1/workspaces/{id}", operation_id = "get_workspace",
    tag = "Workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Workspace)))]
pub async fn get(State(app): State<App>, _: Admin, Path(id): Path<String>) -> Answer<Json<Workspace>> {
    Ok(Json(workspace::get(&app.domain, &id).await?.into()))
}

/// What can be changed about a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChange {
    /// A new name.
    name: Option<String>,
    /// A new total of credits; not below what is held.
    credits: Option<u64>,
}

/// Changes a workspace.
#[utoipa::path(patch, path = "/v1/workspaces/{id}", operation_id = "update_workspace",
    tag = "Workspaces", params(("id" = String, Path)),
    request_body = WorkspaceChange, responses((status = 200, body = Workspace)))]
pub async fn change(
    State(app): State<App>,
    Admin(actor): Admin,
    Path(id): Path<String>,
    Body(change): Body<WorkspaceChange>,
) -> Answer<Json<Workspace>> {
    let patch = workspace::WorkspacePatch {
        name: change.name,
        credits: change.credits,
    };
    Ok(Json(
        workspace::change(&app.domain, &actor, &id, &patch).await?.into(),
    ))
}

/// An API key.
#[derive(Serialize, ToSchema)]
pub struct Key {
    /// `key_…`, to withdraw it by.
    id: String,
    /// The key itself, shown this once: `mfk_…`.
    key: String,
}

/// Adds an API key to a workspace.
#[utoipa::path(post, path = "/v1/workspaces/{id}/keys", operation_id = "add_workspace_key",
    tag = "Workspaces", params(("id" = String, Path)),
    responses((status = 201, body = Key)))]
pub async fn add_key(
    State(app): State<App>,
    Admin(actor): Admin,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<Key>)> {
    let (id, key) = api_key::add(&app.domain, &actor, &id).await?;
    Ok((
        StatusCode::CREATED,
        Json(Key {
            id,
            key: key.expose_secret().to_owned(),
        }),
    ))
}

/// Withdraws an API key; it is refused from now on.
#[utoipa::path(delete, path = "/v1/workspaces/{id}/keys/{key_id}", operation_id = "revoke_workspace_key",
    tag = "Workspaces",
    params(("id" = String, Path), ("key_id" = String, Path)), responses((status = 204)))]
pub async fn revoke_key(
    State(app): State<App>,
    Admin(actor): Admin,
    Path((id, key)): Path<(String, String)>,
) -> Answer<StatusCode> {
    api_key::revoke(&app.domain, &actor, &id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
