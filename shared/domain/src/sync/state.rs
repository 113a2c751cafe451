//! How the syncs of a connection stand, as the API shows it.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    connection::ConnectionStatus,
    deployment::Domain,
    error::Problem,
    present,
    store::sync::{Counts, Hold, SyncFailure, SyncRow, SyncState},
};

/// One model's sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncView {
    /// The model.
    pub model: String,
    /// Where it stands.
    pub state: SyncState,
    /// Begin of the last run, or of the one that is going on; RFC 3339.
    pub started_at: Option<String>,
    /// End of the last run.
    pub finished_at: Option<String>,
    /// End of the last run that succeeded.
    pub last_success_at: Option<String>,
    /// When the next run, or the next attempt, is due; `None` when it only runs by hand.
    pub next_run_at: Option<String>,
    /// What the last run did, or the one that is going on has done so far.
    pub counts: Counts,
    /// Why the last run failed.
    pub error: Option<SyncFailure>,
}

impl SyncView {
    pub(super) fn of(row: &SyncRow, wall: Timestamp) -> Self {
        let time = |at: Option<Timestamp>| at.map(present::time);
        let state = row.shown_state(wall);
        let working = matches!(state, SyncState::Running | SyncState::Interrupted);
        Self {
            model: row.model.clone(),
            state,
            started_at: time(row.started_at),
            finished_at: time(row.finished_at),
            last_success_at: time(row.last_success_at),
            next_run_at: time(if working { row.next_run_at } else { row.wake_at }),
            counts: row.counts,
            error: row.error.clone(),
        }
    }
}

/// The syncs of a connection's models, by name.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace has no such connection; the store's.
pub async fn states(domain: &Domain, ws: &str, conn: &str) -> Result<Vec<SyncView>, Problem> {
    let connection = domain.store.connection(ws, conn).await?;
    let connection = connection.ok_or_else(|| Problem::NotFound(format!("connection {conn}")))?;
    let rows = domain.store.syncs(ws, conn).await?;
    let wall = domain.ports.clock.wall();
    let over = connection.status == ConnectionStatus::Disconnected;
    let rows = rows.iter().filter(|row| connection.models.contains(&row.model));
    let views = rows.map(|row| {
        let mut view = SyncView::of(row, wall);
        if over {
            view.next_run_at = None;
        } else if row.hold == Some(Hold::Outage) && connection.is_unreachable() {
            // It goes on when the system is back; the connection says when that is tried.
            view.next_run_at = connection.next_attempt_at.map(present::time);
        }
        view
    });
    Ok(views.collect())
}
