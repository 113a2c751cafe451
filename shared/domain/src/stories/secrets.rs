//! T44: what was typed into a credential field stands nowhere but in the vault.

use super::{connect, everything, input, request, somebody, workspace_with};
use crate::{
    link::{self, LinkRequest, attempts},
    ports::QueueName,
    testing::TestDomain,
};

const CANARY: &str = "canary-7f3a9c";

#[tokio::test]
async fn t44_a_canary_in_a_credential_field_shows_nowhere() {
    let test = TestDomain::start().await;
    let (ws, key) = workspace_with(&test, 10).await;
    test.systems.set_password(CANARY);
    let mut wanted = request();
    wanted.input = input(CANARY);
    assert!(!format!("{wanted:?}").contains(CANARY));
    let (_, token) = connect(&test, &ws, &wanted).await.unwrap();
    test.systems.set_password("changed");
    let refused = connect(&test, &ws, &wanted).await.unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains(CANARY));

    let session = LinkRequest {
        customer: wanted.customer,
        ..LinkRequest::default()
    };
    let made = link::create(&test.domain, &ws, &somebody(), &session)
        .await
        .unwrap();
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input(CANARY))
        .await
        .unwrap();
    let seen = everything(&test).await;
    assert!(!seen.contains(CANARY) && !seen.contains(&key) && !seen.contains(&token));
    let sent: Vec<String> = test.queue.take(QueueName::Sync);
    assert!(sent.iter().all(|body| !body.contains(CANARY)));
    attempts::run(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    let seen = everything(&test).await;
    assert!(!seen.contains(CANARY));
}
