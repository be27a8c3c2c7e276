//! Wrapped data keys, in one partition, by epoch.

use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use reprise_core::ports::{DataKeys, StoreError, StoreResult, WrappedKey};

use super::DynamoStore;
use super::change::{Change, Outcome};
use super::item::{Item, Read};
use super::keys::{DATA_KEYS, Key, SK};
use super::query::Query;

/// The wrapped bytes.
const WRAPPED: &str = "wrapped";

fn wrapped(item: &Item, operation: &'static str) -> StoreResult<WrappedKey> {
    let read = Read::new(item, operation);
    let epoch = read.needed(SK)?.parse().map_err(|_| read.odd(SK))?;
    let bytes = item.get(WRAPPED).and_then(|bytes| bytes.as_b().ok()).ok_or_else(|| read.odd(WRAPPED))?;
    Ok(WrappedKey { epoch, bytes: bytes.as_ref().to_vec() })
}

fn change(key: &WrappedKey) -> Change {
    Change::of(Key::data_key(key.epoch)).set(WRAPPED, AttributeValue::B(Blob::new(key.bytes.clone())))
}

#[async_trait]
impl DataKeys for DynamoStore {
    async fn data_key(&self, epoch: u32) -> StoreResult<Option<WrappedKey>> {
        let operation = "read a data key";
        let item = self.get(operation, Key::data_key(epoch)).await?;
        item.map(|item| wrapped(&item, operation)).transpose()
    }

    async fn put_data_key(&self, key: &WrappedKey) -> StoreResult<WrappedKey> {
        let operation = "store a data key";
        match change(key).create().send(self, operation).await? {
            Outcome::Done => Ok(key.clone()),
            Outcome::Refused(Some(item)) => wrapped(&item, operation),
            Outcome::Refused(None) => Err(StoreError::new(operation, "the stored one was not answered")),
        }
    }

    async fn newest_epoch(&self) -> StoreResult<Option<u32>> {
        let operation = "read the newest data key";
        let newest = Query::partition(DATA_KEYS).backwards().items(self, operation, 1).await?;
        newest.first().map(|item| wrapped(item, operation).map(|key| key.epoch)).transpose()
    }

    async fn data_keys(&self) -> StoreResult<Vec<WrappedKey>> {
        let operation = "list data keys";
        let all = Query::partition(DATA_KEYS).items(self, operation, usize::MAX).await?;
        all.iter().map(|item| wrapped(item, operation)).collect()
    }

    async fn rewrap_data_key(&self, key: &WrappedKey) -> StoreResult<()> {
        let operation = "replace a data key's wrapping";
        let change = change(key).only_if("attribute_exists(#pk)");
        if change.send(self, operation).await?.is_done() {
            return Ok(());
        }
        Err(StoreError::new(operation, format!("epoch {} has no key", key.epoch)))
    }
}
