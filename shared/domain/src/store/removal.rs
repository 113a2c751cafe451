//! Removing whole ranges of the records table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};

use super::{
    Item, Row, SortKeys, Store, StoreError, expression::Placeholders, rows::key_of, store_error,
    transact::patiently,
};

/// DynamoDB takes 25 removals at a time.
const BATCH: usize = 25;
/// Keys that one call of [`Store::remove_range`] removes at most.
pub const MOST: usize = 2_500;

impl Store {
    /// Removes up to `MOST` rows of a partition of the records table; `true` when there may be more.
    ///
    /// Only for ranges that nobody writes any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_range(&self, row: Row, pk: &str, keys: &SortKeys) -> Result<bool, StoreError> {
        let mut removed = 0;
        while removed < MOST {
            let found = self.keys_of(row, pk, keys).await?;
            if found.is_empty() {
                return Ok(false);
            }
            removed += found.len();
            for batch in found.chunks(BATCH) {
                self.remove_batch(row, batch).await?;
            }
        }
        Ok(true)
    }

    /// The first keys of a range, at most 500.
    pub(super) async fn keys_of(&self, row: Row, pk: &str, keys: &SortKeys) -> Result<Vec<Item>, StoreError> {
        let mut placeholders = Placeholders::default();
        let mut condition = format!("{} = ", placeholders.name("pk"));
        condition.push_str(&placeholders.value(AttributeValue::S(pk.to_owned())));
        if let Some(range) = keys.render(&mut placeholders) {
            condition.push_str(" AND ");
            condition.push_str(&range);
        }
        let (names, values) = placeholders.split();
        patiently(|| async {
            let answer = self
                .client
                .query()
                .table_name(&self.records)
                .consistent_read(true)
                .projection_expression("pk, sk")
                .key_condition_expression(&condition)
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .limit(500)
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            Ok(answer
                .items
                .unwrap_or_default()
                .iter()
                .map(|item| key_of(item).attributes())
                .collect())
        })
        .await
    }

    async fn remove_batch(&self, row: Row, keys: &[Item]) -> Result<(), StoreError> {
        let removals: Result<Vec<WriteRequest>, _> = keys
            .iter()
            .map(|key| {
                let removal = DeleteRequest::builder().set_key(Some(key.clone())).build()?;
                Ok(WriteRequest::builder().delete_request(removal).build())
            })
            .collect();
        let removals = removals.map_err(|error: aws_sdk_dynamodb::error::BuildError| {
            StoreError::Unavailable(error.to_string())
        })?;
        let left = std::sync::Mutex::new(HashMap::from([(self.records.clone(), removals)]));
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
