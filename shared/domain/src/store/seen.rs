//! What a complete read has seen so far, saved between its legs, and what it missed without being sure.
//!
//! Both are bytes to the store; they may be longer than an item and are cut in parts.

use super::{
    Item, Row, SortKeys, Store, StoreError, Table, When,
    expression::Value as _,
    keys::{Key, Partition},
};

/// Bytes of one part.
const PART: usize = 350_000;
/// Parts that are read at once, and at most.
const MOST_PARTS: usize = 10_000;

impl Store {
    /// Saves what the legs of a run up to this one have seen.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_seen(
        &self,
        partition: &Partition,
        run: &str,
        leg: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.put_parts(bytes, |part| partition.seen(run, leg, part)).await
    }

    /// What was saved by [`Store::put_seen`].
    ///
    /// # Errors
    /// The store's.
    pub async fn seen(&self, partition: &Partition, run: &str, leg: u32) -> Result<Vec<u8>, StoreError> {
        self.parts(&partition.seen_pk(), &partition.seen(run, leg, 0).sk)
            .await
    }

    /// Saves the hashes of ids that a complete read missed.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_suspects(
        &self,
        partition: &Partition,
        run: &str,
        hashes: &[u64],
    ) -> Result<(), StoreError> {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        self.put_parts(&bytes, |part| partition.suspects(run, part)).await
    }

    /// The hashes that [`Store::put_suspects`] saved.
    ///
    /// # Errors
    /// The store's.
    pub async fn suspects(&self, partition: &Partition, run: &str) -> Result<Vec<u64>, StoreError> {
        let bytes = self
            .parts(&partition.seen_pk(), &partition.suspects(run, 0).sk)
            .await?;
        Ok(bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|hash| u64::from_le_bytes(*hash))
            .collect())
    }

    /// Removes what the legs of a run saved.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_seen(&self, partition: &Partition, run: &str) -> Result<(), StoreError> {
        let keys = SortKeys::Prefix(format!("{run}#"));
        self.remove_range(Row::Seen, &partition.seen_pk(), &keys)
            .await
            .map(|_| ())
    }

    /// Removes what a run missed.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_suspects(&self, partition: &Partition, run: &str) -> Result<(), StoreError> {
        let keys = SortKeys::Prefix(format!("suspects#{run}#"));
        self.remove_range(Row::Seen, &partition.seen_pk(), &keys)
            .await
            .map(|_| ())
    }

    async fn put_parts(&self, bytes: &[u8], key: impl Fn(u32) -> Key) -> Result<(), StoreError> {
        for (part, bytes) in (0..).zip(bytes.chunks(PART)) {
            let mut item = Item::from([("b".to_owned(), bytes.to_vec().attribute())]);
            item.extend(key(part).attributes());
            self.put_item(Row::Seen, Table::Records, item, When::always())
                .await?;
        }
        Ok(())
    }

    /// The parts from a first key on that share all of it but the number at its end.
    async fn parts(&self, pk: &str, first: &str) -> Result<Vec<u8>, StoreError> {
        let stem = first.rsplit_once('#').map_or(first, |(stem, _)| stem);
        let mut bytes = Vec::new();
        let mut keys = SortKeys::Prefix(format!("{stem}#"));
        for _ in 0..MOST_PARTS {
            let page = self
                .query_items(Row::Seen, Table::Records, pk, &keys, 10, true)
                .await?;
            for item in &page.rows {
                if let Some(part) = item.get("b").and_then(|part| part.as_b().ok()) {
                    bytes.extend_from_slice(part.as_ref());
                }
            }
            match page.next {
                Some(last) => keys = SortKeys::Between(format!("{last}\u{1}"), format!("{stem}#~")),
                None => break,
            }
        }
        Ok(bytes)
    }
}
