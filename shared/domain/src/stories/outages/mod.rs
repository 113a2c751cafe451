//! A system goes down, is tried again, and comes back, seen by who calls it live.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use jiff::Timestamp;
use manifold_connectors::fault::{Fault, FaultKind};

use super::{connect, credits, request, workspace_with};
use crate::{
    connection::{Connection, ConnectionStatus},
    error::{Code, Problem, SystemProblem},
    events,
    health::probe::{self, ProbeMessage},
    listing::Paging,
    live::{self, Again},
    ports::QueueName,
    schedule,
    sync::{self, RunBudget, SyncMessage},
    systems::OpenSystem,
    testing::TestDomain,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A connection whose first syncs are done, and what happens to it.
struct Story {
    test: TestDomain,
    ws: String,
    conn: String,
}

impl Story {
    async fn begin() -> Self {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
        let story = Self {
            test,
            ws,
            conn: connection.id,
        };
        story.minutes(3).await;
        story
    }

    async fn connection(&self) -> Connection {
        let found = self.test.domain.store.connection(&self.ws, &self.conn).await;
        found.unwrap().unwrap()
    }

    fn fail(&self, kind: Option<FaultKind>) {
        self.test.systems.fail(kind.map(fault));
    }

    fn calls(&self) -> usize {
        self.test.systems.calls().len()
    }

    async fn read(&self) -> Result<(), Problem> {
        self.call(Again::Harmless).await
    }

    async fn call(&self, again: Again) -> Result<(), Problem> {
        let connection = self.connection().await;
        live::ask(&self.test.domain, &connection, live::WITHIN, again, one_vendor).await
    }

    async fn refusal(&self) -> SystemProblem {
        match self.read().await.unwrap_err() {
            Problem::System(problem) => *problem,
            other => panic!("{other}"),
        }
    }

    /// What the minute schedule and the queue's poller do.
    async fn minutes(&self, minutes: usize) {
        for _ in 0..minutes {
            let deadline = self.test.clock_wall() + MINUTE;
            schedule::drive(&self.test.domain, deadline).await.unwrap();
            for _ in 0..12 {
                self.poll().await;
                self.test.clock.advance(MINUTE / 12);
            }
        }
    }

    /// Lets hours pass in which nothing but attempts happens.
    async fn until(&self, end: Timestamp) {
        while self.test.clock_now() < end {
            let next = self.connection().await.next_attempt_at.unwrap_or(end);
            let soon = next.min(end) - MINUTE / 2;
            if soon > self.test.clock_now() {
                self.test.clock.set(soon);
            }
            self.minutes(2).await;
        }
    }

    async fn poll(&self) {
        for body in self.test.queue.take(QueueName::Sync) {
            // A probe's message names no model.
            if let Ok(message) = serde_json::from_str::<SyncMessage>(&body) {
                let deadline = self.test.clock_wall() + Duration::from_secs(900);
                sync::run_leg(&self.test.domain, &message, RunBudget { deadline })
                    .await
                    .unwrap();
                continue;
            }
            let message: ProbeMessage = serde_json::from_str(&body).unwrap();
            probe::run(&self.test.domain, &message).await.unwrap();
        }
    }

    /// Status events with their numbers, the oldest first.
    async fn told(&self) -> Vec<(String, u64)> {
        let paging = Paging {
            cursor: None,
            limit: 500,
        };
        let mut news = events::list(&self.test.domain, &self.ws, paging)
            .await
            .unwrap()
            .data;
        news.reverse();
        news.iter()
            .filter_map(|event| {
                let kind = event.kind.as_str().strip_prefix("connection.")?;
                Some((kind.to_owned(), event.data["sequence"].as_u64().unwrap()))
            })
            .collect()
    }
}

async fn one_vendor(system: Arc<dyn OpenSystem>) -> Result<(), Fault> {
    system.get("vendor", "1", false).await.map(drop)
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "It does not work.")
}

fn numbered(told: &[(&str, u64)]) -> Vec<(String, u64)> {
    told.iter()
        .map(|(kind, seq)| ((*kind).to_owned(), *seq))
        .collect()
}

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
    story.test.systems.set_password(crate::testing::PASSWORD);
    story.test.clock.advance(MINUTE);
    let patch = crate::update::ConnectionPatch {
        credentials: Some(super::input(crate::testing::PASSWORD).credentials),
        ..Default::default()
    };
    crate::update::change(
        &story.test.domain,
        &story.ws,
        &story.conn,
        &super::somebody(),
        patch,
        &mut |_| {},
    )
    .await
    .unwrap();
    crate::disconnect::disconnect(&story.test.domain, &story.ws, &story.conn, &super::somebody())
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
