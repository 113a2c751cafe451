//! Writing record rows, so that only the newest run writes one, and none goes back to an older change.
//!
//! A new record's row is inserted, 25 in a request: an insert is refused where there is any row, be it a newer
//! run's or one that a newer run has closed. What it does not take is written like all others: by itself, on
//! condition of fence and number.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementRequest, ReturnValue};
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use jiff::Timestamp;

use super::{
    Item, Row, Store, StoreError,
    dictionary::Dictionary,
    expression::Value as _,
    keys::{Key, Partition},
    packing::Packer,
    store_error,
    transact::patiently,
};

/// Requests that are under way at the same time.
const IN_FLIGHT: usize = 32;
/// Statements that DynamoDB takes in one request.
const BATCH: usize = 25;
/// Packed bytes of one request's rows: what is under way at the same time stays small.
const BATCH_BYTES: usize = 200_000;
/// Packed bytes, body and source text together, that a row may have.
pub const LARGEST_PACKED: usize = 380_000;

/// Only the newest run writes a row, and a row never goes back to an older change.
const NEWEST_ONLY: &str = "(attribute_not_exists(f) OR f <= :f) AND (attribute_not_exists(q) OR q <= :q)";

/// What a record says, packed.
#[derive(Debug)]
pub struct Content {
    body: Vec<u8>,
    raw: Option<Vec<u8>>,
    modified_at: Option<Timestamp>,
}

impl Content {
    /// Packs a record with its model's dictionary; `None` when it is too large for a row.
    #[must_use]
    pub fn pack(
        packer: &mut Packer,
        dictionary: Option<&Dictionary>,
        body: &[u8],
        raw: Option<&[u8]>,
        modified_at: Option<Timestamp>,
    ) -> Option<Self> {
        let body = match dictionary {
            Some(dictionary) => packer.pack_with(dictionary, body),
            None => packer.pack(body),
        };
        let raw = raw.map(|raw| packer.pack(raw));
        let content = Self {
            body,
            raw,
            modified_at,
        };
        (content.bytes() <= LARGEST_PACKED).then_some(content)
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.raw.as_ref().map_or(0, Vec::len)
    }
}

/// A record's whole row; number and fence are added when it is written.
#[derive(Debug)]
pub struct RecordRow {
    /// Where it goes.
    pub key: Key,
    /// What it says.
    pub content: Content,
    /// The stack's time.
    pub now: Timestamp,
    /// When the system marks the record as gone.
    pub deleted_at: Option<Timestamp>,
}

impl RecordRow {
    /// Its attributes, in an order that depends only on which there are.
    fn attributes(self, fence: u64, seq: u64) -> Vec<(&'static str, AttributeValue)> {
        let Content {
            body,
            raw,
            modified_at,
        } = self.content;
        let mut attributes = Vec::with_capacity(9);
        attributes.extend([
            ("pk", self.key.pk.attribute()),
            ("sk", self.key.sk.attribute()),
            ("b", body.attribute()),
            ("q", seq.attribute()),
            ("f", fence.attribute()),
            ("t", self.now.attribute()),
        ]);
        attributes.extend(raw.map(|raw| ("r", raw.attribute())));
        attributes.extend(modified_at.map(|at| ("m", at.as_microsecond().attribute())));
        attributes.extend(self.deleted_at.map(|at| ("x", at.attribute())));
        attributes
    }
}

/// A row to be written.
#[derive(Debug)]
pub enum RecordWrite {
    /// The whole record, which the change index does not know: most likely it has no row.
    New(RecordRow),
    /// The whole record.
    Put(RecordRow),
    /// The record is gone: its content stays.
    Bury(Key, Timestamp),
}

/// What one request, or a few, bring about.
enum Step {
    Insert(Vec<Vec<(&'static str, AttributeValue)>>),
    Put(u64, Item),
    Bury(u64, Key, Timestamp),
}

impl Store {
    /// Writes rows, many at a time, each under its number and this fence.
    ///
    /// After a failure nothing more is begun, and what is under way is waited for.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when a newer run was here; some rows may be written then.
    pub async fn write_records(&self, fence: u64, writes: Vec<(u64, RecordWrite)>) -> Result<(), StoreError> {
        let failed = AtomicBool::new(false);
        let mut steps = stream::iter(steps(fence, writes))
            .take_while(|_| future::ready(!failed.load(Ordering::Relaxed)))
            .map(|step| async move {
                match step {
                    Step::Insert(rows) => self.insert_records(fence, rows).await,
                    Step::Put(seq, item) => self.put_record(fence, seq, item).await,
                    Step::Bury(seq, key, at) => self.bury_record(fence, seq, &key, at).await,
                }
            })
            .buffer_unordered(IN_FLIGHT);
        let mut outcome = Ok(());
        while let Some(done) = steps.next().await {
            if done.is_err() {
                failed.store(true, Ordering::Relaxed);
                outcome = outcome.and(done);
            }
        }
        outcome
    }

    async fn insert_records(
        &self,
        fence: u64,
        rows: Vec<Vec<(&'static str, AttributeValue)>>,
    ) -> Result<(), StoreError> {
        let statements: Vec<BatchStatementRequest> = rows
            .iter()
            .map(|row| self.insert_statement(row))
            .collect::<Result<_, _>>()?;
        let taken = patiently(|| async {
            let answer = self
                .client
                .batch_execute_statement()
                .set_statements(Some(statements.clone()))
                .send()
                .await
                .map_err(|error| store_error(Row::Record, error))?;
            let answers = answer.responses.unwrap_or_default();
            Ok(answers
                .iter()
                .map(|answer| answer.error.is_none())
                .collect::<Vec<bool>>())
        })
        .await?;
        // There was a row, or DynamoDB was busy with it: written by itself it is judged, or says why not.
        let mut taken = taken.into_iter();
        for row in rows {
            if !taken.next().unwrap_or(false) {
                let seq = row.iter().find(|(name, _)| *name == "q");
                let seq = seq
                    .and_then(|(_, seq)| seq.as_n().ok()?.parse().ok())
                    .unwrap_or(0);
                let item = row.into_iter().map(|(name, value)| (name.to_owned(), value));
                self.put_record(fence, seq, item.collect()).await?;
            }
        }
        Ok(())
    }

    /// Names stand in the statement and values beside it, so that nothing needs escaping.
    fn insert_statement(
        &self,
        row: &[(&'static str, AttributeValue)],
    ) -> Result<BatchStatementRequest, StoreError> {
        let names: Vec<String> = row.iter().map(|(name, _)| format!("'{name}':?")).collect();
        let statement = format!("INSERT INTO \"{}\" VALUE {{{}}}", self.records, names.join(","));
        BatchStatementRequest::builder()
            .statement(statement)
            .set_parameters(Some(row.iter().map(|(_, value)| value.clone()).collect()))
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    async fn put_record(&self, fence: u64, seq: u64, item: Item) -> Result<(), StoreError> {
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
}

/// New rows in batches, the others one by one.
fn steps(fence: u64, writes: Vec<(u64, RecordWrite)>) -> Vec<Step> {
    let mut steps = Vec::with_capacity(writes.len());
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for (seq, write) in writes {
        match write {
            RecordWrite::New(row) => {
                let size = row.content.bytes();
                if batch.len() == BATCH || (bytes + size > BATCH_BYTES && !batch.is_empty()) {
                    steps.push(insert(std::mem::take(&mut batch)));
                    bytes = 0;
                }
                bytes += size;
                batch.push((seq, row.attributes(fence, seq)));
            }
            RecordWrite::Put(row) => steps.push(put(seq, row.attributes(fence, seq))),
            RecordWrite::Bury(key, at) => steps.push(Step::Bury(seq, key, at)),
        }
    }
    if !batch.is_empty() {
        steps.push(insert(batch));
    }
    steps
}

/// One row alone is written as any other: there is nothing to save.
fn insert(mut batch: Vec<(u64, Vec<(&'static str, AttributeValue)>)>) -> Step {
    match batch.pop() {
        Some((seq, row)) if batch.is_empty() => put(seq, row),
        last => Step::Insert(batch.into_iter().chain(last).map(|(_, row)| row).collect()),
    }
}

fn put(seq: u64, row: Vec<(&'static str, AttributeValue)>) -> Step {
    let item = row.into_iter().map(|(name, value)| (name.to_owned(), value));
    Step::Put(seq, item.collect())
}
