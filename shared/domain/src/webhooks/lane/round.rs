//! One round: the turns that have come are taken, a bounded number at a time.

use std::collections::{HashMap, VecDeque};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};

use super::{Leg, Stop, Turn};
use crate::{
    events::EventRow,
    store::{Item, Row, StoreError, Table, from_row, keys, keys::Key},
    webhooks::{
        attempt::{self, Courier, Made, Verdict},
        delivery::{DeliveryRow, DeliveryStatus},
        endpoint::EndpointRow,
        failing,
    },
};

/// How old what is known of the endpoint may be when an attempt begins, by the wall's clock.
const LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// What a round leaves.
pub(super) struct RoundEnd {
    /// Every turn was taken.
    pub(super) complete: bool,
    /// The first turn that it made.
    pub(super) next: Option<Timestamp>,
}

/// An attempt that can be made.
struct Ready {
    row: DeliveryRow,
    turn: Key,
    /// It waits until the one before it, of the same replay, is done.
    in_order: bool,
}

impl Leg<'_> {
    /// Takes the turns until all were taken, the time is over, or the endpoint wants no more.
    pub(super) async fn round(&mut self, endpoint: &EndpointRow, turns: Vec<Turn>) -> Result<RoundEnd, Stop> {
        let rows = self.deliveries(&turns).await?;
        let events = self.events(&turns).await?;
        let mut spent: Vec<Key> = Vec::new();
        let mut waiting: VecDeque<Ready> = VecDeque::new();
        let mut end = RoundEnd {
            complete: true,
            next: None,
        };
        for turn in turns {
            let row = rows.iter().find(|row| row.id == turn.row.delivery);
            let counts = row.filter(|row| row.turn == turn.row.turn && row.status == DeliveryStatus::Pending);
            match counts {
                Some(row) => waiting.push_back(Ready {
                    row: row.clone(),
                    in_order: turn.row.replay,
                    turn: turn.key,
                }),
                None => {
                    // Whoever wrote the row last may have died before its turn.
                    if let Some(row) = row {
                        end.next = earliest(end.next, self.mend(row).await?);
                    }
                    spent.push(turn.key);
                }
            }
        }
        let courier = Courier::new(self.domain, self.ws, endpoint)?;
        let mut under_way = FuturesUnordered::new();
        let mut chain_busy = false;
        let mut as_it_was = true;
        loop {
            as_it_was = as_it_was && self.is_as_it_was(endpoint).await?;
            while under_way.len() < self.window.size() && as_it_was && self.may_begin() {
                let next = waiting.iter().position(|ready| !(ready.in_order && chain_busy));
                let Some(ready) = next.and_then(|at| waiting.remove(at)) else {
                    break;
                };
                chain_busy |= ready.in_order;
                let event = events.get(&ready.row.event);
                let courier = &courier;
                under_way.push(async move {
                    let (in_order, turn) = (ready.in_order, ready.turn);
                    let made = attempt::make(courier, event, ready.row).await;
                    (in_order, turn, made)
                });
            }
            let Some((in_order, turn, made)) = under_way.next().await else {
                break;
            };
            if in_order {
                chain_busy = false;
            }
            let made = made?;
            end.next = earliest(end.next, made.next);
            self.parked += u64::from(made.parked);
            spent.push(turn);
            self.learn(endpoint, &made).await?;
        }
        end.complete = waiting.is_empty();
        self.domain
            .store
            .write_many(Row::Turn, Table::State, Vec::new(), spent)
            .await?;
        Ok(end)
    }

    /// Whether the owner has left the endpoint alone. It is looked at once a second: a round may be a minute of messages,
    /// and none of them is for an address or a secret that counts no more.
    async fn is_as_it_was(&mut self, endpoint: &EndpointRow) -> Result<bool, Stop> {
        if self.domain.ports.clock.wall().duration_since(self.seen_at) < LOOKED_AT_EVERY {
            return Ok(true);
        }
        let now = self.endpoint().await?;
        Ok(now.is_some_and(|now| now.rev == endpoint.rev))
    }

    /// Whether another attempt may begin.
    fn may_begin(&self) -> bool {
        let paused = self
            .health
            .resume_at
            .is_some_and(|at| at > self.domain.ports.clock.now());
        !self.disabled && !paused && !self.is_out_of_time()
    }

    /// What an attempt says about the endpoint.
    async fn learn(&mut self, endpoint: &EndpointRow, made: &Made) -> Result<(), Stop> {
        let now = self.domain.ports.clock.now();
        match &made.verdict {
            Verdict::Unsent => return Ok(()),
            Verdict::Taken => {
                self.window.succeeded();
                self.health.succeeded(now);
                return Ok(());
            }
            Verdict::Refused => {}
            Verdict::Pause(wait) => {
                let until = now + *wait;
                let longest = self.health.resume_at.map_or(until, |at| at.max(until));
                self.health.resume_at = Some(longest);
            }
            Verdict::Gone => {
                self.window.failed();
                self.health.failed(now);
                self.disabled = true;
                let reason = "It answered 410: it is gone.";
                return Ok(failing::disable(self.domain, self.ws, endpoint, reason).await?);
            }
        }
        self.window.failed();
        self.health.failed(now);
        let failing_for = self.health.failing_for(now);
        if failing_for >= failing::DISABLED_AFTER && !self.disabled {
            self.disabled = true;
            let reason = "Every attempt of five days failed.";
            failing::disable(self.domain, self.ws, endpoint, reason).await?;
        } else if failing_for >= failing::WARNED_AFTER && self.health.warned_at.is_none() {
            let since = self.health.failing_since.unwrap_or(now);
            failing::warn(self.domain, self.ws, self.ep, since).await?;
            self.health.warned_at = Some(now);
        }
        Ok(())
    }

    /// Makes the turn of a delivery that has lost it; when it comes.
    async fn mend(&self, row: &DeliveryRow) -> Result<Option<Timestamp>, StoreError> {
        let Some(turn) = row.turn_item(self.ws, self.ep)? else {
            return Ok(None);
        };
        self.domain
            .store
            .write_many(Row::Turn, Table::State, vec![turn], Vec::new())
            .await?;
        Ok(row.next_at)
    }

    /// The events that turns are about.
    async fn events(&self, turns: &[Turn]) -> Result<HashMap<String, EventRow>, StoreError> {
        let mut ids: Vec<&str> = turns.iter().map(|turn| turn.row.event.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<Key> = ids.into_iter().map(|id| keys::event(self.ws, id)).collect();
        let rows = self
            .domain
            .store
            .get_many(Row::Event, Table::State, &keys)
            .await?;
        let read = |item: Item| from_row(item).map(|event: EventRow| (event.id.clone(), event));
        rows.into_iter().map(read).collect()
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
