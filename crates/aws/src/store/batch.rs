//! Many items at once. DynamoDB may do part of a batch and hand back the rest, which is asked for
//! again, a little later each time.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use reprise_core::ports::{StoreError, StoreResult};

use super::item::Item;
use super::keys::Key;
use super::{DynamoStore, failed};
use crate::retry::Pauses;

/// As many keys one request may name.
const READ_AT_ONCE: usize = 100;

/// As many items one request may write.
const WRITE_AT_ONCE: usize = 25;

/// As many requests are under way at once.
const REQUESTS: usize = 8;

impl DynamoStore {
    /// The items that are there under these keys, in any order, as they were a moment ago.
    pub(crate) async fn glance_at(
        &self,
        operation: &'static str,
        mut keys: Vec<Key>,
    ) -> StoreResult<Vec<Item>> {
        // What moves while an index is read may show in two places, and no request may name it twice.
        let mut named = HashSet::with_capacity(keys.len());
        keys.retain(|key| named.insert(key.clone()));
        let some: Vec<Vec<Key>> = keys.chunks(READ_AT_ONCE).map(<[_]>::to_vec).collect();
        let read = some.into_iter().map(|keys| self.read_some(operation, keys));
        let items: Vec<_> = stream::iter(read).buffer_unordered(REQUESTS).try_collect().await?;
        Ok(items.into_iter().flatten().collect())
    }

    async fn read_some(&self, operation: &'static str, keys: Vec<Key>) -> StoreResult<Vec<Item>> {
        let mut wanted: Vec<Item> = keys.into_iter().map(Key::into_item).collect();
        let (mut items, mut pauses) = (Vec::with_capacity(wanted.len()), Pauses::default());
        loop {
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).build();
            let keys = keys.map_err(|error| StoreError::new(operation, error))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, keys)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(failed(operation))?;
            self.units.reading(answer.consumed_capacity());
            items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            let rest = answer.unprocessed_keys.into_iter().flatten();
            wanted = rest.flat_map(|(_, rest)| rest.keys).collect();
            if wanted.is_empty() {
                return Ok(items);
            }
            if !pauses.pause().await {
                return Err(handed_back(operation, wanted.len()));
            }
        }
    }

    /// Deletes all of these.
    pub(crate) async fn delete_all(&self, operation: &'static str, keys: Vec<Key>) -> StoreResult<()> {
        let delete = |key: Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.into_item())).build();
            Ok(WriteRequest::builder().delete_request(delete?).build())
        };
        self.write_all(operation, keys.into_iter().map(delete).collect()).await
    }

    /// Puts all of these in place of what is there; their keys are different.
    pub(crate) async fn put_all(&self, operation: &'static str, items: Vec<Item>) -> StoreResult<()> {
        let put = |item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            Ok(WriteRequest::builder().put_request(put?).build())
        };
        self.write_all(operation, items.into_iter().map(put).collect()).await
    }

    async fn write_all(
        &self,
        operation: &'static str,
        requests: Result<Vec<WriteRequest>, aws_sdk_dynamodb::error::BuildError>,
    ) -> StoreResult<()> {
        let requests = requests.map_err(|error| StoreError::new(operation, error))?;
        let some: Vec<Vec<WriteRequest>> = requests.chunks(WRITE_AT_ONCE).map(<[_]>::to_vec).collect();
        let write = some.into_iter().map(|requests| self.write_some(operation, requests));
        stream::iter(write).buffer_unordered(REQUESTS).try_collect().await
    }

    async fn write_some(&self, operation: &'static str, mut requests: Vec<WriteRequest>) -> StoreResult<()> {
        let mut pauses = Pauses::default();
        loop {
            let answer = self
                .client
                .batch_write_item()
                .set_request_items(Some(HashMap::from([((*self.table).to_owned(), requests)])))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(failed(operation))?;
            self.units.writing(answer.consumed_capacity());
            requests = answer.unprocessed_items.into_iter().flatten().flat_map(|(_, rest)| rest).collect();
            if requests.is_empty() {
                return Ok(());
            }
            if !pauses.pause().await {
                return Err(handed_back(operation, requests.len()));
            }
        }
    }
}

fn handed_back(operation: &'static str, count: usize) -> StoreError {
    let what =
        format!("DynamoDB handed back {count} items of a batch again and again: the table lacks capacity");
    StoreError::new(operation, what)
}
