//! How a validation of an input goes, step by step.

use jiff::Timestamp;
use manifold_connectors::fault::{Fault, FaultKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::AccessToken;

/// How far a step of a validation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done and good.
    Passed,
    /// This is what stands in the way.
    Failed,
    /// Not needed, or not reached.
    Skipped,
}

/// One step of a validation as a person sees it. A later report of the same key replaces the earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// `address`, `host`, `tls`, `sign_in`, `model:purchase_order`, …
    pub key: String,
    /// What is being done, in plain words.
    pub title: String,
    /// How far it is.
    pub state: StepState,
    /// What was found, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What kind of failure it is, for whoever says it in another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
    /// The system's own words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// How many records of the model there are, where the system says so cheaply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// When the model's newest record was changed, where that is cheap to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
}

/// What a validation found out.
#[derive(Debug, Clone, Default)]
pub struct Validated {
    /// The models that these credentials may read; those without permission are left out.
    pub models: Vec<String>,
    /// The access token that signing in brought: saves the first sync from signing in again.
    pub access: Option<AccessToken>,
    /// The refresh token that takes the place of the one that signing in used up.
    pub refresh_token: Option<SecretString>,
}

/// Why a validation ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// Key of the step that failed.
    pub step: String,
    /// What happened.
    pub fault: Fault,
    /// What a person can do about it.
    pub hint: Option<String>,
}
