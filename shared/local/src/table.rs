//! The one table that exists only here: a partition for each queue, and one for the vault.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::{DisplayErrorContext, SdkError},
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    },
};
use manifold_domain::ports::PortError;

/// A row without its key.
pub type Attributes = HashMap<String, AttributeValue>;

/// Rows under a partition key and a sort key, both texts.
#[derive(Debug, Clone)]
pub struct LocalTable {
    client: Client,
    name: String,
}

impl LocalTable {
    /// Over a table that [`LocalTable::create`] made.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// Creates the table unless it is there.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create(&self) -> Result<(), PortError> {
        let mut request = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S);
            let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            request = request
                .attribute_definitions(attribute.build().map_err(unavailable)?)
                .key_schema(key.build().map_err(unavailable)?);
        }
        match request.send().await {
            Err(error)
                if !error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_in_use_exception()) =>
            {
                Err(refused(error))
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn put(&self, pk: &str, sk: &str, mut row: Attributes) -> Result<(), PortError> {
        row.insert("pk".to_owned(), text(pk));
        row.insert("sk".to_owned(), text(sk));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(row));
        put.send().await.map(drop).map_err(refused)
    }

    pub(crate) async fn get(&self, pk: &str, sk: &str) -> Result<Option<Attributes>, PortError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", text(pk))
            .key("sk", text(sk));
        let answer = get.consistent_read(true).send().await.map_err(refused)?;
        Ok(answer.item)
    }

    pub(crate) async fn delete(&self, pk: &str, sk: &str) -> Result<(), PortError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("pk", text(pk))
            .key("sk", text(sk));
        delete.send().await.map(drop).map_err(refused)
    }

    /// All rows of a partition, by sort key.
    pub(crate) async fn all(&self, pk: &str) -> Result<Vec<Attributes>, PortError> {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .consistent_read(true)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(pk))
                .set_exclusive_start_key(after);
            let page = query.send().await.map_err(refused)?;
            rows.extend(page.items.unwrap_or_default());
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The text of an attribute, where there is one.
pub(crate) fn text_in<'a>(row: &'a Attributes, name: &str) -> Option<&'a str> {
    row.get(name)?.as_s().ok().map(String::as_str)
}

/// The number of an attribute, where there is one.
pub(crate) fn number_in<T: std::str::FromStr>(row: &Attributes, name: &str) -> Option<T> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

fn unavailable(error: impl ToString) -> PortError {
    PortError::Unavailable {
        service: "embedded dynamodb",
        reason: error.to_string(),
    }
}

/// The SDK's errors quote neither request nor answer: nothing that was put shows in the text.
fn refused<E, R>(error: SdkError<E, R>) -> PortError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    unavailable(DisplayErrorContext(error))
}
