//! A connection: one customer's instance of one system.

use std::{collections::BTreeMap, time::Duration};

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use serde::{Deserialize, Serialize};

use crate::systems::{CustomField, Hosting};

/// How a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// The system answers.
    Online,
    /// The system cannot be reached; tried again with backoff.
    Unreachable,
    /// The system refuses the credentials: a person has to give new ones.
    ReauthRequired,
    /// Over for good. Its data stays readable until it is erased.
    Disconnected,
}

impl ConnectionStatus {
    /// The name as the API shows it and rows hold it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionStatus::Online => "online",
            ConnectionStatus::Unreachable => "unreachable",
            ConnectionStatus::ReauthRequired => "reauth_required",
            ConnectionStatus::Disconnected => "disconnected",
        }
    }
}

/// How often a model is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Every {
    /// Only when asked.
    #[serde(rename = "manual")]
    Manual,
    /// Every 15 minutes.
    #[serde(rename = "15m")]
    FifteenMinutes,
    /// Every 30 minutes.
    #[serde(rename = "30m")]
    ThirtyMinutes,
    /// Every hour.
    #[default]
    #[serde(rename = "1h")]
    Hour,
    /// Every 6 hours.
    #[serde(rename = "6h")]
    SixHours,
    /// Every 12 hours.
    #[serde(rename = "12h")]
    TwelveHours,
    /// Every day.
    #[serde(rename = "24h")]
    Day,
}

impl Every {
    /// Time from one start to the next; `None` when there is none but by hand.
    #[must_use]
    pub fn interval(self) -> Option<Duration> {
        let minutes = match self {
            Every::Manual => return None,
            Every::FifteenMinutes => 15,
            Every::ThirtyMinutes => 30,
            Every::Hour => 60,
            Every::SixHours => 6 * 60,
            Every::TwelveHours => 12 * 60,
            Every::Day => 24 * 60,
        };
        Some(Duration::from_secs(minutes * 60))
    }
}

/// One interval for all models, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Schedule {
    /// For all models.
    All(Every),
    /// By model; those that are not named run every hour.
    PerModel(BTreeMap<String, Every>),
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule::All(Every::default())
    }
}

impl Schedule {
    /// How often this model runs.
    #[must_use]
    pub fn of(&self, model: &str) -> Every {
        match self {
            Schedule::All(every) => *every,
            Schedule::PerModel(by_model) => by_model.get(model).copied().unwrap_or_default(),
        }
    }
}

/// How far back the first sync reads, by last modification: `{"days":90}` or `"all"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// So many days; records without a modification time always come.
    Days(u32),
    /// Everything.
    All,
}

impl Default for History {
    fn default() -> Self {
        History::Days(90)
    }
}

/// The workspace's own customer, whose system it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The workspace's id for the customer.
    pub id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What the workspace keeps with a connection; ours to store and not to read.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// One connection, as its row holds it.
///
/// Three numbers fence what others hold: `generation` rises at the disconnect and refuses all later
/// work, `epoch` rises at an erasure and hides all earlier data, `credentials_version` rises when
/// credentials change and names the secret in the vault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// `conn_…`.
    pub id: String,
    /// The workspace that it belongs to.
    pub workspace: String,
    /// The system's id.
    pub system: String,
    /// The authentication method.
    pub method: String,
    /// Where the installation runs.
    pub hosting: Hosting,
    /// Whose system it is.
    pub customer: Customer,
    /// Settings as accepted; no secrets.
    pub settings: BTreeMap<String, String>,
    /// Keys of the settings that cannot change.
    pub identity: Vec<String>,
    /// How it is doing.
    pub status: ConnectionStatus,
    /// Since when.
    #[serde(with = "millis")]
    pub status_since: Timestamp,
    /// Why, when it is not online: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// When it is tried again, while it is unreachable.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// Failed tries in a row, while it is unreachable.
    #[serde(default)]
    pub failures: u32,
    /// Rises with each event that tells of the status, so that receivers can drop the older of two.
    #[serde(default)]
    pub status_seq: u64,
    /// When a failure was seen that alone proves nothing; a second one soon after does.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub doubted_at: Option<Timestamp>,
    /// While it is unreachable: from when on a live call is let through again, to see.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub live_after: Option<Timestamp>,
    /// Until when such a call is under way, by the wall's clock.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub live_until: Option<Timestamp>,
    /// Credits that it holds while it is not disconnected.
    pub credits: u32,
    /// The models that are synced and can be read.
    pub models: Vec<String>,
    /// How far back the first sync reads.
    pub history: History,
    /// How often models are synced.
    pub schedule: Schedule,
    /// The workspace's own notes.
    #[serde(default)]
    pub metadata: Metadata,
    /// Keep each record's source text beside the record.
    #[serde(default)]
    pub keep_raw: bool,
    /// Fields that the workspace added to the mapping.
    #[serde(default)]
    pub custom_fields: Vec<CustomField>,
    /// When it was connected.
    #[serde(with = "millis")]
    pub created_at: Timestamp,
    /// When a sync last succeeded.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub last_synced_at: Option<Timestamp>,
    /// Rises by one at the disconnect.
    pub generation: u64,
    /// Rises by one at each erasure.
    pub epoch: u64,
    /// Rises by one when credentials change.
    pub credentials_version: u64,
    /// Keyed hash of the connection's token; `None` until a link session's is exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_hash: Option<String>,
}

impl Connection {
    /// Whether it was disconnected.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.status == ConnectionStatus::Disconnected
    }

    /// Since when it signs in with what it signs in with now.
    #[must_use]
    pub fn credentials_since(&self) -> Timestamp {
        // Credentials that were changed carry the wall's millisecond as their version; the first ones a small number.
        let changed = i64::try_from(self.credentials_version)
            .ok()
            .and_then(|millis| Timestamp::from_millisecond(millis).ok());
        changed
            .filter(|at| *at > self.created_at)
            .unwrap_or(self.created_at)
    }

    /// Whether its system cannot be reached.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.status == ConnectionStatus::Unreachable
    }

    /// When a live call is let through again, while its system cannot be reached.
    #[must_use]
    pub fn live_at(&self) -> Option<Timestamp> {
        let due = self.next_attempt_at.filter(|_| self.is_unreachable())?;
        Some(self.live_after.map_or(due, |at| at.min(due)))
    }

    /// Name of its secret in the vault.
    #[must_use]
    pub fn vault_name(&self) -> String {
        vault_name(&self.id, self.generation, self.credentials_version)
    }
}

/// Name of a connection's secret: never used twice.
#[must_use]
pub fn vault_name(connection: &str, generation: u64, credentials_version: u64) -> String {
    format!("{connection}#{generation}#{credentials_version}")
}
