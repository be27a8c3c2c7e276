//! One-time sign-up links.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use reprise_core::ports::{Invite, InviteHash, Invites, StoreError, StoreResult, Version, Versioned};

use super::DynamoStore;
use super::change::{Change, Outcome};
use super::document::{Body, value};
use super::item::{instant, s};
use super::keys::{Key, LIST, LIST_INDEX, PLACE};
use super::query::Query;
use super::transaction::Transaction;
use super::users::INVITES;

/// The list of all, in order of time.
const ALL: &str = "invites";

/// A changed invitation, stored under the version that was read.
pub(crate) fn change(invite: &Invite, read: Version, operation: &'static str) -> StoreResult<Change> {
    Ok(Change::of(Key::invite(&invite.hash)).document(Body::of(invite, operation)?).under(read))
}

impl DynamoStore {
    async fn read_invite(
        &self,
        operation: &'static str,
        hash: &InviteHash,
    ) -> StoreResult<Option<Versioned<Invite>>> {
        self.document(operation, Key::invite(hash)).await
    }
}

#[async_trait]
impl Invites for DynamoStore {
    async fn create_invite(&self, invite: &Invite) -> StoreResult<()> {
        let operation = "store an invitation";
        let created = change(invite, Version::NEW, operation)?
            .set(LIST, s(ALL))
            .set(PLACE, s(format!("{}#{}", instant(invite.created), invite.hash.0)));
        let known = || StoreError::new(operation, "there is one under its hash");
        let Some((user, _)) = &invite.used else {
            return match created.send(self, operation).await? {
                Outcome::Done => Ok(()),
                Outcome::Refused(_) => Err(known()),
            };
        };
        // One that comes used goes with whoever used it.
        let mut transaction = Transaction::new(self, operation)?;
        transaction.change(&created)?;
        let theirs = Change::of(Key::user(user))
            .only_if("attribute_exists(#v)")
            .add(INVITES, AttributeValue::Ss(vec![invite.hash.0.clone()]));
        let theirs = transaction.change(&theirs)?;
        match transaction.send().await? {
            None => Ok(()),
            Some(refused) if refused.contains_key(&theirs) => {
                Err(StoreError::new(operation, format!("there is no listener {user}")))
            }
            Some(_) => Err(known()),
        }
    }

    async fn invite(&self, hash: &InviteHash) -> StoreResult<Option<Invite>> {
        Ok(self.read_invite("read an invitation", hash).await?.map(|invite| invite.value))
    }

    async fn invites(&self) -> StoreResult<Vec<Invite>> {
        let operation = "list invitations";
        let newest_first = Query::index(LIST_INDEX, LIST, s(ALL)).backwards();
        let items = self.listed(operation, newest_first, usize::MAX).await?;
        items.iter().map(|item| value(item, operation)).collect()
    }

    async fn revoke_invite(&self, hash: &InviteHash) -> StoreResult<bool> {
        let operation = "withdraw an invitation";
        loop {
            let Some(read) = self.read_invite(operation, hash).await? else { return Ok(false) };
            let mut invite = read.value;
            if invite.used.is_some() || invite.revoked {
                return Ok(false);
            }
            invite.revoked = true;
            if change(&invite, read.version, operation)?.send(self, operation).await?.is_done() {
                return Ok(true);
            }
        }
    }
}
