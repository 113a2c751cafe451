//! Lanes: one worker at a time sends what is due to an endpoint.
//!
//! The lane's row holds the lease, and how the endpoint is doing. Whoever makes deliveries raises `rev`, and a
//! worker ends its lease only on the revision that it last looked at: so no turn is overlooked in between.

mod ending;
mod health;
mod round;
mod row;
mod window;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub(crate) use row::{LaneRow, called};

use self::{
    health::Health,
    row::{Fenced, Lease, NextTurn},
    window::Window,
};
use super::{
    DeliverMessage,
    delivery::{DeliveryRow, TurnRow},
    endpoint::EndpointRow,
};
use crate::{
    deployment::Domain,
    error::Problem,
    ports::{MAX_DELAY, QueueName},
    store::{Item, Row, SortKeys, StoreError, Table, from_row, key_of, keys, keys::Key},
};

/// No attempt begins in the last seconds before the deadline: one takes 15 at most, and has to be written down.
const RESERVE: SignedDuration = SignedDuration::from_secs(20);
/// The lease is renewed when it is so old: a round takes 15 seconds and more while a receiver hangs.
const RENEWED_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// Turns that a worker looks at together.
const MOST_TURNS: usize = 64;
/// The same while the endpoint fails: what becomes due meanwhile does not wait for long.
const FEW_TURNS: usize = 8;

/// What was done for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// What became of it.
    pub outcome: Outcome,
    /// Deliveries that were parked. Those of work that broke off are not counted.
    pub parked: u64,
}

impl From<Outcome> for Worked {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, parked: 0 }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was due is done.
    Done,
    /// There was no time for all of it: another message was sent.
    HandedOver,
    /// Nothing is due yet.
    NotDue,
    /// Another worker is at it.
    Held,
    /// What it was about is gone.
    Stale,
}

/// Tells a lane that there is something for it, and a worker if none knows.
pub(crate) async fn wake(domain: &Domain, ws: &str, ep: &str) -> Result<(), StoreError> {
    if row::raise(domain, ws, ep).await? {
        send(domain, ws, ep, Duration::ZERO).await;
    }
    Ok(())
}

/// Sends the message that wakes a worker after a while of the stack's time.
pub(crate) async fn send(domain: &Domain, ws: &str, ep: &str, delay: Duration) {
    let message = DeliverMessage::Lane {
        ws: ws.to_owned(),
        endpoint: ep.to_owned(),
    };
    domain.wake(QueueName::Deliver, &message.body(), delay).await;
}

/// Ends every lease on lanes of a workspace, for whoever knows that no worker of it lives: a laptop that starts again
/// after it was killed.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub async fn end_leases(domain: &Domain, ws: &str) -> Result<(), Problem> {
    for (endpoint, lane) in super::endpoint::rows(domain, ws).await? {
        if lane.is_some_and(|lane| lane.is_held(domain.ports.clock.wall())) {
            row::expire(domain, ws, &endpoint.id).await?;
        }
    }
    Ok(())
}

/// Works on a lane until nothing is due on it, or the deadline comes.
pub(super) async fn run_leg(
    domain: &Domain,
    ws: &str,
    ep: &str,
    deadline: Timestamp,
) -> Result<Worked, Problem> {
    let (lease, lane) = match row::take(domain, ws, ep).await? {
        Ok(taken) => taken,
        Err(outcome) => return Ok(outcome.into()),
    };
    let mut leg = Leg {
        domain,
        ws,
        ep,
        stop_at: deadline - RESERVE,
        health: Health::of(&lane),
        window: Window::new(),
        renewed_at: domain.ports.clock.wall(),
        seen_at: domain.ports.clock.wall(),
        disabled: false,
        parked: 0,
        lane,
        lease,
    };
    let outcome = match leg.run().await {
        Ok(outcome) => outcome,
        // Whoever holds the lease now goes on.
        Err(Stop::Fenced) => Outcome::Held,
        Err(Stop::Broken(problem)) => return Err(problem),
    };
    Ok(Worked {
        outcome,
        parked: leg.parked,
    })
}

/// Why a leg stops before its end.
enum Stop {
    Fenced,
    Broken(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Broken(problem)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Broken(error.into())
    }
}

impl From<Fenced> for Stop {
    fn from(_: Fenced) -> Self {
        Stop::Fenced
    }
}

/// How far a leg came.
enum Done {
    /// All that was due; the next turn is then.
    Until(NextTurn),
    /// The time is over.
    OutOfTime,
    /// The endpoint is deleted, and nothing of it is left but the lane.
    Gone,
}

/// One turn as it was found.
struct Turn {
    key: Key,
    at: Timestamp,
    row: TurnRow,
}

/// A worker at work on a lane.
struct Leg<'a> {
    domain: &'a Domain,
    ws: &'a str,
    ep: &'a str,
    stop_at: Timestamp,
    lease: Lease,
    renewed_at: Timestamp,
    /// When the endpoint was last read.
    seen_at: Timestamp,
    /// The endpoint was disabled by this leg.
    disabled: bool,
    /// Deliveries that this leg parked.
    parked: u64,
    /// As it was read last: its revision is the one up to which everything was looked at.
    lane: LaneRow,
    health: Health,
    window: Window,
}

impl Leg<'_> {
    async fn run(&mut self) -> Result<Outcome, Stop> {
        loop {
            match self.work().await? {
                Done::Until(next) => {
                    if self
                        .lease
                        .end(self.domain, self.lane.rev, &self.health, next)
                        .await?
                    {
                        self.call_again(next).await;
                        return Ok(Outcome::Done);
                    }
                    self.refresh().await?;
                }
                Done::OutOfTime => {
                    self.lease.hand_over(self.domain, &self.health).await?;
                    send(self.domain, self.ws, self.ep, Duration::ZERO).await;
                    return Ok(Outcome::HandedOver);
                }
                Done::Gone => {
                    if self.lease.remove_lane(self.domain, self.lane.rev).await? {
                        return Ok(Outcome::Stale);
                    }
                    self.refresh().await?;
                }
            }
        }
    }

    /// What is due later is called for: by a message if it is soon, else by the schedule.
    async fn call_again(&self, next: NextTurn) {
        let Some(at) = next else { return };
        let delay = at.duration_since(self.domain.ports.clock.now());
        let delay = Duration::try_from(delay).unwrap_or_default();
        if self.domain.ports.clock.real(delay) <= MAX_DELAY {
            send(self.domain, self.ws, self.ep, delay).await;
        }
    }

    async fn refresh(&mut self) -> Result<(), Stop> {
        self.lane = self.lease.read(self.domain).await?;
        self.health.adopt(&self.lane);
        Ok(())
    }

    /// Renews the lease before it gets old.
    async fn keep(&mut self) -> Result<(), Stop> {
        let wall = self.domain.ports.clock.wall();
        if wall.duration_since(self.renewed_at) >= RENEWED_EVERY {
            self.lease.renew(self.domain, &self.health).await?;
            self.renewed_at = wall;
        }
        Ok(())
    }

    /// Whether nothing happened in a round that stops the lane.
    fn endpoint_stands(&self) -> bool {
        !self.disabled && self.health.resume_at.is_none()
    }

    fn is_out_of_time(&self) -> bool {
        self.domain.ports.clock.wall() >= self.stop_at
    }

    /// Works off what is due now.
    async fn work(&mut self) -> Result<Done, Stop> {
        loop {
            let Some(endpoint) = self.endpoint().await? else {
                return self.purge().await;
            };
            if !endpoint.is_enabled() {
                return self.park(&endpoint).await;
            }
            let most = if self.health.is_failing() {
                FEW_TURNS
            } else {
                MOST_TURNS
            };
            let turns = self.turns(most).await?;
            let now = self.domain.ports.clock.now();
            let Some(first) = turns.first().map(|turn| turn.at) else {
                return Ok(Done::Until(None));
            };
            let begin = first.max(self.health.resume_at.unwrap_or(first));
            if begin > now {
                return Ok(Done::Until(Some(begin)));
            }
            if self.is_out_of_time() {
                return Ok(Done::OutOfTime);
            }
            let all = turns.len() < most;
            let later = turns.iter().map(|turn| turn.at).find(|at| *at > now);
            let due = turns.into_iter().filter(|turn| turn.at <= now).collect();
            let round = self.round(&endpoint, due).await?;
            self.keep().await?;
            // Nothing was left out: what comes next is known without looking again.
            if all && round.complete && self.endpoint_stands() {
                let next = [later, round.next].into_iter().flatten().min();
                if next.is_none_or(|at| at > self.domain.ports.clock.now()) {
                    return Ok(Done::Until(next));
                }
            }
        }
    }

    async fn endpoint(&mut self) -> Result<Option<EndpointRow>, StoreError> {
        self.seen_at = self.domain.ports.clock.wall();
        let key = keys::endpoint(self.ws, self.ep);
        self.domain.store.get(Row::Endpoint, Table::State, &key).await
    }

    /// The first turns, due or not.
    async fn turns(&self, most: usize) -> Result<Vec<Turn>, StoreError> {
        let pk = keys::turns_pk(self.ws, self.ep);
        let page = self
            .domain
            .store
            .query_items(Row::Turn, Table::State, &pk, &SortKeys::All, most, true)
            .await?;
        page.rows.into_iter().map(turn_of).collect()
    }

    /// The deliveries that turns belong to.
    async fn deliveries(&self, turns: &[Turn]) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut ids: Vec<&str> = turns.iter().map(|turn| turn.row.delivery.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<Key> = ids
            .into_iter()
            .map(|id| keys::delivery(self.ws, self.ep, id))
            .collect();
        let rows = self
            .domain
            .store
            .get_many(Row::Delivery, Table::State, &keys)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}

fn turn_of(item: Item) -> Result<Turn, StoreError> {
    let key = key_of(&item);
    let at = key.sk.split('#').next().and_then(|at| at.parse().ok());
    let at = at.and_then(|at| Timestamp::from_millisecond(at).ok());
    Ok(Turn {
        row: from_row(item)?,
        // A time that cannot be read has come.
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        key,
    })
}
