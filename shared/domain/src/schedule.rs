//! When syncs run, and the minute schedule that wakes whatever is due.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    cleanup,
    connection::Every,
    deployment::Domain,
    erase,
    error::Problem,
    health::{
        counts::{self, Counts},
        probe::{self, ProbeMessage},
    },
    intents, link,
    ports::QueueName,
    store::{
        StoreError,
        due::{Due, DueKey},
        keys::{DUE_SHARDS, Key},
    },
    sync::SyncMessage,
    webhooks::DeliverMessage,
};

/// What is due so soon is sent now, to arrive in time.
const AHEAD: Duration = Duration::from_secs(60);
/// A message that was sent is given so long before another is sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows of one shard that one pass of the schedule takes on.
const MOST_PER_SHARD: usize = 1_000;
/// Rows that are worked on at the same time.
const IN_FLIGHT: usize = 16;

/// The start after one at `last`: on a grid of the interval that lies differently for each sync, so
/// that all the syncs of a deployment do not begin in the same second. `None` when it only runs by hand.
///
/// Two starts are at least half an interval apart.
#[must_use]
pub fn next_start(every: Every, last: Timestamp, key: &Key) -> Option<Timestamp> {
    let interval = i64::try_from(every.interval()?.as_millis()).ok()?;
    let hash = xxhash_rust::xxh3::xxh3_64(format!("{}\n{}", key.pk, key.sk).as_bytes());
    let offset = i64::try_from(hash % interval.unsigned_abs()).unwrap_or(0);
    let last = last.as_millisecond();
    let mut next = (last - offset).div_euclid(interval) * interval + interval + offset;
    if next - last < interval / 2 {
        next += interval;
    }
    Timestamp::from_millisecond(next).ok()
}

/// What one pass of the schedule did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DriveReport {
    /// Rows that the due index named.
    pub due: usize,
    /// Messages that were sent.
    pub sent: usize,
    /// Pieces of work that were done on the spot.
    pub done: usize,
    /// What failed; it is due again the next minute.
    pub failed: usize,
    /// There was more than one pass takes on, or no time for it.
    pub more: bool,
    /// How long the work that waits longest has been due, in seconds of the stack's time.
    pub oldest: u64,
    /// Connections of the deployment by status.
    pub connections: Counts,
}

/// Wakes everything that is due or will be within a minute: syncs, attempts and deliveries by message, small work
/// (clean-up, erasure, orphaned secrets) on the spot, until `deadline` by the wall's clock.
///
/// # Errors
/// When the due index cannot be read. One row's failure is counted and logged, and stops nothing.
pub async fn drive(domain: &Domain, deadline: Timestamp) -> Result<DriveReport, Problem> {
    let until = domain.ports.clock.now() + AHEAD;
    let mut report = DriveReport::default();
    let mut rows = Vec::new();
    for shard in 0..DUE_SHARDS {
        let found = domain.store.due(shard, until, MOST_PER_SHARD).await?;
        report.due += found.len();
        report.more |= found.len() == MOST_PER_SHARD;
        rows.extend(found);
    }
    let mut pieces = stream::iter(in_turn(rows))
        .map(|(due, row)| piece(domain, due, row, deadline))
        .buffer_unordered(IN_FLIGHT);
    while let Some(done) = pieces.next().await {
        match done {
            Ok(Piece::Sent(late)) => {
                report.sent += 1;
                report.oldest = report.oldest.max(late.as_secs());
            }
            Ok(Piece::Done) => report.done += 1,
            Ok(Piece::Nothing) => {}
            Ok(Piece::NoTime) => report.more = true,
            Err(error) => {
                report.failed += 1;
                tracing::warn!(target: "schedule", %error, "a due row failed; it is tried again");
            }
        }
    }
    report.connections = counts::read(domain).await?;
    Ok(report)
}

/// What is due, in the order in which it is taken on: messages, then small work on the spot, then erasures, of which one
/// alone may use up all the time that there is. Of each kind what has waited longest comes first.
fn in_turn(rows: Vec<DueKey>) -> Vec<(Due, DueKey)> {
    let place = |due: &Due| match due {
        Due::Erase { .. } => 2,
        Due::Cleanup { .. } | Due::Intent { .. } | Due::SignIn { .. } | Due::Attempt { .. } => 1,
        _ => 0,
    };
    // A key of anything else comes from another version, which knows what to do with it.
    let known = rows.into_iter().filter_map(|row| Some((Due::of(&row.key)?, row)));
    let mut all: Vec<(Due, DueKey)> = known.collect();
    all.sort_by_key(|(due, row)| (place(due), row.at));
    all
}

enum Piece {
    /// A message, and how long the work had been due.
    Sent(Duration),
    Done,
    Nothing,
    NoTime,
}

async fn piece(domain: &Domain, due: Due, row: DueKey, deadline: Timestamp) -> Result<Piece, Problem> {
    if domain.ports.clock.wall() >= deadline {
        return Ok(Piece::NoTime);
    }
    let done = match due {
        Due::Event { ws, event: id } => {
            return send_deliver(domain, &row, &DeliverMessage::Event { ws, id }).await;
        }
        Due::Lane { ws, endpoint } => {
            return send_deliver(domain, &row, &DeliverMessage::Lane { ws, endpoint }).await;
        }
        Due::Replay {
            ws,
            endpoint,
            replay: id,
        } => return send_deliver(domain, &row, &DeliverMessage::Replay { ws, endpoint, id }).await,
        Due::Announcement {
            ws,
            conn,
            epoch,
            model,
        } => {
            let message = DeliverMessage::Changes {
                ws,
                conn,
                epoch,
                model,
            };
            return send_deliver(domain, &row, &message).await;
        }
        Due::Sync { ws, conn, model } => return send_sync(domain, &row.key, (&ws, &conn, &model)).await,
        Due::Probe { ws, conn, generation } => {
            return send_probe(domain, &row.key, ProbeMessage { ws, conn, generation }).await;
        }
        Due::Cleanup { ws, conn, generation } => cleanup::run(domain, &ws, &conn, generation).await,
        Due::Erase { ws, conn, epoch } => erase::run(domain, &ws, &conn, epoch, deadline).await.map(drop),
        Due::Intent { ws, vault_name } => intents::sweep(domain, &ws, &vault_name).await,
        Due::SignIn { ws, link, sign_in } => link::sign_in::tend(domain, &ws, &link, &sign_in).await,
        Due::Attempt { ws, link, attempt } => link::attempts::tend(domain, &ws, &link, &attempt).await,
    };
    if done.is_err()
        && let Err(error) = put_off(domain, &row).await
    {
        tracing::warn!(target: "schedule", %error, "work that failed could not be put off");
    }
    done.map(|()| Piece::Done)
}

/// Puts work off that failed: a shard is read up to a number of rows, and those that always fail must not fill it.
async fn put_off(domain: &Domain, row: &DueKey) -> Result<(), StoreError> {
    let later = domain.ports.clock.now() + PATIENCE;
    match domain.store.postpone(&row.key, row.at, later).await {
        Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Sends the message for a sync that is still due by its own row.
async fn send_sync(
    domain: &Domain,
    key: &Key,
    (ws, conn, model): (&str, &str, &str),
) -> Result<Piece, Problem> {
    let row = domain.store.sync(ws, conn, model).await?;
    let Some((row, due_at)) = row.and_then(|row| row.due_at.map(|due_at| (row, due_at))) else {
        return Ok(Piece::Nothing);
    };
    let body = SyncMessage::of(&row).body();
    let since = row.wake_at.unwrap_or(due_at);
    send(domain, QueueName::Sync, (key, due_at, since), &body).await
}

/// Sends the message for an attempt at a system that is down.
async fn send_probe(domain: &Domain, key: &Key, message: ProbeMessage) -> Result<Piece, Problem> {
    let ProbeMessage { ws, conn, generation } = &message;
    let row = probe::row(domain, ws, conn, *generation).await?;
    match row.and_then(|row| Some((row.due_at?, row.wake_at))) {
        Some((due_at, since)) => send(domain, QueueName::Sync, (key, due_at, since), &message.body()).await,
        None => Ok(Piece::Nothing),
    }
}

/// Sends the message for work on the deliver queue. Whoever gets it looks at the row itself.
async fn send_deliver(domain: &Domain, row: &DueKey, message: &DeliverMessage) -> Result<Piece, Problem> {
    let due = (&row.key, row.at, row.at);
    send(domain, QueueName::Deliver, due, &message.body()).await
}

/// Puts a due row off until its message must have arrived, and sends it. The due time moves with each message;
/// `since`, how long the work has waited, does not where the row keeps it.
async fn send(
    domain: &Domain,
    queue: QueueName,
    (key, due_at, since): (&Key, Timestamp, Timestamp),
    body: &str,
) -> Result<Piece, Problem> {
    let now = domain.ports.clock.now();
    if due_at > now + AHEAD {
        return Ok(Piece::Nothing);
    }
    let delay = due_at.duration_since(now).max(SignedDuration::ZERO);
    let delay = Duration::try_from(delay).unwrap_or_default();
    match domain.store.postpone(key, due_at, now + delay + PATIENCE).await {
        Ok(()) => {}
        Err(StoreError::Condition(_)) => return Ok(Piece::Nothing),
        Err(error) => return Err(error.into()),
    }
    domain.send(queue, body, delay).await?;
    let late = Duration::try_from(now.duration_since(since));
    Ok(Piece::Sent(late.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keys;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + second).unwrap()
    }

    #[test]
    fn starts_lie_on_a_grid_half_an_interval_apart_at_least() {
        let key = keys::sync("ws_1", "conn_1", "vendor");
        for every in [Every::FifteenMinutes, Every::Hour, Every::Day] {
            let interval = SignedDuration::try_from(every.interval().unwrap()).unwrap();
            for second in (0..100_000).step_by(997) {
                let next = next_start(every, at(second), &key).unwrap();
                let apart = next.duration_since(at(second));
                assert!(apart >= interval / 2 && apart < interval * 3 / 2, "{apart:?}");
                assert_eq!(
                    next_start(every, next, &key).unwrap().duration_since(next),
                    interval
                );
            }
        }
        assert_eq!(next_start(Every::Manual, at(0), &key), None);
    }

    /// One erasure may take all the time of many minutes, in which everything else is due as ever.
    #[test]
    fn t28_messages_wait_for_no_work_on_the_spot() {
        let (ws, conn) = ("ws_1", "conn_1");
        let rows = [
            (keys::erase(ws, conn, 1), 0),
            (keys::lane(ws, "ep_1"), 30),
            (keys::cleanup(ws, conn, 1), 10),
            (keys::workspace(ws), 5),
            (keys::sync(ws, conn, "vendor"), 20),
        ];
        let rows = rows.map(|(key, second)| DueKey { key, at: at(second) });
        let order: Vec<i64> = in_turn(rows.to_vec())
            .into_iter()
            .map(|(_, row)| row.at.duration_since(at(0)).as_secs())
            .collect();
        assert_eq!(order, [20, 30, 10, 0], "syncs and lanes, clean-up, erasure");
    }

    #[test]
    fn syncs_spread_over_the_interval() {
        let starts: std::collections::BTreeSet<i64> = (0..100)
            .map(|n| {
                next_start(
                    Every::Hour,
                    at(0),
                    &keys::sync("ws_1", &format!("conn_{n}"), "vendor"),
                )
                .unwrap()
            })
            .map(|start| start.as_second() / 60)
            .collect();
        assert!(starts.len() > 30, "{} minutes", starts.len());
    }
}
