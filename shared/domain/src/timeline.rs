//! A connection's timeline: changes of status, syncs, errors, in order. Kept 90 days.

use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::{
    deployment::Domain,
    error::Problem,
    events::KEPT_DAYS,
    listing::{self, Listing, Order, Paging},
    store::{Row, StoreError, Table, Transaction, When, keys},
};

/// One thing that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `tl_…`
    pub id: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// `connection.unreachable`, `sync.succeeded`, `connection.token_rotated`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence for a person.
    pub message: String,
}

#[derive(Serialize, Deserialize)]
struct TimelineRow {
    #[serde(flatten)]
    entry: Entry,
    expires_at: i64,
}

/// Puts an entry into the transaction of what happened.
pub(crate) fn add(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    conn: &str,
    kind: &str,
    message: impl Into<String>,
) -> Result<(), StoreError> {
    let at = domain.ports.clock.now();
    let id = domain.ports.ids.id("tl", at);
    let key = keys::timeline(ws, conn, at, &id);
    let expires_at = (at + (KEPT_DAYS * 24).hours()).as_second();
    let row = TimelineRow {
        entry: Entry {
            id,
            at,
            kind: kind.to_owned(),
            message: message.into(),
        },
        expires_at,
    };
    transaction.put(Row::Timeline, Table::State, key, &row, When::always())?;
    Ok(())
}

/// A connection's timeline, the oldest entry first.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of something else.
pub async fn list(
    domain: &Domain,
    ws: &str,
    conn: &str,
    paging: Paging<'_>,
) -> Result<Listing<Entry>, Problem> {
    page(domain, ws, conn, Order::OldestFirst, paging).await
}

/// A connection's timeline, the newest entry first: how people read it.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of something else.
pub async fn latest(
    domain: &Domain,
    ws: &str,
    conn: &str,
    paging: Paging<'_>,
) -> Result<Listing<Entry>, Problem> {
    page(domain, ws, conn, Order::NewestFirst, paging).await
}

async fn page(
    domain: &Domain,
    ws: &str,
    conn: &str,
    order: Order,
    paging: Paging<'_>,
) -> Result<Listing<Entry>, Problem> {
    let pk = keys::timeline_pk(ws, conn);
    listing::partition(domain, Row::Timeline, &pk, order, paging, |row: TimelineRow| {
        row.entry
    })
    .await
}
