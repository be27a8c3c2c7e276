//! The table itself, for tests and development; a deployment's is in `template.yaml`, with the same
//! keys and indexes.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use reprise_core::ports::{StoreError, StoreResult};

use super::keys::{DUE, DUE_AT, DUE_INDEX, LIST, LIST_INDEX, PK, PLACE, SK, TTL};
use super::{DynamoStore, failed};
use crate::retry::wait;

const OPERATION: &str = "create the table";

/// Each index, with its keys.
const INDEXES: [(&str, &str, &str); 2] = [(DUE_INDEX, DUE, DUE_AT), (LIST_INDEX, LIST, PLACE)];

/// A new table is there within half a minute, mostly.
const LOOKS: usize = 60;

impl DynamoStore {
    /// Creates the table and waits until it can be used; does nothing where it is there.
    pub async fn create_table(&self) -> StoreResult<()> {
        let built = |error| StoreError::new(OPERATION, error);
        let mut request = self
            .client
            .create_table()
            .table_name(&*self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(schema(PK, SK).map_err(built)?));
        for name in [PK, SK, DUE, DUE_AT, LIST, PLACE] {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build();
            request = request.attribute_definitions(attribute.map_err(built)?);
        }
        for (index, partition, sort) in INDEXES {
            let keys = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(index)
                .set_key_schema(Some(schema(partition, sort).map_err(built)?))
                .projection(keys)
                .build();
            request = request.global_secondary_indexes(index.map_err(built)?);
        }
        match request.send().await {
            Err(SdkError::ServiceError(error)) if error.err().is_resource_in_use_exception() => return Ok(()),
            created => created.map_err(failed(OPERATION))?,
        };
        self.wait_until_active().await?;
        self.expire_items().await
    }

    async fn wait_until_active(&self) -> StoreResult<()> {
        for _ in 0..LOOKS {
            let answer = self.client.describe_table().table_name(&*self.table).send().await;
            let status = answer.map_err(failed(OPERATION))?.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            wait(Duration::from_secs(1)).await;
        }
        Err(StoreError::new(OPERATION, "it is still being made; look again in a minute"))
    }

    async fn expire_items(&self) -> StoreResult<()> {
        let ttl = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build();
        let ttl = ttl.map_err(|error| StoreError::new(OPERATION, error))?;
        let request = self.client.update_time_to_live().table_name(&*self.table);
        request.time_to_live_specification(ttl).send().await.map_err(failed(OPERATION))?;
        Ok(())
    }
}

fn schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, aws_sdk_dynamodb::error::BuildError> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployed_table_has_the_same_keys_and_indexes() {
        let template = include_str!("../../../../template.yaml");
        let words: String = template.split_whitespace().collect::<Vec<_>>().join(" ");
        let keys = |partition, sort| {
            format!(
                "KeySchema: - {{ AttributeName: {partition}, KeyType: HASH }} - {{ AttributeName: {sort}, \
                 KeyType: RANGE }}"
            )
        };
        let mut parts = vec![keys(PK, SK), format!("AttributeName: {TTL} Enabled: true")];
        for (index, partition, sort) in INDEXES {
            let keys_only = "Projection: { ProjectionType: KEYS_ONLY }";
            parts.push(format!("- IndexName: {index} {} {keys_only}", keys(partition, sort)));
        }
        parts.extend(
            [PK, SK, DUE, DUE_AT, LIST, PLACE]
                .map(|name| format!("- {{ AttributeName: {name}, AttributeType: S }}")),
        );
        for part in parts {
            assert!(words.contains(&part), "template.yaml lacks {part}");
        }
        assert_eq!(template.matches("IndexName:").count(), INDEXES.len());
    }
}
