//! Every store port, in memory.

mod archive;
mod due;
mod house;
mod shared;
mod users;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use reprise_domain::archive::{Generation, Source, Target};
use reprise_domain::budget::{Bucket, Purpose};
use reprise_domain::ids::{SourceId, TrackUri, UserId};
use reprise_domain::track::Track;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::{
    Alert, Grant, Invite, InviteHash, Run, Standing, StoreError, StoreResult, User, Version, Versioned,
    WrappedKey, Written,
};

/// A store that lives as long as the test; clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

type Docs<K, V> = BTreeMap<K, Versioned<V>>;

#[derive(Debug, Default)]
struct State {
    operations: usize,
    fails_after: Option<usize>,
    users: Docs<UserId, User>,
    invites: BTreeMap<InviteHash, Invite>,
    grants: Docs<UserId, Grant>,
    sources: Docs<(UserId, SourceId), Source>,
    generations: Docs<(UserId, SourceId, u32), Generation>,
    targets: Docs<(UserId, String), Target>,
    runs: BTreeMap<(UserId, Timestamp, SourceId), Run>,
    due: BTreeMap<crate::ports::Work, due::Entry>,
    data_keys: BTreeMap<u32, WrappedKey>,
    tracks: BTreeMap<TrackUri, (Track, Timestamp)>,
    spent: BTreeMap<(Timestamp, Purpose), i64>,
    locks: BTreeMap<Bucket, Timestamp>,
    alerts: BTreeMap<(Option<UserId>, String), Alert>,
    standing: Option<Versioned<Standing>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Operations asked for so far, failed ones included.
    pub fn operations(&self) -> usize {
        self.state().operations
    }

    /// Lets `operations` more succeed and then fails all, as if the process had been killed there.
    pub fn fail_after(&self, operations: usize) {
        let mut state = self.state();
        state.fails_after = Some(state.operations + operations);
    }

    /// Works again.
    pub fn heal(&self) {
        self.state().fails_after = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation: lets others go first, as a real store would, then counts.
    async fn begin(&self, operation: &'static str) -> StoreResult<MutexGuard<'_, State>> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        state.operations += 1;
        if state.fails_after.is_some_and(|last| state.operations > last) {
            return Err(StoreError::new(operation, "the test has broken it"));
        }
        Ok(state)
    }
}

impl State {
    /// Refuses to create what would outlive its listener.
    fn known(&self, user: &UserId, operation: &'static str) -> StoreResult<()> {
        if self.users.contains_key(user) {
            return Ok(());
        }
        Err(StoreError::new(operation, format!("there is no listener {user}")))
    }
}

/// Whether the stored version is the one that was read.
fn is_current<K: Ord, V>(docs: &Docs<K, V>, key: &K, read: Version) -> bool {
    docs.get(key).map_or(Version::NEW, |doc| doc.version) == read
}

/// The document as it comes back from JSON, which is how real stores keep it.
fn kept<V: Serialize + DeserializeOwned>(value: &V, operation: &'static str) -> StoreResult<V> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::new(operation, error))?;
    let unreadable = |error| StoreError::new(operation, format!("it would not come back: {error}"));
    serde_json::from_str(&json).map_err(unreadable)
}

/// The one conditional write.
fn put<K: Ord, V: Serialize + DeserializeOwned>(
    docs: &mut Docs<K, V>,
    key: K,
    value: &V,
    read: Version,
    operation: &'static str,
) -> StoreResult<Written> {
    if !is_current(docs, &key, read) {
        return Ok(Written::Conflict);
    }
    let version = read.next();
    docs.insert(key, Versioned { value: kept(value, operation)?, version });
    Ok(Written::At(version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Users;
    use crate::testing::sample;

    #[tokio::test]
    async fn it_fails_from_the_operation_it_is_told_and_heals() {
        let store = MemoryStore::new();
        let at = Timestamp::UNIX_EPOCH;
        store.fail_after(1);
        let ana = sample::admit(&store, "ana", at).await;
        let error = store.user(&ana).await.unwrap_err();
        assert_eq!(error.to_string(), "the store could not read a listener");
        assert!(store.admit(&sample::admission("bo", at)).await.is_err());
        store.heal();
        assert!(store.user(&ana).await.unwrap().is_some());
        assert_eq!(store.users(None, 9).await.unwrap().len(), 1);
        assert_eq!(store.operations(), 5);
    }
}
