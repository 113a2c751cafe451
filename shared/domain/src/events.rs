//! Events: what happened in a workspace, kept 90 days. Written in the transaction of what happened.
//!
//! An event's row is due until it was handed to every webhook endpoint that wants it, so that no crash between
//! a change and its messages loses one.

use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    deployment::Domain,
    error::Problem,
    listing::{self, Listing, Order, Paging},
    ports::QueueName,
    store::{Item, Row, StoreError, Table, Transaction, When, due, keys, to_row},
    webhooks::DeliverMessage,
};

/// Days that events are kept.
pub const KEPT_DAYS: i64 = 90;

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// A connection was made.
    #[serde(rename = "connection.created")]
    ConnectionCreated,
    /// Its system answers again, or its credentials were mended.
    #[serde(rename = "connection.online")]
    ConnectionOnline,
    /// Its system cannot be reached.
    #[serde(rename = "connection.unreachable")]
    ConnectionUnreachable,
    /// Its system refuses the credentials.
    #[serde(rename = "connection.reauth_required")]
    ConnectionReauthRequired,
    /// It was disconnected.
    #[serde(rename = "connection.disconnected")]
    ConnectionDisconnected,
    /// A run came to its end.
    #[serde(rename = "sync.succeeded")]
    SyncSucceeded,
    /// A run could not go on.
    #[serde(rename = "sync.failed")]
    SyncFailed,
    /// Records are new.
    #[serde(rename = "record.created")]
    RecordCreated,
    /// Records have changed.
    #[serde(rename = "record.updated")]
    RecordUpdated,
    /// Records are gone.
    #[serde(rename = "record.deleted")]
    RecordDeleted,
    /// A webhook endpoint has failed for three days.
    #[serde(rename = "endpoint.failing")]
    EndpointFailing,
    /// A webhook endpoint was disabled: it failed for five days, or said that it is gone.
    #[serde(rename = "endpoint.disabled")]
    EndpointDisabled,
    /// Somebody tried a webhook endpoint out.
    #[serde(rename = "endpoint.test")]
    EndpointTest,
}

impl EventType {
    /// Every type, in the order of the documentation.
    pub const ALL: [EventType; 13] = [
        EventType::ConnectionCreated,
        EventType::ConnectionOnline,
        EventType::ConnectionUnreachable,
        EventType::ConnectionReauthRequired,
        EventType::ConnectionDisconnected,
        EventType::SyncSucceeded,
        EventType::SyncFailed,
        EventType::RecordCreated,
        EventType::RecordUpdated,
        EventType::RecordDeleted,
        EventType::EndpointFailing,
        EventType::EndpointDisabled,
        EventType::EndpointTest,
    ];

    /// The type's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::ConnectionCreated => "connection.created",
            EventType::ConnectionOnline => "connection.online",
            EventType::ConnectionUnreachable => "connection.unreachable",
            EventType::ConnectionReauthRequired => "connection.reauth_required",
            EventType::ConnectionDisconnected => "connection.disconnected",
            EventType::SyncSucceeded => "sync.succeeded",
            EventType::SyncFailed => "sync.failed",
            EventType::RecordCreated => "record.created",
            EventType::RecordUpdated => "record.updated",
            EventType::RecordDeleted => "record.deleted",
            EventType::EndpointFailing => "endpoint.failing",
            EventType::EndpointDisabled => "endpoint.disabled",
            EventType::EndpointTest => "endpoint.test",
        }
    }

    /// Whether it tells of changed records.
    #[must_use]
    pub fn is_of_records(self) -> bool {
        matches!(
            self,
            EventType::RecordCreated | EventType::RecordUpdated | EventType::RecordDeleted
        )
    }
}

/// One event. Its data is thin: ids and numbers, to be looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`, sortable by time.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub timestamp: Timestamp,
    /// To what: `{"connection_id":…}`.
    pub data: Value,
}

/// An event as its row holds it.
///
/// The body is the text that endpoints get. It is written once, so that each attempt sends the very same bytes,
/// whatever version of the code makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: EventType,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) timestamp: Timestamp,
    pub(crate) body: String,
    /// The connection that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connection: Option<String>,
    /// The webhook endpoint that it is about, which is not told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// It tells of records that a first sync brought.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) initial: bool,
    expires_at: i64,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: EventType,
    timestamp: String,
    data: &'a Value,
}

#[derive(Deserialize)]
struct Data {
    data: Value,
}

impl EventRow {
    /// The row of an event that happened at a time.
    pub(crate) fn new(id: String, kind: EventType, timestamp: Timestamp, data: &Value) -> Self {
        let payload = Payload {
            kind,
            timestamp: format!("{timestamp:.3}"),
            data,
        };
        let named = |name: &str| data[name].as_str().map(str::to_owned);
        Self {
            id,
            kind,
            timestamp,
            body: serde_json::to_string(&payload).expect("texts and JSON have a JSON form"),
            connection: named("connection_id"),
            endpoint: named("endpoint_id"),
            initial: false,
            expires_at: (timestamp + (KEPT_DAYS * 24).hours()).as_second(),
        }
    }

    /// The row with what makes it due at once.
    pub(crate) fn due_item(&self, ws: &str, now: Timestamp) -> Result<Item, StoreError> {
        let key = keys::event(ws, &self.id);
        let mut item = to_row(&key, self)?;
        item.extend(due::attributes(&key, now));
        Ok(item)
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now.as_second()
    }

    /// What its body says it is about.
    pub(crate) fn data(&self) -> Value {
        serde_json::from_str::<Data>(&self.body).map_or(Value::Null, |body| body.data)
    }

    fn show(self) -> Event {
        Event {
            data: self.data(),
            id: self.id,
            kind: self.kind,
            timestamp: self.timestamp,
        }
    }
}

/// Puts an event into the transaction of what happened, and says its id. [`Domain::commit`] then has it
/// delivered at once.
pub(crate) fn add(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    kind: EventType,
    data: Value,
) -> Result<String, StoreError> {
    let now = domain.ports.clock.now();
    let id = domain.ports.ids.id("evt", now);
    let row = EventRow::new(id.clone(), kind, now, &data);
    transaction.put_item(
        Row::Event,
        Table::State,
        keys::event(ws, &id),
        row.due_item(ws, now)?,
        When::always(),
    );
    let message = DeliverMessage::Event {
        ws: ws.to_owned(),
        id: id.clone(),
    };
    transaction.wake(QueueName::Deliver, message.body());
    Ok(id)
}

/// Events of a workspace, the newest first.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of something else.
pub async fn list(domain: &Domain, ws: &str, paging: Paging<'_>) -> Result<Listing<Event>, Problem> {
    let pk = keys::events_pk(ws);
    let mut page = listing::partition(
        domain,
        Row::Event,
        &pk,
        Order::NewestFirst,
        paging,
        |row: EventRow| row,
    )
    .await?;
    let now = domain.ports.clock.now();
    // DynamoDB removes rows late; what is over is not shown.
    page.data.retain(|row| !row.is_over(now));
    Ok(Listing {
        data: page.data.into_iter().map(EventRow::show).collect(),
        next_cursor: page.next_cursor,
    })
}

/// One event.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str, id: &str) -> Result<Event, Problem> {
    let row: Option<EventRow> = domain
        .store
        .get(Row::Event, Table::State, &keys::event(ws, id))
        .await?;
    row.filter(|row| !row.is_over(domain.ports.clock.now()))
        .map(EventRow::show)
        .ok_or_else(|| Problem::NotFound(format!("event {id}")))
}
