//! Many connections to one host that goes down and comes back.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::fault::{Fault, FaultKind};

use super::{connect, credits, input, request, standing, workspace_with};
use crate::{
    connection::Connection,
    health::{
        host::{MOST_A_STEP, STEP},
        probe::{self, ProbeMessage},
        record_failure,
    },
    ports::{Clock as _, QueueName},
    schedule,
    store::{Row, Table, When, keys},
    testing::{PASSWORD, TestDomain},
};

const TICK: Duration = Duration::from_secs(5);

struct Crowd {
    test: TestDomain,
    ws: String,
    connections: Vec<Connection>,
    asked_at: Arc<Mutex<Vec<Timestamp>>>,
}

impl Crowd {
    /// So many connections to one host that has just gone down for all of them.
    async fn of(size: usize) -> Self {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 2).await;
        let mut asked = request();
        // Only attempts are watched here, not the syncs that follow them.
        asked.options.schedule = Some(crate::connection::Schedule::All(crate::connection::Every::Manual));
        let (first, _) = connect(&test, &ws, &asked).await.unwrap();
        let mut connections = vec![first];
        for number in 1..size {
            let another = another(&test, &connections[0], number).await;
            connections.push(another);
        }
        test.queue.lose_all();
        let crowd = Self {
            test,
            ws,
            connections,
            asked_at: Arc::default(),
        };
        crowd.test.systems.fail(Some(down()));
        for connection in &crowd.connections {
            record_failure(&crowd.test.domain, connection, &down())
                .await
                .unwrap();
        }
        let (clock, log) = (crowd.test.clock.clone(), Arc::clone(&crowd.asked_at));
        crowd
            .test
            .systems
            .before_each(move |_| log.lock().unwrap().push(clock.now()));
        crowd
    }

    async fn pass(&self, time: Duration) {
        let end = self.test.clock.now() + time;
        let mut next_drive = self.test.clock.now();
        while self.test.clock.now() < end {
            if self.test.clock.now() >= next_drive {
                next_drive = self.test.clock.now() + Duration::from_secs(60);
                let deadline = self.test.clock.wall() + Duration::from_secs(60);
                schedule::drive(&self.test.domain, deadline).await.unwrap();
            }
            for body in self.test.queue.take(QueueName::Sync) {
                let message: ProbeMessage = serde_json::from_str(&body).unwrap();
                probe::run(&self.test.domain, &message).await.unwrap();
            }
            self.test.clock.advance(TICK);
        }
    }

    fn asked(&self) -> Vec<Timestamp> {
        self.asked_at.lock().unwrap().clone()
    }

    async fn online(&self) -> usize {
        let mut online = 0;
        for connection in &self.connections {
            let now = standing(&self.test, &self.ws, &connection.id).await;
            online += usize::from(!now.is_unreachable());
        }
        online
    }
}

/// A connection like the first one: five hundred validated one by one would make the story long.
async fn another(test: &TestDomain, like: &Connection, number: usize) -> Connection {
    let another = Connection {
        id: format!("conn_{number:03}"),
        token_hash: None,
        ..like.clone()
    };
    let key = keys::connection(&another.workspace, &another.id);
    let store = &test.domain.store;
    store
        .put(Row::Connection, Table::State, &key, &another, When::new_row())
        .await
        .unwrap();
    let secrets = input(PASSWORD).credentials;
    let vault = &test.domain.ports.vault;
    vault.put(&another.vault_name(), &secrets).await.unwrap();
    another
}

fn down() -> Fault {
    Fault::new(FaultKind::Unreachable, "Nothing listens there.")
}

/// Attempts in each step of time since the first.
fn per_step(asked: &[Timestamp]) -> BTreeMap<i64, u32> {
    let mut steps = BTreeMap::new();
    for at in asked {
        let step = at.duration_since(asked[0]).as_secs() / STEP.as_secs();
        *steps.entry(step).or_default() += 1;
    }
    steps
}

#[tokio::test]
async fn t21_five_hundred_connections_of_one_host_come_back_one_two_four_at_a_time() {
    let crowd = Crowd::of(500).await;
    let held = credits(&crowd.test, &crowd.ws).await;
    crowd.pass(Duration::from_secs(300)).await;
    // One connection tries it for all of them.
    let tries = crowd.asked().len();
    assert!((3..=6).contains(&tries), "{tries} attempts in five minutes");

    crowd.test.systems.fail(None);
    crowd.asked_at.lock().unwrap().clear();
    crowd.pass(Duration::from_secs(900)).await;
    assert_eq!(crowd.online().await, 500, "all came back by themselves");
    let steps = per_step(&crowd.asked());
    let peak = steps.values().max().copied().unwrap();
    assert!(peak <= MOST_A_STEP + MOST_A_STEP / 2, "{steps:?}");
    for (step, count) in steps.iter().take(5) {
        assert!(*count <= 2 << step, "step {step}: {steps:?}");
    }
    let last = *crowd.asked().last().unwrap();
    let took = last.duration_since(crowd.asked()[0]);
    assert!(took < SignedDuration::from_mins(10), "{took:?}");
    assert_eq!(crowd.asked().len(), 500, "one attempt each");
    assert_eq!(credits(&crowd.test, &crowd.ws).await, held);
}

#[tokio::test]
async fn t21_on_a_host_that_customers_share_each_connection_goes_at_its_own_pace() {
    let crowd = Crowd::of(3).await;
    crowd.test.systems.share_host(true);
    crowd.pass(Duration::from_secs(1800)).await;
    assert!(crowd.asked().len() >= 3 * 5, "{} attempts", crowd.asked().len());
}

#[tokio::test]
async fn t21_a_live_call_that_finds_the_host_well_brings_the_others_back() {
    let crowd = Crowd::of(20).await;
    crowd.pass(Duration::from_secs(3600)).await;
    crowd.test.systems.fail(None);
    let lucky = &crowd.connections[7];
    let found = standing(&crowd.test, &crowd.ws, &lucky.id).await;
    crate::health::record_success(&crowd.test.domain, &found)
        .await
        .unwrap();
    crowd.pass(Duration::from_secs(240)).await;
    assert_eq!(
        crowd.online().await,
        20,
        "nobody waits for the next rung of a ladder of hours"
    );
}

#[tokio::test]
async fn t21_a_host_that_falls_again_while_connections_come_back_is_left_alone() {
    let crowd = Crowd::of(40).await;
    crowd.pass(Duration::from_secs(1800)).await;
    crowd.test.systems.fail(None);
    while crowd.online().await < 4 {
        crowd.pass(Duration::from_secs(30)).await;
    }
    crowd.test.systems.fail(Some(down()));
    crowd.asked_at.lock().unwrap().clear();
    crowd.pass(Duration::from_secs(1200)).await;
    let tries = crowd.asked().len();
    assert!(tries <= 12, "{tries} attempts at a host that fell again");
    crowd.test.systems.fail(None);
    crowd.pass(Duration::from_secs(2 * 3600)).await;
    assert_eq!(crowd.online().await, 40);
}
