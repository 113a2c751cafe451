//! Folding: the journal since the last fold is worked into the change index, and the index written anew.

use rustc_hash::FxHashMap;

use crate::store::{
    Store, StoreError,
    index::{self, Contents, LARGEST_SEGMENT, SEGMENT_BYTES, id_hash, segment_of},
    journal::ChangeKind,
    keys::{Partition, RECORD_SHARDS},
    packing::{Packer, Unpacker},
    sync::{Fold, SyncRow},
};

use super::content::content_hash;

/// A smaller delta is never worth a fold.
const LEAST_DELTA: u64 = 64 * 1024;
/// A fold comes long before the oldest journal segment that it needs may be removed.
const OLDEST_DELTA: jiff::SignedDuration = jiff::SignedDuration::from_hours(60 * 24);
/// Later than this a segment may be missing, and the index is made from the records themselves.
const TOO_OLD: jiff::SignedDuration = jiff::SignedDuration::from_hours(85 * 24);
/// More segments would only be made by a broken estimate.
const MOST_SEGMENTS: u32 = 1 << 16;
/// Rows and segments that one query asks for.
const PAGE: usize = 200;

/// Whether it is time to fold: the delta has grown to half of what it is a delta to, or is old.
#[must_use]
pub fn is_due(row: &SyncRow, now: jiff::Timestamp) -> bool {
    let old = row
        .unfolded_since
        .is_some_and(|since| now.duration_since(since) > OLDEST_DELTA);
    row.unfolded > LEAST_DELTA.max(row.fold.bytes / 2) || old
}

/// Whether so much time passed that parts of the delta may be gone.
#[must_use]
pub fn is_lost(row: &SyncRow, now: jiff::Timestamp) -> bool {
    row.unfolded_since
        .is_some_and(|since| now.duration_since(since) > TOO_OLD)
}

/// Writes the next fold, up to the watermark. It counts once the sync's row names it.
///
/// The number is the fence of the lease, so that two workers never write the same fold.
///
/// # Errors
/// The store's.
pub async fn fold(store: &Store, row: &SyncRow) -> Result<Fold, StoreError> {
    let partition = row.partition();
    let old = row.fold;
    let mut delta = group(
        delta(store, &partition, old.seq, row.watermark).await?,
        old.segments,
    );
    let mut writer = Writer::new(store, &partition, row, old.bytes + row.unfolded, old.segments);
    let mut unpacker = Unpacker::new();
    if old.segments == 0 {
        writer
            .write_range(0, 1, Contents::new(), delta.remove(&0).unwrap_or_default())
            .await?;
        return Ok(writer.done());
    }
    let mut next = 0;
    while next < old.segments {
        let mut found = store.index_segments(&partition, old.number, next).await?;
        if found.is_empty() {
            found.push(store.index_segment(&partition, old.number, next).await?);
        }
        for segment in found {
            let mut contents = Contents::new();
            segment.each(&mut unpacker, |id, hash| {
                contents.insert(id.to_owned(), hash);
            })?;
            let changes = delta.remove(&segment.number).unwrap_or_default();
            writer
                .write_range(segment.number, old.segments, contents, changes)
                .await?;
            next = segment.number + 1;
        }
    }
    Ok(writer.done())
}

/// Makes the index from the records themselves, as when the journal is gone.
///
/// # Errors
/// The store's.
pub async fn rebuild(store: &Store, row: &SyncRow) -> Result<Fold, StoreError> {
    let partition = row.partition();
    let mut unpacker = Unpacker::new();
    let mut contents = Contents::new();
    let mut bytes = 0;
    for shard in 0..RECORD_SHARDS {
        let mut after: Option<String> = None;
        loop {
            let page = store
                .record_page(&partition, shard, after.as_deref(), PAGE)
                .await?;
            for record in page.rows.into_iter().filter(|record| record.deleted_at.is_none()) {
                let (Ok(body), Ok(raw)) = (record.body(&mut unpacker), record.raw(&mut unpacker)) else {
                    continue;
                };
                bytes += record.id.len() as u64 / 2 + 9;
                contents.insert(record.id, content_hash(&body, raw.as_deref()));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    let mut writer = Writer::new(store, &partition, row, bytes, 0);
    writer.write_range(0, 1, contents, Vec::new()).await?;
    Ok(writer.done())
}

type Changes = Vec<(String, Option<u64>)>;

/// The last word on each record that changed behind `after`.
async fn delta(
    store: &Store,
    partition: &Partition,
    after: u64,
    watermark: u64,
) -> Result<FxHashMap<String, Option<u64>>, StoreError> {
    let mut delta = FxHashMap::default();
    let mut next = Some(after + 1).filter(|from| *from <= watermark);
    while let Some(from) = next {
        let page = store.journal(partition, from, PAGE).await?;
        for segment in page
            .segments
            .into_iter()
            .filter(|segment| segment.last_seq() <= watermark)
        {
            for entry in segment.entries {
                let hash = match entry.kind {
                    ChangeKind::Void => continue,
                    ChangeKind::Deleted => None,
                    ChangeKind::Created | ChangeKind::Updated => Some(entry.hash),
                };
                delta.insert(entry.id, hash);
            }
        }
        next = page.next;
    }
    Ok(delta)
}

fn group(delta: FxHashMap<String, Option<u64>>, segments: u32) -> FxHashMap<u32, Changes> {
    let mut groups: FxHashMap<u32, Changes> = FxHashMap::default();
    for (id, hash) in delta {
        groups
            .entry(segment_of(id_hash(&id), segments.max(1)))
            .or_default()
            .push((id, hash));
    }
    groups
}

/// Writes the segments of one fold, range by range.
struct Writer<'a> {
    store: &'a Store,
    partition: &'a Partition,
    packer: Packer,
    fold: Fold,
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store, partition: &'a Partition, row: &SyncRow, bytes: u64, old_segments: u32) -> Self {
        let mut segments = old_segments.max(1);
        while bytes / u64::from(segments) > SEGMENT_BYTES && segments < MOST_SEGMENTS {
            segments *= 2;
        }
        let fold = Fold {
            number: row.fence,
            seq: row.watermark,
            segments,
            bytes: 0,
        };
        Self {
            store,
            partition,
            packer: Packer::new(),
            fold,
        }
    }

    fn done(self) -> Fold {
        self.fold
    }

    /// Writes the segments of the new fold that cover one segment `number` of `of`.
    async fn write_range(
        &mut self,
        number: u32,
        of: u32,
        contents: Contents,
        changes: Changes,
    ) -> Result<(), StoreError> {
        let share = self.fold.segments / of;
        let mut parts: Vec<Contents> = (0..share).map(|_| Contents::new()).collect();
        let segments = self.fold.segments;
        let place = |id: &str| (segment_of(id_hash(id), segments) - number * share) as usize;
        for (id, hash) in contents {
            parts[place(&id)].insert(id, hash);
        }
        for (id, hash) in changes {
            let part = &mut parts[place(&id)];
            match hash {
                Some(hash) => part.insert(id, hash),
                None => part.remove(&id),
            };
        }
        for (place, part) in (number * share..).zip(parts) {
            let packed = index::pack(&part, &mut self.packer);
            if packed.len() > LARGEST_SEGMENT {
                // Ids of hundreds of random bytes: the estimate cannot be wrong otherwise.
                return Err(StoreError::Unavailable(format!(
                    "an index segment of {} bytes",
                    packed.len()
                )));
            }
            self.fold.bytes += packed.len() as u64;
            self.store
                .put_index(self.partition, self.fold.number, place, packed)
                .await?;
        }
        Ok(())
    }
}
