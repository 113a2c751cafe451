//! Reading records as they are stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    connection::Connection,
    cursor,
    deployment::Domain,
    error::Problem,
    present::{self, Served},
    store::{
        StoreError,
        keys::{Partition, RECORD_SHARDS},
        packing::Unpacker,
        record::StoredRecord,
    },
};

/// Bytes of records from which on a page is full.
const FULL: usize = 4_000_000;
/// Rows that one page may look at; a filter may let none of them through.
const MOST_ROWS: usize = 2_000;
/// Queries that one page may take.
const MOST_QUERIES: u32 = 32;

/// Which records to list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// The model.
    pub model: String,
    /// At most so many.
    pub limit: usize,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Filters by unified name, all of which must hold: the text of a field, or of the id of a reference
    /// (`vendor` or `vendor_id`).
    pub filters: Vec<(String, String)>,
    /// Only what the system changed at or after this time; records without such a time always come.
    pub modified_after: Option<Timestamp>,
    /// Deleted ones too, with their last content.
    pub include_deleted: bool,
    /// With the record as the system sent it.
    pub raw: bool,
}

/// Records as the API serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedPage {
    /// Each an object's text.
    pub records: Vec<Vec<u8>>,
    /// Where to go on; `None` at the end. A page may be shorter than asked for, even empty.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    e: u64,
    s: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<String>,
}

/// Lists records in a stable order.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of another query, [`Problem::CursorExpired`] after an erasure,
/// [`Problem::Unsupported`] for source text that is not kept.
pub async fn list(
    domain: &Domain,
    connection: &Connection,
    request: &ListRequest,
) -> Result<SyncedPage, Problem> {
    check_raw(connection, request.raw)?;
    let now = domain.ports.clock.now();
    let bound_to = bound_to(connection, request);
    let mut place = match &request.cursor {
        Some(text) => cursor::decode(&domain.keys, &bound_to, text, now)?,
        None => Place {
            e: connection.epoch,
            s: 0,
            a: None,
        },
    };
    if place.e != connection.epoch {
        return Err(Problem::CursorExpired);
    }
    let partition = Partition::new(
        &connection.workspace,
        &connection.id,
        connection.epoch,
        &request.model,
    );
    let mut page = Filling {
        connection,
        request,
        records: Vec::new(),
        bytes: 0,
        looked: 0,
        unpacker: Unpacker::new(),
    };
    let mut queries = MOST_QUERIES;
    while place.s < RECORD_SHARDS && !page.is_full() && queries > 0 {
        queries -= 1;
        let wanted = request.limit - page.records.len();
        let rows = domain
            .store
            .record_page(&partition, place.s, place.a.as_deref(), wanted)
            .await?;
        let mut cut = false;
        for record in rows.rows {
            if page.is_full() {
                cut = true;
                break;
            }
            place.a = Some(record.id.clone());
            page.look_at(&record)?;
        }
        match rows.next {
            _ if cut => {}
            Some(last) => place.a = Some(last),
            None => {
                place = Place {
                    e: place.e,
                    s: place.s + 1,
                    a: None,
                }
            }
        }
    }
    let more = place.s < RECORD_SHARDS;
    let next_cursor = more.then(|| cursor::encode(&domain.keys, &bound_to, &place, None));
    Ok(SyncedPage {
        records: page.records,
        next_cursor,
    })
}

/// One record as the API serves it, a deleted one only when it is asked for.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::Unsupported`] for source text that is not kept.
pub async fn get(
    domain: &Domain,
    connection: &Connection,
    model: &str,
    id: &str,
    include_deleted: bool,
    raw: bool,
) -> Result<Vec<u8>, Problem> {
    check_raw(connection, raw)?;
    let partition = Partition::new(&connection.workspace, &connection.id, connection.epoch, model);
    let record = if id.is_empty() || id.len() > 512 {
        None
    } else {
        domain.store.record(&partition, id).await?
    };
    let record = record.filter(|record| include_deleted || record.deleted_at.is_none());
    let record = record.ok_or_else(|| Problem::NotFound(format!("{model} {id}")))?;
    let mut unpacker = Unpacker::new();
    let body = record.body(&mut unpacker).map_err(|_| record.broken())?;
    Ok(show(&record, &body, connection, raw, &mut unpacker)?)
}

fn check_raw(connection: &Connection, raw: bool) -> Result<(), Problem> {
    if raw && !connection.keep_raw {
        let reason = "This connection does not keep source data (keep_raw). Ask with source=live.";
        return Err(Problem::Unsupported(reason.to_owned()));
    }
    Ok(())
}

fn bound_to(connection: &Connection, request: &ListRequest) -> String {
    let (ws, conn) = (&connection.workspace, &connection.id);
    let ListRequest {
        model,
        filters,
        modified_after,
        include_deleted,
        ..
    } = request;
    format!("synced\n{ws}\n{conn}\n{model}\n{filters:?}\n{modified_after:?}\n{include_deleted}")
}

/// A page while it is filled.
struct Filling<'a> {
    connection: &'a Connection,
    request: &'a ListRequest,
    records: Vec<Vec<u8>>,
    bytes: usize,
    looked: usize,
    unpacker: Unpacker,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.records.len() >= self.request.limit || self.bytes >= FULL || self.looked >= MOST_ROWS
    }

    fn look_at(&mut self, record: &StoredRecord) -> Result<(), StoreError> {
        self.looked += 1;
        let ListRequest {
            filters,
            modified_after,
            include_deleted,
            raw,
            ..
        } = self.request;
        if record.deleted_at.is_some() && !include_deleted {
            return Ok(());
        }
        if let (Some(after), Some(modified)) = (modified_after, record.modified_at)
            && modified < *after
        {
            return Ok(());
        }
        let body = record.body(&mut self.unpacker).map_err(|_| record.broken())?;
        if !filters.is_empty() {
            let value: Value = serde_json::from_slice(&body).map_err(|_| record.broken())?;
            if !filters.iter().all(|(name, wanted)| holds(&value, name, wanted)) {
                return Ok(());
            }
        }
        let shown = show(record, &body, self.connection, *raw, &mut self.unpacker)?;
        self.bytes += shown.len();
        self.records.push(shown);
        Ok(())
    }
}

fn show(
    record: &StoredRecord,
    body: &[u8],
    connection: &Connection,
    raw: bool,
    unpacker: &mut Unpacker,
) -> Result<Vec<u8>, StoreError> {
    let raw = if raw {
        record.raw(unpacker).map_err(|_| record.broken())?
    } else {
        None
    };
    let served = Served {
        connection_id: &connection.id,
        synced_at: Some(record.synced_at),
        seq: Some(record.seq),
        deleted_at: record.deleted_at,
        raw: raw.as_deref(),
    };
    Ok(present::present(body, &served))
}

/// Whether a field has this text. A reference is compared by its id, also under the name `…_id`.
fn holds(record: &Value, name: &str, wanted: &str) -> bool {
    let field = match (record.get(name), name.strip_suffix("_id")) {
        (None, Some(reference)) => record.get(reference),
        (field, _) => field,
    };
    match field {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        Some(Value::Bool(truth)) => wanted == if *truth { "true" } else { "false" },
        Some(Value::Object(reference)) => reference.get("id").and_then(Value::as_str) == Some(wanted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compare_text_and_references() {
        let record =
            serde_json::json!({"status": "approved", "vendor": {"id": "V1"}, "line_count": 3, "open": true});
        for (name, wanted, expected) in [
            ("status", "approved", true),
            ("status", "closed", false),
            ("vendor", "V1", true),
            ("vendor_id", "V1", true),
            ("vendor_id", "V2", false),
            ("line_count", "3", true),
            ("open", "true", true),
            ("missing", "", false),
        ] {
            assert_eq!(holds(&record, name, wanted), expected, "{name}={wanted}");
        }
    }
}
