//! Live calls while a system is down, slow or busy.

use futures_util::future::join_all;

use super::*;
use crate::error::Code;

#[tokio::test]
async fn t19_live_calls_to_a_system_that_is_down_are_answered_at_once() {
    let story = Story::begin().await;
    let synced_at = story.connection().await.last_synced_at;
    story.fail(Some(FaultKind::Unreachable));
    let first = story.refusal().await;
    assert_eq!(first.code(), Code::SystemUnreachable);
    let now = story.connection().await;
    assert_eq!(now.status, ConnectionStatus::Unreachable);
    let calls = story.calls();
    let refused = story.refusal().await;
    assert_eq!(
        story.calls(),
        calls,
        "nobody waits for a system that is known to be down"
    );
    assert_eq!(refused.code(), Code::SystemUnreachable);
    assert_eq!(refused.since, Some(now.status_since));
    assert_eq!(refused.retry_at, now.live_at());
    assert_eq!(refused.wait, Some(Duration::from_secs(5)));
    assert_eq!(refused.last_synced_at, synced_at);

    // When it is time again one of many is let through, and the others are not kept waiting.
    story.test.clock.advance(Duration::from_secs(5));
    let connection = story.connection().await;
    let gate = story.test.systems.stop_at("get vendor 1");
    let ask = || {
        live::ask(
            &story.test.domain,
            &connection,
            live::WITHIN,
            Again::Harmless,
            one_vendor,
        )
    };
    let others = async {
        gate.reached().await;
        let refused = join_all((0..5).map(|_| ask())).await;
        gate.open();
        refused
    };
    let (let_through, refused) = tokio::join!(ask(), others);
    assert!(let_through.is_err() && refused.iter().all(Result::is_err));
    assert_eq!(story.calls() - calls, 1);
    assert_eq!(
        story.told().await,
        numbered(&[("created", 1), ("unreachable", 2)])
    );
}

#[tokio::test]
async fn a_live_call_that_succeeds_resumes_everything_at_once() {
    let story = Story::begin().await;
    story.fail(Some(FaultKind::Unavailable));
    story.refusal().await;
    // Syncs that come due meanwhile wait for the system.
    story.minutes(100).await;
    let waiting = sync::states(&story.test.domain, &story.ws, &story.conn)
        .await
        .unwrap();
    for view in &waiting {
        assert_eq!(view.error.as_ref().unwrap().code, "unreachable", "{view:?}");
    }
    story.fail(None);
    while story.read().await.is_err() {
        story.test.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
    for _ in 0..4 {
        story.poll().await;
        story.test.clock.advance(Duration::from_secs(5));
    }
    for view in sync::states(&story.test.domain, &story.ws, &story.conn)
        .await
        .unwrap()
    {
        assert!(
            view.error.is_none() && view.last_success_at > waiting[0].last_success_at,
            "{view:?}"
        );
    }
    assert_eq!(
        story.told().await,
        numbered(&[("created", 1), ("unreachable", 2), ("online", 3)])
    );
    story.minutes(2).await;
    let row = probe::row(&story.test.domain, &story.ws, &story.conn, 1)
        .await
        .unwrap();
    assert_eq!(row, None, "nothing is left to try");
}

#[tokio::test]
async fn t19_one_request_that_fails_among_good_ones_is_no_outage() {
    for kind in [
        FaultKind::Unavailable,
        FaultKind::Unreachable,
        FaultKind::Tls,
        FaultKind::Unresolved,
    ] {
        let story = Story::begin().await;
        // One hiccup: the caller does not even hear of it.
        story.test.systems.script([Some(fault(kind))]);
        story.read().await.unwrap();
        // This request always fails, and others do not.
        for _ in 0..3 {
            story
                .test
                .systems
                .script([Some(fault(kind)), None, Some(fault(kind))]);
            let refused = story.refusal().await;
            assert_eq!(refused.since, None);
        }
        assert_eq!(story.connection().await.status, ConnectionStatus::Online);
        assert_eq!(story.told().await, numbered(&[("created", 1)]));
    }
}

#[tokio::test]
async fn what_must_not_be_done_twice_is_not() {
    let story = Story::begin().await;
    story.test.systems.script([Some(fault(FaultKind::Unreachable))]);
    let before = story.calls();
    assert!(story.call(Again::Never).await.is_err());
    let asked: Vec<String> = story.test.systems.calls().split_off(before);
    assert_eq!(asked, ["get vendor 1", "page purchase_order 1"]);
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
}

#[tokio::test(start_paused = true)]
async fn t19_one_answer_that_takes_too_long_is_a_doubt_and_a_second_an_outage() {
    let story = Story::begin().await;
    let slow = |slow: bool| {
        story.test.systems.latency(if slow {
            Duration::from_secs(40)
        } else {
            Duration::ZERO
        });
    };
    slow(true);
    assert_eq!(story.refusal().await.code(), Code::SystemTimeout);
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
    // An answer ends the doubt.
    slow(false);
    story.read().await.unwrap();
    assert_eq!(story.connection().await.doubted_at, None);
    slow(true);
    story.refusal().await;
    // So does time.
    story.test.clock.advance(MINUTE * 11);
    story.refusal().await;
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
    story.test.clock.advance(MINUTE);
    assert_eq!(story.refusal().await.code(), Code::SystemTimeout);
    assert_eq!(story.connection().await.status, ConnectionStatus::Unreachable);
    assert_eq!(
        story.refusal().await.code(),
        Code::SystemUnreachable,
        "the third waits for nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn t19_a_doubt_is_looked_into_at_once_and_costs_no_second_call() {
    let story = Story::begin().await;
    story.test.systems.latency(Duration::from_secs(40));
    assert_eq!(story.refusal().await.code(), Code::SystemTimeout);
    story.poll().await;
    assert_eq!(story.connection().await.status, ConnectionStatus::Unreachable);
    let before = story.calls();
    assert_eq!(story.refusal().await.code(), Code::SystemUnreachable);
    assert_eq!(story.calls(), before, "the second call waits for nothing");
    story.test.systems.latency(Duration::ZERO);
    story.minutes(3).await;
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);

    // A system that answers the look was only slow once: nothing is told, and nothing is left to do.
    let told = story.told().await;
    story.test.systems.latency(Duration::from_secs(40));
    story.refusal().await;
    story.test.systems.latency(Duration::ZERO);
    story.poll().await;
    let connection = story.connection().await;
    assert_eq!(
        (connection.status, connection.doubted_at),
        (ConnectionStatus::Online, None)
    );
    assert_eq!(story.told().await, told);
    let row = probe::row(&story.test.domain, &story.ws, &story.conn, connection.generation).await;
    assert!(row.unwrap().is_none());
}

/// What one customer's system asks for slows no other's.
#[tokio::test]
async fn t22_a_rate_limit_of_one_connection_slows_no_other() {
    let story = Story::begin().await;
    let (other_ws, _) = workspace_with(&story.test, 10).await;
    let (other, _) = connect(&story.test, &other_ws, &request()).await.unwrap();
    story.minutes(3).await;
    let mut busy = fault(FaultKind::RateLimited);
    busy.retry_after = Some(MINUTE * 60);
    story.test.systems.script([Some(busy)]);
    assert_eq!(story.refusal().await.code(), Code::SystemRateLimited);
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
    live::ask(
        &story.test.domain,
        &other,
        live::WITHIN,
        Again::Harmless,
        one_vendor,
    )
    .await
    .unwrap();
    let asked = sync::start(
        &story.test.domain,
        &other_ws,
        &other.id,
        None,
        crate::store::sync::Asked::default(),
    );
    asked.await.unwrap();
    story.poll().await;
    for view in sync::states(&story.test.domain, &other_ws, &other.id)
        .await
        .unwrap()
    {
        assert_eq!(view.state, crate::store::sync::SyncState::Succeeded);
    }
}
