//! What a deployed function does before its first event: logs, clients, keys, one warm connection.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;
use manifold_aws::{Clients, SecretsVault, SqsQueue};
use manifold_domain::{
    deployment::{DeploymentKeys, Domain},
    ports::{Clock as _, Ports, QueueName, SystemClock, SystemIds},
    store::Store,
};
use metrics_cloudwatch_embedded::Collector;

use crate::{app::App, environment::Environment, receivers::HttpReceivers, systems::Connectors, telemetry};

/// A function that is ready for events.
pub struct Ready {
    /// The deployment.
    pub app: App,
    /// Metrics, to be written after each event.
    pub metrics: &'static Collector,
}

/// Why a function could not start. Lambda shows it and tries again.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment is not what template.yaml sets.
    #[error(transparent)]
    Environment(#[from] crate::environment::EnvironmentError),
    /// Region or credentials are missing.
    #[error(transparent)]
    Setup(#[from] manifold_aws::SetupError),
    /// The deployment's master secret cannot be read.
    #[error(transparent)]
    Secret(#[from] manifold_domain::ports::PortError),
    /// Metrics cannot be collected.
    #[error(transparent)]
    Metrics(#[from] metrics_cloudwatch_embedded::Error),
}

/// Makes everything once, during Lambda's initialisation, where CPU is plentiful and free.
///
/// # Errors
/// The environment, the master secret, or a setup that cannot work.
pub async fn start(function: &'static str) -> Result<Ready, StartError> {
    let environment = Environment::read()?;
    telemetry::start_logs(&environment.log_level);
    let metrics = telemetry::start_metrics(&environment.stack, function)?;
    let clients = Clients::from_env()?;
    // The secret and the first connection to DynamoDB are fetched side by side.
    let (master, ()) = tokio::join!(
        clients.deployment_secret(&environment.master_secret_arn),
        clients.warm(&environment.state_table)
    );
    let urls = BTreeMap::from([
        (QueueName::Sync, environment.sync_queue_url.clone()),
        (QueueName::Deliver, environment.deliver_queue_url.clone()),
    ]);
    let domain = Domain {
        store: Store::new(
            clients.dynamodb.clone(),
            &environment.state_table,
            &environment.records_table,
        ),
        ports: Ports {
            queue: Arc::new(SqsQueue::new(clients.sqs.clone(), urls)),
            vault: Arc::new(SecretsVault::new(
                clients.secrets.clone(),
                &environment.vault_prefix,
                None,
            )),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        },
        keys: DeploymentKeys::from_master(&master?),
        receivers: Arc::new(HttpReceivers::new(environment.allowed.clone())),
        catalog: Arc::new(Connectors::new(environment.allowed)),
    };
    Ok(Ready {
        app: App::new(domain, &environment.public_url),
        metrics,
    })
}

/// When an invocation has to be over, with time left to answer.
#[must_use]
pub fn deadline(context: &Context) -> Timestamp {
    /// What the runtime needs to send the answer.
    const MARGIN: SignedDuration = SignedDuration::from_secs(5);
    let ends = i64::try_from(context.deadline)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    // Without a deadline there is no time at all, and the work is left to the next invocation.
    let ends = ends.unwrap_or_else(|| SystemClock.now());
    ends - MARGIN
}
