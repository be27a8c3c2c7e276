//! Grants, one per listener.

use async_trait::async_trait;
use reprise_core::ports::{Grant, StoreResult, Tokens, Version, Versioned, Written};
use reprise_domain::ids::UserId;

use super::DynamoStore;
use super::keys::Key;

#[async_trait]
impl Tokens for DynamoStore {
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>> {
        self.document("read a grant", Key::grant(user)).await
    }

    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written> {
        if read == Version::NEW {
            return Ok(Written::Conflict);
        }
        self.put_theirs("store a grant", user, Key::grant(user), grant, read).await
    }
}
