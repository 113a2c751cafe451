//! Records that were put aside.

use axum::extract::{Path, State};
use manifold_domain::{
    auth,
    quarantine::{self, Retried as Outcome},
    store::quarantine::Quarantined,
};
use serde::Serialize;
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

/// A record that could not be mapped or stored.
#[derive(Serialize, ToSchema)]
pub struct QuarantinedRecord {
    /// Its id here, to retry it by.
    id: String,
    /// The model.
    model: String,
    /// The record's id, where at least that could be read.
    record_id: Option<String>,
    /// Where in the source record the trouble is, as a JSON pointer.
    pointer: String,
    /// What is wrong.
    reason: String,
    /// How often it was met.
    attempts: u64,
    /// When it was first put aside.
    first_seen_at: Time,
    /// When it was last met.
    last_seen_at: Time,
    /// The record as the system sent it; cut where it is very long.
    raw: Option<String>,
}

impl From<Quarantined> for QuarantinedRecord {
    fn from(from: Quarantined) -> Self {
        Self {
            id: from.item,
            model: from.model,
            record_id: from.id,
            pointer: from.pointer,
            reason: from.reason,
            attempts: from.attempts,
            first_seen_at: from.first_at.into(),
            last_seen_at: from.last_at.into(),
            raw: from.raw,
        }
    }
}

/// Records put aside.
#[derive(Serialize, ToSchema)]
pub struct Quarantine {
    /// The records.
    data: Vec<QuarantinedRecord>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// Records of a connection that were put aside, each with its reason.
#[utoipa::path(get, path = "/v1/connections/{id}/quarantine", operation_id = "list_quarantined_records",
    tag = "Quarantine",
    params(("id" = String, Path), PageOf), responses((status = 200, body = Quarantine)))]
pub async fn list(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Query(page): Query<PageOf>,
) -> Answer<Json<Quarantine>> {
    let connection = auth::find(&app.domain, &workspace.id, &id).await?;
    let page = quarantine::list(&app.domain, &connection, page.paging()?).await?;
    Ok(Json(Quarantine {
        data: page.data.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// What became of a retry.
#[derive(Serialize, ToSchema)]
pub struct Retried {
    /// `stored`, `gone` (the system does not have it any more) or `still_aside`.
    outcome: &'static str,
    /// The item as it is now, when the record is still not good.
    item: Option<QuarantinedRecord>,
}

/// Asks the system for the record again and stores it when it is good now.
#[utoipa::path(post, path = "/v1/connections/{id}/quarantine/{item}/retry", operation_id = "retry_quarantined_record",
    tag = "Quarantine",
    params(("id" = String, Path), ("item" = String, Path)), responses((status = 200, body = Retried)))]
pub async fn retry(
    State(app): State<App>,
    workspace: Workspace,
    Path((id, item)): Path<(String, String)>,
) -> Answer<Json<Retried>> {
    let connection = auth::find(&app.domain, &workspace.id, &id).await?.live()?;
    Ok(Json(
        match quarantine::retry(&app.domain, &connection, &item).await? {
            Outcome::Stored => Retried {
                outcome: "stored",
                item: None,
            },
            Outcome::Gone => Retried {
                outcome: "gone",
                item: None,
            },
            Outcome::StillAside(item) => Retried {
                outcome: "still_aside",
                item: Some((*item).into()),
            },
        },
    ))
}
