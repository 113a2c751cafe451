//! A deployment as a function has it, but for the queue and the vault: here nobody waits for a message, and there is
//! no secret.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use manifold_aws::{Clients, Settings};
use manifold_domain::{
    deployment::{DeploymentKeys, Domain},
    ports::{PortError, Ports, Queue, QueueName, Received, Secrets, SystemClock, SystemIds, Vault},
    store::Store,
    systems::Systems,
    webhooks::Receivers,
};
use secrecy::SecretString;

/// The SDK's clients, with everything at this address.
#[must_use]
pub fn clients(endpoint: &str) -> Clients {
    let settings = Settings::read(|name| match name {
        "AWS_REGION" => Some("local".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("bench".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    Clients::new(&settings.expect("the settings are complete"))
}

/// The deployment over a DynamoDB at this address.
#[must_use]
pub fn domain(endpoint: &str, catalog: Arc<dyn Systems>, receivers: Arc<dyn Receivers>) -> Domain {
    Domain {
        store: Store::new(clients(endpoint).dynamodb, "state", "records"),
        ports: Ports {
            queue: Arc::new(Nothing),
            vault: Arc::new(Nothing),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        },
        keys: DeploymentKeys::from_master(&SecretString::from("a master secret of the benchmark's own")),
        catalog,
        receivers,
    }
}

/// A queue that sends nothing and a vault without secrets.
struct Nothing;

#[async_trait]
impl Queue for Nothing {
    async fn send(&self, _: QueueName, _: &str, _: Duration) -> Result<(), PortError> {
        Ok(())
    }

    async fn receive(&self, _: QueueName, _: usize, _: Duration) -> Result<Vec<Received>, PortError> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: QueueName, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Vault for Nothing {
    async fn put(&self, _: &str, _: &Secrets) -> Result<(), PortError> {
        Ok(())
    }

    async fn get(&self, _: &str) -> Result<Option<Secrets>, PortError> {
        Ok(Some(Secrets::new()))
    }

    async fn destroy(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}
