//! The row of one model's sync: what is asked of it, its run and lease, how far it came.
//!
//! The row is small and always written whole, on condition that its revision is the one that was
//! read. So every change of it is a plain function over [`SyncRow`], and two writers never mix.

mod run;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Item, Row, SortKeys, Store, StoreError, Table, Transaction, When, due, keys, keys::Key, rows::to_row,
};
use crate::connection::{Connection, Every, History};

pub use run::{Asked, Counts, Fold, Hold, Run, RunKind, Seen, SyncFailure, SyncState};

/// The most models that one connection can have; bounds every loop over a connection's syncs.
pub const MOST_MODELS: usize = 200;

/// The state of one model's sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRow {
    /// Workspace.
    pub ws: String,
    /// Connection.
    pub conn: String,
    /// Model.
    pub model: String,
    /// The connection's generation that this work belongs to.
    pub generation: u64,
    /// The connection's data epoch that this work writes to.
    pub epoch: u64,
    /// Rises with every write of the row.
    pub rev: u64,
    /// Where it stands.
    pub state: SyncState,
    /// Rises with every lease that is taken.
    pub fence: u64,
    /// Until when a worker holds it, by the wall's clock.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub lease_until: Option<Timestamp>,
    /// Shard of the due index; set while it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_shard: Option<String>,
    /// When it wants attention, by the stack's clock.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// When it has to be looked at in earnest. `due_at` may be later, while a message is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
    /// How often it runs.
    #[serde(default)]
    pub every: Every,
    /// What the next run that begins has to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// Why it is not tried now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// The run that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Failures in a row that waiting may mend.
    #[serde(default)]
    pub attempt: u32,
    /// The next run by its schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
    /// The number of the next change.
    pub next_seq: u64,
    /// Every change up to this number is committed; readers go no further.
    pub watermark: u64,
    /// The cursor: everything modified before it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How far back the first run had to read.
    #[serde(default)]
    pub history: History,
    /// Where the history begins; `None` for all. It never moves forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_since: Option<Timestamp>,
    /// Begin of the last run, or of the one that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// End of the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// End of the last run that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
    /// Begin of the last complete read that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_full_at: Option<Timestamp>,
    /// What the last run did, or the open one so far.
    #[serde(default)]
    pub counts: Counts,
    /// Why the last run failed, or why the open one waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SyncFailure>,
    /// Records that are stored and not deleted.
    #[serde(default)]
    pub live: u64,
    /// The change index.
    #[serde(default)]
    pub fold: Fold,
    /// Bytes of committed journal that are not in the index yet.
    #[serde(default)]
    pub unfolded: u64,
    /// When the oldest of them was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfolded_since: Option<Timestamp>,
    /// The complete read that missed records without being sure; their list is saved under its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspects: Option<String>,
    /// Some records of the model are put aside.
    #[serde(default)]
    pub quarantine: bool,
}

impl SyncRow {
    /// A sync that never ran and that nobody asked for.
    #[must_use]
    pub fn new(ws: &str, conn: &str, model: &str, generation: u64, epoch: u64) -> Self {
        Self {
            ws: ws.to_owned(),
            conn: conn.to_owned(),
            model: model.to_owned(),
            generation,
            epoch,
            rev: 0,
            state: SyncState::Never,
            fence: 0,
            lease_until: None,
            due_shard: None,
            due_at: None,
            wake_at: None,
            every: Every::Manual,
            asked: None,
            hold: None,
            run: None,
            attempt: 0,
            next_run_at: None,
            next_seq: 1,
            watermark: 0,
            since: None,
            history: History::All,
            history_since: None,
            started_at: None,
            finished_at: None,
            last_success_at: None,
            last_full_at: None,
            counts: Counts::default(),
            error: None,
            live: 0,
            fold: Fold::default(),
            unfolded: 0,
            unfolded_since: None,
            suspects: None,
            quarantine: false,
        }
    }

    /// A first sync of a connected model.
    #[must_use]
    pub fn first(connection: &Connection, model: &str, now: Timestamp) -> Self {
        let mut row = Self::new(
            &connection.workspace,
            &connection.id,
            model,
            connection.generation,
            connection.epoch,
        );
        row.every = connection.schedule.of(model);
        row.history = connection.history;
        row.history_since = history_since(connection.history, now);
        if row.every != Every::Manual {
            row.state = SyncState::Queued;
            row.next_run_at = Some(now);
            row.set_due(now);
        }
        row
    }

    /// What others asked of the sync while a worker held it.
    pub fn heed(&mut self, stored: &SyncRow) {
        self.rev = stored.rev;
        self.asked = stored.asked;
        self.every = stored.every;
        self.history = stored.history;
        self.history_since = stored.history_since;
    }

    /// The open run.
    ///
    /// # Panics
    /// Never while a leg holds the row: a leg opens a run before anything else.
    pub(crate) fn run_mut(&mut self) -> &mut Run {
        self.run.as_mut().expect("a leg has an open run")
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> Key {
        keys::sync(&self.ws, &self.conn, &self.model)
    }

    /// What leads every key of the model's data.
    #[must_use]
    pub fn partition(&self) -> keys::Partition {
        keys::Partition::new(&self.ws, &self.conn, self.epoch, &self.model)
    }

    /// Makes it want attention at a time.
    pub fn set_due(&mut self, at: Timestamp) {
        self.due_shard = Some(due::shard_of(&self.key()));
        self.due_at = Some(at);
        self.wake_at = Some(at);
    }

    /// It wants no attention until somebody says so.
    pub fn set_not_due(&mut self) {
        self.due_shard = None;
        self.due_at = None;
        self.wake_at = None;
    }

    /// Whether a worker holds it at this time of the wall's clock.
    #[must_use]
    pub fn is_held(&self, wall: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| wall < until)
    }

    /// The state as the API shows it: a lease that ended without a word is an interruption.
    #[must_use]
    pub fn shown_state(&self, wall: Timestamp) -> SyncState {
        match self.lease_until {
            Some(until) if self.state == SyncState::Running && wall >= until => SyncState::Interrupted,
            _ => self.state,
        }
    }
}

/// The row that the connect transaction puts for each model, and its key: a first sync that is due now,
/// or, on a manual schedule, one that waits until it is asked for.
///
/// # Errors
/// [`StoreError::Corrupt`] never in practice: the row always has a form.
pub fn initial_sync_item(
    connection: &Connection,
    model: &str,
    now: Timestamp,
) -> Result<(Key, Item), StoreError> {
    let row = SyncRow::first(connection, model, now);
    let key = row.key();
    let item = to_row(&key, &row)?;
    Ok((key, item))
}

/// Where a history begins for one that is connected now; `None` for all.
#[must_use]
pub fn history_since(history: History, now: Timestamp) -> Option<Timestamp> {
    match history {
        History::All => None,
        History::Days(days) => {
            let back = SignedDuration::from_hours(24 * i64::from(days));
            Some(now.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH))
        }
    }
}

impl Store {
    /// The sync of one model, as it is now.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn sync(&self, ws: &str, conn: &str, model: &str) -> Result<Option<SyncRow>, StoreError> {
        self.get(Row::Sync, Table::State, &keys::sync(ws, conn, model))
            .await
    }

    /// The syncs of a connection, by model.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn syncs(&self, ws: &str, conn: &str) -> Result<Vec<SyncRow>, StoreError> {
        let pk = keys::connection_pk(ws, conn);
        let prefix = SortKeys::Prefix("sync#".to_owned());
        Ok(self
            .query(Row::Sync, Table::State, &pk, &prefix, MOST_MODELS, true)
            .await?
            .rows)
    }

    /// Writes the row over the revision that was read, and raises the revision.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when somebody else wrote meanwhile.
    pub async fn put_sync(&self, row: &mut SyncRow) -> Result<(), StoreError> {
        let read = row.rev;
        row.rev += 1;
        let done = self
            .put(Row::Sync, Table::State, &row.key(), row, at_revision(read))
            .await;
        if done.is_err() {
            row.rev = read;
        }
        done
    }

    /// Moves the due time of a row that nobody wrote meanwhile: a message is on its way.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the row changed.
    pub async fn postpone(&self, key: &Key, from: Timestamp, to: Timestamp) -> Result<(), StoreError> {
        let change = super::Change::new().set(due::AT, to);
        self.update(
            Row::Sync,
            Table::State,
            key,
            change,
            When::always().eq(due::AT, from),
        )
        .await
    }
}

impl Transaction {
    /// Writes the row as [`Store::put_sync`] does; the caller raises `rev` when the transaction is done.
    ///
    /// # Errors
    /// As [`Transaction::put`].
    pub fn put_sync(&mut self, row: &SyncRow) -> Result<&mut Self, StoreError> {
        let mut next = row.clone();
        next.rev += 1;
        self.put(Row::Sync, Table::State, next.key(), &next, at_revision(row.rev))
    }

    /// Goes on only while this lease is the row's last.
    pub fn check_fence(&mut self, row: &SyncRow) -> &mut Self {
        self.check(
            Row::Sync,
            Table::State,
            row.key(),
            When::always().eq("fence", row.fence),
        )
    }
}

fn at_revision(rev: u64) -> When {
    When::always().eq("rev", rev)
}
