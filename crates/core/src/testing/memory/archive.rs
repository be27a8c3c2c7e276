//! Sources, generations, targets and runs.

use std::ops::Bound;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::archive::{Generation, Source, Target, TargetKey};
use reprise_domain::ids::{SourceId, UserId};

use super::{MemoryStore, kept, put};
use crate::ports::{ArchiveLedger, RUNS_KEPT, Run, Sources, StoreResult, Version, Versioned, Written};

#[async_trait]
impl Sources for MemoryStore {
    async fn source(&self, user: &UserId, id: &SourceId) -> StoreResult<Option<Versioned<Source>>> {
        Ok(self.begin("read a source").await?.sources.get(&(user.clone(), id.clone())).cloned())
    }

    async fn sources(&self, user: &UserId) -> StoreResult<Vec<Versioned<Source>>> {
        let state = self.begin("list sources").await?;
        let theirs = state.sources.iter().filter(|((owner, _), _)| owner == user);
        Ok(theirs.map(|(_, source)| source.clone()).collect())
    }

    async fn put_source(&self, user: &UserId, source: &Source, read: Version) -> StoreResult<Written> {
        let operation = "store a source";
        let mut state = self.begin(operation).await?;
        if read == Version::NEW {
            state.known(user, operation)?;
        }
        put(&mut state.sources, (user.clone(), source.id.clone()), source, read, operation)
    }
}

#[async_trait]
impl ArchiveLedger for MemoryStore {
    async fn generation(
        &self,
        user: &UserId,
        source: &SourceId,
        number: u32,
    ) -> StoreResult<Option<Versioned<Generation>>> {
        let state = self.begin("read a generation").await?;
        Ok(state.generations.get(&(user.clone(), source.clone(), number)).cloned())
    }

    async fn generations(
        &self,
        user: &UserId,
        source: &SourceId,
        before: Option<u32>,
        limit: usize,
    ) -> StoreResult<Vec<Versioned<Generation>>> {
        let state = self.begin("list generations").await?;
        let key = |number| (user.clone(), source.clone(), number);
        let end = before.map_or(Bound::Included(key(u32::MAX)), |before| Bound::Excluded(key(before)));
        let theirs = state.generations.range((Bound::Included(key(0)), end));
        Ok(theirs.rev().take(limit).map(|(_, generation)| generation.clone()).collect())
    }

    async fn put_generation(
        &self,
        user: &UserId,
        source: &SourceId,
        generation: &Generation,
        read: Version,
    ) -> StoreResult<Written> {
        let operation = "store a generation";
        let mut state = self.begin(operation).await?;
        if read == Version::NEW {
            state.known(user, operation)?;
        }
        let key = (user.clone(), source.clone(), generation.number);
        put(&mut state.generations, key, generation, read, operation)
    }

    async fn target(&self, user: &UserId, key: &TargetKey) -> StoreResult<Option<Versioned<Target>>> {
        let state = self.begin("read an archive playlist").await?;
        Ok(state.targets.get(&(user.clone(), key.as_str().to_owned())).cloned())
    }

    async fn targets(&self, user: &UserId) -> StoreResult<Vec<Versioned<Target>>> {
        let state = self.begin("list archive playlists").await?;
        let theirs = state.targets.iter().filter(|((owner, _), _)| owner == user);
        Ok(theirs.map(|(_, target)| target.clone()).collect())
    }

    async fn put_target(&self, user: &UserId, target: &Target, read: Version) -> StoreResult<Written> {
        let operation = "store an archive playlist";
        let mut state = self.begin(operation).await?;
        if read == Version::NEW {
            state.known(user, operation)?;
        }
        put(&mut state.targets, (user.clone(), target.key.as_str().to_owned()), target, read, operation)
    }

    async fn log_run(&self, user: &UserId, run: &Run) -> StoreResult<()> {
        let operation = "note a run";
        let mut state = self.begin(operation).await?;
        state.known(user, operation)?;
        let key = |run: &Run| (user.clone(), run.at, run.source.clone());
        state.runs.insert(key(run), kept(run, operation)?);
        let theirs: Vec<_> = state.runs.keys().filter(|(owner, _, _)| owner == user).cloned().collect();
        for old in theirs.iter().rev().skip(RUNS_KEPT) {
            state.runs.remove(old);
        }
        Ok(())
    }

    async fn runs(&self, user: &UserId, limit: usize) -> StoreResult<Vec<Run>> {
        let state = self.begin("list runs").await?;
        let first = (user.clone(), Timestamp::MIN, SourceId::new(""));
        let theirs: Vec<_> =
            state.runs.range(first..).take_while(|((owner, _, _), _)| owner == user).collect();
        Ok(theirs.into_iter().rev().take(limit).map(|(_, run)| run.clone()).collect())
    }
}
