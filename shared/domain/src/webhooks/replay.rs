//! Sending again: one delivery, or a range of events.
//!
//! A delivery has one row and one turn that counts, so that a replay beside a pending retry makes no second chain: it
//! begins the one chain anew.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{Timestamp, fmt::serde::timestamp::millisecond::required as millis};
use serde::{Deserialize, Serialize};

use super::{
    DeliverMessage,
    delivery::{self, Delivery, DeliveryRow, DeliveryStatus},
    endpoint::{self, EndpointRow},
    lane::{self, Outcome},
};
use crate::{
    audit::{self, Actor},
    deployment::Domain,
    error::Problem,
    events::EventRow,
    ports::{QueueName, sortable_id},
    store::{
        Change, Row, SortKeys, StoreError, Table, Transaction, When, due, from_row, keys, keys::Key, to_row,
    },
};

/// Events that are read together.
const PAGE: usize = 50;
/// After so many messages they begin to go out, and how far the replay came is written down.
const AT_ONCE: usize = 200;
/// Deliveries that are begun anew at the same time.
const IN_FLIGHT: usize = 16;
/// Others write a delivery's row rarely; more turns than this cannot be lost.
const TURNS: u32 = 8;

/// Which deliveries of a range are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Those that did not arrive: parked ones, and events that were missed while the endpoint was disabled.
    Failed,
    /// Those that arrived as well.
    All,
}

/// A range of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// From then on.
    pub since: Timestamp,
    /// Until then; now when absent.
    pub until: Option<Timestamp>,
    /// Which of them.
    pub only: Only,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReplayRow {
    id: String,
    #[serde(with = "millis")]
    since: Timestamp,
    #[serde(with = "millis")]
    until: Timestamp,
    only: Only,
    /// The last event that was worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Every delivery of the replay is due then, so that they go out in the order of their events.
    #[serde(with = "millis")]
    due: Timestamp,
}

/// Sends one delivery again, now, with a ladder of its own.
///
/// # Errors
/// [`Problem::NotFound`]; [`Problem::Conflict`] while the endpoint is disabled.
pub async fn replay(domain: &Domain, ws: &str, delivery: &str, actor: &Actor) -> Result<Delivery, Problem> {
    for _ in 0..TURNS {
        let (endpoint, mut row) = delivery::find(domain, ws, delivery).await?;
        require_enabled(&endpoint)?;
        let (read, now) = (row.turn, domain.ports.clock.now());
        row.restart(now, now, None);
        let mut transaction = Transaction::new();
        let key = keys::delivery(ws, &endpoint.id, delivery);
        let same = When::always().eq("turn", read);
        transaction.put(Row::Delivery, Table::State, key, &row, same)?;
        if let Some(turn) = row.turn_item(ws, &endpoint.id)? {
            let key = crate::store::key_of(&turn);
            transaction.put_item(Row::Turn, Table::State, key, turn, When::always());
        }
        audit::add(&mut transaction, domain, ws, actor, "delivery.replay", delivery)?;
        match domain.commit(transaction).await {
            Ok(()) => {}
            Err(StoreError::Condition(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        lane::wake(domain, ws, &endpoint.id).await?;
        return delivery::get(domain, ws, delivery).await;
    }
    Err(Problem::Conflict(
        "The delivery is being attempted over and over. Try again.".to_owned(),
    ))
}

/// Has a range of events sent again, in their order, and says the replay's id. The work itself is due.
///
/// # Errors
/// [`Problem::NotFound`]; [`Problem::InvalidFields`] for a range that ends before it begins;
/// [`Problem::Conflict`] while the endpoint is disabled.
pub async fn replay_range(
    domain: &Domain,
    ws: &str,
    ep: &str,
    actor: &Actor,
    range: Range,
) -> Result<String, Problem> {
    let endpoint = endpoint::find(domain, ws, ep).await?;
    let now = domain.ports.clock.now();
    let until = range.until.unwrap_or(now).min(now);
    if range.since > until {
        let detail = "A time before `until`, and not in the future.";
        return Err(Problem::invalid("/since", detail));
    }
    require_enabled(&endpoint)?;
    let id = domain.ports.ids.id("rpl", now);
    let row = ReplayRow {
        id: id.clone(),
        since: range.since,
        until,
        only: range.only,
        after: None,
        due: now,
    };
    let key = keys::replay(ws, ep, &id);
    let mut item = to_row(&key, &row)?;
    item.extend(due::attributes(&key, now));
    let mut transaction = Transaction::new();
    transaction.put_item(Row::Replay, Table::State, key, item, When::new_row());
    audit::add(&mut transaction, domain, ws, actor, "endpoint.replay", ep)?;
    let message = message(ws, ep, &id);
    transaction.wake(QueueName::Deliver, message.body());
    domain.commit(transaction).await?;
    Ok(id)
}

fn message(ws: &str, ep: &str, id: &str) -> DeliverMessage {
    DeliverMessage::Replay {
        ws: ws.to_owned(),
        endpoint: ep.to_owned(),
        id: id.to_owned(),
    }
}

fn require_enabled(endpoint: &EndpointRow) -> Result<(), Problem> {
    if endpoint.is_enabled() {
        return Ok(());
    }
    Err(Problem::Conflict(
        "The endpoint is disabled. Enable it first: PATCH it with {\"status\": \"enabled\"}.".to_owned(),
    ))
}

/// Works on a replay, page by page, until it is done or the deadline comes.
///
/// # Errors
/// The store's; the row stays due, and what was begun anew is not begun anew once more.
pub(super) async fn run(
    domain: &Domain,
    ws: &str,
    ep: &str,
    id: &str,
    deadline: Timestamp,
) -> Result<Outcome, Problem> {
    let key = keys::replay(ws, ep, id);
    loop {
        let row: Option<ReplayRow> = domain.store.get(Row::Replay, Table::State, &key).await?;
        let Some(row) = row else {
            return Ok(Outcome::Stale);
        };
        let endpoint = match endpoint::find(domain, ws, ep).await {
            Ok(endpoint) if endpoint.is_enabled() => endpoint,
            Ok(_) | Err(Problem::NotFound(_)) => {
                remove(domain, &key).await?;
                return Ok(Outcome::Stale);
            }
            Err(problem) => return Err(problem),
        };
        let page = events(domain, ws, &row).await?;
        let mut last = page.next;
        let mut out_of_time = false;
        let mut done: Option<&EventRow> = None;
        let mut unsaid = 0;
        for event in &page.rows {
            // An event may be five hundred messages: how far the page came is what the next one goes on from.
            if domain.ports.clock.wall() >= deadline {
                out_of_time = true;
                last = done.map(|event| event.id.clone()).or(row.after);
                break;
            }
            if endpoint.wants(event) {
                unsaid += again(domain, ws, &endpoint, event, &row).await?;
            }
            done = Some(event);
            if unsaid >= AT_ONCE {
                unsaid = 0;
                lane::wake(domain, ws, ep).await?;
                if !reach(domain, &key, event.id.clone()).await? {
                    return Ok(Outcome::Stale);
                }
            }
        }
        if done.is_some() {
            lane::wake(domain, ws, ep).await?;
        }
        if let Some(last) = last {
            if !reach(domain, &key, last).await? {
                return Ok(Outcome::Stale);
            }
        } else if !out_of_time {
            remove(domain, &key).await?;
            return Ok(Outcome::Done);
        }
        if out_of_time {
            let body = message(ws, ep, id).body();
            domain
                .wake(QueueName::Deliver, &body, std::time::Duration::ZERO)
                .await;
            return Ok(Outcome::HandedOver);
        }
    }
}

/// Writes down how far a replay came; false when it is gone.
async fn reach(domain: &Domain, key: &Key, last: String) -> Result<bool, StoreError> {
    let change = Change::new().set("after", last);
    match domain
        .store
        .update(Row::Replay, Table::State, key, change, When::row_exists())
        .await
    {
        Ok(()) => Ok(true),
        Err(StoreError::Condition(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn remove(domain: &Domain, key: &Key) -> Result<(), StoreError> {
    domain
        .store
        .delete(Row::Replay, Table::State, key, When::always())
        .await
}

async fn events(
    domain: &Domain,
    ws: &str,
    row: &ReplayRow,
) -> Result<crate::store::RowPage<EventRow>, StoreError> {
    let first = match &row.after {
        Some(last) => format!("{last}\u{1}"),
        None => sortable_id("evt", row.since, [0; 10]),
    };
    let last = sortable_id("evt", row.until, [u8::MAX; 10]);
    if first > last {
        return Ok(crate::store::RowPage {
            rows: Vec::new(),
            next: None,
        });
    }
    let keys = SortKeys::Between(first, last);
    let pk = keys::events_pk(ws);
    domain
        .store
        .query(Row::Event, Table::State, &pk, &keys, PAGE, true)
        .await
}

/// Begins the deliveries of one event anew, where the range wants it, and makes those that there never were; how many
/// messages the event is.
async fn again(
    domain: &Domain,
    ws: &str,
    endpoint: &EndpointRow,
    event: &EventRow,
    replay: &ReplayRow,
) -> Result<usize, StoreError> {
    let ep = endpoint.id.as_str();
    let parts = delivery::parts(endpoint, event);
    let messages = parts.len();
    let keys: Vec<Key> = parts
        .iter()
        .map(|part| keys::delivery(ws, ep, &delivery::id(&event.id, *part, ep)))
        .collect();
    let found = domain.store.get_many(Row::Delivery, Table::State, &keys).await?;
    let found: Vec<DeliveryRow> = found.into_iter().map(from_row).collect::<Result<_, _>>()?;
    let now = domain.ports.clock.now();
    let known: HashSet<&str> = found.iter().map(|row| row.id.as_str()).collect();
    let mut missed = Vec::new();
    for part in parts {
        let mut row = DeliveryRow::new(event, part, ep, replay.due, now);
        if !known.contains(row.id.as_str()) {
            row.replay = Some(replay.id.clone());
            missed.push((ep.to_owned(), row));
        }
    }
    stream::iter(found)
        .map(|row| begin_anew(domain, ws, ep, row, replay))
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<()>()
        .await?;
    delivery::create(domain, ws, &missed).await?;
    Ok(messages)
}

async fn begin_anew(
    domain: &Domain,
    ws: &str,
    ep: &str,
    mut row: DeliveryRow,
    replay: &ReplayRow,
) -> Result<(), StoreError> {
    for _ in 0..TURNS {
        let again = match row.status {
            // What is on its way arrives by itself.
            DeliveryStatus::Pending => false,
            DeliveryStatus::Failed => true,
            DeliveryStatus::Succeeded => replay.only == Only::All,
        };
        // Whoever does this page once more finds what was done of it.
        if !again || row.replay.as_deref() == Some(replay.id.as_str()) {
            break;
        }
        let read = row.turn;
        row.restart(replay.due, domain.ports.clock.now(), Some(&replay.id));
        match delivery::write(domain, ws, ep, &row, read).await {
            Ok(()) => break,
            Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error),
        }
        let key = keys::delivery(ws, ep, &row.id);
        match domain
            .store
            .get::<DeliveryRow>(Row::Delivery, Table::State, &key)
            .await?
        {
            Some(stored) => row = stored,
            None => return Ok(()),
        }
    }
    // Whoever died between the row and its turn comes by here again.
    let turn = row.turn_item(ws, ep)?;
    domain
        .store
        .write_many(Row::Turn, Table::State, turn.into_iter().collect(), Vec::new())
        .await
}
