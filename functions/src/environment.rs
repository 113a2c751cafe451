//! What template.yaml tells a function. Nothing else in the workspace reads the environment.

use std::env::VarError;

use crate::systems::Allowed;

/// Names of the variables, in the order of the template.
pub const NAMES: &[&str] = &[
    "STACK",
    "STATE_TABLE",
    "RECORDS_TABLE",
    "SYNC_QUEUE_URL",
    "DELIVER_QUEUE_URL",
    "MASTER_SECRET_ARN",
    "VAULT_PREFIX",
    "ALLOWED_PRIVATE_HOSTS",
    "LOG_LEVEL",
    "PUBLIC_URL",
];

/// A function's configuration.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The deployment's name, by which its metrics are told apart.
    pub stack: String,
    /// Table of state.
    pub state_table: String,
    /// Table of records.
    pub records_table: String,
    /// URL of the queue that wakes syncs.
    pub sync_queue_url: String,
    /// URL of the queue that wakes deliveries.
    pub deliver_queue_url: String,
    /// Where the deployment's master secret lies.
    pub master_secret_arn: String,
    /// What names of connections' secrets begin with.
    pub vault_prefix: String,
    /// Private targets that workspaces may call.
    pub allowed: Allowed,
    /// `info`, `debug`, …
    pub log_level: String,
    /// Where the API is reached from outside.
    pub public_url: String,
}

/// A variable is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}; template.yaml sets it")]
pub struct EnvironmentError {
    name: &'static str,
    problem: String,
}

impl Environment {
    /// Reads the environment.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn read() -> Result<Self, EnvironmentError> {
        Self::from(|name| std::env::var(name))
    }

    fn from(get: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, EnvironmentError> {
        let required = |name: &'static str| match get(name) {
            Ok(value) if !value.is_empty() => Ok(value),
            Ok(_) => Err(EnvironmentError {
                name,
                problem: "is empty".into(),
            }),
            Err(VarError::NotPresent) => Err(EnvironmentError {
                name,
                problem: "is not set".into(),
            }),
            Err(VarError::NotUnicode(_)) => Err(EnvironmentError {
                name,
                problem: "is not a text".into(),
            }),
        };
        let optional = |name: &str, default: &str| get(name).unwrap_or_else(|_| default.to_owned());
        let allowed =
            Allowed::parse(&optional("ALLOWED_PRIVATE_HOSTS", "")).map_err(|problem| EnvironmentError {
                name: "ALLOWED_PRIVATE_HOSTS",
                problem: format!("cannot be read: {problem}"),
            })?;
        Ok(Self {
            stack: required("STACK")?,
            state_table: required("STATE_TABLE")?,
            records_table: required("RECORDS_TABLE")?,
            sync_queue_url: required("SYNC_QUEUE_URL")?,
            deliver_queue_url: required("DELIVER_QUEUE_URL")?,
            master_secret_arn: required("MASTER_SECRET_ARN")?,
            vault_prefix: required("VAULT_PREFIX")?,
            allowed,
            log_level: optional("LOG_LEVEL", "info"),
            public_url: optional("PUBLIC_URL", ""),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing() {
        let error = Environment::from(|_| Err(VarError::NotPresent)).expect_err("nothing is set");
        assert_eq!(
            error.to_string(),
            "the environment variable STACK is not set; template.yaml sets it"
        );
        let wrong = |name: &str| {
            Ok(if name == "ALLOWED_PRIVATE_HOSTS" {
                "a|b"
            } else {
                "x"
            }
            .to_owned())
        };
        assert!(
            Environment::from(wrong)
                .expect_err("a broken list")
                .to_string()
                .contains("workspace|host|port")
        );
    }
}
