//! Grants.

use async_trait::async_trait;
use reprise_core::ports::{Grant, StoreResult, Tokens, Version, Versioned, Written};
use reprise_domain::ids::UserId;

use crate::SqlStore;
use crate::rows::{Key, Write, failed, get, json};

const WRITE: Write = Write {
    operation: "store a grant",
    insert: None,
    update: "UPDATE grants SET version = version + 1, doc = $1 WHERE version = $2 AND user_id = $3",
};

/// Stores the first grant of a listener who is being admitted.
pub(crate) async fn create(
    transaction: &mut sqlx::SqliteConnection,
    user: &UserId,
    grant: &Grant,
    operation: &'static str,
) -> StoreResult<()> {
    sqlx::query("INSERT INTO grants (user_id, version, doc) VALUES ($1, 1, $2)")
        .bind(user.as_str())
        .bind(json(grant, operation)?)
        .execute(transaction)
        .await
        .map_err(failed(operation))?;
    Ok(())
}

#[async_trait]
impl Tokens for SqlStore {
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>> {
        let sql = "SELECT version, doc FROM grants WHERE user_id = $1 LIMIT $2";
        get(&self.readers, "read a grant", sql, &[Key::Text(user.as_str())]).await
    }

    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written> {
        WRITE.put(&self.writer, &[Key::Text(user.as_str())], grant, read).await
    }
}
