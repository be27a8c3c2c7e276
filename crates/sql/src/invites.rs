//! One-time sign-up links.

use async_trait::async_trait;
use reprise_core::ports::{Invite, InviteHash, Invites, StoreResult, Version, Versioned, Written};
use sqlx::sqlite::SqliteExecutor;

use crate::SqlStore;
use crate::rows::{Key, Write, failed, get, json, list, text};

const WRITE: Write = Write {
    operation: "store an invitation",
    insert: None,
    update: "UPDATE invites SET version = version + 1, doc = $1, used_by = $4 WHERE version = $2 AND hash = $3",
};

/// Reads one, in a transaction or outside.
pub(crate) async fn read(
    executor: impl SqliteExecutor<'_>,
    operation: &'static str,
    hash: &InviteHash,
) -> StoreResult<Option<Versioned<Invite>>> {
    let sql = "SELECT version, doc FROM invites WHERE hash = $1 LIMIT $2";
    get(executor, operation, sql, &[Key::Text(&hash.0)]).await
}

/// Stores a changed one.
pub(crate) async fn write(
    executor: impl SqliteExecutor<'_>,
    invite: &Invite,
    read: Version,
) -> StoreResult<Written> {
    let used_by = invite.used.as_ref().map(|(user, _)| user.as_str());
    WRITE.put(executor, &[Key::Text(&invite.hash.0), Key::Maybe(used_by)], invite, read).await
}

#[async_trait]
impl Invites for SqlStore {
    async fn create_invite(&self, invite: &Invite) -> StoreResult<()> {
        let operation = WRITE.operation;
        let sql = "INSERT INTO invites (hash, created, used_by, version, doc) VALUES ($1, $2, $3, 1, $4)";
        sqlx::query(sql)
            .bind(&invite.hash.0)
            .bind(text(invite.created))
            .bind(invite.used.as_ref().map(|(user, _)| user.as_str()))
            .bind(json(invite, operation)?)
            .execute(&self.writer)
            .await
            .map_err(failed(operation))?;
        Ok(())
    }

    async fn invite(&self, hash: &InviteHash) -> StoreResult<Option<Invite>> {
        Ok(read(&self.readers, "read an invitation", hash).await?.map(|invite| invite.value))
    }

    async fn invites(&self) -> StoreResult<Vec<Invite>> {
        let sql = "SELECT version, doc FROM invites ORDER BY created DESC, hash DESC LIMIT $1";
        let invites = list(&self.readers, "list invitations", sql, &[], usize::MAX).await?;
        Ok(invites.into_iter().map(|invite| invite.value).collect())
    }

    async fn revoke_invite(&self, hash: &InviteHash) -> StoreResult<bool> {
        let operation = "withdraw an invitation";
        loop {
            let Some(read) = read(&self.readers, operation, hash).await? else { return Ok(false) };
            let mut invite = read.value;
            if invite.used.is_some() || invite.revoked {
                return Ok(false);
            }
            invite.revoked = true;
            if write(&self.writer, &invite, read.version).await? != Written::Conflict {
                return Ok(true);
            }
        }
    }
}
