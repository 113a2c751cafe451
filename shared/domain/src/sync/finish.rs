//! How a leg ends: the run is over, or cannot go on, or goes on in another leg.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::{Fault, FaultKind};
use serde_json::json;

use crate::{
    backoff,
    connection::Every,
    error::Problem,
    events::{self, EventType},
    health, schedule,
    store::{
        StoreError, Transaction,
        sync::{Hold, RunKind, Seen, SyncFailure, SyncRow, SyncState},
    },
    timeline,
};

use super::{
    Outcome, begin, cursor_rule, fold,
    leg::{Connected, Leg, Stop},
    wake,
};

/// While the connection waits for its system or for credentials the row is looked at this often, in case
/// that nobody told it.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(3600);
/// Legs of one run.
pub(super) const MOST_LEGS: u32 = 10_000;

impl Leg<'_> {
    /// The run came to its end: the cursor moves, once and for all of its pages.
    pub(super) async fn succeed(&mut self) -> Result<Outcome, Stop> {
        let (now, old_fold) = (self.now(), self.row.fold);
        self.fold_if_due(now).await?;
        let Some(run) = self.row.run.take() else {
            return Err(Stop::Fenced);
        };
        let old_suspects = self
            .suspects_before
            .take()
            .filter(|run| self.row.suspects.as_ref() != Some(run));
        let row = &mut self.row;
        if self.traits.incremental {
            // A complete read mends a cursor that had come into the future.
            let cursor = row.since.filter(|_| !cursor_rule::is_in_future(row.since, now));
            row.since = cursor_rule::advance(cursor, run.newest, run.started_at, self.traits.hold_back);
        }
        if run.kind != RunKind::Incremental {
            row.last_full_at = Some(run.started_at);
        }
        row.state = SyncState::Succeeded;
        row.finished_at = Some(now);
        row.last_success_at = Some(now);
        row.attempt = 0;
        row.hold = None;
        row.error = None;
        row.lease_until = None;
        self.end(EventType::SyncSucceeded, &run.id, Connected::Synced(now))
            .await?;
        let store = &self.domain.store;
        // What is left over costs a little room and nothing else.
        if old_fold.number != self.row.fold.number {
            tidy(
                store
                    .remove_index_before(&self.partition, self.row.fold.number)
                    .await,
            );
        }
        if run.seen_saved > 0 {
            tidy(store.remove_seen(&self.partition, &run.id).await);
        }
        if let Some(run) = old_suspects {
            tidy(store.remove_suspects(&self.partition, &run).await);
        }
        Ok(Outcome::Succeeded)
    }

    /// The leg's time is over: what it saw is saved, and the next leg is woken.
    pub(super) async fn hand_over(&mut self) -> Result<Outcome, Stop> {
        if self.row.run_mut().leg >= MOST_LEGS {
            let message = format!("The run went over {MOST_LEGS} legs.");
            return self
                .fail(SyncFailure {
                    code: "too_long".to_owned(),
                    message,
                })
                .await;
        }
        self.save_seen().await?;
        let (now, old_fold) = (self.now(), self.row.fold);
        // What was seen is kept by its place in the fold, which must stay then.
        if self.row.run_mut().seen != Seen::Tracked {
            self.fold_if_due(now).await?;
        }
        self.row.lease_until = None;
        self.row.set_due(now);
        self.write_row(|_, _| Ok(Connected::Checked)).await?;
        if old_fold.number != self.row.fold.number {
            tidy(
                self.domain
                    .store
                    .remove_index_before(&self.partition, self.row.fold.number)
                    .await,
            );
        }
        wake(self.domain, &self.row, Duration::ZERO).await;
        Ok(Outcome::HandedOver)
    }

    /// The system failed.
    pub(super) async fn fault(&mut self, fault: Fault) -> Result<Outcome, Stop> {
        let failure = SyncFailure {
            code: fault.kind.as_str().to_owned(),
            message: fault.to_string(),
        };
        if fault.kind.is_outage() {
            return self.outage(&fault, failure).await;
        }
        match fault.kind {
            FaultKind::RateLimited => self.slow_down(&fault, failure).await,
            FaultKind::Unauthorized => self.refused(&fault, failure).await,
            _ => self.fail(failure).await,
        }
    }

    /// The run cannot go on; the next one begins anew, by the schedule.
    pub(super) async fn fail(&mut self, failure: SyncFailure) -> Result<Outcome, Stop> {
        let run = self.row.run.take();
        self.row.attempt = 0;
        self.row.hold = None;
        self.note(failure);
        self.row.lease_until = None;
        let id = run.as_ref().map(|run| run.id.clone()).unwrap_or_default();
        self.end(EventType::SyncFailed, &id, Connected::Checked).await?;
        if let Some(run) = run.filter(|run| run.seen_saved > 0) {
            tidy(self.domain.store.remove_seen(&self.partition, &run.id).await);
        }
        Ok(Outcome::Failed)
    }

    /// The system does not answer: the run waits with all other work of the connection.
    async fn outage(&mut self, fault: &Fault, failure: SyncFailure) -> Result<Outcome, Stop> {
        let connection = health::record_failure(self.domain, &self.connection, fault)
            .await
            .map_err(Stop::of)?;
        self.row.hold = Some(Hold::Outage);
        // The connection's probe makes the row due when the system is back.
        let next = if connection.is_unreachable() {
            self.now() + LOOK_AGAIN
        } else {
            self.now() + self.wait(fault)
        };
        self.pause(failure, next).await
    }

    /// One request fails while the system answers others: the run waits, and the connection stands as it is.
    pub(super) async fn stumble(&mut self, fault: &Fault) -> Result<Outcome, Stop> {
        let failure = SyncFailure {
            code: fault.kind.as_str().to_owned(),
            message: fault.to_string(),
        };
        let next = self.now() + self.wait(fault);
        self.pause(failure, next).await
    }

    /// The system asks for less: only this run waits.
    async fn slow_down(&mut self, fault: &Fault, failure: SyncFailure) -> Result<Outcome, Stop> {
        self.save_seen().await?;
        let next = self.now() + self.wait(fault);
        self.row.attempt += 1;
        self.row.error = Some(failure);
        self.row.lease_until = None;
        self.row.set_due(next);
        self.write_row(|_, _| Ok(Connected::Checked)).await?;
        Ok(Outcome::Waiting)
    }

    /// The credentials are refused: nothing is asked until a person gives new ones.
    async fn refused(&mut self, fault: &Fault, failure: SyncFailure) -> Result<Outcome, Stop> {
        health::record_failure(self.domain, &self.connection, fault)
            .await
            .map_err(Stop::of)?;
        self.row.hold = Some(Hold::Reauth);
        let next = self.now() + LOOK_AGAIN;
        self.pause(failure, next).await
    }

    fn wait(&self, fault: &Fault) -> Duration {
        backoff::wait(self.row.attempt + 1, fault.retry_after, &*self.domain.ports.ids)
    }

    /// The run stays open and waits until `next`. The first failure in a row is told, the others not.
    async fn pause(&mut self, failure: SyncFailure, next: Timestamp) -> Result<Outcome, Stop> {
        self.save_seen().await?;
        let first = self.row.attempt == 0;
        self.row.attempt += 1;
        self.note(failure);
        self.row.lease_until = None;
        self.row.set_due(next);
        let id = self.row.run_mut().id.clone();
        let domain = self.domain;
        self.write_row(|transaction, row| {
            if first {
                tell(transaction, domain, row, EventType::SyncFailed, &id)?;
            }
            Ok(Connected::Checked)
        })
        .await?;
        Ok(Outcome::Failed)
    }

    fn note(&mut self, failure: SyncFailure) {
        self.row.state = SyncState::Failed;
        self.row.finished_at = Some(self.now());
        self.row.error = Some(failure);
    }

    /// Writes the end of a run, and when the next one is due: at once when it was asked for meanwhile.
    async fn end(&mut self, kind: EventType, run: &str, connected: Connected) -> Result<(), Stop> {
        let (now, state, domain) = (self.now(), self.row.state, self.domain);
        let at = match connected {
            Connected::Checked => None,
            Connected::Synced(at) => Some(at),
        };
        self.write_row(|transaction, row| {
            row.state = state;
            tell(transaction, domain, row, kind, run)?;
            plan_next(row, now);
            Ok(at.map_or(Connected::Checked, Connected::Synced))
        })
        .await?;
        if self.row.state == SyncState::Queued {
            wake(self.domain, &self.row, Duration::ZERO).await;
        }
        Ok(())
    }

    /// Saves what the run has seen, for the leg that goes on with it.
    async fn save_seen(&mut self) -> Result<(), Stop> {
        let Some(run) = self.row.run.as_mut().filter(|run| run.seen == Seen::Tracked) else {
            return Ok(());
        };
        if !self.index.is_complete() {
            // This leg saw nothing yet: what the last one saved still holds.
            return Ok(());
        }
        let saved = self.index.save_seen();
        self.domain
            .store
            .put_seen(&self.partition, &run.id, run.leg, &saved)
            .await?;
        run.seen_saved = run.leg;
        Ok(())
    }

    async fn fold_if_due(&mut self, now: Timestamp) -> Result<(), Stop> {
        // A leg writes one fold: its number is the leg's fence.
        if fold::is_due(&self.row, now) && self.row.fold.number != self.row.fence {
            self.row.fold = fold::fold(&self.domain.store, &self.row).await?;
            self.row.unfolded = 0;
            self.row.unfolded_since = None;
        }
        Ok(())
    }
}

/// Sets when a row that has no open run is due: now when somebody asked, else by its schedule.
pub(super) fn plan_next(row: &mut SyncRow, now: Timestamp) {
    row.next_run_at = schedule::next_start(row.every, row.started_at.unwrap_or(now), &row.key());
    if row.asked.is_some() {
        row.state = SyncState::Queued;
        row.set_due(now);
        return;
    }
    match row.next_run_at.filter(|_| row.every != Every::Manual) {
        Some(at) => row.set_due(at.max(now)),
        None => {
            // Nothing is wanted of it, so it waits for nothing.
            row.hold = None;
            row.set_not_due();
        }
    }
}

/// Whether an open run waited too long to be gone on with.
pub(super) fn is_stale(row: &SyncRow, now: Timestamp) -> bool {
    let Some(run) = &row.run else { return false };
    let since = row
        .finished_at
        .filter(|_| row.state == SyncState::Failed)
        .unwrap_or(now);
    now.duration_since(since) > begin::LONGEST_PAUSE
        || now.duration_since(run.started_at) > SignedDuration::from_hours(24 * 7)
}

fn tell(
    transaction: &mut Transaction,
    domain: &crate::deployment::Domain,
    row: &SyncRow,
    kind: EventType,
    run: &str,
) -> Result<(), StoreError> {
    let mut data = json!({
        "connection_id": row.conn, "model": row.model, "sync_id": run, "state": row.state, "counts": row.counts,
    });
    let model = &row.model;
    let counts = row.counts;
    let message = match &row.error {
        Some(failure) => {
            data["error"] = json!(failure);
            format!("{model}: {}", failure.message)
        }
        None => format!(
            "{model}: {} read, {} created, {} updated, {} deleted, {} put aside",
            counts.read, counts.created, counts.updated, counts.deleted, counts.quarantined
        ),
    };
    events::add(transaction, domain, &row.ws, kind, data)?;
    timeline::add(transaction, domain, &row.ws, &row.conn, kind.as_str(), message)
}

/// Cleaning up after a run that is over never makes it fail.
fn tidy(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(target: "sync", %error, "left over data stays until the next run");
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::of(problem)
    }
}
