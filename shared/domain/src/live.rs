//! Asking a connection's system now, for somebody who waits.
//!
//! A system that is known to be down is not asked: whoever calls is told at once since when, and when to
//! come again. Now and then one call is let through, to see (a half-open breaker, kept in the
//! connection's row, since execution environments share nothing else); its success resumes everything.

use std::{future::Future, sync::Arc, time::Duration};

use jiff::SignedDuration;
use manifold_connectors::fault::{Fault, FaultKind};

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    health::{
        self,
        witness::{self, Heard},
    },
    open,
    store::{Change, Row, StoreError, Table, When, keys},
    systems::{OpenSystem, Purpose},
};

/// Time for a live call in all: API Gateway gives up at 30 s.
pub const WITHIN: Duration = Duration::from_secs(25);
/// A call that was let through to a system that is down keeps others out for so long.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(30);

/// Whether a call may be made again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Reading twice does no harm.
    Harmless,
    /// The first call may have had its effect.
    Never,
}

/// Asks the system, `within` a time in all, and keeps the connection's status true.
///
/// When it fails as a system does that is down, it is asked for something else at once: one request that
/// fails among good ones is no outage.
///
/// # Errors
/// [`Problem::System`] for what the system failed or refused, and at once while it is down and nobody's
/// turn to try it; [`Problem::ConnectionDisconnected`], [`Problem::ReauthRequired`].
pub async fn ask<T, F>(
    domain: &Domain,
    connection: &Connection,
    within: Duration,
    again: Again,
    what: impl Fn(Arc<dyn OpenSystem>) -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Fault>>,
{
    let deadline = tokio::time::Instant::now() + within;
    let left = || deadline.saturating_duration_since(tokio::time::Instant::now());
    let system = open::system(domain, connection, Purpose::Call).await?;
    if connection.is_unreachable() {
        let claimed = claim(domain, connection).await?;
        let answer = timed(left(), within, what(system)).await;
        return conclude(domain, &claimed, answer).await;
    }
    let answer = timed(left(), within, what(Arc::clone(&system))).await;
    let fault = match answer {
        Err(fault) if fault.kind.is_outage() => fault,
        answer => return conclude(domain, connection, answer).await,
    };
    match witness::ask(&system, &connection.models, &fault, None, left()).await {
        Heard::Silence => conclude(domain, connection, Err(fault)).await,
        Heard::Nothing => {
            let now = health::record_doubt(domain, connection, &fault).await?;
            Err(failed(domain, &now, fault))
        }
        Heard::Answer => {
            health::record_success(domain, connection).await?;
            if again == Again::Harmless && fault.kind != FaultKind::Timeout {
                let second = timed(left(), within, what(system)).await;
                return second.map_err(|fault| failed(domain, connection, fault));
            }
            Err(failed(domain, connection, fault))
        }
    }
}

/// Notes what an answer says of the connection, and passes it on.
async fn conclude<T>(
    domain: &Domain,
    connection: &Connection,
    answer: Result<T, Fault>,
) -> Result<T, Problem> {
    match answer {
        Ok(answer) => {
            health::record_success(domain, connection).await?;
            Ok(answer)
        }
        Err(fault) => {
            let answers = connection.is_unreachable() && witness::judge(&fault) == Heard::Answer;
            let now = if answers && fault.kind != FaultKind::Unauthorized {
                health::record_success(domain, connection).await?
            } else {
                health::record_failure(domain, connection, &fault).await?
            };
            // An outage that is known since earlier is told with its beginning.
            Err(failed(domain, &now, fault))
        }
    }
}

fn failed(domain: &Domain, connection: &Connection, fault: Fault) -> Problem {
    match Problem::live(connection, fault) {
        Problem::System(problem) => Problem::System(Box::new(problem.waiting(&*domain.ports.clock))),
        problem => problem,
    }
}

async fn timed<T>(
    left: Duration,
    within: Duration,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(left, call).await.unwrap_or_else(|_| {
        let message = format!("The system took longer than {} seconds.", within.as_secs());
        Err(Fault::new(FaultKind::Timeout, message))
    })
}

/// Takes the turn of trying a system that is down; whoever has none is told when to come again.
async fn claim(domain: &Domain, connection: &Connection) -> Result<Connection, Problem> {
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    let under_way = connection.live_until.is_some_and(|until| wall < until);
    if under_way || connection.live_at().is_some_and(|at| now < at) {
        return Err(down(domain, connection));
    }
    let until = wall + UNDER_WAY;
    let change = Change::new().set("live_until", until);
    let free = [
        When::always().absent("live_until"),
        When::always().le("live_until", wall),
    ];
    let when = When::as_read(connection).any_of(free);
    let key = keys::connection(&connection.workspace, &connection.id);
    match domain
        .store
        .update(Row::Connection, Table::State, &key, change, when)
        .await
    {
        Ok(()) => {}
        Err(StoreError::Condition(_)) => return Err(down(domain, connection)),
        Err(error) => return Err(error.into()),
    }
    let mut claimed = connection.clone();
    claimed.live_until = Some(until);
    Ok(claimed)
}

/// What whoever may not try is told, without a call.
fn down(domain: &Domain, connection: &Connection) -> Problem {
    let reason = connection.status_reason.clone();
    let reason = reason.unwrap_or_else(|| "The system cannot be reached.".to_owned());
    failed(domain, connection, Fault::new(FaultKind::Unreachable, reason))
}
