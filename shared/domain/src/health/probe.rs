//! Trying a system that is down, again and again, for as long as its connection exists; and what there
//! is to do when it is back.
//!
//! One row a connection, written in the transaction of the change of status, is due for it: whatever
//! dies or is lost, the schedule finds it. An attempt is counted and the next one planned before it is
//! made, so that one connection's system is asked by one worker at a time. A system that is in doubt only is looked at
//! once.

use std::time::Duration;

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use manifold_connectors::fault::Fault;
use serde::{Deserialize, Serialize};

use super::{host, record_failure, record_success, witness};
use crate::{
    backoff,
    connection::{Connection, ConnectionStatus},
    deployment::Domain,
    error::Problem,
    open,
    ports::{MAX_DELAY, QueueName},
    store::{Change, Row, StoreError, Table, Transaction, When, due, keys},
    sync,
    systems::Purpose,
};

/// A message that was sent is given so long before the schedule sends another.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time for an attempt.
const WITHIN: Duration = Duration::from_secs(20);

/// The row of a system's next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRow {
    /// Workspace.
    pub ws: String,
    /// Connection.
    pub conn: String,
    /// The connection's generation.
    pub generation: u64,
    /// When it is to be looked at. The due index may say later, while a message is on its way.
    #[serde(with = "millis")]
    pub wake_at: Timestamp,
    /// When the schedule is to look at it.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The host's pace gave it this time: it need not ask again.
    #[serde(default)]
    pub has_turn: bool,
}

/// What a message on the sync queue says: look at this system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename = "probe")]
pub struct ProbeMessage {
    /// Workspace.
    pub ws: String,
    /// Connection.
    pub conn: String,
    /// The connection's generation when the message was sent.
    pub generation: u64,
}

impl ProbeMessage {
    /// Its text.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("a message is made of texts and a number")
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The system is back, and everything that waited for it goes on.
    Back,
    /// It is still down, or of no use.
    Down,
    /// It is there and refuses the credentials.
    Refused,
    /// It is not due yet.
    NotDue,
    /// Others try the same host first.
    Waiting,
    /// There is nothing to try any more.
    Stale,
}

/// Puts the time of the next attempt into a transaction.
pub(super) fn plan(
    transaction: &mut Transaction,
    connection: &Connection,
    at: Timestamp,
    has_turn: bool,
) -> Result<(), StoreError> {
    let row = ProbeRow {
        ws: connection.workspace.clone(),
        conn: connection.id.clone(),
        generation: connection.generation,
        wake_at: at,
        due_at: Some(at),
        has_turn,
    };
    let key = key_of(connection);
    let mut item = crate::store::to_row(&key, &row)?;
    item.extend(due::attributes(&key, at));
    transaction.put_item(Row::Probe, Table::State, key, item, When::always());
    Ok(())
}

/// Makes a connection that is online due to be looked after: its syncs are made to fit it, and a system that is in doubt
/// is asked. The others are looked after when their systems are back, or their credentials mended.
pub(crate) fn look_after(
    transaction: &mut Transaction,
    domain: &Domain,
    connection: &Connection,
) -> Result<(), StoreError> {
    if connection.status != ConnectionStatus::Online {
        return Ok(());
    }
    plan(transaction, connection, domain.ports.clock.now(), false)
}

/// Nothing is to be tried any more: goes with the transaction that says why.
pub(super) fn cancel(transaction: &mut Transaction, connection: &Connection) {
    transaction.delete(Row::Probe, Table::State, key_of(connection), When::always());
}

fn key_of(connection: &Connection) -> keys::Key {
    keys::probe(&connection.workspace, &connection.id, connection.generation)
}

/// Sends the message for an attempt that is not too far off; later ones are the schedule's.
pub(crate) async fn wake(domain: &Domain, connection: &Connection) {
    let sent = match connection.next_attempt_at {
        Some(at) => send_for(domain, connection, at).await,
        None => send(domain, connection, Duration::ZERO).await,
    };
    match sent {
        // Another writer planned it anew, and sends for itself.
        Ok(()) | Err(Problem::Store(StoreError::Condition(_))) => {}
        Err(error) => {
            tracing::warn!(target: "health", connection_id = %connection.id, %error, "an attempt waits for the schedule");
        }
    }
}

async fn send_for(domain: &Domain, connection: &Connection, at: Timestamp) -> Result<(), Problem> {
    let wait = at.duration_since(domain.ports.clock.now());
    let wait = Duration::try_from(wait).unwrap_or_default();
    if wait > MAX_DELAY {
        return Ok(());
    }
    // The schedule sends another when this one must have arrived and nothing came of it.
    domain
        .store
        .postpone(&key_of(connection), at, at + PATIENCE)
        .await?;
    send(domain, connection, wait).await
}

async fn send(domain: &Domain, connection: &Connection, wait: Duration) -> Result<(), Problem> {
    let message = ProbeMessage {
        ws: connection.workspace.clone(),
        conn: connection.id.clone(),
        generation: connection.generation,
    };
    Ok(domain.send(QueueName::Sync, &message.body(), wait).await?)
}

/// The row of an attempt; `None` when there is none.
///
/// # Errors
/// The store's.
pub async fn row(
    domain: &Domain,
    ws: &str,
    conn: &str,
    generation: u64,
) -> Result<Option<ProbeRow>, StoreError> {
    let key = keys::probe(ws, conn, generation);
    domain.store.get(Row::Probe, Table::State, &key).await
}

/// Makes the attempt that is due, or does what the system's return left to do. Whatever the message says,
/// the rows decide.
///
/// # Errors
/// Only for failures of our own (store, queue, vault); the row stays due.
pub async fn run(domain: &Domain, message: &ProbeMessage) -> Result<Outcome, Problem> {
    let ProbeMessage { ws, conn, generation } = message;
    let Some(row) = row(domain, ws, conn, *generation).await? else {
        return Ok(Outcome::Stale);
    };
    let connection = domain.store.connection(ws, conn).await?;
    let connection = connection.filter(|connection| connection.generation == *generation);
    let Some(connection) = connection else {
        return Ok(Outcome::Stale);
    };
    let now = domain.ports.clock.now();
    if now < row.wake_at {
        return Ok(Outcome::NotDue);
    }
    match connection.status {
        // Somebody's call ended in silence: is it the system?
        ConnectionStatus::Online if connection.doubted_at.is_some() => {
            let outcome = attempt(domain, connection.clone()).await?;
            if outcome == Outcome::Down {
                // A change of the connection may have left the row for this.
                sync::reconcile(domain, &connection).await?;
                forget(domain, &connection).await?;
            }
            return Ok(outcome);
        }
        ConnectionStatus::Online => {
            returned(domain, &connection).await?;
            return Ok(Outcome::Back);
        }
        ConnectionStatus::Unreachable => {}
        ConnectionStatus::ReauthRequired | ConnectionStatus::Disconnected => {
            forget(domain, &connection).await?;
            return Ok(Outcome::Stale);
        }
    }
    match host::ask_turn(domain, &connection, row.has_turn).await? {
        host::Turn::Later { at, given } => {
            put_off(domain, &connection, at, given).await?;
            Ok(Outcome::Waiting)
        }
        host::Turn::Now { next } => match claim(domain, &connection, next).await? {
            Some(claimed) => attempt(domain, claimed).await,
            None => Ok(Outcome::NotDue),
        },
    }
}

/// Counts the attempt and plans the one after it. `None` when another worker was faster.
async fn claim(
    domain: &Domain,
    connection: &Connection,
    next: Option<Timestamp>,
) -> Result<Option<Connection>, Problem> {
    let now = domain.ports.clock.now();
    let ours = || now + backoff::wait(connection.failures + 1, None, &*domain.ports.ids);
    let next = next.unwrap_or_else(ours);
    let change = Change::new().set("failures", connection.failures + 1);
    move_to(domain, connection, next, false, change).await
}

async fn put_off(
    domain: &Domain,
    connection: &Connection,
    at: Timestamp,
    given: bool,
) -> Result<(), Problem> {
    move_to(domain, connection, at, given, Change::new())
        .await
        .map(drop)
}

/// Moves the next attempt on the connection and on the row together, and sends for it.
pub(super) async fn move_to(
    domain: &Domain,
    connection: &Connection,
    at: Timestamp,
    has_turn: bool,
    change: Change,
) -> Result<Option<Connection>, Problem> {
    let mut transaction = Transaction::new();
    let when = When::as_read(connection).eq("failures", connection.failures);
    let key = keys::connection(&connection.workspace, &connection.id);
    let change = change.set("next_attempt_at", at);
    transaction.update(Row::Connection, Table::State, key, change, when);
    plan(&mut transaction, connection, at, has_turn)?;
    match domain.store.transact(transaction).await {
        Ok(()) => {}
        Err(StoreError::Condition(Row::Connection)) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let moved = domain
        .store
        .connection(&connection.workspace, &connection.id)
        .await?;
    let moved = moved.filter(|now| now.generation == connection.generation && now.is_unreachable());
    if let Some(moved) = &moved {
        wake(domain, moved).await;
    }
    Ok(moved)
}

/// One light request.
async fn attempt(domain: &Domain, connection: Connection) -> Result<Outcome, Problem> {
    let system = match open::system(domain, &connection, Purpose::Work).await {
        Ok(system) => system,
        // The catalogue changed its mind about the settings, or the credentials change just now.
        Err(Problem::System(_) | Problem::Conflict(_) | Problem::Unsupported(_)) => return Ok(Outcome::Down),
        Err(problem) => return Err(problem),
    };
    let model = connection.models.first().map_or("", String::as_str);
    let answer = tokio::time::timeout(WITHIN, witness::one_record(&system, model)).await;
    let answer = answer.unwrap_or_else(|_| Err(no_answer()));
    match answer {
        Ok(()) => {
            back(domain, &connection).await?;
            Ok(Outcome::Back)
        }
        Err(fault) if fault.kind == manifold_connectors::FaultKind::Unauthorized => {
            record_failure(domain, &connection, &fault).await?;
            Ok(Outcome::Refused)
        }
        Err(fault) => match witness::judge(&fault) {
            witness::Heard::Answer => {
                back(domain, &connection).await?;
                Ok(Outcome::Back)
            }
            witness::Heard::Silence => {
                record_failure(domain, &connection, &fault).await?;
                Ok(Outcome::Down)
            }
            witness::Heard::Nothing => Ok(Outcome::Down),
        },
    }
}

fn no_answer() -> Fault {
    let message = format!("The system took longer than {} seconds.", WITHIN.as_secs());
    Fault::new(manifold_connectors::FaultKind::Timeout, message)
}

async fn back(domain: &Domain, connection: &Connection) -> Result<(), Problem> {
    let now = record_success(domain, connection).await?;
    if now.status == ConnectionStatus::Online {
        returned(domain, &now).await?;
    }
    Ok(())
}

/// Makes the syncs fit, wakes what waited for this system, and the other connections of its host; then nothing is left to do.
async fn returned(domain: &Domain, connection: &Connection) -> Result<(), Problem> {
    sync::reconcile(domain, connection).await?;
    sync::resume(domain, &connection.workspace, &connection.id).await?;
    host::note_answer(domain, connection).await?;
    host::release(domain, connection).await?;
    forget(domain, connection).await
}

/// Removes the row, unless the system went down again meanwhile.
async fn forget(domain: &Domain, connection: &Connection) -> Result<(), Problem> {
    let mut transaction = Transaction::new();
    let key = keys::connection(&connection.workspace, &connection.id);
    transaction.check(Row::Connection, Table::State, key, When::as_read(connection));
    cancel(&mut transaction, connection);
    match domain.store.transact(transaction).await {
        Ok(()) | Err(StoreError::Condition(Row::Connection)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
