//! A system goes down, is tried again, and comes back, seen by who calls it live.

mod calls;
mod days;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use manifold_connectors::fault::{Fault, FaultKind};

use super::{connect, request, standing, workspace_with};
use crate::{
    connection::{Connection, ConnectionStatus},
    error::{Problem, SystemProblem},
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
        standing(&self.test, &self.ws, &self.conn).await
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
