//! Reading and writing single rows, and ranges of a partition: what the entity files are made of.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, Select};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Change, Item, Row, Store, StoreError, Table, When, expression::Placeholders, keys::Key, store_error,
    transact::patiently,
};

/// Which sort keys of a partition a query brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SortKeys {
    /// All.
    #[default]
    All,
    /// Those that begin so.
    Prefix(String),
    /// From the first to the second, both included.
    Between(String, String),
    /// All behind this one.
    After(String),
    /// All before this one.
    Before(String),
}

/// A page of rows; `next` is the sort key to go on behind.
#[derive(Debug, Clone)]
pub struct RowPage<T> {
    /// The rows in the order of their sort keys.
    pub rows: Vec<T>,
    /// The last sort key of this page, when there may be more behind it.
    pub next: Option<String>,
}

/// The row of a value: its fields beside the key.
pub(crate) fn to_row<T: Serialize>(key: &Key, value: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(value).map_err(|error| corrupt(key, &error))?;
    item.extend(key.attributes());
    Ok(item)
}

/// The value of a row; key and due attributes are passed over.
pub(crate) fn from_row<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let key = key_of(&item);
    serde_dynamo::from_item(item).map_err(|error| corrupt(&key, &error))
}

/// The key that a row was found under.
pub(crate) fn key_of(item: &Item) -> Key {
    let text = |name| {
        item.get(name)
            .and_then(|value| value.as_s().ok())
            .cloned()
            .unwrap_or_default()
    };
    Key {
        pk: text("pk"),
        sk: text("sk"),
    }
}

fn corrupt(key: &Key, error: &serde_dynamo::Error) -> StoreError {
    StoreError::Corrupt {
        pk: key.pk.clone(),
        sk: key.sk.clone(),
        reason: error.to_string(),
    }
}

impl Store {
    /// The row as it is now (strongly consistent).
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`].
    pub async fn get_item(&self, row: Row, table: Table, key: &Key) -> Result<Option<Item>, StoreError> {
        patiently(|| async {
            let request = self
                .client
                .get_item()
                .table_name(self.table(table))
                .consistent_read(true);
            let answer = request.set_key(Some(key.attributes())).send().await;
            Ok(answer.map_err(|error| store_error(row, error))?.item)
        })
        .await
    }

    /// The row's value as it is now (strongly consistent).
    ///
    /// # Errors
    /// As [`Store::get_item`], and [`StoreError::Corrupt`] when the row cannot be read as a `T`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        row: Row,
        table: Table,
        key: &Key,
    ) -> Result<Option<T>, StoreError> {
        self.get_item(row, table, key).await?.map(from_row).transpose()
    }

    /// Writes a whole row.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `when` does not hold.
    pub async fn put<T: Serialize>(
        &self,
        row: Row,
        table: Table,
        key: &Key,
        value: &T,
        when: When,
    ) -> Result<(), StoreError> {
        self.put_item(row, table, to_row(key, value)?, when).await
    }

    /// Writes a whole row that is an item already, key included.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `when` does not hold.
    pub async fn put_item(&self, row: Row, table: Table, item: Item, when: When) -> Result<(), StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = when.render(&mut placeholders);
        let (names, values) = placeholders.split();
        patiently(|| async {
            self.client
                .put_item()
                .table_name(self.table(table))
                .set_item(Some(item.clone()))
                .set_condition_expression(condition.clone())
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            Ok(())
        })
        .await
    }

    /// Changes attributes of a row.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `when` does not hold.
    pub async fn update(
        &self,
        row: Row,
        table: Table,
        key: &Key,
        change: Change,
        when: When,
    ) -> Result<(), StoreError> {
        self.change(row, table, key, (change, when), ReturnValue::None)
            .await
            .map(drop)
    }

    /// Changes attributes of a row, and answers the row as it was before.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `when` does not hold.
    pub async fn update_seeing(
        &self,
        row: Row,
        table: Table,
        key: &Key,
        change: Change,
        when: When,
    ) -> Result<Item, StoreError> {
        self.change(row, table, key, (change, when), ReturnValue::AllOld)
            .await
    }

    async fn change(
        &self,
        row: Row,
        table: Table,
        key: &Key,
        (change, when): (Change, When),
        shown: ReturnValue,
    ) -> Result<Item, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = when.render(&mut placeholders);
        let update = change.render(&mut placeholders);
        let (names, values) = placeholders.split();
        patiently(|| async {
            let done = self
                .client
                .update_item()
                .table_name(self.table(table))
                .set_key(Some(key.attributes()))
                .update_expression(&update)
                .set_condition_expression(condition.clone())
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .return_values(shown.clone())
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            Ok(done.attributes.unwrap_or_default())
        })
        .await
    }

    /// Removes a row; removing what is not there succeeds unless `when` says otherwise.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `when` does not hold.
    pub async fn delete(&self, row: Row, table: Table, key: &Key, when: When) -> Result<(), StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = when.render(&mut placeholders);
        let (names, values) = placeholders.split();
        patiently(|| async {
            self.client
                .delete_item()
                .table_name(self.table(table))
                .set_key(Some(key.attributes()))
                .set_condition_expression(condition.clone())
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            Ok(())
        })
        .await
    }

    /// At most `limit` rows of a partition as they are now, upwards or downwards by sort key.
    ///
    /// DynamoDB cuts a page at 1 MB, so that fewer may come although there are more.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`].
    pub async fn query_items(
        &self,
        row: Row,
        table: Table,
        pk: &str,
        keys: &SortKeys,
        limit: usize,
        upwards: bool,
    ) -> Result<RowPage<Item>, StoreError> {
        let mut placeholders = Placeholders::default();
        let mut condition = format!("{} = ", placeholders.name("pk"));
        condition.push_str(&placeholders.value(AttributeValue::S(pk.to_owned())));
        if let Some(range) = keys.render(&mut placeholders) {
            condition.push_str(" AND ");
            condition.push_str(&range);
        }
        let (names, values) = placeholders.split();
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        patiently(|| async {
            let answer = self
                .client
                .query()
                .table_name(self.table(table))
                .consistent_read(true)
                .key_condition_expression(&condition)
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .limit(limit)
                .scan_index_forward(upwards)
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            let next = answer.last_evaluated_key.as_ref().map(|last| key_of(last).sk);
            Ok(RowPage {
                rows: answer.items.unwrap_or_default(),
                next,
            })
        })
        .await
    }

    /// As [`Store::query_items`], with the rows read as `T`.
    ///
    /// # Errors
    /// As [`Store::query_items`], and [`StoreError::Corrupt`].
    pub async fn query<T: DeserializeOwned>(
        &self,
        row: Row,
        table: Table,
        pk: &str,
        keys: &SortKeys,
        limit: usize,
        upwards: bool,
    ) -> Result<RowPage<T>, StoreError> {
        let page = self.query_items(row, table, pk, keys, limit, upwards).await?;
        let rows = page.rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(RowPage {
            rows,
            next: page.next,
        })
    }

    /// Whether a partition has any row with these sort keys.
    ///
    /// # Errors
    /// As [`Store::query_items`].
    pub async fn any(&self, row: Row, table: Table, pk: &str, keys: &SortKeys) -> Result<bool, StoreError> {
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
                .table_name(self.table(table))
                .consistent_read(true)
                .select(Select::Count)
                .key_condition_expression(&condition)
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .limit(1)
                .send()
                .await
                .map_err(|error| store_error(row, error))?;
            Ok(answer.count > 0)
        })
        .await
    }
}

impl SortKeys {
    pub(crate) fn render(&self, placeholders: &mut Placeholders) -> Option<String> {
        if *self == SortKeys::All {
            return None;
        }
        let name = placeholders.name("sk");
        let mut value = |text: &String| placeholders.value(AttributeValue::S(text.clone()));
        Some(match self {
            SortKeys::All => return None,
            SortKeys::Prefix(prefix) => format!("begins_with({name}, {})", value(prefix)),
            SortKeys::Between(first, last) => format!("{name} BETWEEN {} AND {}", value(first), value(last)),
            SortKeys::After(before) => format!("{name} > {}", value(before)),
            SortKeys::Before(behind) => format!("{name} < {}", value(behind)),
        })
    }
}
