//! Wrapped data keys.

use async_trait::async_trait;
use reprise_core::ports::{DataKeys, StoreError, StoreResult, WrappedKey};

use crate::SqlStore;
use crate::rows::failed;

type Row = (i64, Vec<u8>);

fn wrapped((epoch, bytes): Row, operation: &'static str) -> StoreResult<WrappedKey> {
    let epoch = u32::try_from(epoch).map_err(|error| StoreError::new(operation, error))?;
    Ok(WrappedKey { epoch, bytes })
}

#[async_trait]
impl DataKeys for SqlStore {
    async fn data_key(&self, epoch: u32) -> StoreResult<Option<WrappedKey>> {
        let operation = "read a data key";
        let key: Option<Row> = sqlx::query_as("SELECT epoch, wrapped FROM data_keys WHERE epoch = $1")
            .bind(i64::from(epoch))
            .fetch_optional(&self.readers)
            .await
            .map_err(failed(operation))?;
        key.map(|key| wrapped(key, operation)).transpose()
    }

    async fn put_data_key(&self, key: &WrappedKey) -> StoreResult<WrappedKey> {
        let operation = "store a data key";
        // Changing nothing where there is one makes RETURNING answer it.
        let sql = "INSERT INTO data_keys (epoch, wrapped) VALUES ($1, $2)
                   ON CONFLICT (epoch) DO UPDATE SET wrapped = data_keys.wrapped
                   RETURNING epoch, wrapped";
        let stored: Row = sqlx::query_as(sql)
            .bind(i64::from(key.epoch))
            .bind(&key.bytes)
            .fetch_one(&self.writer)
            .await
            .map_err(failed(operation))?;
        wrapped(stored, operation)
    }

    async fn newest_epoch(&self) -> StoreResult<Option<u32>> {
        let operation = "read the newest data key";
        let (epoch,): (Option<i64>,) = sqlx::query_as("SELECT MAX(epoch) FROM data_keys")
            .fetch_one(&self.readers)
            .await
            .map_err(failed(operation))?;
        epoch.map(u32::try_from).transpose().map_err(|error| StoreError::new(operation, error))
    }

    async fn data_keys(&self) -> StoreResult<Vec<WrappedKey>> {
        let operation = "list data keys";
        let keys: Vec<Row> = sqlx::query_as("SELECT epoch, wrapped FROM data_keys ORDER BY epoch")
            .fetch_all(&self.readers)
            .await
            .map_err(failed(operation))?;
        keys.into_iter().map(|key| wrapped(key, operation)).collect()
    }

    async fn rewrap_data_key(&self, key: &WrappedKey) -> StoreResult<()> {
        let operation = "replace a data key's wrapping";
        let replaced = sqlx::query("UPDATE data_keys SET wrapped = $1 WHERE epoch = $2")
            .bind(&key.bytes)
            .bind(i64::from(key.epoch))
            .execute(&self.writer)
            .await
            .map_err(failed(operation))?;
        if replaced.rows_affected() == 0 {
            return Err(StoreError::new(operation, format!("epoch {} has no key", key.epoch)));
        }
        Ok(())
    }
}
