//! Changes of records as events, made from the journal of the pages that brought them.
//!
//! A page's commit makes one row due, the same for all pages of a model; it holds how far the journal was announced.
//! An event's id follows from its journal segment and its place in it, so that whoever makes it again makes the
//! same. Events are made only where an endpoint wants them: the change feed tells everything to everybody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    DeliverMessage,
    endpoint::{self, EndpointRow},
    filter,
    lane::Outcome,
};
use crate::{
    deployment::Domain,
    error::Problem,
    events::{EventRow, EventType},
    ports::{QueueName, sortable_id},
    store::{
        Change, Row, StoreError, Table, Transaction, When, due, from_row,
        journal::{ChangeKind, Segment},
        keys,
        sync::{RunKind, SyncRow},
    },
};

/// Records of one message.
pub const MOST_RECORDS: usize = 500;
/// Segments that one query asks for.
const SEGMENTS: usize = 8;

/// How far the journal of a model was announced.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct AnnouncementRow {
    /// Rises with every commit.
    rev: u64,
    /// Announced up to this number.
    seq: u64,
    /// Committed up to this number. The model's own row may be further by the time that it is read, which says nothing
    /// of what a first sync brought.
    until: Option<u64>,
    /// A first sync brought everything up to this number.
    initial_until: u64,
}

/// Makes a commit's changes due to be announced, in the commit's own transaction.
pub(crate) fn mark(transaction: &mut Transaction, row: &SyncRow, now: Timestamp) {
    let key = keys::announcement(&row.ws, &row.conn, row.epoch, &row.model);
    let mut change = Change::new().add("rev", 1).set("until", row.watermark);
    if row.run.as_ref().is_some_and(|run| run.kind == RunKind::First) {
        change = change.set("initial_until", row.watermark);
    }
    transaction.update(
        Row::Announcement,
        Table::State,
        key.clone(),
        change.due(&key, now),
        When::always(),
    );
    transaction.wake(QueueName::Deliver, message(row).body());
}

/// The message that wakes whoever announces them.
fn message(row: &SyncRow) -> DeliverMessage {
    DeliverMessage::Changes {
        ws: row.ws.clone(),
        conn: row.conn.clone(),
        epoch: row.epoch,
        model: row.model.clone(),
    }
}

/// Announces what was committed and not announced yet.
///
/// Two at the same time make the same events.
///
/// # Errors
/// The store's; the row stays due.
pub(super) async fn run(
    domain: &Domain,
    (ws, conn, epoch, model): (&str, &str, u64, &str),
    deadline: Timestamp,
) -> Result<Outcome, Problem> {
    let key = keys::announcement(ws, conn, epoch, model);
    let item = domain
        .store
        .get_item(Row::Announcement, Table::State, &key)
        .await?;
    let Some(item) = item else {
        return Ok(Outcome::Stale);
    };
    if !item.contains_key(due::AT) {
        return Ok(Outcome::NotDue);
    }
    let row: AnnouncementRow = from_row(item)?;
    let sync = domain.store.sync(ws, conn, model).await?;
    let Some(sync) = sync.filter(|sync| sync.epoch == epoch) else {
        // The data was erased: there is nothing to look up.
        domain
            .store
            .delete(Row::Announcement, Table::State, &key, When::always())
            .await?;
        return Ok(Outcome::Stale);
    };
    let endpoints = interested(domain, ws, conn).await?;
    // Written before there was such a number.
    let until = row.until.unwrap_or(sync.watermark);
    let mut seq = row.seq;
    while seq < until {
        if domain.ports.clock.wall() >= deadline {
            domain
                .wake(
                    QueueName::Deliver,
                    &message(&sync).body(),
                    std::time::Duration::ZERO,
                )
                .await;
            return Ok(Outcome::HandedOver);
        }
        let segments = if endpoints.is_empty() {
            Vec::new()
        } else {
            domain
                .store
                .journal(&sync.partition(), seq + 1, SEGMENTS)
                .await?
                .segments
        };
        let committed: Vec<Segment> = segments
            .into_iter()
            .filter(|segment| segment.first_seq <= until)
            .collect();
        for segment in &committed {
            let initial = segment.last_seq() <= row.initial_until;
            announce(domain, &sync, segment, initial, &endpoints).await?;
        }
        // Nobody wants to hear of it, or it is older than what is kept.
        seq = committed.last().map_or(until, Segment::last_seq);
        reach(domain, &key, seq).await?;
    }
    let done = Change::new().not_due();
    match domain
        .store
        .update(
            Row::Announcement,
            Table::State,
            &key,
            done,
            When::always().eq("rev", row.rev),
        )
        .await
    {
        // Somebody committed meanwhile, and sent a message of its own.
        Ok(()) | Err(StoreError::Condition(_)) => Ok(Outcome::Done),
        Err(error) => Err(error.into()),
    }
}

/// Endpoints that want to hear of some of a connection's records. Disabled ones count: what they miss can be
/// replayed.
async fn interested(domain: &Domain, ws: &str, conn: &str) -> Result<Vec<EndpointRow>, StoreError> {
    let records = [
        EventType::RecordCreated,
        EventType::RecordUpdated,
        EventType::RecordDeleted,
    ];
    let wants = |endpoint: &EndpointRow| {
        let settings = &endpoint.settings;
        filter::matches_connection(&settings.connection_ids, Some(conn))
            && records
                .iter()
                .any(|kind| filter::matches_type(&settings.event_types, *kind))
    };
    let rows = endpoint::rows(domain, ws).await?;
    Ok(rows
        .into_iter()
        .map(|(endpoint, _)| endpoint)
        .filter(wants)
        .collect())
}

/// Makes the events of one segment.
async fn announce(
    domain: &Domain,
    sync: &SyncRow,
    segment: &Segment,
    initial: bool,
    endpoints: &[EndpointRow],
) -> Result<(), Problem> {
    for event in events_of(sync, segment, initial) {
        if !endpoints.iter().any(|endpoint| endpoint.wants(&event)) {
            continue;
        }
        let item = event.due_item(&sync.ws, domain.ports.clock.now())?;
        match domain
            .store
            .put_item(Row::Event, Table::State, item, When::new_row())
            .await
        {
            Ok(()) => {}
            // It was made before, and is or was due by itself.
            Err(StoreError::Condition(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        let message = DeliverMessage::Event {
            ws: sync.ws.clone(),
            id: event.id.clone(),
        };
        domain
            .wake(QueueName::Deliver, &message.body(), std::time::Duration::ZERO)
            .await;
    }
    Ok(())
}

/// The events of a segment, in the order of their ids.
fn events_of(sync: &SyncRow, segment: &Segment, initial: bool) -> Vec<EventRow> {
    let kinds = [
        (ChangeKind::Created, EventType::RecordCreated),
        (ChangeKind::Updated, EventType::RecordUpdated),
        (ChangeKind::Deleted, EventType::RecordDeleted),
    ];
    let mut events = Vec::new();
    for (change, kind) in kinds {
        let changed: Vec<(u64, &str)> = (segment.first_seq..)
            .zip(&segment.entries)
            .filter(|(_, entry)| entry.kind == change)
            .map(|(seq, entry)| (seq, entry.id.as_str()))
            .collect();
        for chunk in changed.chunks(MOST_RECORDS) {
            let id = event_id(sync, segment, events.len());
            let data = data(&sync.conn, &sync.model, chunk);
            let mut event = EventRow::new(id, kind, segment.at, &data);
            event.initial = initial;
            events.push(event);
        }
    }
    events
}

fn data(conn: &str, model: &str, records: &[(u64, &str)]) -> Value {
    let all: Vec<Value> = records
        .iter()
        .map(|(seq, id)| json!({"id": id, "seq": seq}))
        .collect();
    json!({
        "connection_id": conn, "model": model,
        "first_seq": records.first().map_or(0, |(seq, _)| *seq),
        "last_seq": records.last().map_or(0, |(seq, _)| *seq),
        "records": all,
    })
}

/// The id that follows from a segment and the place of an event in it: sorted by time, then by number, then told
/// apart from those of other journals by their hash.
fn event_id(sync: &SyncRow, segment: &Segment, place: usize) -> String {
    let name = format!(
        "{}\n{}\n{}\n{}\n{}\n{place}",
        sync.ws, sync.conn, sync.epoch, sync.model, segment.first_seq
    );
    let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes()).to_be_bytes();
    let order = segment.first_seq.to_be_bytes();
    // A segment has far fewer than 256 events: 4,000 changes of three kinds.
    let place = u8::try_from(place).unwrap_or(u8::MAX);
    let mut tail = [0; 10];
    tail[..2].copy_from_slice(&order[6..]);
    tail[2] = place;
    tail[3..].copy_from_slice(&hash[..7]);
    sortable_id("evt", segment.at, tail)
}

/// Sequence numbers of the records that an event tells of.
pub(super) fn sequence_numbers(event: &EventRow) -> Vec<u64> {
    let data = event.data();
    let records = data["records"].as_array().cloned().unwrap_or_default();
    records
        .iter()
        .filter_map(|record| record["seq"].as_u64())
        .collect()
}

/// The body of a message about one record of an event.
pub(super) fn one_record(event: &EventRow, seq: u64) -> Option<String> {
    let data_of_all = event.data();
    let record = data_of_all["records"]
        .as_array()?
        .iter()
        .find(|record| record["seq"] == seq)?;
    let text = |name: &str| data_of_all[name].as_str();
    let one = data(
        text("connection_id")?,
        text("model")?,
        &[(seq, record["id"].as_str()?)],
    );
    Some(EventRow::new(event.id.clone(), event.kind, event.timestamp, &one).body)
}

async fn reach(domain: &Domain, key: &keys::Key, seq: u64) -> Result<(), StoreError> {
    let when = When::always().any_of([When::always().absent("seq"), When::always().lt("seq", seq)]);
    match domain
        .store
        .update(
            Row::Announcement,
            Table::State,
            key,
            Change::new().set("seq", seq),
            when,
        )
        .await
    {
        Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
