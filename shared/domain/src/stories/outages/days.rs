//! Days of outage: the ladder of attempts, its end, and what is told of it.

use std::sync::Mutex;

use super::{
    super::{credits, input, somebody},
    *,
};
use crate::testing::PASSWORD;

/// Three days: the ladder of attempts as the system sees them, and everything as before afterwards.
#[tokio::test]
async fn t20_three_days_of_outage_are_a_ladder_of_attempts_and_end_by_themselves() {
    let story = Story::begin().await;
    let held = credits(&story.test, &story.ws).await;
    story.fail(Some(FaultKind::Unreachable));
    story.refusal().await;
    let asked_at = Arc::new(Mutex::new(vec![story.test.clock_now()]));
    let (clock, log) = (story.test.clock.clone(), Arc::clone(&asked_at));
    story.test.systems.before_each(move |_| {
        let now = crate::ports::Clock::now(&*clock);
        log.lock().unwrap().push(now);
    });
    story.until(story.test.clock_now() + MINUTE * 60 * 72).await;
    let asked: Vec<_> = asked_at.lock().unwrap().clone();
    let mut steps = asked
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs());
    let mut longest = 30;
    for (number, step) in steps.by_ref().enumerate() {
        // The queue is polled every five seconds here.
        assert!(
            (longest / 2..=longest + 5).contains(&step),
            "wait {number} is {step} s of {longest}"
        );
        longest = (longest * 2).min(6 * 3600);
    }
    assert!((20..30).contains(&asked.len()), "{} attempts", asked.len());

    story.fail(None);
    story.until(story.test.clock_now() + MINUTE * 60 * 7).await;
    story.minutes(3).await;
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
    for view in sync::states(&story.test.domain, &story.ws, &story.conn)
        .await
        .unwrap()
    {
        assert_eq!(view.state, crate::store::sync::SyncState::Succeeded);
    }
    assert_eq!(
        story.told().await,
        numbered(&[("created", 1), ("unreachable", 2), ("online", 3)])
    );
    assert_eq!(credits(&story.test, &story.ws).await, held);
}

#[tokio::test]
async fn t20_a_system_that_names_a_time_is_not_asked_before() {
    for (asked, waits) in [
        (Duration::from_secs(3_600), 3_600),
        (Duration::ZERO, 15),
        (Duration::from_secs(1_000_000_000), 24 * 3_600),
    ] {
        let story = Story::begin().await;
        let mut busy = fault(FaultKind::Unavailable);
        busy.retry_after = Some(asked);
        story.test.systems.fail(Some(busy));
        let before = story.calls();
        story.refusal().await;
        assert_eq!(story.calls() - before, 1, "its word is enough");
        let next = story.connection().await.next_attempt_at.unwrap();
        let wait = next.duration_since(story.test.clock_now()).as_secs();
        assert!(
            (waits..=waits.max(30)).contains(&wait),
            "{wait} s after {asked:?}"
        );
        // Attempts meet the same answer, and heed it too.
        story.until(next + MINUTE).await;
        let after = story.connection().await.next_attempt_at.unwrap();
        assert!(
            after.duration_since(next).as_secs() >= waits,
            "{after} after {next}"
        );
    }
}

#[tokio::test]
async fn t40_status_events_are_numbered_over_outage_repair_and_disconnect() {
    let story = Story::begin().await;
    story.fail(Some(FaultKind::Unreachable));
    story.refusal().await;
    story.fail(None);
    story.minutes(2).await;
    story.test.systems.set_password("another");
    story.refusal().await;
    story.test.systems.set_password(PASSWORD);
    story.test.clock.advance(MINUTE);
    let patch = crate::update::ConnectionPatch {
        credentials: Some(input(PASSWORD).credentials),
        ..Default::default()
    };
    crate::update::change(
        &story.test.domain,
        &story.ws,
        &story.conn,
        &somebody(),
        patch,
        &mut |_| {},
    )
    .await
    .unwrap();
    crate::disconnect::disconnect(&story.test.domain, &story.ws, &story.conn, &somebody())
        .await
        .unwrap();
    assert_eq!(
        story.told().await,
        numbered(&[
            ("created", 1),
            ("unreachable", 2),
            ("online", 3),
            ("reauth_required", 4),
            ("online", 5),
            ("disconnected", 6),
        ])
    );
}

/// A connection that is only synced by hand has no due sync, and is tried again all the same.
#[tokio::test]
async fn an_outage_ends_by_itself_for_connections_that_are_synced_by_hand() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let mut asked = request();
    asked.options.schedule = Some(crate::connection::Schedule::All(crate::connection::Every::Manual));
    let (connection, _) = connect(&test, &ws, &asked).await.unwrap();
    let story = Story {
        test,
        ws,
        conn: connection.id,
    };
    story.fail(Some(FaultKind::Unreachable));
    story.refusal().await;
    story.minutes(60).await;
    story.fail(None);
    story.minutes(60).await;
    assert_eq!(story.connection().await.status, ConnectionStatus::Online);
}
