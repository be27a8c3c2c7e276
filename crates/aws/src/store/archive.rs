//! Sources, generations and targets; runs are next door.

use async_trait::async_trait;
use reprise_core::ports::{ArchiveLedger, Run, Sources, StoreResult, Version, Versioned, Written};
use reprise_domain::archive::{Generation, Source, Target, TargetKey};
use reprise_domain::ids::{SourceId, UserId};

use super::DynamoStore;
use super::keys::{Key, SOURCE_PREFIX, TARGET_PREFIX, listener, week};
use super::query::Query;

const BEGINS: &str = "begins_with(#sk, :at)";

#[async_trait]
impl Sources for DynamoStore {
    async fn source(&self, user: &UserId, id: &SourceId) -> StoreResult<Option<Versioned<Source>>> {
        self.document("read a source", Key::source(user, id)).await
    }

    async fn sources(&self, user: &UserId) -> StoreResult<Vec<Versioned<Source>>> {
        let theirs = Query::partition(listener(user)).and(BEGINS, SOURCE_PREFIX);
        theirs.documents(self, "list sources", usize::MAX).await
    }

    async fn put_source(&self, user: &UserId, source: &Source, read: Version) -> StoreResult<Written> {
        self.put_theirs("store a source", user, Key::source(user, &source.id), source, read).await
    }
}

#[async_trait]
impl ArchiveLedger for DynamoStore {
    async fn generation(
        &self,
        user: &UserId,
        source: &SourceId,
        number: u32,
    ) -> StoreResult<Option<Versioned<Generation>>> {
        self.document("read a generation", Key::week(user, source, number)).await
    }

    async fn generations(
        &self,
        user: &UserId,
        source: &SourceId,
        before: Option<u32>,
        limit: usize,
    ) -> StoreResult<Vec<Versioned<Generation>>> {
        let Some(last) = before.map_or(Some(u32::MAX), |before| before.checked_sub(1)) else {
            return Ok(Vec::new());
        };
        let newest_first =
            Query::partition(listener(user)).between(week(source, 0), week(source, last)).backwards();
        newest_first.documents(self, "list generations", limit).await
    }

    async fn put_generation(
        &self,
        user: &UserId,
        source: &SourceId,
        generation: &Generation,
        read: Version,
    ) -> StoreResult<Written> {
        let key = Key::week(user, source, generation.number);
        self.put_theirs("store a generation", user, key, generation, read).await
    }

    async fn target(&self, user: &UserId, key: &TargetKey) -> StoreResult<Option<Versioned<Target>>> {
        self.document("read an archive playlist", Key::target(user, key.as_str())).await
    }

    async fn targets(&self, user: &UserId) -> StoreResult<Vec<Versioned<Target>>> {
        let theirs = Query::partition(listener(user)).and(BEGINS, TARGET_PREFIX);
        theirs.documents(self, "list archive playlists", usize::MAX).await
    }

    async fn put_target(&self, user: &UserId, target: &Target, read: Version) -> StoreResult<Written> {
        let key = Key::target(user, target.key.as_str());
        self.put_theirs("store an archive playlist", user, key, target, read).await
    }

    async fn log_run(&self, user: &UserId, run: &Run) -> StoreResult<()> {
        self.note_run(user, run).await
    }

    async fn runs(&self, user: &UserId, limit: usize) -> StoreResult<Vec<Run>> {
        self.newest_runs(user, limit).await
    }
}
