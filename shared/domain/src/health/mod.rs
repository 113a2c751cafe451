//! A connection's status, as its system's answers change it.
//!
//! Each change is one transaction with its event and its line in the timeline, on condition that the
//! status is still the one that was read: of many syncs that fail at once, one announces it.

use jiff::Timestamp;
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

/// Notes that the system failed, and says how the connection stands now.
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
    let verdict = if fault.kind.is_outage() {
        outage
    } else if fault.kind == FaultKind::Unauthorized {
        refused
    } else {
        return Ok(connection.clone());
    };
    settle(domain, connection, |current| verdict(domain, current, fault)).await
}

/// Notes that the system answered, and says how the connection stands now. Free while it is online.
///
/// # Errors
/// As [`record_failure`].
pub async fn record_success(domain: &Domain, connection: &Connection) -> Result<Connection, Problem> {
    if connection.status == ConnectionStatus::Online {
        return Ok(connection.clone());
    }
    let now = settle(domain, connection, |current| recovery(domain, current)).await?;
    if now.status == ConnectionStatus::Online {
        sync::resume(domain, &now.workspace, &now.id).await?;
    }
    Ok(now)
}

/// What is to be written about a connection; `None` when nothing new was learnt.
type Verdict = Option<(Change, Option<Announcement>)>;

struct Announcement {
    status: ConnectionStatus,
    reason: Option<String>,
    retry_at: Option<Timestamp>,
}

fn outage(domain: &Domain, current: &Connection, fault: &Fault) -> Verdict {
    let now = domain.ports.clock.now();
    let known = current.status == ConnectionStatus::Unreachable;
    // Models fail together: what fails before the next attempt was due tells nothing new.
    if known && current.next_attempt_at.is_some_and(|due| now < due) {
        return None;
    }
    // Whoever has to give new credentials is told that, not that the host is down as well.
    if current.status == ConnectionStatus::ReauthRequired {
        return None;
    }
    let failures = current.failures + 1;
    let retry_at = now + backoff::wait(failures, fault.retry_after, &*domain.ports.ids);
    let change = Change::new()
        .set("failures", failures)
        .set("next_attempt_at", retry_at)
        .set("status_reason", fault.to_string());
    if known {
        return Some((change, None));
    }
    let announcement = Announcement {
        status: ConnectionStatus::Unreachable,
        reason: Some(fault.to_string()),
        retry_at: Some(retry_at),
    };
    Some((change, Some(announcement)))
}

fn refused(_domain: &Domain, current: &Connection, fault: &Fault) -> Verdict {
    if current.status == ConnectionStatus::ReauthRequired {
        return None;
    }
    let change = Change::new()
        .set("status_reason", fault.to_string())
        .set("failures", 0_u32)
        .remove("next_attempt_at");
    let announcement = Announcement {
        status: ConnectionStatus::ReauthRequired,
        reason: Some(fault.to_string()),
        retry_at: None,
    };
    Some((change, Some(announcement)))
}

fn recovery(_domain: &Domain, current: &Connection) -> Verdict {
    if current.status == ConnectionStatus::Online {
        return None;
    }
    let announcement = Announcement {
        status: ConnectionStatus::Online,
        reason: None,
        retry_at: None,
    };
    Some((online(), Some(announcement)))
}

/// What an online connection does not have.
pub(crate) fn online() -> Change {
    Change::new()
        .set("failures", 0_u32)
        .remove("status_reason")
        .remove("next_attempt_at")
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
        change = change
            .set("status", announcement.status.as_str())
            .set("status_since", domain.ports.clock.now());
        announce(&mut transaction, domain, current, announcement)?;
    }
    let when = When::connected(current.generation)
        .eq("status", current.status.as_str())
        .eq("failures", current.failures)
        .eq("credentials_version", current.credentials_version);
    let key = keys::connection(&current.workspace, &current.id);
    transaction.update(Row::Connection, Table::State, key, change, when);
    domain.commit(transaction).await
}

fn announce(
    transaction: &mut Transaction,
    domain: &Domain,
    current: &Connection,
    announcement: &Announcement,
) -> Result<(), StoreError> {
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
    let mut data = json!({"connection_id": current.id, "status": announcement.status});
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
    audit::add(transaction, domain, ws, &Actor::itself(), kind.as_str(), conn)
}

async fn reread(domain: &Domain, connection: &Connection) -> Result<Connection, Problem> {
    crate::auth::find(domain, &connection.workspace, &connection.id).await
}
