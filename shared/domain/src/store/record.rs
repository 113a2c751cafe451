//! Record rows. A row of a typical order stays below 1 KB, so that it costs one write unit.
//!
//! | attribute | what |
//! | --- | --- |
//! | `b` | the unified record, deflated |
//! | `q` | number of its last change |
//! | `f` | fence of the run that wrote it, or that made sure that no older run can |
//! | `t` | when it was written, by the stack's clock, milliseconds |
//! | `m` | when the system says that it last changed, microseconds |
//! | `x` | when it was seen to be gone, milliseconds; its last content stays |
//! | `r` | the record as the system sent it, deflated |
//!
//! A row without `q` is no record: it only keeps older runs out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::{
    Item, Row, SortKeys, Store, StoreError, Table,
    expression::Value as _,
    keys::{Key, Partition},
    packing::{Packer, Unpackable, Unpacker},
    rows::key_of,
    store_error,
    transact::patiently,
};

/// Writes of rows that are under way at the same time.
const IN_FLIGHT: usize = 32;
/// Rows that one batched read may ask for; DynamoDB takes 100.
const BATCH: usize = 100;
/// Packed bytes, body and source text together, that a row may have.
pub const LARGEST_PACKED: usize = 380_000;

/// Only the newest run writes a row, and a row never goes back to an older change.
const NEWEST_ONLY: &str = "(attribute_not_exists(f) OR f <= :f) AND (attribute_not_exists(q) OR q <= :q)";

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

/// A row to be written.
#[derive(Debug)]
pub enum RecordWrite {
    /// The whole record.
    Put(Item),
    /// The record is gone: its content stays.
    Bury(Key, Timestamp),
}

impl RecordWrite {
    /// A record with its content; `deleted_at` when the system marks it as gone. Number and fence are
    /// added when it is written.
    #[must_use]
    pub fn put(content: Content, key: &Key, now: Timestamp, deleted_at: Option<Timestamp>) -> Self {
        let mut item = Item::with_capacity(9);
        item.extend(key.attributes());
        item.insert("b".to_owned(), content.body.attribute());
        item.insert("t".to_owned(), now.attribute());
        if let Some(raw) = content.raw {
            item.insert("r".to_owned(), raw.attribute());
        }
        if let Some(at) = content.modified_at {
            item.insert("m".to_owned(), at.as_microsecond().attribute());
        }
        if let Some(at) = deleted_at {
            item.insert("x".to_owned(), at.attribute());
        }
        Self::Put(item)
    }
}

/// What a record says, packed.
#[derive(Debug)]
pub struct Content {
    body: Vec<u8>,
    raw: Option<Vec<u8>>,
    modified_at: Option<Timestamp>,
}

impl Content {
    /// Packs a record; `None` when it is too large for a row.
    #[must_use]
    pub fn pack(
        packer: &mut Packer,
        body: &[u8],
        raw: Option<&[u8]>,
        modified_at: Option<Timestamp>,
    ) -> Option<Self> {
        let body = packer.pack(body);
        let raw = raw.map(|raw| packer.pack(raw));
        let bytes = body.len() + raw.as_ref().map_or(0, Vec::len);
        (bytes <= LARGEST_PACKED).then_some(Self {
            body,
            raw,
            modified_at,
        })
    }
}

impl Store {
    /// Writes rows, many at a time, each under its number and this fence.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when a newer run was here; some rows may be written then.
    pub async fn write_records(&self, fence: u64, writes: Vec<(u64, RecordWrite)>) -> Result<(), StoreError> {
        stream::iter(writes)
            .map(Ok)
            .try_for_each_concurrent(IN_FLIGHT, |(seq, write)| async move {
                match write {
                    RecordWrite::Put(item) => self.put_record(fence, seq, item).await,
                    RecordWrite::Bury(key, at) => self.bury_record(fence, seq, &key, at).await,
                }
            })
            .await
    }

    async fn put_record(&self, fence: u64, seq: u64, mut item: Item) -> Result<(), StoreError> {
        item.insert("q".to_owned(), seq.attribute());
        item.insert("f".to_owned(), fence.attribute());
        patiently(|| async {
            self.client
                .put_item()
                .table_name(&self.records)
                .set_item(Some(item.clone()))
                .condition_expression(NEWEST_ONLY)
                .expression_attribute_values(":f", fence.attribute())
                .expression_attribute_values(":q", seq.attribute())
                .send()
                .await
                .map_err(|error| store_error(Row::Record, error))?;
            Ok(())
        })
        .await
    }

    async fn bury_record(&self, fence: u64, seq: u64, key: &Key, at: Timestamp) -> Result<(), StoreError> {
        patiently(|| async {
            self.client
                .update_item()
                .table_name(&self.records)
                .set_key(Some(key.attributes()))
                .update_expression("SET q = :q, f = :f, x = :at, t = :at")
                .condition_expression(NEWEST_ONLY)
                .expression_attribute_values(":f", fence.attribute())
                .expression_attribute_values(":q", seq.attribute())
                .expression_attribute_values(":at", at.attribute())
                .send()
                .await
                .map_err(|error| store_error(Row::Record, error))?;
            Ok(())
        })
        .await
    }

    /// Keeps runs older than `fence` from writing these records ever again, and tells the number of the
    /// last change that reached each.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when a newer run was here.
    pub async fn close_records(
        &self,
        fence: u64,
        partition: &Partition,
        ids: &[String],
    ) -> Result<Vec<Option<u64>>, StoreError> {
        // Owned keys: a closure over references is not general enough for a future that is sent.
        let keys: Vec<Key> = ids.iter().map(|id| partition.record(id)).collect();
        stream::iter(keys)
            .map(|key| async move {
                patiently(|| async {
                    let row = self
                        .client
                        .update_item()
                        .table_name(&self.records)
                        .set_key(Some(key.attributes()))
                        .update_expression("SET f = :f")
                        .condition_expression("attribute_not_exists(f) OR f <= :f")
                        .expression_attribute_values(":f", fence.attribute())
                        .return_values(ReturnValue::AllNew)
                        .send()
                        .await
                        .map_err(|error| store_error(Row::Record, error))?;
                    let seq = row
                        .attributes
                        .as_ref()
                        .and_then(|item| item.get("q")?.as_n().ok()?.parse().ok());
                    Ok::<Option<u64>, StoreError>(seq)
                })
                .await
            })
            .buffered(IN_FLIGHT)
            .try_collect()
            .await
    }

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
