//! The change index in memory: what is stored of each record, in sixteen bytes.
//!
//! It stands for ids by their 64-bit hash. Two ids of one model that share a hash would be taken for
//! one record; among a million records the chance of that is one in thirty million.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::store::{
    Store, StoreError,
    index::{PackedSegment, id_hash, segment_of},
    journal::ChangeKind,
    keys::Partition,
    packing::{Fields, Unpackable, Unpacker, put_number},
    sync::Fold,
};

/// Journal segments that one query asks for.
const JOURNAL_PAGE: usize = 64;

/// The index of one model while a leg works with it.
#[derive(Debug)]
pub struct Index {
    fold: Fold,
    /// Folded segments by number, where they were loaded.
    segments: Vec<Option<Segment>>,
    /// What changed since the fold, over the segments.
    delta: FxHashMap<u64, Delta>,
    delta_loaded: bool,
    all_loaded: bool,
}

/// Hash of an id and of its content, ordered by the first; and which of them a complete read has seen.
#[derive(Debug)]
struct Segment {
    entries: Vec<(u64, u64)>,
    seen: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Delta {
    /// Hash of the content; `None` for a record that is gone.
    hash: Option<u64>,
    seen: bool,
}

impl Index {
    /// Nothing loaded yet.
    #[must_use]
    pub fn new(fold: Fold) -> Self {
        Self {
            fold,
            segments: (0..fold.segments).map(|_| None).collect(),
            delta: FxHashMap::default(),
            delta_loaded: false,
            all_loaded: false,
        }
    }

    /// Loads everything, as a complete read needs it.
    ///
    /// # Errors
    /// The store's.
    pub async fn load_all(
        &mut self,
        store: &Store,
        partition: &Partition,
        watermark: u64,
    ) -> Result<(), StoreError> {
        self.load_delta(store, partition, watermark).await?;
        if std::mem::replace(&mut self.all_loaded, true) {
            return Ok(());
        }
        let mut unpacker = Unpacker::new();
        let mut next = 0;
        while next < self.fold.segments {
            let found = store.index_segments(partition, self.fold.number, next).await?;
            let Some(last) = found.last() else {
                // Says which one is missing.
                store.index_segment(partition, self.fold.number, next).await?;
                break;
            };
            next = last.number + 1;
            for segment in &found {
                self.keep(segment, &mut unpacker)?;
            }
        }
        Ok(())
    }

    /// Whether everything is loaded.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.all_loaded
    }

    /// Loads what is known of these ids and little else.
    ///
    /// # Errors
    /// The store's.
    pub async fn load_for(
        &mut self,
        store: &Store,
        partition: &Partition,
        watermark: u64,
        id_hashes: &[u64],
    ) -> Result<(), StoreError> {
        if self.all_loaded {
            return Ok(());
        }
        self.load_delta(store, partition, watermark).await?;
        let missing: FxHashSet<u32> = id_hashes
            .iter()
            .filter(|id| !self.delta.contains_key(id))
            .map(|id| segment_of(*id, self.fold.segments.max(1)))
            .filter(|number| self.segments.get(*number as usize).is_some_and(Option::is_none))
            .collect();
        // Many single reads are dearer than reading on.
        if missing.len() > 8 && missing.len() * 2 > self.segments.len() {
            return self.load_all(store, partition, watermark).await;
        }
        let mut unpacker = Unpacker::new();
        for number in missing {
            let segment = store.index_segment(partition, self.fold.number, number).await?;
            self.keep(&segment, &mut unpacker)?;
        }
        Ok(())
    }

    fn keep(&mut self, packed: &PackedSegment, unpacker: &mut Unpacker) -> Result<(), StoreError> {
        let Some(slot) = self.segments.get_mut(packed.number as usize) else {
            return Ok(());
        };
        if slot.is_some() {
            return Ok(());
        }
        let mut entries = Vec::new();
        packed.each(unpacker, |id, hash| entries.push((id_hash(id), hash)))?;
        entries.sort_unstable_by_key(|(id, _)| *id);
        let seen = vec![0; entries.len().div_ceil(64)];
        *slot = Some(Segment { entries, seen });
        Ok(())
    }

    async fn load_delta(
        &mut self,
        store: &Store,
        partition: &Partition,
        watermark: u64,
    ) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.delta_loaded, true) {
            return Ok(());
        }
        let mut next = Some(self.fold.seq + 1).filter(|from| *from <= watermark);
        while let Some(from) = next {
            let page = store.journal(partition, from, JOURNAL_PAGE).await?;
            for segment in page
                .segments
                .iter()
                .filter(|segment| segment.last_seq() <= watermark)
            {
                for entry in &segment.entries {
                    let hash = match entry.kind {
                        ChangeKind::Void => continue,
                        ChangeKind::Deleted => None,
                        ChangeKind::Created | ChangeKind::Updated => Some(entry.hash),
                    };
                    self.delta.insert(id_hash(&entry.id), Delta { hash, seen: false });
                }
            }
            next = page.next;
        }
        Ok(())
    }

    /// Hash of the content that is stored of a record, marking it as seen; `None` when there is none.
    pub fn meet(&mut self, id: u64) -> Option<u64> {
        if let Some(delta) = self.delta.get_mut(&id) {
            delta.seen = true;
            return delta.hash;
        }
        let number = segment_of(id, self.fold.segments.max(1));
        let segment = self.segments.get_mut(number as usize)?.as_mut()?;
        let at = segment.entries.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        segment.seen[at / 64] |= 1 << (at % 64);
        Some(segment.entries[at].1)
    }

    /// A record is stored with this content, or is gone; either way it was seen.
    pub fn set(&mut self, id: u64, hash: Option<u64>) {
        self.delta.insert(id, Delta { hash, seen: true });
    }

    /// Records that are stored and were not seen, by the hash of their id.
    #[must_use]
    pub fn missing(&self) -> FxHashSet<u64> {
        let mut missing: FxHashSet<u64> = self
            .delta
            .iter()
            .filter(|(_, delta)| delta.hash.is_some() && !delta.seen)
            .map(|(id, _)| *id)
            .collect();
        for segment in self.segments.iter().flatten() {
            let unseen = segment
                .entries
                .iter()
                .enumerate()
                .filter(|(at, _)| segment.seen[at / 64] >> (at % 64) & 1 == 0);
            missing.extend(
                unseen
                    .map(|(_, (id, _))| *id)
                    .filter(|id| !self.delta.contains_key(id)),
            );
        }
        missing
    }

    /// What was seen, for the next leg: only good with the same fold.
    #[must_use]
    pub fn save_seen(&self) -> Vec<u8> {
        let mut saved = Vec::new();
        for segment in &self.segments {
            let words = segment.as_ref().map_or(&[][..], |segment| &segment.seen);
            put_number(&mut saved, words.len() as u64);
            saved.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        let seen = self.delta.iter().filter(|(_, delta)| delta.seen);
        saved.extend(seen.flat_map(|(id, _)| id.to_le_bytes()));
        saved
    }

    /// Takes over what [`Index::save_seen`] saved. Everything must be loaded.
    ///
    /// # Errors
    /// [`Unpackable`] when it was saved of another fold.
    pub fn restore_seen(&mut self, saved: &[u8]) -> Result<(), Unpackable> {
        let mut fields = Fields::new(saved);
        for segment in &mut self.segments {
            let words = fields.length()?;
            if words == 0 {
                continue;
            }
            let seen = &mut segment
                .as_mut()
                .filter(|segment| segment.seen.len() == words)
                .ok_or(Unpackable)?
                .seen;
            for word in seen {
                *word |= fields.fixed()?;
            }
        }
        while !fields.is_empty() {
            if let Some(delta) = self.delta.get_mut(&fields.fixed()?) {
                delta.seen = true;
            }
        }
        Ok(())
    }

    /// The ids behind hashes of stored records. They are read again, since memory holds hashes only.
    ///
    /// # Errors
    /// The store's.
    pub async fn ids_of(
        &self,
        store: &Store,
        partition: &Partition,
        watermark: u64,
        wanted: &FxHashSet<u64>,
    ) -> Result<Vec<String>, StoreError> {
        let mut found: FxHashMap<u64, String> = FxHashMap::default();
        let mut unpacker = Unpacker::new();
        let numbers: FxHashSet<u32> = wanted
            .iter()
            .map(|id| segment_of(*id, self.fold.segments.max(1)))
            .collect();
        for number in numbers.into_iter().filter(|number| *number < self.fold.segments) {
            let segment = store.index_segment(partition, self.fold.number, number).await?;
            segment.each(&mut unpacker, |id, _| {
                let hash = id_hash(id);
                if wanted.contains(&hash) {
                    found.insert(hash, id.to_owned());
                }
            })?;
        }
        let mut next = Some(self.fold.seq + 1).filter(|from| *from <= watermark);
        while let Some(from) = next {
            let page = store.journal(partition, from, JOURNAL_PAGE).await?;
            for entry in page.segments.iter().flat_map(|segment| &segment.entries) {
                let hash = id_hash(&entry.id);
                if wanted.contains(&hash) {
                    found.insert(hash, entry.id.clone());
                }
            }
            next = page.next;
        }
        let mut ids: Vec<String> = found.into_values().collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(ids: &[u64]) -> Index {
        let mut index = Index::new(Fold {
            number: 1,
            seq: 0,
            segments: 1,
            bytes: 0,
        });
        let entries: Vec<(u64, u64)> = ids.iter().map(|id| (*id, id * 10)).collect();
        let seen = vec![0; entries.len().div_ceil(64)];
        index.segments[0] = Some(Segment { entries, seen });
        index
    }

    #[test]
    fn what_was_not_met_is_missing() {
        let mut index = index(&[1, 2, 3, 4]);
        assert_eq!(index.meet(2), Some(20));
        assert_eq!(index.meet(9), None);
        index.set(3, Some(31));
        index.set(9, Some(90));
        index.set(4, None);
        assert_eq!(index.meet(4), None);
        assert_eq!(index.meet(3), Some(31));
        assert_eq!(index.missing(), FxHashSet::from_iter([1]));
    }

    #[test]
    fn what_was_seen_goes_over_to_the_next_leg() {
        let ids: Vec<u64> = (1..200).collect();
        let mut first = index(&ids);
        for id in 1..150 {
            first.meet(id);
        }
        first.set(500, Some(1));
        let saved = first.save_seen();
        let mut second = index(&ids);
        second.delta.insert(
            500,
            Delta {
                hash: Some(1),
                seen: false,
            },
        );
        second.delta.insert(
            501,
            Delta {
                hash: Some(1),
                seen: false,
            },
        );
        second.restore_seen(&saved).unwrap();
        let missing: FxHashSet<u64> = (150..200).chain([501]).collect();
        assert_eq!(second.missing(), missing);
        assert_eq!(index(&[1]).restore_seen(&saved), Err(Unpackable));
    }
}
