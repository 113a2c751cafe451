//! What a sync's row says of its runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a model's sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// It has not run yet and nobody asked for it.
    Never,
    /// It is due and waits for a worker.
    Queued,
    /// A run is going on, or waits for its next leg.
    Running,
    /// The last run came to its end.
    Succeeded,
    /// The last run could not go on; `error` says why.
    Failed,
    /// A worker died: its lease ended without a word. Never stored, see [`super::SyncRow::shown_state`].
    Interrupted,
}

/// How much a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Everything in the history, for the first time.
    First,
    /// What changed since the cursor.
    Incremental,
    /// Everything in the history, compared with what is stored.
    Full,
}

/// What a run did, in records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Records that came from the system, put aside ones included.
    pub read: u64,
    /// New ones.
    pub created: u64,
    /// Changed ones.
    pub updated: u64,
    /// Those that are gone.
    pub deleted: u64,
    /// Those that were put aside.
    pub quarantined: u64,
    /// Those that are as they were.
    pub unchanged: u64,
}

/// Why a run could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncFailure {
    /// Its name, as the API shows it: `unreachable`, `mass_deletion_suspected`.
    pub code: String,
    /// A sentence for a person, without secrets.
    pub message: String,
}

/// What somebody asked for by hand; the next run that begins takes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Read everything.
    pub full: bool,
    /// Delete even where it looks like too much.
    pub confirm_deletions: bool,
}

impl Asked {
    /// This and what was asked before.
    #[must_use]
    pub fn and(self, before: Option<Self>) -> Self {
        let before = before.unwrap_or_default();
        Self {
            full: before.full || self.full,
            confirm_deletions: before.confirm_deletions || self.confirm_deletions,
        }
    }
}

/// Why a due sync is not tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The system does not answer; tried again when the connection's next attempt is due.
    Outage,
    /// The credentials are refused; nothing is tried until they change.
    Reauth,
}

/// What a complete read knows of the records that it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// This run does not look for what is gone.
    Untracked,
    /// Everything so far was seen by the leg that is running, or saved by the one before it.
    Tracked,
    /// A worker died with what it had seen: this run detects no deletion.
    Lost,
}

/// A run that has begun and not ended; it may go over many legs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// `sync_…`
    pub id: String,
    /// How much it reads.
    pub kind: RunKind,
    /// When its first leg began, by the stack's clock.
    pub started_at: Timestamp,
    /// Legs so far.
    pub leg: u32,
    /// Pages so far.
    pub pages: u64,
    /// Where the next page starts; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Every page was read and committed; what is left is to look for what is gone.
    #[serde(default)]
    pub all_read: bool,
    /// The newest modification time seen so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// What it knows of the records seen.
    pub seen: Seen,
    /// Legs whose seen records are saved; zero when none are.
    #[serde(default)]
    pub seen_saved: u32,
    /// A record without a readable id was put aside: an absent record may be that one.
    #[serde(default)]
    pub unnamed: bool,
    /// A person confirmed that much may be gone.
    #[serde(default)]
    pub confirm_deletions: bool,
}

/// How far the change index came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fold {
    /// Number of the fold; zero when there is none yet.
    pub number: u64,
    /// Everything up to this sequence number is in it.
    pub seq: u64,
    /// How many segments it has: a power of two, or zero.
    pub segments: u32,
    /// Bytes of its segments.
    pub bytes: u64,
}
