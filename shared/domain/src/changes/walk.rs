//! Filling one page of the feed.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    present::{self, Served},
    store::{
        StoreError,
        journal::{ChangeKind, Segment},
        keys::Partition,
        packing::Unpacker,
        record::StoredRecord,
        sync::SyncRow,
    },
};

use super::{
    FeedItem,
    place::{Ahead, FURTHEST, Place, Walked},
};

/// Bytes of records from which on a page is full.
const FULL: usize = 4_000_000;
/// Queries that one page may take once it has something to show.
const MOST_QUERIES: u32 = 60;
/// Queries that one page may take while it is empty: a reader takes an empty page for the end, so that the
/// search goes on as long as an answer may take.
const MOST_WHILE_EMPTY: u32 = 1_000;
/// Journal segments that one query asks for.
const SEGMENTS: usize = 4;
/// Records that are read at once: each may be large.
const BATCH: usize = 25;
/// Rows that one query of a walk asks for at most; those of deleted records are passed over.
const MOST_ROWS: usize = 1_000;
/// What a cursor may hold, in bytes, of changes that were seen early, of all models together.
const MOST_AHEAD: usize = 3_000;

/// A page while it is filled.
pub(super) struct Walk<'a> {
    domain: &'a Domain,
    connection: &'a Connection,
    now: Timestamp,
    pub(super) items: Vec<FeedItem>,
    room: usize,
    bytes: usize,
    queries: u32,
    /// What the places of other models hold of changes that were seen early.
    ahead_elsewhere: usize,
    unpacker: Unpacker,
}

/// What one query of a walk came to.
enum Step {
    Went,
    /// Rows are further than the watermark that is known here.
    Behind,
    /// The cursor has no room for what was seen early; the workers whose commits these are end soon.
    Full,
}

impl<'a> Walk<'a> {
    pub(super) fn new(domain: &'a Domain, connection: &'a Connection, limit: usize) -> Self {
        Self {
            domain,
            connection,
            now: domain.ports.clock.now(),
            items: Vec::new(),
            room: limit,
            bytes: 0,
            queries: 0,
            ahead_elsewhere: 0,
            unpacker: Unpacker::new(),
        }
    }

    /// Goes on in one model until the page is full or the model has no more; `true` in the latter case.
    /// `ahead_elsewhere` is what the other places hold of changes that were seen early.
    pub(super) async fn go_on(
        &mut self,
        row: &SyncRow,
        place: &mut Place,
        ahead_elsewhere: usize,
    ) -> Result<bool, Problem> {
        self.ahead_elsewhere = ahead_elsewhere;
        let partition = Partition::new(
            &self.connection.workspace,
            &self.connection.id,
            self.connection.epoch,
            &row.model,
        );
        let mut watermark = watermark(row, self.connection);
        let mut rows = self.room;
        loop {
            if place.walk.is_none() && place.read >= watermark {
                return Ok(true);
            }
            if self.is_full() || self.is_spent() {
                return Ok(false);
            }
            let shown = self.items.len();
            if place.read < watermark {
                self.journal(&row.model, &partition, watermark, place).await?;
                continue;
            }
            let Some(walk) = place.walk.clone() else { continue };
            match self.rows(&row.model, &partition, place, walk, rows).await? {
                Step::Went => {}
                Step::Full => return Ok(false),
                Step::Behind => {
                    let known = watermark;
                    watermark = self.watermark_now(&row.model).await?;
                    if watermark <= known {
                        return Err(too_far(&partition));
                    }
                }
            }
            // Where only rows of deleted records come, more of them at once.
            rows = if self.items.len() == shown {
                (rows * 2).min(MOST_ROWS)
            } else {
                self.room
            };
        }
    }

    fn is_full(&self) -> bool {
        self.room == 0 || self.bytes >= FULL
    }

    fn is_spent(&self) -> bool {
        let most = if self.items.is_empty() {
            MOST_WHILE_EMPTY
        } else {
            MOST_QUERIES
        };
        self.queries >= most
    }

    async fn watermark_now(&mut self, model: &str) -> Result<u64, Problem> {
        self.queries += 1;
        let (ws, conn) = (&self.connection.workspace, &self.connection.id);
        let row = self.domain.store.sync(ws, conn, model).await?;
        Ok(row.map_or(0, |row| watermark(&row, self.connection)))
    }

    /// The next records of the walk, each as it is now. The journal is read to the watermark; of what the
    /// rows know beyond it, the place keeps the numbers, so that it is not shown again.
    async fn rows(
        &mut self,
        model: &str,
        partition: &Partition,
        place: &mut Place,
        walk: Walked,
        limit: usize,
    ) -> Result<Step, Problem> {
        self.queries += 1;
        let page = self
            .domain
            .store
            .record_page(partition, walk.shard, walk.id.as_deref(), limit)
            .await?;
        let newest = page.rows.iter().map(|record| record.seq).max().unwrap_or(0);
        if newest > place.read + FURTHEST {
            return Ok(Step::Behind);
        }
        let mut early = if newest > place.read {
            self.early(partition, place, &page.rows, newest).await?
        } else {
            HashMap::new()
        };
        for record in page.rows {
            let id = record.id.clone();
            if let Some(seqs) = early.remove(&id) {
                let mut ahead = place.ahead.clone();
                for seq in seqs {
                    ahead.note(place.read, seq);
                }
                if !self.has_room_for(&ahead) {
                    return Ok(Step::Full);
                }
                place.ahead = ahead;
            }
            if record.deleted_at.is_none() {
                self.push(model, record.seq, ChangeKind::Created, id.clone(), Some(&record))?;
            }
            place.walk = Some(Walked {
                shard: walk.shard,
                id: Some(id),
            });
            if self.is_full() {
                return Ok(Step::Went);
            }
        }
        place.walk = match page.next {
            Some(last) => Some(Walked {
                shard: walk.shard,
                id: Some(last),
            }),
            None => walk.next_shard(),
        };
        Ok(Step::Went)
    }

    fn has_room_for(&self, ahead: &Ahead) -> bool {
        self.ahead_elsewhere + ahead.text_bytes() <= MOST_AHEAD
    }

    /// The numbers behind the place that these rows know already, by id. A segment is written before the
    /// rows that it names, so that the journal has them all.
    async fn early(
        &mut self,
        partition: &Partition,
        place: &Place,
        rows: &[StoredRecord],
        newest: u64,
    ) -> Result<HashMap<String, Vec<u64>>, Problem> {
        let known: HashMap<&str, u64> = rows
            .iter()
            .filter(|record| record.seq > place.read)
            .map(|record| (record.id.as_str(), record.seq))
            .collect();
        let mut early: HashMap<String, Vec<u64>> = HashMap::new();
        let mut from = Some(place.segment);
        while let Some(first) = from.filter(|first| *first <= newest) {
            self.queries += 1;
            let page = self.domain.store.journal(partition, first, SEGMENTS).await?;
            for segment in &page.segments {
                for (seq, entry) in (segment.first_seq..).zip(&segment.entries) {
                    let reached = known.get(entry.id.as_str()).copied().unwrap_or(0);
                    if seq > place.read && seq <= reached {
                        early.entry(entry.id.clone()).or_default().push(seq);
                    }
                }
            }
            from = page.next;
        }
        Ok(early)
    }

    /// The next changes of the journal, as far as they concern what the walk has passed.
    async fn journal(
        &mut self,
        model: &str,
        partition: &Partition,
        watermark: u64,
        place: &mut Place,
    ) -> Result<(), Problem> {
        self.queries += 1;
        let page = self
            .domain
            .store
            .journal(partition, place.segment, SEGMENTS)
            .await?;
        let before = place.read;
        for segment in page.segments {
            // Numbers have no holes: what is missing was removed for its age.
            if segment.first_seq > place.read + 1 || segment.is_expired(self.now) {
                return Err(Problem::CursorExpired);
            }
            if segment.first_seq > watermark {
                break;
            }
            place.segment = segment.first_seq;
            self.segment(model, partition, &segment, place).await?;
            if place.read < segment.last_seq() {
                return Ok(());
            }
            place.segment = place.read + 1;
        }
        // The watermark says that there is more than the journal has.
        if place.read == before {
            Err(Problem::CursorExpired)
        } else {
            Ok(())
        }
    }

    /// Shows the entries of a segment behind the place, as far as the page has room.
    async fn segment(
        &mut self,
        model: &str,
        partition: &Partition,
        segment: &Segment,
        place: &mut Place,
    ) -> Result<(), Problem> {
        let entries: Vec<_> = (segment.first_seq..)
            .zip(&segment.entries)
            .filter(|(seq, entry)| *seq > place.read && place.shows(*seq, entry))
            .collect();
        for batch in entries.chunks(BATCH) {
            let ids = batch
                .iter()
                .filter(|(_, entry)| entry.kind != ChangeKind::Deleted)
                .map(|(_, entry)| entry.id.as_str())
                .take(self.room);
            let records = self
                .domain
                .store
                .records(partition, &distinct(ids.collect()))
                .await?;
            for (seq, entry) in batch {
                if self.is_full() {
                    return Ok(());
                }
                let record = records
                    .get(&entry.id)
                    .filter(|record| record.deleted_at.is_none() && entry.kind != ChangeKind::Deleted);
                self.push(model, *seq, entry.kind, entry.id.clone(), record)?;
                place.read_to(*seq);
            }
        }
        place.read_to(segment.last_seq());
        Ok(())
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

/// The number up to which changes of this data epoch are committed.
pub(super) fn watermark(row: &SyncRow, connection: &Connection) -> u64 {
    if row.epoch == connection.epoch {
        row.watermark
    } else {
        0
    }
}

/// One commit is under way at a time: rows cannot be further than that beyond the watermark.
fn too_far(partition: &Partition) -> Problem {
    let key = partition.journal(0);
    Problem::Store(StoreError::Corrupt {
        pk: key.pk,
        sk: key.sk,
        reason: "rows are further than a commit reaches".to_owned(),
    })
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
