//! Many rows in one call, where no condition is needed: reads by key, and writes that may be done twice.

use std::{collections::HashMap, sync::Mutex};

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::{Item, Row, Store, StoreError, Table, keys::Key, store_error, transact::patiently};

/// DynamoDB takes so many rows a write.
const MOST_WRITES: usize = 25;
/// DynamoDB gives so many rows a read.
const MOST_READS: usize = 100;

impl Store {
    /// The rows under these keys as they are now, in any order; those that are not there are left out. No key may
    /// be given twice.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`].
    pub async fn get_many(&self, row: Row, table: Table, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let name = self.table(table);
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(MOST_READS) {
            let mut wanted: Vec<Item> = chunk.iter().map(Key::attributes).collect();
            while !wanted.is_empty() {
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                let answer = patiently(|| async {
                    let request = self.client.batch_get_item().request_items(name, asked.clone());
                    request.send().await.map_err(|error| store_error(row, error))
                })
                .await?;
                let rows = answer.responses.and_then(|mut tables| tables.remove(name));
                found.extend(rows.unwrap_or_default());
                // A page of 16 MB is cut; DynamoDB always gives at least one.
                let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(name));
                wanted = left.map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(found)
    }

    /// Writes whole rows, keys included, and removes others, 25 in a call. No row may be named twice.
    ///
    /// Only for writes that do no harm when they are done twice, or after those of somebody else: there are no
    /// conditions.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`]; some may have been written then.
    pub async fn write_many(
        &self,
        row: Row,
        table: Table,
        puts: Vec<Item>,
        removals: Vec<Key>,
    ) -> Result<(), StoreError> {
        let unbuilt = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Unavailable(error.to_string());
        let mut requests = Vec::with_capacity(puts.len() + removals.len());
        for item in puts {
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(unbuilt)?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        for key in removals {
            let removal = DeleteRequest::builder()
                .set_key(Some(key.attributes()))
                .build()
                .map_err(unbuilt)?;
            requests.push(WriteRequest::builder().delete_request(removal).build());
        }
        for chunk in requests.chunks(MOST_WRITES) {
            self.write_chunk(row, self.table(table), chunk).await?;
        }
        Ok(())
    }

    async fn write_chunk(&self, row: Row, table: &str, requests: &[WriteRequest]) -> Result<(), StoreError> {
        let left = Mutex::new(HashMap::from([(table.to_owned(), requests.to_vec())]));
        patiently(|| async {
            // A panic in between is not possible, so that the lock is never poisoned.
            let wanted = left.lock().map(|left| left.clone()).unwrap_or_default();
            let answer = self
                .client
                .batch_write_item()
                .set_request_items(Some(wanted))
                .send()
                .await;
            let unprocessed = answer
                .map_err(|error| store_error(row, error))?
                .unprocessed_items
                .unwrap_or_default();
            if unprocessed.values().all(Vec::is_empty) {
                return Ok(());
            }
            if let Ok(mut left) = left.lock() {
                *left = unprocessed;
            }
            Err(StoreError::Busy)
        })
        .await
    }
}
