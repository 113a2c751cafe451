//! Removing whole ranges of the records table.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Row, SortKeys, Store, StoreError, Table, expression::Placeholders, keys::Key, rows::key_of, store_error,
    transact::patiently,
};

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
            self.write_many(row, Table::Records, Vec::new(), found).await?;
        }
        Ok(true)
    }

    /// The first keys of a range, at most 500.
    pub(super) async fn keys_of(&self, row: Row, pk: &str, keys: &SortKeys) -> Result<Vec<Key>, StoreError> {
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
            Ok(answer.items.unwrap_or_default().iter().map(key_of).collect())
        })
        .await
    }
}
