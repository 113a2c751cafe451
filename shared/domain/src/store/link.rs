//! Rows of link sessions and of attempts to connect through them.

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use serde::{Deserialize, Serialize};

use super::{Row, Store, StoreError, Table, keys};
use crate::{
    connection::{Customer, History, Metadata, Schedule},
    systems::StepReport,
};

/// A link session: what a person may connect, and until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkRow {
    /// `lnk_…`
    pub id: String,
    /// The workspace that made it.
    pub ws: String,
    /// Whose system is to be connected.
    pub customer: Customer,
    /// The systems to choose from; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub systems: Option<Vec<String>>,
    /// The models of the connection; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// How far back the first sync reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// How often models are synced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Notes for the connection.
    #[serde(default)]
    pub metadata: Metadata,
    /// Pages that may embed the flow; empty for a hosted page.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Where a hosted page returns to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The connection that is to be repaired, instead of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repairs: Option<String>,
    /// When it was made.
    #[serde(with = "millis")]
    pub created_at: Timestamp,
    /// When it ends, by the wall's clock.
    #[serde(with = "millis")]
    pub valid_until: Timestamp,
    /// Attempts so far.
    #[serde(default)]
    pub attempts: u32,
    /// When an attempt succeeded: from then on it opens nothing.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// When DynamoDB may remove the row, in seconds.
    pub expires_at: i64,
}

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptStatus {
    /// Waits for a worker.
    Queued,
    /// The system is being asked.
    Running,
    /// The connection exists.
    Succeeded,
    /// It failed, and left nothing behind.
    Failed,
}

impl AttemptStatus {
    /// The name as rows hold it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptStatus::Queued => "queued",
            AttemptStatus::Running => "running",
            AttemptStatus::Succeeded => "succeeded",
            AttemptStatus::Failed => "failed",
        }
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// The problem's name in the API.
    pub code: String,
    /// The sentence for a person.
    pub detail: String,
    /// The step that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One attempt to connect through a link session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// `att_…`
    pub id: String,
    /// How far it is.
    pub status: AttemptStatus,
    /// The steps so far.
    #[serde(default)]
    pub steps: Vec<StepReport>,
    /// What was typed, sealed, as base64; gone when the attempt ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_input: Option<String>,
    /// The public token, sealed, as base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_public_token: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<AttemptFailure>,
    /// How often a worker took it up.
    #[serde(default)]
    pub tries: u32,
    /// Until when a worker holds it, by the wall's clock.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// Until when it may go on, by the wall's clock.
    #[serde(with = "millis")]
    pub valid_until: Timestamp,
    /// When DynamoDB may remove the row, in seconds.
    pub expires_at: i64,
}

impl Store {
    /// A link session as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn link(&self, ws: &str, link: &str) -> Result<Option<LinkRow>, StoreError> {
        self.get(Row::Link, Table::State, &keys::link(ws, link)).await
    }

    /// An attempt as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn attempt(
        &self,
        ws: &str,
        link: &str,
        attempt: &str,
    ) -> Result<Option<AttemptRow>, StoreError> {
        self.get(Row::Attempt, Table::State, &keys::attempt(ws, link, attempt))
            .await
    }
}
