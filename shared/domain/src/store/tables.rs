//! Makes the two tables: the local stack and the tests call this, on AWS template.yaml makes the same.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::{Row, Store, StoreError, Table, due, store_error};

/// The attribute by which DynamoDB removes rows some day; never relied upon.
pub const TTL_ATTRIBUTE: &str = "expires_at";

impl Store {
    /// Creates both tables with the due index, unless they are there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when DynamoDB refuses.
    pub async fn create_tables(&self) -> Result<(), StoreError> {
        self.create_table(Table::State).await?;
        self.create_table(Table::Records).await
    }

    async fn create_table(&self, table: Table) -> Result<(), StoreError> {
        let name = self.table(table);
        let mut request = self
            .client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
            .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
            .key_schema(key("pk", KeyType::Hash)?)
            .key_schema(key("sk", KeyType::Range)?);
        if table == Table::State {
            let index = GlobalSecondaryIndex::builder()
                .index_name(due::INDEX)
                .key_schema(key(due::SHARD, KeyType::Hash)?)
                .key_schema(key(due::AT, KeyType::Range)?)
                .projection(
                    Projection::builder()
                        .projection_type(ProjectionType::KeysOnly)
                        .build(),
                )
                .build()
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            request = request
                .attribute_definitions(attribute(due::SHARD, ScalarAttributeType::S)?)
                .attribute_definitions(attribute(due::AT, ScalarAttributeType::N)?)
                .global_secondary_indexes(index);
        }
        match request.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_in_use_exception()) =>
            {
                return Ok(());
            }
            Err(error) => return Err(store_error(Row::Workspace, error)),
        }
        self.sweep_expired(table, true).await
    }

    /// Has DynamoDB keep rows whose time is over: it goes by the wall's clock, and a test's stands elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when DynamoDB refuses.
    #[cfg(any(test, feature = "testing"))]
    pub async fn keep_expired(&self) -> Result<(), StoreError> {
        self.sweep_expired(Table::State, false).await?;
        self.sweep_expired(Table::Records, false).await
    }

    async fn sweep_expired(&self, table: Table, enabled: bool) -> Result<(), StoreError> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(TTL_ATTRIBUTE)
            .enabled(enabled)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let updated = self
            .client
            .update_time_to_live()
            .table_name(self.table(table))
            .time_to_live_specification(specification)
            .send()
            .await;
        updated
            .map(drop)
            .map_err(|error| store_error(Row::Workspace, error))
    }
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, StoreError> {
    let built = AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build();
    built.map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    let built = KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build();
    built.map_err(|error| StoreError::Unavailable(error.to_string()))
}
