//! The change feed of a connection: what exists, then every change of it, each once, in order.
//!
//! A reader holds one position a model. It walks the records first (those that were there when it
//! began, each as `created`), then the journal. Nothing behind the watermark is ever shown, so that
//! what is shown is never taken back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection,
    cursor,
    deployment::Domain,
    error::Problem,
    present::{self, Served},
    store::{
        StoreError,
        journal::{ChangeKind, Segment},
        keys::{Partition, RECORD_SHARDS},
        packing::Unpacker,
        record::StoredRecord,
    },
};

/// Bytes of records from which on a page is full.
const FULL: usize = 4_000_000;
/// Queries that one page may take.
const MOST_QUERIES: u32 = 60;
/// Journal segments that one query asks for.
const SEGMENTS: usize = 4;
/// Records that are read at once: each may be large.
const BATCH: usize = 25;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// Its number; rises per connection and model.
    pub seq: u64,
    /// The model.
    pub model: String,
    /// What happened.
    pub change: ChangeKind,
    /// The record's id.
    pub id: String,
    /// The record as it is now, as the API serves it; `None` when it is gone.
    pub record: Option<Vec<u8>>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The changes. An empty page means that the reader is up to date, or that this page's share of
    /// work brought nothing to show; `up_to_date` tells.
    pub items: Vec<FeedItem>,
    /// Where to go on, always.
    pub next_cursor: String,
    /// Nothing more is there now.
    pub up_to_date: bool,
}

impl FeedPage {
    /// The page as JSON: `{"data":[…],"next_cursor":"…"}`.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let bytes: usize = self
            .items
            .iter()
            .map(|item| item.record.as_ref().map_or(4, Vec::len) + 128)
            .sum();
        let mut out = Vec::with_capacity(bytes + self.next_cursor.len() + 64);
        out.extend_from_slice(b"{\"data\":[");
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            // Ids and models hold nothing that JSON escapes: models.md limits their alphabet.
            let (seq, model, change) = (item.seq, &item.model, item.change.as_str());
            out.extend_from_slice(
                format!("{{\"seq\":{seq},\"model\":\"{model}\",\"change\":\"{change}\",\"id\":").as_bytes(),
            );
            present::json_text(&mut out, &item.id);
            out.extend_from_slice(b",\"record\":");
            out.extend_from_slice(item.record.as_deref().unwrap_or(b"null"));
            out.push(b'}');
        }
        out.extend_from_slice(b"],\"next_cursor\":");
        present::json_text(&mut out, &self.next_cursor);
        out.push(b'}');
        out
    }
}

/// How far a reader is in one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// Walking the records that were there at `w`.
    #[serde(rename = "s")]
    Snapshot {
        /// The watermark when the walk began.
        w: u64,
        /// The shard.
        s: u8,
        /// The last id of it that was looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        a: Option<String>,
    },
    /// Reading the journal.
    #[serde(rename = "j")]
    Journal {
        /// The last number that was looked at.
        a: u64,
        /// First number of the segment that holds the next.
        f: u64,
    },
}

impl Place {
    fn start(watermark: u64) -> Self {
        if watermark == 0 {
            Place::Journal { a: 0, f: 1 }
        } else {
            Place::Snapshot {
                w: watermark,
                s: 0,
                a: None,
            }
        }
    }

    /// What begins behind a watermark begins a segment.
    fn after(watermark: u64) -> Self {
        Place::Journal {
            a: watermark,
            f: watermark + 1,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Places {
    /// The data epoch: an erasure ends every walk.
    e: u64,
    p: BTreeMap<String, Place>,
}

/// Reads on from a cursor, or from the beginning; `models` empty means all models of the connection.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor that is not one of this query, [`Problem::CursorExpired`] when
/// what it stands before is not kept any more or was erased.
pub async fn read(
    domain: &Domain,
    connection: &Connection,
    models: &[String],
    cursor: Option<&str>,
    limit: usize,
) -> Result<FeedPage, Problem> {
    let now = domain.ports.clock.now();
    let bound_to = format!(
        "changes\n{}\n{}\n{}",
        connection.workspace,
        connection.id,
        models.join(",")
    );
    let mut places = match cursor {
        Some(text) => cursor::decode(&domain.keys, &bound_to, text, now)?,
        None => Places {
            e: connection.epoch,
            p: BTreeMap::new(),
        },
    };
    if places.e != connection.epoch {
        return Err(Problem::CursorExpired);
    }
    let rows = domain.store.syncs(&connection.workspace, &connection.id).await?;
    let mut walk = Walk {
        domain,
        connection,
        now,
        items: Vec::new(),
        room: limit,
        bytes: 0,
        queries: MOST_QUERIES,
        unpacker: Unpacker::new(),
    };
    let mut up_to_date = true;
    for row in rows.iter().filter(|row| {
        if models.is_empty() {
            connection.models.contains(&row.model)
        } else {
            models.contains(&row.model)
        }
    }) {
        let watermark = if row.epoch == connection.epoch {
            row.watermark
        } else {
            0
        };
        let partition = Partition::new(
            &connection.workspace,
            &connection.id,
            connection.epoch,
            &row.model,
        );
        let place = places
            .p
            .entry(row.model.clone())
            .or_insert_with(|| Place::start(watermark));
        up_to_date &= walk.go_on(&row.model, &partition, watermark, place).await?;
    }
    let next_cursor = cursor::encode(&domain.keys, &bound_to, &places, None);
    Ok(FeedPage {
        items: walk.items,
        next_cursor,
        up_to_date,
    })
}

/// A page while it is filled.
struct Walk<'a> {
    domain: &'a Domain,
    connection: &'a Connection,
    now: Timestamp,
    items: Vec<FeedItem>,
    room: usize,
    bytes: usize,
    queries: u32,
    unpacker: Unpacker,
}

impl Walk<'_> {
    /// Goes on in one model until the page is full or the model has no more; `true` in the latter case.
    async fn go_on(
        &mut self,
        model: &str,
        partition: &Partition,
        watermark: u64,
        place: &mut Place,
    ) -> Result<bool, Problem> {
        loop {
            if matches!(place, Place::Journal { a, .. } if *a >= watermark) {
                return Ok(true);
            }
            if self.is_full() || self.queries == 0 {
                return Ok(false);
            }
            self.queries -= 1;
            *place = match place.clone() {
                Place::Snapshot { w, s, a } => self.snapshot(model, partition, w, s, a).await?,
                Place::Journal { a, f } => self.journal(model, partition, watermark, a, f).await?,
            };
        }
    }

    fn is_full(&self) -> bool {
        self.room == 0 || self.bytes >= FULL
    }

    /// Records of one shard that were there when the walk began. One that changed since comes with its
    /// change, from the journal.
    async fn snapshot(
        &mut self,
        model: &str,
        partition: &Partition,
        w: u64,
        s: u8,
        a: Option<String>,
    ) -> Result<Place, Problem> {
        let page = self
            .domain
            .store
            .record_page(partition, s, a.as_deref(), self.room)
            .await?;
        for record in page.rows {
            let id = record.id.clone();
            if record.deleted_at.is_none() && record.seq <= w {
                self.push(model, record.seq, ChangeKind::Created, id.clone(), Some(&record))?;
            }
            if self.is_full() {
                return Ok(Place::Snapshot { w, s, a: Some(id) });
            }
        }
        Ok(match page.next {
            Some(last) => Place::Snapshot { w, s, a: Some(last) },
            None if s + 1 < RECORD_SHARDS => Place::Snapshot { w, s: s + 1, a: None },
            None => Place::after(w),
        })
    }

    /// Changes behind number `a`, from the segment that begins with `f` on.
    async fn journal(
        &mut self,
        model: &str,
        partition: &Partition,
        watermark: u64,
        a: u64,
        f: u64,
    ) -> Result<Place, Problem> {
        let page = self.domain.store.journal(partition, f, SEGMENTS).await?;
        let (mut after, mut from) = (a, f);
        for segment in page.segments {
            // Numbers have no holes: what is missing was removed for its age.
            if segment.first_seq > after + 1 || segment.is_expired(self.now) {
                return Err(Problem::CursorExpired);
            }
            if segment.first_seq > watermark {
                break;
            }
            from = segment.first_seq;
            after = self.segment(model, partition, &segment, after).await?;
            if after < segment.last_seq() {
                return Ok(Place::Journal { a: after, f: from });
            }
            from = after + 1;
        }
        // The watermark says that there is more than the journal has.
        if after == a {
            Err(Problem::CursorExpired)
        } else {
            Ok(Place::Journal { a: after, f: from })
        }
    }

    /// Shows the entries of a segment behind a number, as far as the page has room.
    async fn segment(
        &mut self,
        model: &str,
        partition: &Partition,
        segment: &Segment,
        after: u64,
    ) -> Result<u64, Problem> {
        let behind = (segment.first_seq..)
            .zip(&segment.entries)
            .filter(|(seq, _)| *seq > after);
        let entries: Vec<_> = behind.collect();
        let mut reached = after;
        for batch in entries.chunks(BATCH) {
            let ids: Vec<&str> = batch
                .iter()
                .filter(|(_, entry)| matches!(entry.kind, ChangeKind::Created | ChangeKind::Updated))
                .map(|(_, entry)| entry.id.as_str())
                .take(self.room)
                .collect();
            let records = self.domain.store.records(partition, &distinct(ids)).await?;
            for (seq, entry) in batch {
                if self.is_full() {
                    return Ok(reached);
                }
                reached = *seq;
                if entry.kind != ChangeKind::Void {
                    let record = records
                        .get(&entry.id)
                        .filter(|record| record.deleted_at.is_none());
                    let record = record.filter(|_| entry.kind != ChangeKind::Deleted);
                    self.push(model, *seq, entry.kind, entry.id.clone(), record)?;
                }
            }
        }
        Ok(reached)
    }

    fn push(
        &mut self,
        model: &str,
        seq: u64,
        change: ChangeKind,
        id: String,
        record: Option<&StoredRecord>,
    ) -> Result<(), Problem> {
        let record = record
            .map(|record| shown(record, &self.connection.id, &mut self.unpacker))
            .transpose()?;
        self.room -= 1;
        self.bytes += record.as_ref().map_or(0, Vec::len);
        self.items.push(FeedItem {
            seq,
            model: model.to_owned(),
            change,
            id,
            record,
        });
        Ok(())
    }
}

/// DynamoDB refuses a batch that asks for a key twice.
fn distinct(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn shown(record: &StoredRecord, connection: &str, unpacker: &mut Unpacker) -> Result<Vec<u8>, StoreError> {
    let body = record.body(unpacker).map_err(|_| record.broken())?;
    Ok(present::present(
        &body,
        &Served {
            connection_id: connection,
            synced_at: Some(record.synced_at),
            seq: Some(record.seq),
            deleted_at: record.deleted_at,
            raw: None,
        },
    ))
}
