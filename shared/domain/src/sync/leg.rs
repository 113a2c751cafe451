//! One leg of a run: what a worker holds in its hands while it has the lease.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::{Fault, ModelTraits};
use rustc_hash::FxHashSet;

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    open,
    store::{
        Row, StoreError, Table, Transaction, When,
        keys::{self, Partition},
        packing::Packer,
        sync::{SyncFailure, SyncRow},
    },
    systems::{OpenSystem, Purpose},
    webhooks,
};

use super::{index::Index, lease};

/// Others write the row only to ask for something; more turns than this cannot be lost.
const TURNS: u32 = 8;
/// Time that is kept for saving and handing over before a leg's deadline.
const RESERVE: SignedDuration = SignedDuration::from_secs(10);

/// Why a leg stops before the run's end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Another worker holds the lease by now: touch nothing.
    Fenced,
    /// The connection was disconnected, or its data erased.
    Gone,
    /// Its time is over: the run goes on in the next leg.
    TimeUp,
    /// The system failed.
    Fault(Box<Fault>),
    /// One request fails while the system answers others.
    Stumbled(Box<Fault>),
    /// The run itself cannot go on.
    Failed(SyncFailure),
    /// We failed; the lease ends by itself, and the run is taken over.
    Broken(Problem),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Broken(error.into())
    }
}

impl Stop {
    /// The system failed.
    pub(super) fn fault(fault: Fault) -> Self {
        Stop::Fault(Box::new(fault))
    }

    /// What a problem of opening or checking the connection means for the run.
    pub(super) fn of(problem: Problem) -> Self {
        match problem {
            Problem::ConnectionDisconnected { .. } | Problem::NotFound(_) => Stop::Gone,
            Problem::System(problem) => Stop::fault(problem.fault),
            Problem::ReauthRequired { reason, .. } => {
                Stop::fault(Fault::new(manifold_connectors::FaultKind::Unauthorized, reason))
            }
            problem => Stop::Broken(problem),
        }
    }
}

/// A leg at work.
pub(super) struct Leg<'a> {
    pub(super) domain: &'a Domain,
    pub(super) connection: Connection,
    pub(super) row: SyncRow,
    pub(super) partition: Partition,
    source: Option<Arc<dyn OpenSystem>>,
    pub(super) traits: ModelTraits,
    pub(super) index: Index,
    pub(super) packer: Packer,
    /// The run whose missing records were remembered when the leg began.
    pub(super) suspects_before: Option<String>,
    /// Names of this model's records that are put aside.
    pub(super) aside: FxHashSet<String>,
    /// Records that this leg put aside.
    pub(super) put_aside: usize,
    /// Changes were written that nobody was told of yet.
    pub(super) unannounced: bool,
    /// Unsaved progress is lost with the worker; by the wall's clock.
    pub(super) saved_at: Timestamp,
    deadline: Timestamp,
}

impl<'a> Leg<'a> {
    pub(super) fn new(
        domain: &'a Domain,
        connection: Connection,
        row: SyncRow,
        traits: ModelTraits,
        deadline: Timestamp,
    ) -> Self {
        let (partition, index) = (row.partition(), Index::new(row.fold));
        let (saved_at, suspects_before) = (domain.ports.clock.wall(), row.suspects.clone());
        Self {
            domain,
            connection,
            row,
            partition,
            source: None,
            traits,
            index,
            packer: Packer::new(),
            suspects_before,
            aside: FxHashSet::default(),
            put_aside: 0,
            unannounced: false,
            saved_at,
            deadline,
        }
    }

    /// Opens the connection's system.
    pub(super) async fn open(&mut self) -> Result<(), Stop> {
        self.source = Some(
            open::system(self.domain, &self.connection, Purpose::Work)
                .await
                .map_err(Stop::of)?,
        );
        Ok(())
    }

    /// The connection's system.
    pub(super) fn source(&self) -> &Arc<dyn OpenSystem> {
        self.source
            .as_ref()
            .expect("a leg opens its system before it reads")
    }

    /// The stack's time.
    pub(super) fn now(&self) -> Timestamp {
        self.domain.ports.clock.now()
    }

    /// Whose quarantine it is.
    pub(super) fn scope(&self) -> (&str, &str, u64) {
        (&self.row.ws, &self.row.conn, self.row.epoch)
    }

    /// Stops when the leg has no time for another step.
    pub(super) fn check_time(&self) -> Result<(), Stop> {
        let over = self.domain.ports.clock.wall() + RESERVE >= self.deadline;
        if over { Err(Stop::TimeUp) } else { Ok(()) }
    }

    /// Writes the row with a renewed lease, on condition that connection, epoch and lease still stand.
    pub(super) async fn save(&mut self) -> Result<(), Stop> {
        lease::renew(self.domain, &mut self.row);
        self.write_row(|_, _| Ok(Connected::Checked)).await
    }

    /// Writes the row as it is, and what `also` adds, in one transaction.
    ///
    /// Who asked for something meanwhile is heeded: `also` sees the row as it will be written.
    pub(super) async fn write_row(
        &mut self,
        mut also: impl FnMut(&mut Transaction, &mut SyncRow) -> Result<Connected, StoreError> + Send,
    ) -> Result<(), Stop> {
        for _ in 0..TURNS {
            let mut transaction = Transaction::new();
            let connection = also(&mut transaction, &mut self.row)?;
            let key = keys::connection(&self.row.ws, &self.row.conn);
            let when = When::connected(self.row.generation).of_epoch(self.row.epoch);
            match connection {
                Connected::Checked => transaction.check(Row::Connection, Table::State, key, when),
                Connected::Synced(at) => {
                    let change = crate::store::Change::new().set("last_synced_at", at);
                    transaction.update(Row::Connection, Table::State, key, change, when)
                }
            };
            transaction.put_sync(&self.row)?;
            if self.unannounced {
                webhooks::mark_changes(&mut transaction, &self.row, self.now());
            }
            match self.domain.commit(transaction).await {
                Ok(()) => {
                    self.row.rev += 1;
                    self.unannounced = false;
                    self.saved_at = self.domain.ports.clock.wall();
                    return Ok(());
                }
                Err(StoreError::Condition(Row::Connection)) => return Err(Stop::Gone),
                Err(StoreError::Condition(Row::Sync)) => self.heed().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }

    async fn heed(&mut self) -> Result<(), Stop> {
        let stored = self
            .domain
            .store
            .sync(&self.row.ws, &self.row.conn, &self.row.model)
            .await?;
        let stored = stored
            .filter(|stored| stored.epoch == self.row.epoch)
            .ok_or(Stop::Gone)?;
        if stored.fence != self.row.fence {
            return Err(Stop::Fenced);
        }
        self.row.heed(&stored);
        Ok(())
    }
}

/// What a transaction does with the connection's row beside checking it.
pub(super) enum Connected {
    /// Nothing.
    Checked,
    /// Notes that a sync succeeded at this time.
    Synced(Timestamp),
}
