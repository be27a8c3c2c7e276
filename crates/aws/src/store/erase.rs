//! Erasing a listener.
//!
//! One transaction takes the grant, both Spotify ids and the invitations away and leaves of the
//! listener only a stone without a name, which nothing can be created beside. What is left in their
//! collection is deleted after that, and the stone last. Whoever dies in between leaves the stone in
//! a list, and the next to come along finishes.

use aws_sdk_dynamodb::types::AttributeValue;
use reprise_core::ports::{Erased, InviteHash, StoreResult, User, Versioned};
use reprise_domain::ids::UserId;

use super::change::Change;
use super::document::{DOC, PACKED, versioned};
use super::item::{Item, Read, VERSION, s};
use super::keys::{
    ALERT_PREFIX, DUE_PREFIX, GRANT_SK, Key, LIST, LIST_INDEX, PLACE, RUNS_PREFIX, SK, SOURCE_PREFIX,
    TARGET_PREFIX, USER_SK, WEEK_PREFIX, listener,
};
use super::query::Query;
use super::transaction::Transaction;
use super::users::{ACCOUNT, INVITES, SPOTIFY_ID, ids};
use super::{DynamoStore, runs};

/// The list of stones.
const ERASING: &str = "erasing";

const OPERATION: &str = "erase a listener";

/// What a listener has, and the words for it.
const KINDS: [(&str, &str); 8] = [
    (USER_SK, "account"),
    (GRANT_SK, "grant"),
    (SOURCE_PREFIX, "sources"),
    (WEEK_PREFIX, "weeks"),
    (TARGET_PREFIX, "archive playlists"),
    (RUNS_PREFIX, "runs"),
    (DUE_PREFIX, "appointments"),
    (ALERT_PREFIX, "alerts"),
];

/// Counts what is there, by kind.
fn count(items: &[Item], invitations: usize) -> StoreResult<Erased> {
    let mut erased = Erased::default();
    for (prefix, kind) in KINDS {
        let mut count = 0;
        for item in items {
            let read = Read::new(item, OPERATION);
            if read.needed(SK)?.starts_with(prefix) {
                count += read.number(runs::COUNT)?.unwrap_or(1u64);
            }
        }
        erased.note(kind, count);
        if prefix == GRANT_SK {
            erased.note("invitation", u64::try_from(invitations).unwrap_or(u64::MAX));
        }
    }
    Ok(erased)
}

impl DynamoStore {
    pub(super) async fn erase_listener(&self, id: &UserId) -> StoreResult<Erased> {
        let erased = self.begin_to_erase(id).await?;
        self.finish_erasing(id).await?;
        // Those whose erasure was cut short by the death of a process.
        self.finish_erasures().await?;
        Ok(erased)
    }

    /// Finishes what was cut short: deletes what is left of listeners who are being erased, and answers
    /// how many there were.
    pub async fn finish_erasures(&self) -> StoreResult<usize> {
        let stones = Query::index(LIST_INDEX, LIST, s(ERASING)).items(self, OPERATION, usize::MAX).await?;
        for stone in &stones {
            if let Some(id) = Key::of(stone, OPERATION)?.listener() {
                self.finish_erasing(&id).await?;
            }
        }
        Ok(stones.len())
    }

    /// Puts the stone; answers what was there, to the one of many who put it.
    async fn begin_to_erase(&self, id: &UserId) -> StoreResult<Erased> {
        loop {
            let Some(item) = self.get(OPERATION, Key::user(id)).await? else { return Ok(Erased::default()) };
            let Some(user) = versioned::<User>(&item, OPERATION)? else { return Ok(Erased::default()) };
            let invites: Vec<InviteHash> = match item.get(INVITES) {
                Some(AttributeValue::Ss(hashes)) => hashes.iter().cloned().map(InviteHash).collect(),
                _ => Vec::new(),
            };
            let there = self.collection(id).await?;
            if self.put_stone(id, &user, &invites).await? {
                return count(&there, invites.len());
            }
            // Changed meanwhile, or somebody else erases them.
        }
    }

    async fn put_stone(
        &self,
        id: &UserId,
        user: &Versioned<User>,
        invites: &[InviteHash],
    ) -> StoreResult<bool> {
        let mut transaction = Transaction::new(self, OPERATION)?;
        let mut stone = Change::of(Key::user(id))
            .only_if("#v = :read")
            .comparing("read", super::document::version(user.version).1)
            .set(LIST, s(ERASING))
            .set(PLACE, s(id.as_str()));
        for name in [VERSION, DOC, PACKED, ACCOUNT, SPOTIFY_ID, INVITES] {
            stone = stone.remove(name);
        }
        transaction.change(&stone)?;
        transaction.delete(Key::grant(id))?;
        for key in ids(user.value.account.as_ref(), &user.value.spotify_id) {
            transaction.delete(key)?;
        }
        for invite in invites {
            transaction.delete(Key::invite(invite))?;
        }
        Ok(transaction.send().await?.is_none())
    }

    /// Deletes what is left, until nothing is; the stone last, so that a death in between shows.
    async fn finish_erasing(&self, id: &UserId) -> StoreResult<()> {
        let left = self.collection(id).await?;
        if left.is_empty() {
            return Ok(());
        }
        let mut keys: Vec<Key> =
            left.iter().map(|item| Key::of(item, OPERATION)).collect::<StoreResult<_>>()?;
        let stone = Key::user(id);
        keys.retain(|key| *key != stone);
        // First what makes others work for them.
        keys.sort_by_key(|key| !key.sk.starts_with(DUE_PREFIX));
        self.delete_all(OPERATION, keys).await?;
        self.delete_all(OPERATION, vec![stone]).await
    }

    async fn collection(&self, id: &UserId) -> StoreResult<Vec<Item>> {
        let all = Query::partition(listener(id)).only("#pk, #sk, #runs");
        all.items(self, OPERATION, usize::MAX).await
    }
}
