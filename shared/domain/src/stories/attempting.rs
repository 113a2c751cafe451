//! Attempts to connect through a link session: they fail with a reason, and survive lost messages and
//! dead workers.

use std::time::Duration;

use super::{
    credits, everything, input,
    linking::{session, work},
    somebody, workspace_with,
};
use crate::{
    credits::Credits,
    link::{self, attempts},
    ports::QueueName,
    store::link::AttemptStatus,
    testing::{PASSWORD, TestDomain},
};

#[tokio::test]
async fn a_failed_attempt_says_why_and_leaves_the_session_open() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let made = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input("wrong"))
        .await
        .unwrap();
    work(&test).await;
    let failed = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(failed.status, AttemptStatus::Failed);
    let why = failed.failure.unwrap();
    assert_eq!(
        (why.code.as_str(), why.step.as_deref()),
        ("invalid_credentials", Some("sign_in"))
    );
    assert!(why.hint.is_some() && failed.public_token.is_none());
    assert_eq!(credits(&test, &ws).await.held, 0);
    assert!(test.vault.names().is_empty());
    assert!(!everything(&test).await.contains("sealed_input"));

    let again = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    work(&test).await;
    let done = attempts::get(&test.domain, &ws, &made.id, &again).await.unwrap();
    assert_eq!(done.status, AttemptStatus::Succeeded);
}

#[tokio::test]
async fn t26_messages_may_be_lost_or_doubled() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let made = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    test.queue.lose_all();
    // The schedule finds it: the row is due.
    test.clock.advance(Duration::from_secs(61));
    let mut found = Vec::new();
    for shard in 0..crate::store::keys::DUE_SHARDS {
        found.extend(
            test.domain
                .store
                .due(shard, test.domain.ports.clock.now(), 10)
                .await
                .unwrap(),
        );
    }
    let due = found
        .iter()
        .filter_map(|due| crate::store::due::Due::of(&due.key));
    let expected = crate::store::due::Due::Attempt {
        ws: ws.clone(),
        link: made.id.clone(),
        attempt: attempt.clone(),
    };
    assert!(due.into_iter().any(|work| work == expected));
    let run = || attempts::run(&test.domain, &ws, &made.id, &attempt);
    let (one, two, three) = tokio::join!(run(), run(), run());
    one.and(two).and(three).unwrap();
    run().await.unwrap();
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 2,
            free: 8
        }
    );
    assert_eq!(test.systems.calls(), ["validate"]);
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_and_what_was_typed_goes_after_half_an_hour() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let made = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    test.systems.latency(Duration::from_millis(5));
    {
        // Dies while it asks the system.
        let run = attempts::run(&test.domain, &ws, &made.id, &attempt);
        let dead = tokio::select! {
            biased;
            () = async { while test.systems.calls().is_empty() { tokio::task::yield_now().await } } => true,
            _ = run => false,
        };
        assert!(dead);
    }
    test.systems.latency(Duration::ZERO);
    attempts::run(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    let held = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(held.status, AttemptStatus::Running, "its lease is not over");
    test.clock.advance(Duration::from_secs(61));
    test.queue.lose_all();
    attempts::tend(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(
        test.queue.take(QueueName::Sync).len(),
        1,
        "a worker is woken again"
    );
    test.clock.advance(Duration::from_secs(30 * 60));
    attempts::tend(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    let over = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(over.status, AttemptStatus::Failed);
    assert!(!everything(&test).await.contains("sealed_input"));
}
