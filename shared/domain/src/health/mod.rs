//! A connection's status, as its system's answers change it.
//!
//! Each change is one transaction with its event and its line in the timeline, on condition that the
//! status is still the one that was read: of many syncs that fail at once, one announces it.
//!
//! A status changes on evidence only. A failure is evidence once a second, different request failed as
//! well (`witness`); one that alone proves nothing is a doubt, which a second one soon after confirms.
//! While a system is down, one row is due at its next attempt ([`probe`]), and connections that share a
//! host share the host's pace ([`host`]).

pub mod counts;
pub mod host;
pub mod probe;
pub(crate) mod witness;

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::fault::{Fault, FaultKind};
use serde_json::json;

use crate::{
    audit::{self, Actor},
    backoff,
    connection::{Connection, ConnectionStatus},
    deployment::Domain,
    error::Problem,
    events::{self, EventType},
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
    sync, timeline,
};

/// A doubt that is older is forgotten.
const DOUBT: SignedDuration = SignedDuration::from_mins(10);
/// Between live calls that are let through to a system that is down: at least this,
const SHORTEST_BREAK: SignedDuration = SignedDuration::from_secs(5);
/// and at most this; in between a quarter of the outage so far.
const LONGEST_BREAK: SignedDuration = SignedDuration::from_mins(5);

/// Notes that the system failed for certain, and says how the connection stands now.
///
/// An outage makes it unreachable, or puts off the next attempt when it is that already; refused
/// credentials make it wait for a person; anything else says nothing about the connection.
///
/// # Errors
/// [`Problem::ConnectionDisconnected`] when it was disconnected meanwhile; the store's.
pub async fn record_failure(
    domain: &Domain,
    connection: &Connection,
    fault: &Fault,
) -> Result<Connection, Problem> {
    if fault.kind == FaultKind::Unauthorized {
        // Whoever refuses credentials is there.
        if connection.is_unreachable() {
            host::note_answer(domain, connection).await?;
        }
        return settle(domain, connection, |current| refused(current, fault)).await;
    }
    if !fault.kind.is_outage() {
        return Ok(connection.clone());
    }
    let retry_at = next_attempt(domain, connection, fault).await?;
    let now = settle(domain, connection, |current| {
        outage(domain, current, fault, retry_at)
    })
    .await?;
    if !connection.is_unreachable() && now.is_unreachable() {
        probe::wake(domain, &now).await;
    }
    Ok(now)
}

/// Notes a failure that alone proves nothing (an answer that took too long, say): a second one within ten
/// minutes, without an answer in between, is an outage. The system is looked at right away, so that the second one
/// need not be somebody's call.
///
/// # Errors
/// As [`record_failure`].
pub async fn record_doubt(
    domain: &Domain,
    connection: &Connection,
    fault: &Fault,
) -> Result<Connection, Problem> {
    let now = domain.ports.clock.now();
    let doubted = connection
        .doubted_at
        .is_some_and(|at| now.duration_since(at) < DOUBT);
    if doubted || connection.is_unreachable() {
        return record_failure(domain, connection, fault).await;
    }
    if connection.status != ConnectionStatus::Online {
        return Ok(connection.clone());
    }
    let unchanged = When::as_read(connection);
    let unchanged = match connection.doubted_at {
        None => unchanged.absent("doubted_at"),
        Some(earlier) => unchanged.eq("doubted_at", earlier),
    };
    let mut transaction = Transaction::new();
    let key = keys::connection(&connection.workspace, &connection.id);
    let noted = Change::new().set("doubted_at", now);
    transaction.update(Row::Connection, Table::State, key, noted, unchanged);
    probe::look_after(&mut transaction, domain, connection)?;
    let noted = match domain.store.transact(transaction).await {
        Ok(()) => true,
        // Another call noted it and has the system looked at, or the connection has moved on: whoever moved it knows
        // more.
        Err(StoreError::Condition(Row::Connection)) => false,
        Err(error) => return Err(error.into()),
    };
    let current = reread(domain, connection).await?;
    if noted {
        probe::wake(domain, &current).await;
    }
    current.live()
}

/// Notes that the system answered, and says how the connection stands now. Free while it is online and
/// nothing was in doubt.
///
/// # Errors
/// As [`record_failure`].
pub async fn record_success(domain: &Domain, connection: &Connection) -> Result<Connection, Problem> {
    if connection.status == ConnectionStatus::Online && connection.doubted_at.is_none() {
        return Ok(connection.clone());
    }
    if connection.is_unreachable() {
        host::note_answer(domain, connection).await?;
    }
    let now = settle(domain, connection, recovery).await?;
    if connection.status != ConnectionStatus::Online && now.status == ConnectionStatus::Online {
        sync::resume(domain, &now.workspace, &now.id).await?;
        // The rest of its return is work for the probe's row.
        probe::wake(domain, &now).await;
    }
    Ok(now)
}

/// When the system is tried again: by the host's pace where it has one, else by the connection's own.
async fn next_attempt(domain: &Domain, connection: &Connection, fault: &Fault) -> Result<Timestamp, Problem> {
    if let Some(at) = host::note_failure(domain, connection, fault).await? {
        return Ok(at);
    }
    let wait = backoff::wait(connection.failures + 1, fault.retry_after, &*domain.ports.ids);
    Ok(domain.ports.clock.now() + wait)
}

/// What is to be written about a connection; `None` when nothing new was learnt.
type Verdict = Option<(Change, Option<Announcement>)>;

struct Announcement {
    status: ConnectionStatus,
    reason: Option<String>,
    retry_at: Option<Timestamp>,
}

fn outage(domain: &Domain, current: &Connection, fault: &Fault, retry_at: Timestamp) -> Verdict {
    // Whoever has to give new credentials is told that, not that the host is down as well.
    if current.status == ConnectionStatus::ReauthRequired {
        return None;
    }
    let now = domain.ports.clock.now();
    let change = Change::new()
        .set("status_reason", fault.to_string())
        .set("live_after", now + pause_of(current, now))
        .remove("live_until")
        .remove("doubted_at");
    if current.is_unreachable() {
        return still(current, fault, now, retry_at, change);
    }
    let announcement = Announcement {
        status: ConnectionStatus::Unreachable,
        reason: Some(fault.to_string()),
        retry_at: Some(retry_at),
    };
    let change = change.set("failures", 1_u32).set("next_attempt_at", retry_at);
    Some((change, Some(announcement)))
}

/// Another failure of a system that is down.
fn still(
    current: &Connection,
    fault: &Fault,
    now: Timestamp,
    retry_at: Timestamp,
    change: Change,
) -> Verdict {
    let due = current.next_attempt_at.unwrap_or(now);
    if due <= now {
        let change = change
            .set("failures", current.failures + 1)
            .set("next_attempt_at", retry_at);
        return Some((change, None));
    }
    // What fails before the next attempt is due tells nothing new, unless the system asks for longer.
    let asked = fault
        .retry_after
        .map(|asked| now + asked.min(backoff::LONGEST_ASKED));
    match asked.filter(|at| *at > due) {
        Some(at) => Some((change.set("next_attempt_at", at), None)),
        None => current.live_until.map(|_| (change, None)),
    }
}

/// How long live calls are spared a system that is down.
fn pause_of(current: &Connection, now: Timestamp) -> SignedDuration {
    let since = if current.is_unreachable() {
        current.status_since
    } else {
        now
    };
    (now.duration_since(since) / 4).clamp(SHORTEST_BREAK, LONGEST_BREAK)
}

fn refused(current: &Connection, fault: &Fault) -> Verdict {
    if current.status == ConnectionStatus::ReauthRequired {
        return None;
    }
    let change = online().set("status_reason", fault.to_string());
    let announcement = Announcement {
        status: ConnectionStatus::ReauthRequired,
        reason: Some(fault.to_string()),
        retry_at: None,
    };
    Some((change, Some(announcement)))
}

fn recovery(current: &Connection) -> Verdict {
    if current.status == ConnectionStatus::Online {
        return current
            .doubted_at
            .map(|_| (Change::new().remove("doubted_at"), None));
    }
    let announcement = Announcement {
        status: ConnectionStatus::Online,
        reason: None,
        retry_at: None,
    };
    Some((online().remove("status_reason"), Some(announcement)))
}

/// What a connection has only while it is unreachable goes.
fn online() -> Change {
    Change::new()
        .set("failures", 0_u32)
        .remove("next_attempt_at")
        .remove("doubted_at")
        .remove("live_after")
        .remove("live_until")
}

/// Puts into the transaction that mends a connection's credentials what makes it online again; the change
/// is the connection's own.
pub(crate) fn mend(
    transaction: &mut Transaction,
    domain: &Domain,
    current: &Connection,
) -> Result<Change, StoreError> {
    let change = online().remove("status_reason");
    if current.status == ConnectionStatus::Online {
        return Ok(change);
    }
    let announcement = Announcement {
        status: ConnectionStatus::Online,
        reason: None,
        retry_at: None,
    };
    announce(transaction, domain, current, &announcement, change)
}

/// Writes the verdict on the connection as it is, and reads it again when it moved meanwhile.
async fn settle(
    domain: &Domain,
    seen: &Connection,
    verdict: impl Fn(&Connection) -> Verdict,
) -> Result<Connection, Problem> {
    /// Each turn lost means that another writer got further.
    const TURNS: u32 = 8;
    let mut current = seen.clone();
    for _ in 0..TURNS {
        // Old credentials, or an ended connection, say nothing about this one.
        if current.credentials_version != seen.credentials_version || current.generation != seen.generation {
            break;
        }
        let Some((change, announcement)) = verdict(&current) else {
            break;
        };
        match write(domain, &current, change, announcement).await {
            Ok(()) | Err(StoreError::Condition(Row::Connection)) => {}
            Err(error) => return Err(error.into()),
        }
        current = reread(domain, &current).await?;
    }
    current.live()
}

async fn write(
    domain: &Domain,
    current: &Connection,
    mut change: Change,
    announcement: Option<Announcement>,
) -> Result<(), StoreError> {
    let mut transaction = Transaction::new();
    if let Some(announcement) = &announcement {
        change = announce(&mut transaction, domain, current, announcement, change)?;
    }
    let when = When::as_read(current).eq("failures", current.failures);
    let key = keys::connection(&current.workspace, &current.id);
    transaction.update(Row::Connection, Table::State, key, change, when);
    domain.commit(transaction).await
}

/// Adds what goes with a change of status: its event with a number, a line in the timeline, and the row
/// that is due for what comes next.
fn announce(
    transaction: &mut Transaction,
    domain: &Domain,
    current: &Connection,
    announcement: &Announcement,
    change: Change,
) -> Result<Change, StoreError> {
    let (kind, words) = match announcement.status {
        ConnectionStatus::Online => (EventType::ConnectionOnline, "The system answers again."),
        ConnectionStatus::Unreachable => (EventType::ConnectionUnreachable, "The system cannot be reached."),
        ConnectionStatus::ReauthRequired => (
            EventType::ConnectionReauthRequired,
            "The system refuses the credentials.",
        ),
        ConnectionStatus::Disconnected => (
            EventType::ConnectionDisconnected,
            "The connection was disconnected.",
        ),
    };
    let sequence = current.status_seq + 1;
    let mut data = json!({
        "connection_id": current.id, "status": announcement.status, "sequence": sequence,
    });
    if let Some(reason) = &announcement.reason {
        data["reason"] = json!(reason);
    }
    if let Some(at) = announcement.retry_at {
        data["next_attempt_at"] = json!(at.to_string());
    }
    let (ws, conn) = (&current.workspace, &current.id);
    events::add(transaction, domain, ws, kind, data)?;
    let message = match &announcement.reason {
        Some(reason) => format!("{words} {reason}"),
        None => words.to_owned(),
    };
    timeline::add(transaction, domain, ws, conn, kind.as_str(), message)?;
    audit::add(transaction, domain, ws, &Actor::itself(), kind.as_str(), conn)?;
    counts::moved(transaction, conn, Some(current.status), announcement.status);
    let now = domain.ports.clock.now();
    match announcement.status {
        ConnectionStatus::ReauthRequired => probe::cancel(transaction, current),
        // Down: the next attempt. Back: what its return leaves to do.
        _ => probe::plan(transaction, current, announcement.retry_at.unwrap_or(now), false)?,
    }
    Ok(change
        .set("status", announcement.status.as_str())
        .set("status_since", now)
        .set("status_seq", sequence))
}

async fn reread(domain: &Domain, connection: &Connection) -> Result<Connection, Problem> {
    crate::auth::find(domain, &connection.workspace, &connection.id).await
}
