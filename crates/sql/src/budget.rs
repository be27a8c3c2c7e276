//! Counted calls and lockouts.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Budget, Spent, StoreResult};
use reprise_domain::budget::{Bucket, Purpose};
use reprise_domain::time::{days, earlier};

use crate::SqlStore;
use crate::open::commit;
use crate::rows::{failed, from_word, instant, text, word};

/// Slots older than the one being written by this are forgotten.
const KEPT: Duration = days(8);

#[async_trait]
impl Budget for SqlStore {
    async fn spend(&self, slot: Timestamp, purpose: Purpose, calls: i32) -> StoreResult<()> {
        let operation = "count calls";
        let mut transaction = self.begin(operation).await?;
        let add = "INSERT INTO spent (slot, purpose, calls) VALUES ($1, $2, $3)
                   ON CONFLICT (slot, purpose) DO UPDATE SET calls = spent.calls + excluded.calls";
        sqlx::query(add)
            .bind(text(slot))
            .bind(word(&purpose, operation)?)
            .bind(calls)
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        sqlx::query("DELETE FROM spent WHERE slot < $1")
            .bind(text(earlier(slot, KEPT)))
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        commit(transaction, operation).await
    }

    async fn spent(&self, from: Timestamp) -> StoreResult<Vec<Spent>> {
        let operation = "read the call budget";
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT slot, purpose, calls FROM spent WHERE slot >= $1")
                .bind(text(from))
                .fetch_all(&self.readers)
                .await
                .map_err(failed(operation))?;
        let mut spent = rows
            .into_iter()
            .map(|(slot, purpose, calls)| {
                let calls = u32::try_from(calls.max(0)).unwrap_or(u32::MAX);
                Ok(Spent { slot: instant(&slot, operation)?, purpose: from_word(purpose, operation)?, calls })
            })
            .collect::<StoreResult<Vec<_>>>()?;
        spent.sort_by_key(|spent| (spent.slot, spent.purpose));
        Ok(spent)
    }

    async fn lock(&self, bucket: Bucket, until: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO locks (bucket, until) VALUES ($1, $2)
                   ON CONFLICT (bucket) DO UPDATE SET until = excluded.until
                   WHERE excluded.until > locks.until";
        sqlx::query(sql)
            .bind(bucket.name())
            .bind(text(until))
            .execute(&self.writer)
            .await
            .map_err(failed("lock a bucket"))?;
        Ok(())
    }

    async fn locks(&self, now: Timestamp) -> StoreResult<Vec<(Bucket, Timestamp)>> {
        let operation = "read locked buckets";
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT bucket, until FROM locks WHERE until > $1")
            .bind(text(now))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(operation))?;
        let lock = |(bucket, until): (String, String)| {
            Ok((from_word(bucket, operation)?, instant(&until, operation)?))
        };
        let mut locks = rows.into_iter().map(lock).collect::<StoreResult<Vec<_>>>()?;
        locks.sort_unstable();
        Ok(locks)
    }
}
