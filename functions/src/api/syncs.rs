//! Syncs of a connection.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use manifold_domain::{
    auth,
    error::Problem,
    store::sync::{Asked, SyncState},
    sync,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
    },
};

/// One model's sync.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "documents domain's SyncView, whose crate knows no OpenAPI"
)]
pub struct Sync {
    /// The model.
    model: String,
    /// `never`, `queued`, `running`, `succeeded`, `failed` or `interrupted`.
    #[schema(value_type = String)]
    state: SyncState,
    /// Begin of the last run, or of the one under way.
    started_at: Option<String>,
    /// End of the last run.
    finished_at: Option<String>,
    /// End of the last run that succeeded.
    last_success_at: Option<String>,
    /// When the next run or attempt is due.
    next_run_at: Option<String>,
    /// What the run did, or has done so far.
    counts: Counts,
    /// Why the last run failed.
    error: Option<SyncError>,
}

/// Records of a run.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents domain's Counts")]
pub struct Counts {
    /// Read from the system.
    read: u64,
    /// New.
    created: u64,
    /// Changed.
    updated: u64,
    /// Deleted.
    deleted: u64,
    /// The same as before.
    unchanged: u64,
    /// Put aside.
    quarantined: u64,
}

/// Why a run failed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents domain's SyncFailure")]
pub struct SyncError {
    /// What kind of failure: `unreachable`, `denied`, `mass_deletion_suspected`, …
    code: String,
    /// What happened, in a sentence.
    message: String,
}

/// Every model's sync.
#[derive(Serialize, ToSchema)]
pub struct Syncs {
    /// By model.
    #[schema(value_type = Vec<Sync>)]
    data: Vec<sync::SyncView>,
}

/// How each model's sync stands.
#[utoipa::path(get, path = "/v1/connections/{id}/syncs", operation_id = "list_syncs",
    tag = "Syncs", params(("id" = String, Path)),
    responses((status = 200, body = Syncs)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Syncs>> {
    Ok(Json(Syncs {
        data: sync::states(&app.domain, &workspace.id, &id).await?,
    }))
}

/// Which sync to start, and how.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartSync {
    /// One model; all when absent.
    model: Option<String>,
    /// Read everything, and find out what was deleted.
    full: bool,
    /// More than half of the records are really gone: delete them. Goes with `full`.
    confirm_deletions: bool,
}

/// Starts syncs at once. While a run is going, exactly one more is queued behind it.
#[utoipa::path(post, path = "/v1/connections/{id}/syncs", operation_id = "start_syncs",
    tag = "Syncs", params(("id" = String, Path)),
    request_body = StartSync, responses((status = 202, body = Syncs)))]
pub async fn start(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(what): Body<StartSync>,
) -> Answer<(StatusCode, Json<Syncs>)> {
    auth::find(&app.domain, &workspace.id, &id).await?;
    if what.confirm_deletions && !what.full {
        return Err(Problem::invalid(
            "/confirm_deletions",
            "Goes with `full`: only a complete read finds deletions.",
        )
        .into());
    }
    let asked = Asked {
        full: what.full,
        confirm_deletions: what.confirm_deletions,
    };
    let data = sync::start(&app.domain, &workspace.id, &id, what.model.as_deref(), asked).await?;
    Ok((StatusCode::ACCEPTED, Json(Syncs { data })))
}
