//! Bringing one model of one connection up to date.
//!
//! A run reads pages and commits each in three steps (`commit`): the journal of what changes, the
//! changed rows, then watermark and position together. A worker that dies leaves at most one page
//! between the first step and the last; whoever takes over (`takeover`) keeps what arrived of it
//! and strikes out the rest, so that readers of the feed see no gap and no change twice.
//!
//! A run goes over as many legs as it needs, each in a queue message of its own ([`run_leg`]).

mod begin;
mod commit;
mod content;
mod cursor_rule;
mod deletions;
mod finish;
mod fold;
mod index;
mod lease;
mod leg;
mod page;
mod resume;
mod run;
mod start;
mod state;
mod takeover;
mod tending;
#[cfg(test)]
mod tests;

pub use content::{LARGEST_RECORD, content_hash};
pub use resume::{end_leases, reconcile, reset, resume};
pub use run::run_leg;
pub use start::start;
pub use state::{SyncView, states};

pub(crate) use commit::MOST_CHANGES;
pub(crate) use start::note;
pub(crate) use tending::store_one;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{connection::Connection, deployment::Domain, ports::QueueName, store::sync::SyncRow};

/// What a message on the sync queue says: wake up and look at this row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename = "sync")]
pub struct SyncMessage {
    /// Workspace.
    pub ws: String,
    /// Connection.
    pub conn: String,
    /// Model.
    pub model: String,
    /// The connection's generation when the message was sent.
    pub generation: u64,
}

impl SyncMessage {
    /// The message that wakes this sync.
    #[must_use]
    pub fn of(row: &SyncRow) -> Self {
        Self {
            ws: row.ws.clone(),
            conn: row.conn.clone(),
            model: row.model.clone(),
            generation: row.generation,
        }
    }

    /// Its text.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("a message is made of texts and numbers")
    }
}

/// How long a leg may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunBudget {
    /// When it has to be over, by the wall's clock: the function's own deadline.
    pub deadline: Timestamp,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The run came to its end.
    Succeeded,
    /// The run could not go on; the row says why and when it is tried again.
    Failed,
    /// The run goes on in another leg.
    HandedOver,
    /// It is not due yet.
    NotDue,
    /// Another worker is at it, or was faster.
    Held,
    /// It waits: for its system to come back, or for credentials.
    Waiting,
    /// Its connection is gone, or its data was erased, or there is no such sync.
    Stale,
}

/// Wakes a worker for this sync after a while of the stack's time.
///
/// The row is due already: when the queue does not take the message, the schedule sends another.
pub(crate) async fn wake(domain: &Domain, row: &SyncRow, delay: Duration) {
    let body = SyncMessage::of(row).body();
    domain.wake(QueueName::Sync, &body, delay).await;
}

/// Wakes the first syncs of a connection that was just made; without this they begin within the minute.
pub(crate) async fn wake_first(domain: &Domain, connection: &Connection) {
    for model in &connection.models {
        let message = SyncMessage {
            ws: connection.workspace.clone(),
            conn: connection.id.clone(),
            model: model.clone(),
            generation: connection.generation,
        };
        domain
            .wake(QueueName::Sync, &message.body(), Duration::ZERO)
            .await;
    }
}
