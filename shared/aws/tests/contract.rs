//! The adapters against a stand-in of AWS that CI starts (`tests/aws/moto.sh`).
//!
//! Without an endpoint in the environment a test only says that it was skipped: `cargo test` needs no
//! service. The script checks that its run skipped nothing.

use std::{collections::BTreeMap, time::Duration};

use manifold_aws::{Clients, SecretsVault, Settings, SqsQueue, contract};
use manifold_domain::ports::QueueName;

/// Clients of the endpoint that the variable names, or a note that there is none.
fn clients(variable: &str) -> Option<Clients> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the endpoint is the test's only setting"
    )]
    let endpoint = std::env::var(variable).ok().filter(|url| !url.is_empty());
    let Some(endpoint) = endpoint else {
        #[expect(
            clippy::print_stderr,
            reason = "a skipped test must not look like one that ran"
        )]
        {
            eprintln!("skipped: {variable} is not set");
        }
        return None;
    };
    let settings = Settings::read(|name| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        _ => None,
    });
    Some(Clients::new(&settings.expect("the settings are complete")))
}

#[tokio::test]
async fn sqs_keeps_the_queue_contract() {
    let Some(clients) = clients("MANIFOLD_TEST_SQS_ENDPOINT") else {
        return;
    };
    let mut urls = BTreeMap::new();
    for name in QueueName::ALL {
        let unique = format!("{}-{}", name.as_str(), uuid::Uuid::new_v4());
        let made = clients
            .sqs
            .create_queue()
            .queue_name(unique)
            .send()
            .await
            .expect("a queue is made");
        urls.insert(name, made.queue_url.expect("a queue has a URL"));
    }
    let queue = SqsQueue::new(clients.sqs, urls);
    let sleep = async |time: Duration| tokio::time::sleep(time).await;
    contract::queue(
        &queue,
        QueueName::Sync,
        QueueName::Deliver,
        contract::Stale::Unchecked,
        sleep,
    )
    .await;
}

#[tokio::test]
async fn secrets_manager_keeps_the_vault_contract() {
    let Some(clients) = clients("MANIFOLD_TEST_SECRETS_ENDPOINT") else {
        return;
    };
    let vault = SecretsVault::new(clients.secrets, "manifold/test/", None);
    contract::vault(&vault, &format!("conn_{}", uuid::Uuid::new_v4())).await;
}
