//! The pace of a workspace's connections towards one host.
//!
//! Five hundred connections to a host that is down are not five hundred attempts: one of them tries, and
//! the others wait for what it finds. When the host is back they come one, two, four, eight … at a time,
//! so that what just stood up is not knocked over. Systems on one host are told apart; where a vendor's
//! customers share a host, each connection goes at its own pace.
//!
//! The row only paces. Losing it, or a write of it, loses no attempt.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::fault::Fault;
use serde::{Deserialize, Serialize};

use super::probe;
use crate::{
    backoff,
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, When, keys},
};

/// How long each step of the return lasts.
pub const STEP: SignedDuration = SignedDuration::from_secs(10);
/// Connections that come back in one step, at most.
pub const MOST_A_STEP: u32 = 32;
/// Those that wait look for themselves so many milliseconds after the attempt that they wait for, at most: its
/// success gives them their turns, so this is for the case that it was never made.
const SPREAD: u64 = 600_000;
/// A return that nobody took part in for so long is over.
const RETURN_OVER: SignedDuration = SignedDuration::from_hours(1);
/// Rows that nobody needs are removed after so many days.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Others write the row as well; more turns than this cannot be lost but in a crowd.
const TURNS: u32 = 16;

/// How a host stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostRow {
    /// Rises with every write.
    rev: u64,
    /// Attempts in a row that failed.
    failures: u32,
    /// When one connection tries it again; set while it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    /// Its return; set while connections come back one after another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ramp: Option<Ramp>,
    /// When DynamoDB may remove it, in seconds.
    expires_at: i64,
}

/// A step of a host's return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ramp {
    /// When the step begins; it may be one to come.
    at: Timestamp,
    /// How many connections it lets through.
    size: u32,
    /// How many it has let through, or promised to.
    used: u32,
    /// Those that wait were given their turns.
    #[serde(default)]
    told: bool,
}

/// Whether a connection may try its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Now; the attempt after it comes then, where the host has a say.
    Now { next: Option<Timestamp> },
    /// Later; `given` when that time is promised.
    Later { at: Timestamp, given: bool },
}

impl HostRow {
    fn is_down(&self) -> bool {
        self.next_attempt_at.is_some()
    }

    /// An attempt failed; answers when the next one is due.
    fn fail(
        &mut self,
        now: Timestamp,
        asked: Option<Duration>,
        wait: impl FnOnce(u32) -> Duration,
    ) -> Timestamp {
        let due = match self.next_attempt_at {
            // Connections fail together: only the attempt that was due counts.
            Some(at) if now < at => at,
            _ => {
                self.failures += 1;
                now + wait(self.failures)
            }
        };
        let asked = asked.map_or(now, |asked| now + asked.min(backoff::LONGEST_ASKED));
        let due = due.max(asked);
        self.next_attempt_at = Some(due);
        self.ramp = None;
        due
    }

    /// Asks for a turn; `spread` keeps those that wait from coming all at once.
    fn turn(
        &mut self,
        now: Timestamp,
        has_turn: bool,
        spread: Duration,
        wait: impl FnOnce(u32) -> Duration,
    ) -> Turn {
        if let Some(at) = self.next_attempt_at {
            if now < at {
                return Turn::Later {
                    at: at + spread,
                    given: false,
                };
            }
            self.failures += 1;
            let next = now + wait(self.failures);
            self.next_attempt_at = Some(next);
            return Turn::Now { next: Some(next) };
        }
        if has_turn {
            return Turn::Now { next: None };
        }
        match self.step(now) {
            Some(at) if now < at => Turn::Later { at, given: true },
            _ => Turn::Now { next: None },
        }
    }

    /// The host answered: its return begins, unless it did before. The one who heard it is its first step.
    fn answer(&mut self, now: Timestamp) -> bool {
        if !self.is_down() {
            return false;
        }
        self.failures = 0;
        self.next_attempt_at = None;
        self.ramp = Some(Ramp {
            at: now,
            size: 1,
            used: 1,
            told: false,
        });
        true
    }

    /// A place in the return; `None` when there is none under way.
    fn step(&mut self, now: Timestamp) -> Option<Timestamp> {
        let ramp = self.ramp.as_mut()?;
        if now.duration_since(ramp.at) > RETURN_OVER {
            self.ramp = None;
            return None;
        }
        if ramp.used >= ramp.size {
            ramp.at += STEP;
            ramp.size = (ramp.size * 2).min(MOST_A_STEP);
            ramp.used = 0;
        }
        // A step that nobody used in its time begins now.
        if ramp.at + STEP <= now {
            ramp.at = now;
            ramp.used = 0;
        }
        let place = STEP / i32::try_from(ramp.size).unwrap_or(1) * i32::try_from(ramp.used).unwrap_or(0);
        ramp.used += 1;
        Some(ramp.at + place)
    }
}

/// Notes that an attempt at the connection's host failed; answers when the next one is due, or `None` when
/// the connection goes at its own pace.
pub(super) async fn note_failure(
    domain: &Domain,
    connection: &Connection,
    fault: &Fault,
) -> Result<Option<Timestamp>, Problem> {
    let Some(host) = host_of(domain, connection) else {
        return Ok(None);
    };
    let now = domain.ports.clock.now();
    let due = change(domain, &connection.workspace, &host, |row| {
        let known = row.next_attempt_at.filter(|at| now < *at);
        let due = row.fail(now, fault.retry_after, |failures| wait(domain, failures));
        match known {
            // Somebody else tries it then.
            Some(_) => due + spread_of(connection),
            None => due,
        }
    })
    .await?;
    Ok(due)
}

/// Notes that the connection's host answered.
pub(super) async fn note_answer(domain: &Domain, connection: &Connection) -> Result<(), Problem> {
    if let Some(host) = host_of(domain, connection) {
        let now = domain.ports.clock.now();
        change(domain, &connection.workspace, &host, |row| row.answer(now)).await?;
    }
    Ok(())
}

/// Whether the connection may try its host now.
pub(super) async fn ask_turn(
    domain: &Domain,
    connection: &Connection,
    has_turn: bool,
) -> Result<Turn, Problem> {
    let Some(host) = host_of(domain, connection) else {
        return Ok(Turn::Now { next: None });
    };
    let now = domain.ports.clock.now();
    let spread = spread_of(connection);
    let turn = change(domain, &connection.workspace, &host, |row| {
        row.turn(now, has_turn, spread, |failures| wait(domain, failures))
    })
    .await?;
    // In a crowd one comes again in a while.
    Ok(turn.unwrap_or(Turn::Later {
        at: now + spread,
        given: false,
    }))
}

/// Gives the other connections that wait for this one's host their turns, unless that was done.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub(super) async fn release(domain: &Domain, back: &Connection) -> Result<(), Problem> {
    const PAGE: usize = 100;
    let Some(host) = host_of(domain, back) else {
        return Ok(());
    };
    let told = |row: &mut HostRow| row.ramp.as_ref().is_none_or(|ramp| ramp.told);
    if change(domain, &back.workspace, &host, told).await? == Some(true) {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let page = domain
            .store
            .connections(&back.workspace, after.as_deref(), PAGE)
            .await?;
        for waiting in page.rows.iter().filter(|other| other.is_unreachable()) {
            if host_of(domain, waiting).as_ref() == Some(&host) {
                give_turn(domain, waiting).await?;
            }
        }
        after = page.rows.last().map(|connection| connection.id.clone());
        if page.next.is_none() || after.is_none() {
            break;
        }
    }
    let tell = |row: &mut HostRow| {
        if let Some(ramp) = &mut row.ramp {
            ramp.told = true;
        }
    };
    change(domain, &back.workspace, &host, tell).await?;
    Ok(())
}

async fn give_turn(domain: &Domain, waiting: &Connection) -> Result<(), Problem> {
    let row = probe::row(domain, &waiting.workspace, &waiting.id, waiting.generation).await?;
    if row.is_none_or(|row| row.has_turn) {
        return Ok(());
    }
    let (at, given) = match ask_turn(domain, waiting, false).await? {
        // Down again: who tries it then is settled.
        Turn::Later { given: false, .. } | Turn::Now { next: Some(_) } => return Ok(()),
        Turn::Later { at, given } => (at, given),
        Turn::Now { next: None } => (domain.ports.clock.now(), true),
    };
    probe::move_to(domain, waiting, at, given, Change::new())
        .await
        .map(drop)
}

fn wait(domain: &Domain, failures: u32) -> Duration {
    backoff::wait(failures, None, &*domain.ports.ids)
}

/// A system at a host: others there may be well.
fn host_of(domain: &Domain, connection: &Connection) -> Option<String> {
    let host = domain.catalog.host(&connection.system, &connection.settings)?;
    // A key has room for 1,024 bytes, and no name of a host is longer.
    (host.len() <= 300).then(|| format!("{}@{host}", connection.system))
}

/// Up to ten minutes, always the same for a connection.
fn spread_of(connection: &Connection) -> Duration {
    let hash = xxhash_rust::xxh3::xxh3_64(connection.id.as_bytes());
    Duration::from_millis(1_000 + hash % SPREAD)
}

/// Changes the row as it is now. `None` when others were faster each time.
async fn change<T>(
    domain: &Domain,
    ws: &str,
    host: &str,
    change: impl Fn(&mut HostRow) -> T,
) -> Result<Option<T>, StoreError> {
    let key = keys::host(ws, host);
    for _ in 0..TURNS {
        let read: Option<HostRow> = domain.store.get(Row::Host, Table::State, &key).await?;
        let mut row = read.clone().unwrap_or_default();
        let answer = change(&mut row);
        if read.clone().unwrap_or_default() == row {
            return Ok(Some(answer));
        }
        row.rev += 1;
        row.expires_at = (domain.ports.clock.now() + KEPT).as_second();
        let when = match &read {
            None => When::new_row(),
            Some(read) => When::always().eq("rev", read.rev),
        };
        match domain.store.put(Row::Host, Table::State, &key, &row, when).await {
            Ok(()) => return Ok(Some(answer)),
            Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
