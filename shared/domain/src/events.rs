//! Events: what happened in a workspace, kept 90 days. Written in the transaction of what happened.

use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    deployment::Domain,
    error::Problem,
    listing::{self, Listing, Order, Paging},
    store::{Row, StoreError, Table, Transaction, When, keys},
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
}

impl EventType {
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
        }
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

#[derive(Serialize, Deserialize)]
struct EventRow {
    #[serde(flatten)]
    event: Event,
    expires_at: i64,
}

/// Puts an event into the transaction of what happened, and says its id.
pub(crate) fn add(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    kind: EventType,
    data: Value,
) -> Result<String, StoreError> {
    let timestamp = domain.ports.clock.now();
    let id = domain.ports.ids.id("evt", timestamp);
    let expires_at = (timestamp + (KEPT_DAYS * 24).hours()).as_second();
    let row = EventRow {
        event: Event {
            id: id.clone(),
            kind,
            timestamp,
            data,
        },
        expires_at,
    };
    transaction.put(
        Row::Event,
        Table::State,
        keys::event(ws, &id),
        &row,
        When::always(),
    )?;
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
    let now = domain.ports.clock.now().as_second();
    // DynamoDB removes rows late; what is over is not shown.
    page.data.retain(|row| row.expires_at > now);
    Ok(Listing {
        data: page.data.into_iter().map(|row| row.event).collect(),
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
    row.filter(|row| row.expires_at > domain.ports.clock.now().as_second())
        .map(|row| row.event)
        .ok_or_else(|| Problem::NotFound(format!("event {id}")))
}
