//! Messages of every kind, disconnecting, and what is asked by hand.

use std::time::Duration;

use manifold_connectors::{Fault, FaultKind};

use super::{CONN, MODEL, Rig, WS};
use crate::{
    connection::Every,
    error::Problem,
    ports::QueueName,
    store::sync::{Asked, SyncState},
    sync::{Outcome, SyncMessage, reconcile, start, states},
};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn t26_messages_twice_early_late_or_lost_change_nothing() {
    let rig = Rig::start().await;
    rig.fill(10);
    // Lost: the schedule sends another within two minutes.
    rig.test
        .domain
        .ports
        .queue
        .send(
            QueueName::Sync,
            &SyncMessage::of(&rig.row().await).body(),
            Duration::ZERO,
        )
        .await
        .unwrap();
    rig.test.queue.lose_all();
    rig.minute().await;
    assert_eq!(rig.state().await, SyncState::Succeeded);
    let due = rig.row().await.due_at.unwrap();
    // What happened so far is handed to its endpoints: there are none, and it is due no more.
    rig.advance(Duration::from_secs(61));
    rig.minute().await;
    rig.test.deliver().await;
    // Early, and twice.
    assert_eq!(
        (rig.leg().await, rig.leg().await),
        (Outcome::NotDue, Outcome::NotDue)
    );
    let wait = Duration::try_from(due.duration_since(rig.now())).unwrap();
    rig.advance(wait - Duration::from_secs(30));
    // Due within the minute: the message waits in the queue until then.
    let deadline = rig.now() + HOUR;
    let sent = crate::schedule::drive(&rig.test.domain, deadline).await.unwrap();
    assert_eq!((sent.due, sent.sent), (1, 1));
    assert_eq!(rig.poll().await, 0);
    let again = crate::schedule::drive(&rig.test.domain, deadline).await.unwrap();
    assert_eq!(again.sent, 0, "one message is on its way");
    rig.advance(Duration::from_secs(31));
    let starts = rig.row().await.started_at;
    assert_eq!(rig.poll().await, 1);
    assert_ne!(rig.row().await.started_at, starts);
    // Late, for a generation or a model that is over.
    assert_eq!(rig.leg().await, Outcome::NotDue);
    let mut late = SyncMessage::of(&rig.row().await);
    let budget = crate::sync::RunBudget { deadline };
    late.generation = 0;
    assert_eq!(
        crate::sync::run_leg(&rig.test.domain, &late, budget)
            .await
            .unwrap(),
        Outcome::Stale
    );
    late.model = "nothing".to_owned();
    late.generation = 1;
    assert_eq!(
        crate::sync::run_leg(&rig.test.domain, &late, budget)
            .await
            .unwrap(),
        Outcome::Stale
    );
    assert_eq!(rig.row().await.watermark, 10);
}

#[tokio::test]
async fn t26_the_message_of_the_next_leg_may_be_lost() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(1);
    rig.fill(12);
    let clock = rig.test.clock.clone();
    rig.test
        .systems
        .before_each(move |_| clock.advance(Duration::from_secs(10)));
    assert_eq!(rig.leg_until(Duration::from_secs(50)).await, Outcome::HandedOver);
    rig.test.queue.lose_all();
    assert_eq!(rig.state().await, SyncState::Running);
    rig.minutes(2).await;
    assert_eq!(rig.state().await, SyncState::Succeeded);
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t23_a_disconnect_during_a_page_ends_the_run_without_another_commit() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    let gate = rig.test.systems.stop_at("page vendor 3");
    let leaving = async {
        gate.reached().await;
        rig.disconnect().await;
        gate.open();
    };
    let (outcome, ()) = tokio::join!(rig.leg(), leaving);
    assert_eq!(outcome, Outcome::Stale);
    let row = rig.row().await;
    assert_eq!((row.watermark, rig.stored().await.len()), (10, 10));
    let calls = rig.test.systems.calls().len();
    assert_eq!(calls, 3, "no call after the one that was under way");
    rig.advance(HOUR);
    assert_eq!(rig.leg().await, Outcome::Stale);
    rig.minutes(3).await;
    assert_eq!(rig.test.systems.calls().len(), calls);
    assert_eq!(rig.feed(None).await.0.len(), 10);
}

/// Who read the connection before the disconnect may make a sync due behind the clean-up.
#[tokio::test]
async fn t23_a_sync_that_is_made_due_behind_a_disconnect_is_not_woken_for_ever() {
    let rig = Rig::start().await;
    rig.disconnect().await;
    let mut row = rig.row().await;
    row.set_due(rig.now());
    rig.test.domain.store.put_sync(&mut row).await.unwrap();
    assert_eq!(rig.leg().await, Outcome::Stale);
    assert_eq!(rig.row().await.due_at, None);
}

#[tokio::test]
async fn t23_a_disconnect_between_journal_and_rows_shows_nothing_of_the_page() {
    let rig = Rig::start().await;
    rig.fill(5);
    rig.test.probe.die(crate::testing::Death::BeforeRecord(0));
    assert!(rig.try_leg(HOUR).await.is_err());
    rig.test.probe.revive();
    rig.disconnect().await;
    rig.advance(HOUR);
    assert_eq!(rig.leg().await, Outcome::Stale);
    assert_eq!(rig.feed(None).await.0, []);
    assert_eq!(rig.stored().await.len(), 0);
}

#[tokio::test]
async fn t23_a_disconnect_during_backoff_or_while_queued_leaves_nothing_to_do() {
    for down in [true, false] {
        let rig = Rig::start().await;
        rig.fill(5);
        if down {
            rig.test
                .systems
                .fail(Some(Fault::new(FaultKind::Unreachable, "Nothing listens there.")));
            assert_eq!(rig.leg().await, Outcome::Failed);
        } else {
            rig.ask(false, false).await;
        }
        rig.disconnect().await;
        rig.test.systems.fail(None);
        let calls = rig.test.systems.calls().len();
        rig.minutes(5).await;
        rig.advance(12 * HOUR);
        rig.minutes(2).await;
        assert_eq!(rig.test.systems.calls().len(), calls);
        assert_eq!(rig.row().await.watermark, 0);
        let asked = start(&rig.test.domain, WS, CONN, None, Asked::default()).await;
        assert!(matches!(asked, Err(Problem::ConnectionDisconnected { .. })));
    }
}

#[tokio::test]
async fn asking_during_a_run_queues_exactly_one_more() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    let gate = rig.test.systems.stop_at("page vendor 3");
    let asking = async {
        gate.reached().await;
        rig.put("00001", "changed behind the reader");
        for _ in 0..5 {
            rig.ask(false, false).await;
        }
        assert_eq!(rig.state().await, SyncState::Running);
        gate.open();
    };
    let (outcome, ()) = tokio::join!(rig.leg(), asking);
    assert_eq!(outcome, Outcome::Succeeded);
    assert_eq!(rig.state().await, SyncState::Queued);
    let runs = rig.row().await.started_at;
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.poll().await, 1);
    assert_ne!(rig.row().await.started_at, runs);
    assert_eq!(rig.state().await, SyncState::Succeeded);
    assert_eq!(rig.stored().await, rig.at_system());
    assert_eq!(rig.poll().await, 0);
}

#[tokio::test]
async fn states_show_every_model_and_unknown_ones_are_refused() {
    let rig = Rig::start().await;
    rig.connect(&[MODEL, "purchase_order"], Every::Manual).await;
    let shown = states(&rig.test.domain, WS, CONN).await.unwrap();
    let models: Vec<(&str, SyncState)> = shown
        .iter()
        .map(|view| (view.model.as_str(), view.state))
        .collect();
    assert_eq!(
        models,
        [("purchase_order", SyncState::Never), (MODEL, SyncState::Never)]
    );
    let unknown = start(&rig.test.domain, WS, CONN, Some("asset"), Asked::default()).await;
    assert!(matches!(unknown, Err(Problem::NotFound(_))));
    let nobody = start(&rig.test.domain, "ws_2", CONN, None, Asked::default()).await;
    assert!(matches!(nobody, Err(Problem::NotFound(_))));
    let queued = start(&rig.test.domain, WS, CONN, None, Asked::default())
        .await
        .unwrap();
    assert!(queued.iter().all(|view| view.state == SyncState::Queued));
    rig.fill(2);
    rig.poll().await;
    let done = states(&rig.test.domain, WS, CONN).await.unwrap();
    assert_eq!((done[1].state, done[1].counts.created), (SyncState::Succeeded, 2));
    assert_eq!(
        (done[1].next_run_at.as_ref(), done[1].error.as_ref()),
        (None, None)
    );
    assert!(done[1].last_success_at.is_some());
}

#[tokio::test]
async fn a_change_of_schedule_models_and_history_is_followed() {
    let rig = Rig::start().await;
    rig.fill(3);
    rig.sync().await;
    let mut connection = rig.connection().await;
    connection.schedule = crate::connection::Schedule::All(Every::Manual);
    rig.put_connection(&connection).await;
    reconcile(&rig.test.domain, &connection).await.unwrap();
    assert_eq!(rig.row().await.due_at, None);
    connection.schedule = crate::connection::Schedule::All(Every::FifteenMinutes);
    connection.models = vec!["purchase_order".to_owned()];
    rig.put_connection(&connection).await;
    reconcile(&rig.test.domain, &connection).await.unwrap();
    assert_eq!(rig.row().await.due_at, None);
    let new = rig
        .test
        .domain
        .store
        .sync(WS, CONN, "purchase_order")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((new.state, new.due_at), (SyncState::Queued, Some(rig.now())));
    connection.models.push(MODEL.to_owned());
    connection.history = crate::connection::History::All;
    rig.put_connection(&connection).await;
    reconcile(&rig.test.domain, &connection).await.unwrap();
    let row = rig.row().await;
    assert_eq!(
        (row.history_since, row.state, row.asked.map(|asked| asked.full)),
        (None, SyncState::Queued, Some(true))
    );
    rig.advance(Duration::from_secs(1));
    rig.leg().await;
    let row = rig.row().await;
    let wait = row.due_at.unwrap().duration_since(rig.now());
    assert!(wait.as_secs() < 23 * 60, "{wait:?}");
}

#[tokio::test]
async fn t28_a_delay_of_hours_is_met_within_a_minute_and_not_early() {
    for hours in [4, 24, 72] {
        let rig = Rig::start().await;
        rig.fill(3);
        rig.sync().await;
        let mut row = rig.row().await;
        let due = rig.now() + HOUR * hours;
        row.set_due(due);
        rig.test.domain.store.put_sync(&mut row).await.unwrap();
        let before = rig.row().await.started_at;
        // A message that comes early changes nothing.
        assert_eq!(rig.leg().await, Outcome::NotDue);
        rig.test.clock.set(due - Duration::from_secs(150));
        rig.minutes(2).await;
        assert_eq!(rig.row().await.started_at, before, "{hours} h");
        rig.minutes(1).await;
        rig.poll().await;
        let late = rig.row().await.started_at.unwrap().duration_since(due).as_secs();
        assert!((0..=60).contains(&late), "{late} s after {hours} h");
    }
}

/// Leases go by the wall's clock and due times by the stack's: a worker that is ten minutes ahead takes the lease of one that
/// is alive, and one that is behind waits; either way one of them commits.
#[tokio::test]
async fn t31_a_worker_whose_clock_is_wrong_does_no_harm() {
    for ahead in [true, false] {
        let rig = Rig::start().await;
        rig.test.systems.page_size(5);
        rig.fill(20);
        let now = rig.now();
        let wrong = if ahead {
            now + Duration::from_secs(600)
        } else {
            now - Duration::from_secs(600)
        };
        let gate = rig.test.systems.stop_at("page vendor 3");
        let other = async {
            gate.reached().await;
            rig.test.clock.set(wrong);
            let outcome = rig.leg().await;
            rig.test.clock.set(now);
            gate.open();
            outcome
        };
        let (first, second) = tokio::join!(rig.try_leg(HOUR), other);
        let expected = if ahead {
            (Outcome::Held, Outcome::Succeeded)
        } else {
            (Outcome::Succeeded, Outcome::Held)
        };
        assert_eq!((first.unwrap(), second), expected);
        rig.advance(HOUR);
        rig.minutes(3).await;
        assert_eq!(rig.stored().await, rig.at_system());
        assert_eq!(rig.feed(None).await.0.len(), 20, "no change twice");
    }
}
