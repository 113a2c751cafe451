//! A leg, from the message to its end.

use std::time::Duration;

use jiff::Timestamp;
use manifold_connectors::{Deletes, Fault, ModelTraits, Position, ReadRequest};

use crate::{
    cleanup,
    connection::{Connection, ConnectionStatus},
    deployment::Domain,
    error::Problem,
    health::{
        self,
        witness::{self, Heard},
    },
    store::{
        Row, StoreError, keys,
        sync::{Hold, RunKind, Seen, SyncFailure, SyncRow, SyncState},
    },
};

use super::{
    Outcome, RunBudget, SyncMessage, begin, finish, fold, lease,
    leg::{Leg, Stop},
};

/// Works on a sync until its run ends, its system fails, or the budget is used up.
///
/// Whatever the message says, the rows decide: one that comes early, late, twice or for something
/// that is over changes nothing.
///
/// # Errors
/// Only for failures of our own (store, queue, vault). The message may come again; the lease ends by
/// itself, and the run is taken over where it was.
pub async fn run_leg(domain: &Domain, message: &SyncMessage, budget: RunBudget) -> Result<Outcome, Problem> {
    let (connection, mut row) = match admit(domain, message).await? {
        Admission::Go(admitted) => *admitted,
        Admission::No(outcome) => return Ok(outcome),
    };
    let now = domain.ports.clock.now();
    let facts = domain.catalog.describe(&connection.system);
    let offered = facts.and_then(|facts| facts.models.into_iter().find(|traits| traits.model == row.model));
    let (offered, traits) = (offered.is_some(), offered.unwrap_or_else(|| nothing(&row.model)));
    let forgotten = open_run(domain, &mut row, &traits, now);
    let left_behind = match lease::take(domain, &mut row).await {
        Ok(left_behind) => left_behind,
        Err(StoreError::Condition(_)) => return Ok(Outcome::Held),
        Err(error) => return Err(error.into()),
    };
    if let Some(run) = forgotten {
        domain.store.remove_seen(&row.partition(), &run).await?;
    }
    let mut leg = Leg::new(domain, connection, row, traits, budget.deadline);
    let done = leg.work(left_behind, offered).await;
    match done {
        Ok(outcome) => Ok(outcome),
        Err(Stop::Broken(problem)) => Err(problem),
        Err(Stop::Gone) => Ok(Outcome::Stale),
        Err(_) => Ok(Outcome::Held),
    }
}

enum Admission {
    Go(Box<(Connection, SyncRow)>),
    No(Outcome),
}

/// Whether there is something to do, by the rows as they are now.
async fn admit(domain: &Domain, message: &SyncMessage) -> Result<Admission, Problem> {
    let SyncMessage {
        ws,
        conn,
        model,
        generation,
    } = message;
    let connection = domain.store.connection(ws, conn).await?;
    let connection = connection.filter(|connection| !connection.is_disconnected());
    let Some(connection) = connection.filter(|connection| connection.generation == *generation) else {
        // Who made it due beside a disconnect may have come behind the clean-up: it would be woken for ever.
        cleanup::retire_sync(domain, &keys::sync(ws, conn, model), *generation).await?;
        return Ok(Admission::No(Outcome::Stale));
    };
    let row = domain.store.sync(ws, conn, model).await?;
    let row = row.filter(|row| row.generation == connection.generation && row.epoch == connection.epoch);
    let Some(mut row) = row else {
        return Ok(Admission::No(Outcome::Stale));
    };
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    if row.is_held(wall) {
        return Ok(Admission::No(Outcome::Held));
    }
    // A lease that ended without a word is due whatever the row says.
    if row.lease_until.is_none() && row.wake_at.is_none_or(|at| now < at) {
        return Ok(Admission::No(Outcome::NotDue));
    }
    let (hold, until) = match connection.status {
        ConnectionStatus::ReauthRequired => (Hold::Reauth, Some(now + finish::LOOK_AGAIN)),
        // One probe is enough, unless a person wants it now: its success makes this row due.
        ConnectionStatus::Unreachable if row.hold.is_some() || row.asked.is_none() => {
            (Hold::Outage, Some(now + finish::LOOK_AGAIN))
        }
        _ => (Hold::Outage, None),
    };
    let Some(until) = until else {
        return Ok(Admission::Go(Box::new((connection, row))));
    };
    if row.lease_until.is_some() {
        // Who left it behind is settled when the run goes on; the lease stays as its mark.
        row.state = SyncState::Running;
    } else if row.run.is_none() {
        row.state = SyncState::Failed;
        row.error = Some(SyncFailure {
            code: connection.status.as_str().to_owned(),
            message: connection
                .status_reason
                .unwrap_or_else(|| "The connection's system cannot be used now.".to_owned()),
        });
    }
    row.hold = Some(hold);
    row.set_due(until);
    match domain.store.put_sync(&mut row).await {
        Ok(()) => Ok(Admission::No(Outcome::Waiting)),
        Err(StoreError::Condition(Row::Sync)) => Ok(Admission::No(Outcome::Held)),
        Err(error) => Err(error.into()),
    }
}

/// Goes on with the open run, or begins one. Answers a run that is given up and left something saved.
fn open_run(domain: &Domain, row: &mut SyncRow, traits: &ModelTraits, now: Timestamp) -> Option<String> {
    let stale = finish::is_stale(row, now);
    let given_up = row.run.take_if(|_| stale);
    if row.run.is_none() {
        let id = domain.ports.ids.id("sync", now);
        begin::begin(row, traits, id, now);
    }
    let died = row.lease_until.is_some();
    if let Some(run) = &mut row.run {
        run.leg += 1;
        if died && run.seen == Seen::Tracked && run.leg > 1 {
            run.seen = Seen::Lost;
        }
    }
    row.state = SyncState::Running;
    row.finished_at = None;
    given_up.filter(|run| run.seen_saved > 0).map(|run| run.id)
}

/// What a model can do that the catalogue does not have any more.
fn nothing(model: &str) -> ModelTraits {
    ModelTraits {
        model: model.to_owned(),
        incremental: false,
        by_id: false,
        deletes: Deletes::Never,
        filters: Vec::new(),
        overlap: Duration::ZERO,
        hold_back: Duration::ZERO,
    }
}

impl Leg<'_> {
    /// Everything after taking the lease.
    async fn work(&mut self, left_behind: bool, offered: bool) -> Result<Outcome, Stop> {
        if left_behind {
            self.settle().await?;
        }
        if !offered {
            let message = format!(
                "{} does not offer {} any more.",
                self.connection.system, self.row.model
            );
            return self
                .fail(SyncFailure {
                    code: "unsupported".to_owned(),
                    message,
                })
                .await;
        }
        match self.run().await {
            Ok(()) => self.succeed().await,
            Err(Stop::TimeUp) => self.hand_over().await,
            Err(Stop::Fault(fault)) => self.fault(*fault).await,
            Err(Stop::Stumbled(fault)) => self.stumble(&fault).await,
            Err(Stop::Failed(failure)) => self.fail(failure).await,
            Err(stop) => Err(stop),
        }
    }

    /// Reads everything that there is to read.
    async fn run(&mut self) -> Result<(), Stop> {
        let incremental = self.row.run_mut().kind == RunKind::Incremental;
        if incremental && super::cursor_rule::is_in_future(self.row.since, self.now()) {
            return Err(Stop::Failed(SyncFailure {
                code: "cursor_in_future".to_owned(),
                message:
                    "The stored cursor lies in the future; going on would skip records. Start a full sync."
                        .to_owned(),
            }));
        }
        self.open().await?;
        self.mend_index().await?;
        self.load_aside().await?;
        self.restore_seen().await?;
        self.read_pages().await?;
        self.sweep().await
    }

    /// Makes the index anew when so much time passed that parts of it may be gone.
    async fn mend_index(&mut self) -> Result<(), Stop> {
        if fold::is_lost(&self.row, self.now()) {
            let fold = fold::rebuild(&self.domain.store, &self.row).await?;
            self.row.fold = fold;
            self.row.unfolded = 0;
            self.row.unfolded_since = None;
            let run = self.row.run_mut();
            if run.seen == Seen::Tracked && run.leg > 1 {
                run.seen = Seen::Lost;
            }
            self.save().await?;
            self.index = super::index::Index::new(fold);
        }
        Ok(())
    }

    async fn restore_seen(&mut self) -> Result<(), Stop> {
        let run = self.row.run_mut();
        if run.seen != Seen::Tracked || run.leg == 1 {
            return Ok(());
        }
        if run.seen_saved == 0 {
            // Nothing was saved: good as long as nothing was seen.
            if run.pages > 0 {
                run.seen = Seen::Lost;
            }
            return Ok(());
        }
        let (id, saved_by) = (run.id.clone(), run.seen_saved);
        let store = &self.domain.store;
        self.index
            .load_all(store, &self.partition, self.row.watermark)
            .await?;
        let saved = store.seen(&self.partition, &id, saved_by).await?;
        if self.index.restore_seen(&saved).is_err() {
            self.row.run_mut().seen = Seen::Lost;
        }
        Ok(())
    }

    pub(super) fn request(&self) -> ReadRequest {
        let run = self.row.run.as_ref();
        ReadRequest {
            model: self.row.model.clone(),
            since: begin::since(&self.row, &self.traits),
            filters: Vec::new(),
            page_size: None,
            position: run.and_then(|run| run.position.clone()).map(Position),
            raw: self.connection.keep_raw,
            look: false,
        }
    }

    /// Asks for something else when a request failed: a system that fails as a whole ends the leg.
    pub(super) async fn look_again(&mut self, fault: &Fault) -> Result<(), Stop> {
        let (system, models) = (self.source(), &self.connection.models);
        let heard = witness::ask(system, models, fault, Some(&self.row.model), witness::PATIENCE).await;
        if heard == Heard::Silence {
            return Err(Stop::fault(fault.clone()));
        }
        Ok(())
    }

    /// The system answered: whatever stood against it is over.
    pub(super) async fn answered(&mut self) -> Result<(), Stop> {
        self.row.attempt = 0;
        self.row.hold = None;
        self.row.error = None;
        if self.connection.status != ConnectionStatus::Online || self.connection.doubted_at.is_some() {
            self.connection = health::record_success(self.domain, &self.connection).await?;
        }
        Ok(())
    }
}
