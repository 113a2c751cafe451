//! The SDK clients of a function, made once.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig},
    types::AttributeValue,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use manifold_domain::ports::PortError;
use secrecy::SecretString;

use crate::{
    fault::{Telling, reason},
    http::{self, Roots},
};

/// A TCP and TLS handshake within one region takes a few milliseconds.
const CONNECT: Duration = Duration::from_millis(1_500);
/// One try. The slowest honest answer is that of a transaction of 100 items.
const ATTEMPT: Duration = Duration::from_secs(5);
/// A call with all its tries: an API function has 25 s for everything that it does.
const OPERATION: Duration = Duration::from_secs(12);
/// Tries of one call, the first included.
const TRIES: u32 = 4;
/// The first wait between two tries; the SDK's default of 1 s suits no database.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// What [`Clients`] is made from.
///
/// Credentials come from where Lambda puts them, the environment, and from nowhere else: no files, no
/// instance metadata, no sign-in. A missing one fails at once instead of after a search.
#[derive(Debug, Clone)]
pub struct Settings {
    region: String,
    credentials: Credentials,
    endpoints: HashMap<&'static str, String>,
}

/// A variable that the clients cannot do without.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the environment has no {0}")]
pub struct SetupError(
    /// Its name.
    pub &'static str,
);

impl Settings {
    /// Reads the variables that Lambda sets: `AWS_REGION` (or `AWS_DEFAULT_REGION`),
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; and where to find other
    /// endpoints, as the SDKs name them: `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SQS`,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, or `AWS_ENDPOINT_URL` for all three.
    ///
    /// An empty variable counts as missing.
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SetupError> {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        let need = |name: &'static str| read(name).ok_or(SetupError(name));
        let region = read("AWS_REGION")
            .or_else(|| read("AWS_DEFAULT_REGION"))
            .ok_or(SetupError("AWS_REGION"))?;
        let credentials = Credentials::new(
            need("AWS_ACCESS_KEY_ID")?,
            need("AWS_SECRET_ACCESS_KEY")?,
            read("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let common = read("AWS_ENDPOINT_URL");
        let endpoints = ["DYNAMODB", "SQS", "SECRETS_MANAGER"]
            .into_iter()
            .filter_map(|service| {
                let own = read(&format!("AWS_ENDPOINT_URL_{service}"));
                Some((service, own.or_else(|| common.clone())?))
            })
            .collect();
        Ok(Self {
            region,
            credentials,
            endpoints,
        })
    }

    fn endpoint(&self, service: &str) -> Option<String> {
        self.endpoints.get(service).cloned()
    }
}

/// The clients of one process. Cloning is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Wake-ups, behind [`crate::SqsQueue`].
    pub sqs: aws_sdk_sqs::Client,
    /// Credentials, behind [`crate::SecretsVault`].
    pub secrets: aws_sdk_secretsmanager::Client,
}

/// The three SDK crates have the same builder without a trait in common.
macro_rules! client {
    ($sdk:ident, $settings:expr, $http:expr, $service:literal, $retries:expr) => {{
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($settings.region.clone()))
            .credentials_provider($settings.credentials.clone())
            .http_client($http.clone())
            .timeout_config(timeouts())
            .retry_config($retries)
            // Answers are small, and ATTEMPT bounds reading them too.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url($settings.endpoint($service));
        $sdk::Client::from_conf(config.build())
    }};
}

impl Clients {
    /// Clients by the process's environment; see [`Settings::read`].
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn from_env() -> Result<Self, SetupError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "Lambda hands credentials over in the environment"
        )]
        let settings = Settings::read(|name| std::env::var(name).ok())?;
        Ok(Self::new(&settings))
    }

    /// Clients by the given settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let http = http::client(if settings.region.starts_with("cn-") {
            Roots::All
        } else {
            Roots::Amazon
        });
        Self {
            // The domain's store tries again itself: it knows which writes may have happened already.
            dynamodb: client!(
                aws_sdk_dynamodb,
                settings,
                http,
                "DYNAMODB",
                RetryConfig::disabled()
            ),
            sqs: client!(aws_sdk_sqs, settings, http, "SQS", retries()),
            secrets: client!(
                aws_sdk_secretsmanager,
                settings,
                http,
                "SECRETS_MANAGER",
                retries()
            ),
        }
    }

    /// Makes the first call to DynamoDB, so that the first request finds an open connection.
    ///
    /// Lambda gives a function a whole core while it initialises and a fraction of one later: the same
    /// handshake took 900 ms there. The call reads a key that never exists from `state_table`: half a
    /// read unit, and `dynamodb:GetItem` on that table is all that it needs. A failure is only logged:
    /// what needs the table will say so itself.
    pub async fn warm(&self, state_table: &str) {
        // A key that no row has, and that roles which may read only workspaces' rows may read.
        let key = || AttributeValue::S("ws#".to_owned());
        let call = self
            .dynamodb
            .get_item()
            .table_name(state_table)
            .key("pk", key())
            .key("sk", key());
        if let Err(error) = call.send().await {
            let reason = reason(&error, Telling::Message);
            tracing::warn!(table = state_table, reason, "the first call to DynamoDB failed");
        }
    }

    /// The text of one secret of the deployment, such as the master secret that keys are derived from.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when it cannot be read or is not text.
    pub async fn deployment_secret(&self, arn: &str) -> Result<SecretString, PortError> {
        let unavailable = |reason| PortError::Unavailable {
            service: "secretsmanager",
            reason,
        };
        let call = self.secrets.get_secret_value().secret_id(arn);
        let answer = call
            .send()
            .await
            .map_err(|error| unavailable(reason(&error, Telling::Message)))?;
        let text = answer
            .secret_string
            .ok_or_else(|| unavailable("the secret is not text".to_owned()))?;
        Ok(text.into())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(FIRST_WAIT)
        .with_max_backoff(Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, SetupError> {
        Settings::read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    const KEYS: [(&str, &str); 3] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "marker-4711"),
    ];

    #[test]
    fn names_what_is_missing() {
        assert_eq!(settings(&[]).unwrap_err(), SetupError("AWS_REGION"));
        assert_eq!(settings(&KEYS[..1]).unwrap_err(), SetupError("AWS_ACCESS_KEY_ID"));
        assert_eq!(
            settings(&KEYS[..2]).unwrap_err(),
            SetupError("AWS_SECRET_ACCESS_KEY")
        );
        let empty = [
            ("AWS_REGION", ""),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            KEYS[1],
            KEYS[2],
        ];
        assert_eq!(settings(&empty).unwrap().region, "eu-west-1");
    }

    #[test]
    fn a_services_own_endpoint_wins_over_the_common_one() {
        let own = ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1");
        let common = ("AWS_ENDPOINT_URL", "http://127.0.0.1:2");
        let found = settings(&[KEYS.as_slice(), &[own, common]].concat()).unwrap();
        assert_eq!(found.endpoint("SQS").as_deref(), Some(own.1));
        assert_eq!(found.endpoint("DYNAMODB").as_deref(), Some(common.1));
        assert_eq!(settings(&KEYS).unwrap().endpoint("DYNAMODB"), None);
    }

    #[test]
    fn debug_hides_the_secret_key() {
        assert!(!format!("{:?}", settings(&KEYS).unwrap()).contains("marker-4711"));
    }
}
