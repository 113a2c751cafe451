//! What somebody enters in order to connect a system.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::Hosting;
use crate::ports::Secrets;

/// What somebody typed in order to connect.
#[derive(Clone, Default)]
pub struct ConnectionInput {
    /// The system's id.
    pub system: String,
    /// The authentication method, where the system has several.
    pub method: Option<String>,
    /// Settings by key.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key.
    pub credentials: Secrets,
}

impl fmt::Debug for ConnectionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInput")
            .field("system", &self.system)
            .field("method", &self.method)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .finish()
    }
}

/// Input that fits the system: complete with defaults, and normalised.
#[derive(Clone)]
pub struct AcceptedInput {
    /// The system's id.
    pub system: String,
    /// The authentication method that applies.
    pub method: String,
    /// Where the installation runs.
    pub hosting: Hosting,
    /// Settings by key, with defaults filled in.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key.
    pub credentials: Secrets,
    /// Keys of those settings that say which instance it is (`instance_url`, `company`): they cannot
    /// change while the connection lives.
    pub identity: Vec<String>,
}

impl fmt::Debug for AcceptedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedInput")
            .field("system", &self.system)
            .field("method", &self.method)
            .field("hosting", &self.hosting)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .field("identity", &self.identity)
            .finish()
    }
}

/// One thing that is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// JSON pointer into the request: `/settings/instance_url`.
    pub pointer: String,
    /// What is wrong and what is expected, in a sentence.
    pub detail: String,
}

impl FieldProblem {
    /// A problem at a pointer.
    #[must_use]
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}
