//! Reading: one item, or those that lie together, page by page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use reprise_core::ports::{StoreResult, Versioned};
use serde::de::DeserializeOwned;

use super::change::names;
use super::document::versioned;
use super::item::{Item, s};
use super::keys::Key;
use super::{DynamoStore, failed};

/// Items of one partition, of the table or of an index.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    index: Option<&'static str>,
    condition: String,
    values: HashMap<String, AttributeValue>,
    projection: Option<&'static str>,
    backwards: bool,
    lagging: bool,
    /// Where to go on.
    start: Option<Item>,
}

impl Query {
    /// Everything under a partition key of the table.
    pub(crate) fn partition(pk: impl Into<String>) -> Self {
        Self {
            index: None,
            condition: "#pk = :pk".to_owned(),
            values: HashMap::from([(":pk".to_owned(), s(pk))]),
            projection: None,
            backwards: false,
            lagging: false,
            start: None,
        }
    }

    /// Everything in a part of an index, by the name of its partition key.
    pub(crate) fn index(index: &'static str, partition: &str, value: AttributeValue) -> Self {
        Self {
            index: Some(index),
            condition: format!("#{partition} = :pk"),
            values: HashMap::from([(":pk".to_owned(), value)]),
            projection: None,
            backwards: false,
            lagging: false,
            start: None,
        }
    }

    /// `condition` names attributes as `#name` and the value as `:at`.
    pub(crate) fn and(mut self, condition: &str, at: impl Into<String>) -> Self {
        self.condition = format!("{} AND {condition}", self.condition);
        self.values.insert(":at".to_owned(), s(at));
        self
    }

    /// Sort keys of the table from `first` to `last`.
    pub(crate) fn between(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.condition.push_str(" AND #sk BETWEEN :first AND :last");
        self.values.insert(":first".to_owned(), s(first));
        self.values.insert(":last".to_owned(), s(last));
        self
    }

    /// Only these attributes, each as `#name`.
    pub(crate) fn only(mut self, projection: &'static str) -> Self {
        self.projection = Some(projection);
        self
    }

    /// From the last to the first.
    pub(crate) fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// As it was a moment ago, at half the price.
    pub(crate) fn lagging(mut self) -> Self {
        self.lagging = true;
        self
    }

    /// The next page of at most `limit` items, and whether it was the last.
    pub(crate) async fn page(
        &mut self,
        store: &DynamoStore,
        operation: &'static str,
        limit: usize,
    ) -> StoreResult<(Vec<Item>, bool)> {
        let expressions = [self.condition.as_str(), self.projection.unwrap_or_default()];
        let page = store
            .client
            .query()
            .table_name(&*store.table)
            .set_index_name(self.index.map(str::to_owned))
            // An index is always a little behind, and cannot be asked otherwise.
            .consistent_read(self.index.is_none() && !self.lagging)
            .key_condition_expression(&self.condition)
            .set_expression_attribute_names(Some(names(&expressions)))
            .set_expression_attribute_values(Some(self.values.clone()))
            .set_projection_expression(self.projection.map(str::to_owned))
            .scan_index_forward(!self.backwards)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(self.start.take())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failed(operation))?;
        store.units.reading(page.consumed_capacity.as_slice());
        let ended = page.last_evaluated_key.is_none();
        self.start = page.last_evaluated_key;
        Ok((page.items.unwrap_or_default(), ended))
    }

    /// Up to `limit` items.
    pub(crate) async fn items(
        mut self,
        store: &DynamoStore,
        operation: &'static str,
        limit: usize,
    ) -> StoreResult<Vec<Item>> {
        let mut items = Vec::new();
        while items.len() < limit {
            let (mut page, ended) = self.page(store, operation, limit - items.len()).await?;
            items.append(&mut page);
            if ended {
                break;
            }
        }
        Ok(items)
    }

    /// Up to `limit` documents.
    pub(crate) async fn documents<T: DeserializeOwned>(
        self,
        store: &DynamoStore,
        operation: &'static str,
        limit: usize,
    ) -> StoreResult<Vec<Versioned<T>>> {
        let items = self.items(store, operation, limit).await?;
        items.iter().filter_map(|item| versioned(item, operation).transpose()).collect()
    }
}

impl DynamoStore {
    /// One item as it is now.
    pub(crate) async fn get(&self, operation: &'static str, key: Key) -> StoreResult<Option<Item>> {
        self.get_item(operation, key, true).await
    }

    /// One item, at half the price, as it was a moment ago.
    pub(crate) async fn glance(&self, operation: &'static str, key: Key) -> StoreResult<Option<Item>> {
        self.get_item(operation, key, false).await
    }

    async fn get_item(
        &self,
        operation: &'static str,
        key: Key,
        consistent: bool,
    ) -> StoreResult<Option<Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .consistent_read(consistent)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failed(operation))?;
        self.units.reading(answer.consumed_capacity.as_slice());
        Ok(answer.item)
    }

    /// One document as it is now.
    pub(crate) async fn document<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        key: Key,
    ) -> StoreResult<Option<Versioned<T>>> {
        match self.get(operation, key).await? {
            Some(item) => versioned(&item, operation),
            None => Ok(None),
        }
    }
}

impl DynamoStore {
    /// Up to `limit` items that stand in a list across listeners, in its order. What was put there or
    /// taken out a moment ago may not show.
    pub(crate) async fn listed(
        &self,
        operation: &'static str,
        mut query: Query,
        limit: usize,
    ) -> StoreResult<Vec<Item>> {
        let mut listed = Vec::new();
        while listed.len() < limit {
            let (page, ended) = query.page(self, operation, limit - listed.len()).await?;
            let keys: Vec<Key> =
                page.iter().map(|item| Key::of(item, operation)).collect::<StoreResult<_>>()?;
            let items = self.glance_at(operation, keys.clone()).await?;
            let mut found: HashMap<Key, Item> = HashMap::with_capacity(items.len());
            for item in items {
                found.insert(Key::of(&item, operation)?, item);
            }
            listed.extend(keys.iter().filter_map(|key| found.remove(key)));
            if ended {
                break;
            }
        }
        Ok(listed)
    }
}
