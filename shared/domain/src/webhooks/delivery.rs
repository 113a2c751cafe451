//! Deliveries: one event on its way to one endpoint, with every attempt.

mod rows;

use std::collections::HashSet;

use jiff::{Timestamp, fmt::serde::timestamp::millisecond::required as millis};
use serde::{Deserialize, Serialize};

pub(crate) use self::rows::{DeliveryRow, TurnRow};
use super::endpoint::{self, EndpointRow};
use crate::{
    cursor,
    deployment::Domain,
    error::Problem,
    events::{EventRow, EventType},
    listing::{Listing, Paging},
    store::{Row, SortKeys, StoreError, Table, Transaction, When, key_of, keys, keys::Key},
};

/// Rows that one transaction takes.
const MOST_IN_TRANSACTION: usize = 100;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// An attempt is due, or will be.
    Pending,
    /// The receiver took it.
    Succeeded,
    /// It is parked: no attempt is due until somebody replays it.
    Failed,
}

impl DeliveryStatus {
    /// The name as the API shows it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Succeeded => "succeeded",
            DeliveryStatus::Failed => "failed",
        }
    }
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// How long it took, in real milliseconds.
    pub milliseconds: u64,
    /// HTTP status of the answer, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Why there was no answer, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A delivery as the workspace sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `dlv_…`
    pub id: String,
    /// The endpoint.
    pub endpoint: String,
    /// The event.
    pub event: String,
    /// Its type.
    pub kind: EventType,
    /// How far it is.
    pub status: DeliveryStatus,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Why it is parked, where the last attempt does not say it.
    pub reason: Option<String>,
    /// Attempts, the oldest first.
    pub attempts: Vec<Attempt>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The id of an event's delivery to an endpoint: whoever makes it again makes the same. It sorts by the time of
/// the event, and says which endpoint it is for.
pub(crate) fn id(event: &str, part: Option<u64>, ep: &str) -> String {
    let bare = |id: &str, prefix: &str| id.strip_prefix(prefix).unwrap_or(id).to_owned();
    let part = part.map(|seq| format!("_{seq:020}")).unwrap_or_default();
    format!("dlv_{}{}{part}", bare(event, "evt_"), bare(ep, "ep_"))
}

/// The endpoint that a delivery's id names.
fn endpoint_in(id: &str) -> Option<String> {
    const ULID: usize = 26;
    let rest = id.strip_prefix("dlv_")?;
    let plain = rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let ep = rest.get(ULID..2 * ULID).filter(|_| plain && rest.len() <= 80)?;
    Some(format!("ep_{ep}"))
}

/// The parts in which an endpoint gets an event: one, or one a record.
pub(crate) fn parts(endpoint: &EndpointRow, event: &EventRow) -> Vec<Option<u64>> {
    if endpoint.settings.batch || !event.kind.is_of_records() {
        return vec![None];
    }
    super::announce::sequence_numbers(event)
        .into_iter()
        .map(Some)
        .collect()
}

/// Writes new deliveries to one endpoint and their turns. Those that are there already stay as they are.
pub(crate) async fn create(
    domain: &Domain,
    ws: &str,
    deliveries: &[(String, DeliveryRow)],
) -> Result<(), StoreError> {
    for chunk in deliveries.chunks(MOST_IN_TRANSACTION) {
        let mut transaction = Transaction::new();
        for (ep, row) in chunk {
            let key = keys::delivery(ws, ep, &row.id);
            transaction.put(Row::Delivery, Table::State, key, row, When::new_row())?;
        }
        match domain.store.transact(transaction).await {
            Ok(()) => {}
            Err(StoreError::Condition(_)) => create_missing(domain, ws, chunk).await?,
            Err(error) => return Err(error),
        }
    }
    // Behind the rows: a turn without its delivery counts for nothing and is dropped.
    let mut turns = Vec::with_capacity(deliveries.len());
    for (ep, row) in deliveries {
        turns.extend(row.turn_item(ws, ep)?);
    }
    domain
        .store
        .write_many(Row::Turn, Table::State, turns, Vec::new())
        .await
}

/// Writes those that are not there yet. Whoever made the others died or is at it: they are not written once more, since a
/// thousand writes that come to nothing may take longer than there is time.
async fn create_missing(
    domain: &Domain,
    ws: &str,
    deliveries: &[(String, DeliveryRow)],
) -> Result<(), StoreError> {
    let keys: Vec<Key> = deliveries
        .iter()
        .map(|(ep, row)| keys::delivery(ws, ep, &row.id))
        .collect();
    let there = domain.store.get_many(Row::Delivery, Table::State, &keys).await?;
    let there: HashSet<Key> = there.iter().map(key_of).collect();
    for ((_, row), key) in deliveries
        .iter()
        .zip(keys)
        .filter(|(_, key)| !there.contains(key))
    {
        match domain
            .store
            .put(Row::Delivery, Table::State, &key, row, When::new_row())
            .await
        {
            Ok(()) | Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes the row over the one that was read as `read`.
///
/// # Errors
/// [`StoreError::Condition`] when somebody else wrote it meanwhile.
pub(crate) async fn write(
    domain: &Domain,
    ws: &str,
    ep: &str,
    row: &DeliveryRow,
    read: u64,
) -> Result<(), StoreError> {
    let key = keys::delivery(ws, ep, &row.id);
    let same = When::always().eq("turn", read);
    domain
        .store
        .put(Row::Delivery, Table::State, &key, row, same)
        .await
}

/// A delivery and its endpoint, by the delivery's id.
pub(crate) async fn find(
    domain: &Domain,
    ws: &str,
    delivery: &str,
) -> Result<(EndpointRow, DeliveryRow), Problem> {
    let missing = || {
        let shown: String = delivery.chars().take(84).collect();
        Problem::NotFound(format!("delivery {shown}"))
    };
    let ep = endpoint_in(delivery).ok_or_else(missing)?;
    let endpoint = endpoint::find(domain, ws, &ep).await.map_err(|problem| {
        let gone = matches!(problem, Problem::NotFound(_));
        if gone { missing() } else { problem }
    })?;
    let key: Key = keys::delivery(ws, &ep, delivery);
    let row: Option<DeliveryRow> = domain.store.get(Row::Delivery, Table::State, &key).await?;
    Ok((endpoint, row.ok_or_else(missing)?))
}

/// A delivery.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str, delivery: &str) -> Result<Delivery, Problem> {
    let (endpoint, row) = find(domain, ws, delivery).await?;
    Ok(row.show(&endpoint.id))
}

/// Deliveries to an endpoint, those of the newest events first, in one status or in all.
///
/// A page looks at a bounded number of rows, so that one may be short, or empty, before the end.
///
/// # Errors
/// [`Problem::NotFound`]; [`Problem::Unreadable`] for a cursor of something else.
pub async fn list(
    domain: &Domain,
    ws: &str,
    ep: &str,
    status: Option<DeliveryStatus>,
    paging: Paging<'_>,
) -> Result<Listing<Delivery>, Problem> {
    /// Queries for one page of answers.
    const MOST_QUERIES: usize = 10;
    let endpoint = endpoint::find(domain, ws, ep).await?;
    let pk = keys::deliveries_pk(ws, &endpoint.id);
    let bound_to = format!("{pk} {}", status.map_or("all", DeliveryStatus::as_str));
    let now = domain.ports.clock.now().as_second();
    let mut before = paging.position(domain, &bound_to)?;
    let mut data = Vec::new();
    for _ in 0..MOST_QUERIES {
        let keys = before.take().map_or(SortKeys::All, SortKeys::Before);
        let wanted = paging.bounded() - data.len();
        let page = domain
            .store
            .query::<DeliveryRow>(Row::Delivery, Table::State, &pk, &keys, wanted, false)
            .await?;
        before = page.next;
        let shown = page
            .rows
            .into_iter()
            // DynamoDB removes rows late; what is over is not shown.
            .filter(|row| row.expires_at > now && status.is_none_or(|status| row.status == status));
        data.extend(shown.map(|row| row.show(&endpoint.id)));
        if before.is_none() || data.len() >= paging.bounded() {
            break;
        }
    }
    Ok(Listing {
        data,
        next_cursor: before.map(|last| cursor::encode(&domain.keys, &bound_to, &last, None)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_event_and_endpoint_and_names_both() {
        let (event, ep) = ("evt_01kdvtr8000000000000000001", "ep_01kdvtr8000000000000000002");
        let whole = id(event, None, ep);
        assert_eq!(whole, "dlv_01kdvtr800000000000000000101kdvtr8000000000000000002");
        assert_eq!(endpoint_in(&whole).as_deref(), Some(ep));
        let part = id(event, Some(7), ep);
        assert_eq!(endpoint_in(&part).as_deref(), Some(ep));
        assert!(whole < part && part < id(event, Some(10), ep));
        for other in [
            "",
            "dlv_",
            "dlv_1",
            ep,
            "dlv_#",
            &"dlv_é".repeat(20),
            &whole.repeat(3),
        ] {
            assert_eq!(endpoint_in(other), None, "{other}");
        }
    }
}
