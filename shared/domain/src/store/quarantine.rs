//! Records that were put aside, with the reason.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Row, RowPage, SortKeys, Store, StoreError, Table, When, expression::Value as _, keys, keys::Key,
    store_error, transact::patiently,
};

/// The most items of one model that a run knows of; more are put aside all the same.
const MOST_KNOWN: usize = 5_000;
/// Bytes of a record's source text that are kept.
const MOST_RAW: usize = 340_000;

/// A record that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Its name: `purchase_order.1f…`. Stays the same while the same record is put aside again.
    pub item: String,
    /// The model.
    pub model: String,
    /// The record's id, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where in the source record the trouble is, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub reason: String,
    /// How often it was met.
    pub attempts: u64,
    /// When it was first put aside.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub first_at: Timestamp,
    /// When it was last met.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub last_at: Timestamp,
    /// The record as the system sent it, cut; text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A record that is to be put aside.
#[derive(Debug, Clone)]
pub struct PutAside {
    /// The record's id, where that could be read.
    pub id: Option<String>,
    /// Where the trouble is.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
    /// The record as the system sent it.
    pub raw: bytes::Bytes,
}

/// Name of an item: of the record where its id is known, else of what it looks like.
#[must_use]
pub fn item_of(model: &str, id: Option<&str>, raw: &[u8]) -> String {
    let hash = xxhash_rust::xxh3::xxh3_64(id.map_or(raw, str::as_bytes));
    format!("{model}.{hash:016x}")
}

fn key(ws: &str, conn: &str, epoch: u64, item: &str) -> Key {
    let model = item.split('.').next().unwrap_or_default();
    keys::quarantine(ws, conn, epoch, model, item)
}

impl Store {
    /// Puts a record aside, or counts that it was met again; answers its name.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_aside(
        &self,
        (ws, conn, epoch): (&str, &str, u64),
        model: &str,
        aside: &PutAside,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let item = item_of(model, aside.id.as_deref(), &aside.raw);
        let key = key(ws, conn, epoch, &item);
        let raw = String::from_utf8_lossy(&aside.raw[..aside.raw.len().min(MOST_RAW)]).into_owned();
        let id = aside
            .id
            .as_ref()
            .map_or(AttributeValue::Null(true), |id| id.attribute());
        // The update is not repeated when its answer is lost, so that attempts may count one too few.
        patiently(|| async {
            self.client
                .update_item()
                .table_name(&self.records)
                .set_key(Some(key.attributes()))
                .update_expression(
                    "SET #item = :item, #model = :model, #id = :id, #pointer = :pointer, #reason = :reason, \
                     #raw = :raw, last_at = :now, first_at = if_not_exists(first_at, :now) ADD attempts :one",
                )
                .expression_attribute_names("#item", "item")
                .expression_attribute_names("#model", "model")
                .expression_attribute_names("#id", "id")
                .expression_attribute_names("#pointer", "pointer")
                .expression_attribute_names("#reason", "reason")
                .expression_attribute_names("#raw", "raw")
                .expression_attribute_values(":item", item.as_str().attribute())
                .expression_attribute_values(":model", model.attribute())
                .expression_attribute_values(":id", id.clone())
                .expression_attribute_values(":pointer", aside.pointer.as_str().attribute())
                .expression_attribute_values(":reason", aside.reason.as_str().attribute())
                .expression_attribute_values(":raw", raw.as_str().attribute())
                .expression_attribute_values(":now", now.attribute())
                .expression_attribute_values(":one", 1u64.attribute())
                .send()
                .await
                .map_err(|error| store_error(Row::Quarantine, error))?;
            Ok(())
        })
        .await?;
        Ok(item)
    }

    /// Names of a model's items.
    ///
    /// # Errors
    /// The store's.
    pub async fn quarantine_items(
        &self,
        (ws, conn, epoch): (&str, &str, u64),
        model: &str,
    ) -> Result<Vec<String>, StoreError> {
        let pk = keys::quarantine_pk(ws, conn, epoch);
        let prefix = format!("{model}#");
        let mut items: Vec<String> = Vec::new();
        let mut range = SortKeys::Prefix(prefix.clone());
        while items.len() < MOST_KNOWN {
            let found = self.keys_of(Row::Quarantine, &pk, &range).await?;
            let names = found.iter().filter_map(|key| key.sk.strip_prefix(&prefix));
            items.extend(names.map(str::to_owned));
            match items.last() {
                Some(last) if !found.is_empty() => {
                    range = SortKeys::Between(format!("{prefix}{last}\u{1}"), format!("{prefix}~"));
                }
                _ => break,
            }
        }
        Ok(items)
    }

    /// At most `limit` items of a connection behind a sort key.
    ///
    /// # Errors
    /// The store's.
    pub async fn quarantined(
        &self,
        (ws, conn, epoch): (&str, &str, u64),
        after: Option<&str>,
        limit: usize,
    ) -> Result<RowPage<Quarantined>, StoreError> {
        let keys = after.map_or(SortKeys::All, |sk| SortKeys::After(sk.to_owned()));
        let pk = keys::quarantine_pk(ws, conn, epoch);
        self.query(Row::Quarantine, Table::Records, &pk, &keys, limit, true)
            .await
    }

    /// One item.
    ///
    /// # Errors
    /// The store's.
    pub async fn quarantined_item(
        &self,
        (ws, conn, epoch): (&str, &str, u64),
        item: &str,
    ) -> Result<Option<Quarantined>, StoreError> {
        self.get(Row::Quarantine, Table::Records, &key(ws, conn, epoch, item))
            .await
    }

    /// Forgets an item: the record was read well, or is gone.
    ///
    /// # Errors
    /// The store's.
    pub async fn release(&self, (ws, conn, epoch): (&str, &str, u64), item: &str) -> Result<(), StoreError> {
        self.delete(
            Row::Quarantine,
            Table::Records,
            &key(ws, conn, epoch, item),
            When::always(),
        )
        .await
    }
}
