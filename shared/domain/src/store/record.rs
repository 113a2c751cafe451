//! Record rows. A row of a typical order stays below 1 KB, so that it costs one write unit.
//!
//! | attribute | what |
//! | --- | --- |
//! | `b` | the unified record, deflated behind its model's dictionary |
//! | `q` | number of its last change |
//! | `f` | fence of the run that wrote it, or that made sure that no older run can |
//! | `t` | when it was written, by the stack's clock, milliseconds |
//! | `m` | when the system says that it last changed, microseconds |
//! | `x` | when it was seen to be gone, milliseconds; its last content stays |
//! | `r` | the record as the system sent it, deflated |
//!
//! A row without `q` is no record: it only keeps older runs out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;

use super::{
    Item, Row, SortKeys, Store, StoreError, Table,
    keys::Partition,
    packing::{Unpackable, Unpacker},
    rows::key_of,
    store_error,
    transact::patiently,
};

/// Rows that one batched read may ask for; DynamoDB takes 100.
const BATCH: usize = 100;
/// A record as it is stored, still packed.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// Its id.
    pub id: String,
    /// Number of its last change.
    pub seq: u64,
    /// When it was written.
    pub synced_at: Timestamp,
    /// When the system says that it last changed.
    pub modified_at: Option<Timestamp>,
    /// When it was seen to be gone.
    pub deleted_at: Option<Timestamp>,
    body: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl StoredRecord {
    /// The unified record's text.
    ///
    /// # Errors
    /// [`Unpackable`] when the row is broken.
    pub fn body(&self, unpacker: &mut Unpacker) -> Result<Vec<u8>, Unpackable> {
        unpacker.unpack(&self.body)
    }

    /// The record as the system sent it, where that was kept.
    ///
    /// # Errors
    /// [`Unpackable`] when the row is broken.
    pub fn raw(&self, unpacker: &mut Unpacker) -> Result<Option<Vec<u8>>, Unpackable> {
        self.raw.as_deref().map(|raw| unpacker.unpack(raw)).transpose()
    }

    /// What to say of a row that cannot be read.
    pub(crate) fn broken(&self) -> StoreError {
        let reason = "the record's content cannot be unpacked".to_owned();
        StoreError::Corrupt {
            pk: String::new(),
            sk: self.id.clone(),
            reason,
        }
    }

    /// Bytes that it takes packed.
    #[must_use]
    pub fn packed_bytes(&self) -> usize {
        self.body.len() + self.raw.as_ref().map_or(0, Vec::len)
    }

    /// `None` for a row that is no record.
    fn read(mut item: Item) -> Option<Self> {
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let millis = |name: &str| Timestamp::from_millisecond(number(name)?).ok();
        let seq = number("q")?.cast_unsigned();
        let synced_at = millis("t")?;
        let modified_at = number("m").and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let deleted_at = millis("x");
        let id = key_of(&item).sk;
        let mut bytes = |name: &str| match item.remove(name)? {
            AttributeValue::B(blob) => Some(blob.into_inner()),
            _ => None,
        };
        Some(Self {
            id,
            seq,
            synced_at,
            modified_at,
            deleted_at,
            body: bytes("b")?,
            raw: bytes("r"),
        })
    }
}

impl Store {
    /// One record as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn record(&self, partition: &Partition, id: &str) -> Result<Option<StoredRecord>, StoreError> {
        let item = self
            .get_item(Row::Record, Table::Records, &partition.record(id))
            .await?;
        Ok(item.and_then(StoredRecord::read))
    }

    /// These records as they are now, by id; those that are not there are left out.
    ///
    /// # Errors
    /// The store's.
    pub async fn records(
        &self,
        partition: &Partition,
        ids: &[&str],
    ) -> Result<HashMap<String, StoredRecord>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let mut keys: Vec<Item> = batch.iter().map(|id| partition.record(id).attributes()).collect();
            // DynamoDB answers 16 MB at most, and less when it is busy: the rest is asked for again.
            for _ in 0..20 {
                let (items, left) = self.batch(std::mem::take(&mut keys)).await?;
                let records = items.into_iter().filter_map(StoredRecord::read);
                found.extend(records.map(|record| (record.id.clone(), record)));
                keys = left;
                if keys.is_empty() {
                    break;
                }
            }
            if !keys.is_empty() {
                return Err(StoreError::Busy);
            }
        }
        Ok(found)
    }

    async fn batch(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build();
        let wanted = wanted.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        patiently(|| async {
            let request = self
                .client
                .batch_get_item()
                .request_items(&self.records, wanted.clone());
            let answer = request
                .send()
                .await
                .map_err(|error| store_error(Row::Record, error))?;
            let items = answer
                .responses
                .and_then(|mut tables| tables.remove(&self.records))
                .unwrap_or_default();
            let left = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.records));
            Ok((items, left.map(|left| left.keys).unwrap_or_default()))
        })
        .await
    }

    /// At most `limit` rows of a shard behind an id, in the order of their ids; `next` is where to go on.
    ///
    /// # Errors
    /// The store's.
    pub async fn record_page(
        &self,
        partition: &Partition,
        shard: u8,
        after: Option<&str>,
        limit: usize,
    ) -> Result<super::RowPage<StoredRecord>, StoreError> {
        let keys = after.map_or(SortKeys::All, |id| SortKeys::After(id.to_owned()));
        let pk = partition.records_pk(shard);
        let page = self
            .query_items(Row::Record, Table::Records, &pk, &keys, limit, true)
            .await?;
        let rows = page.rows.into_iter().filter_map(StoredRecord::read).collect();
        Ok(super::RowPage {
            rows,
            next: page.next,
        })
    }
}
