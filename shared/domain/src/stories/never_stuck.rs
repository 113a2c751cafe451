//! No state can be reached in which work is due and nothing will ever wake it: whatever goes wrong in
//! whatever order, rows that want something are in the due index, and once the world is well everything is done.

use std::time::Duration;

use manifold_connectors::fault::{Fault, FaultKind};
use proptest::prelude::*;

use super::{connect, credits, input, request, somebody, standing, workspace_with};
use crate::{
    connection::{Connection, ConnectionStatus, Every, Schedule},
    health::probe::{self, ProbeMessage},
    live::{self, Again},
    ports::QueueName,
    schedule,
    store::sync::{Asked, SyncRow, SyncState},
    sync::{self, RunBudget, SyncMessage},
    testing::{Death, PASSWORD, TestDomain, each_case, record},
    update::{ConnectionPatch, change},
};

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// The queue's messages are worked on.
    Work,
    /// Whoever works on the queue's messages dies before this call of the store, or after it.
    WorkAndDie(usize, bool),
    /// Every message is lost.
    Lose,
    /// The minute schedule runs, and dies at a call of the store, or not.
    Drive(Option<usize>),
    /// Time passes, in seconds.
    Pass(u64),
    /// The system goes down, asks to wait, comes back.
    Down,
    Busy,
    Well,
    /// Its password changes, and a person gives the new one; or dies on the way.
    Lock,
    Repair(Option<usize>),
    /// Somebody reads live, asks for a sync, changes the schedule.
    Read,
    Ask(bool),
    Reschedule(bool, Option<usize>),
}

fn deed() -> impl Strategy<Value = Deed> {
    let death = || prop_oneof![3 => Just(None), 1 => (0_usize..12).prop_map(Some)];
    prop_oneof![
        4 => Just(Deed::Work),
        3 => (0_usize..14, any::<bool>()).prop_map(|(call, before)| Deed::WorkAndDie(call, before)),
        2 => Just(Deed::Lose),
        4 => death().prop_map(Deed::Drive),
        4 => prop_oneof![Just(5), Just(40), Just(130), Just(1_000), Just(8_000), Just(30_000)].prop_map(Deed::Pass),
        2 => Just(Deed::Down),
        1 => Just(Deed::Busy),
        2 => Just(Deed::Well),
        1 => Just(Deed::Lock),
        1 => death().prop_map(Deed::Repair),
        2 => Just(Deed::Read),
        2 => any::<bool>().prop_map(Deed::Ask),
        1 => (any::<bool>(), death()).prop_map(|(manual, death)| Deed::Reschedule(manual, death)),
    ]
}

#[test]
fn nothing_that_is_due_is_ever_forgotten() {
    each_case(24, &prop::collection::vec(deed(), 5..40), play);
}

async fn play(deeds: Vec<Deed>) {
    let story = Story::begin().await;
    for deed in &deeds {
        story.act(*deed).await;
        story.check_that_wishes_are_due(&deeds).await;
    }
    story.get_well(&deeds).await;
}

struct Story {
    test: TestDomain,
    ws: String,
    conn: String,
}

impl Story {
    async fn begin() -> Self {
        let test = TestDomain::start().await;
        test.systems.page_size(2);
        for id in ["1", "2", "3"] {
            test.systems.put("vendor", record("vendor", id, "a name", None));
        }
        let (ws, _) = workspace_with(&test, 10).await;
        let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
        Self {
            test,
            ws,
            conn: connection.id,
        }
    }

    async fn connection(&self) -> Connection {
        standing(&self.test, &self.ws, &self.conn).await
    }

    async fn act(&self, deed: Deed) {
        match deed {
            Deed::Work => self.work().await,
            Deed::WorkAndDie(call, before) => {
                self.test.probe.die(if before {
                    Death::Before(call)
                } else {
                    Death::After(call)
                });
                self.work().await;
            }
            Deed::Lose => self.test.queue.lose_all(),
            Deed::Drive(death) => {
                self.die_at(death);
                self.drive().await;
            }
            Deed::Pass(seconds) => self.test.clock.advance(Duration::from_secs(seconds)),
            Deed::Down => self
                .test
                .systems
                .fail(Some(Fault::new(FaultKind::Unreachable, "It is down."))),
            Deed::Busy => self
                .test
                .systems
                .fail(Some(Fault::new(FaultKind::RateLimited, "It is busy."))),
            Deed::Well => self.test.systems.fail(None),
            Deed::Lock => self.test.systems.set_password("another"),
            Deed::Repair(death) => {
                self.test.systems.set_password(PASSWORD);
                self.die_at(death);
                self.repair().await;
            }
            Deed::Read => self.read().await,
            Deed::Ask(full) => self.ask(full).await,
            Deed::Reschedule(manual, death) => {
                self.die_at(death);
                self.reschedule(if manual { Every::Manual } else { Every::Hour })
                    .await;
            }
        }
        self.test.probe.revive();
    }

    fn die_at(&self, call: Option<usize>) {
        if let Some(call) = call {
            self.test.probe.die(Death::Before(call));
        }
    }

    async fn drive(&self) {
        let deadline = self.test.clock_wall() + Duration::from_secs(55);
        // Who dies answers nothing.
        let _ = schedule::drive(&self.test.domain, deadline).await;
    }

    async fn work(&self) {
        for body in self.test.queue.take(QueueName::Sync) {
            if let Ok(message) = serde_json::from_str::<SyncMessage>(&body) {
                let deadline = self.test.clock_wall() + Duration::from_secs(900);
                let _ = sync::run_leg(&self.test.domain, &message, RunBudget { deadline }).await;
            } else {
                let message: ProbeMessage = serde_json::from_str(&body).unwrap();
                let _ = probe::run(&self.test.domain, &message).await;
            }
        }
    }

    async fn repair(&self) {
        let patch = ConnectionPatch {
            credentials: Some(input(PASSWORD).credentials),
            ..ConnectionPatch::default()
        };
        let _ = change(
            &self.test.domain,
            &self.ws,
            &self.conn,
            &somebody(),
            patch,
            &mut |_| {},
        )
        .await;
    }

    async fn reschedule(&self, every: Every) {
        let patch = ConnectionPatch {
            schedule: Some(Schedule::All(every)),
            ..ConnectionPatch::default()
        };
        let _ = change(
            &self.test.domain,
            &self.ws,
            &self.conn,
            &somebody(),
            patch,
            &mut |_| {},
        )
        .await;
    }

    async fn read(&self) {
        let connection = self.connection().await;
        let _ = live::ask(
            &self.test.domain,
            &connection,
            live::WITHIN,
            Again::Harmless,
            |system| async move { system.get("vendor", "1", false).await },
        )
        .await;
    }

    async fn ask(&self, full: bool) {
        let asked = Asked {
            full,
            confirm_deletions: false,
        };
        let _ = sync::start(&self.test.domain, &self.ws, &self.conn, None, asked).await;
    }

    async fn rows(&self) -> Vec<SyncRow> {
        self.test.domain.store.syncs(&self.ws, &self.conn).await.unwrap()
    }

    async fn check_that_wishes_are_due(&self, deeds: &[Deed]) {
        let connection = self.connection().await;
        for row in self.rows().await {
            let wishes = row.every != Every::Manual
                || row.asked.is_some()
                || row.run.is_some()
                || row.hold.is_some()
                || row.lease_until.is_some();
            assert!(!wishes || row.due_at.is_some(), "{row:?} after {deeds:?}");
        }
        if connection.status == ConnectionStatus::Unreachable {
            let row = probe::row(&self.test.domain, &self.ws, &self.conn, connection.generation).await;
            assert!(
                row.unwrap().is_some_and(|row| row.due_at.is_some()),
                "{connection:?} after {deeds:?}"
            );
        }
    }

    /// Once the system is well and has its password, a day does all that was due.
    async fn get_well(&self, deeds: &[Deed]) {
        self.test.systems.fail(None);
        self.test.systems.set_password(PASSWORD);
        if self.connection().await.status == ConnectionStatus::ReauthRequired {
            self.repair().await;
        }
        let well_since = self.test.clock_now();
        for _ in 0..6 * 30 {
            self.drive().await;
            self.work().await;
            self.test.clock.advance(Duration::from_secs(120));
            self.work().await;
            if self.is_done(well_since).await {
                break;
            }
        }
        let connection = self.connection().await;
        assert!(
            self.is_done(well_since).await,
            "{connection:?}\n{:?}\nafter {deeds:?}",
            self.rows().await
        );
        let balance = credits(&self.test, &self.ws).await;
        assert_eq!((balance.held, balance.free), (2, 8));
    }

    async fn is_done(&self, since: jiff::Timestamp) -> bool {
        let connection = self.connection().await;
        let done = |row: &SyncRow| {
            let idle = row.state == SyncState::Succeeded || row.state == SyncState::Never;
            let ran = row.last_success_at.is_some_and(|at| at >= since);
            let by_hand = connection.schedule.of(&row.model) == Every::Manual;
            idle && row.hold.is_none() && row.asked.is_none() && (ran || by_hand)
        };
        connection.status == ConnectionStatus::Online && self.rows().await.iter().all(done)
    }
}
