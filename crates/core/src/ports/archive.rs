//! The archive's ledger: sources, generations, targets and what runs did.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::archive::{Generation, Source, Target, TargetKey};
use reprise_domain::ids::{SourceId, UserId};
use serde::{Deserialize, Serialize};

use super::{StoreResult, Version, Versioned, Written};

/// As many of a listener's runs are kept at least.
pub const RUNS_KEPT: usize = 100;

/// What each listener has read, and how.
#[async_trait]
pub trait Sources: Send + Sync {
    /// One source.
    async fn source(&self, user: &UserId, id: &SourceId) -> StoreResult<Option<Versioned<Source>>>;

    /// All of a listener, in order of id.
    async fn sources(&self, user: &UserId) -> StoreResult<Vec<Versioned<Source>>>;

    /// Stores one; creates it when `read` is [`Version::NEW`].
    async fn put_source(&self, user: &UserId, source: &Source, read: Version) -> StoreResult<Written>;
}

/// What was found, where it went, and how far each step has come; kept for ever.
#[async_trait]
pub trait ArchiveLedger: Send + Sync {
    /// One generation.
    async fn generation(
        &self,
        user: &UserId,
        source: &SourceId,
        number: u32,
    ) -> StoreResult<Option<Versioned<Generation>>>;

    /// Up to `limit` generations below `before` (all if `None`), newest first.
    async fn generations(
        &self,
        user: &UserId,
        source: &SourceId,
        before: Option<u32>,
        limit: usize,
    ) -> StoreResult<Vec<Versioned<Generation>>>;

    /// Stores one; creates it when `read` is [`Version::NEW`].
    async fn put_generation(
        &self,
        user: &UserId,
        source: &SourceId,
        generation: &Generation,
        read: Version,
    ) -> StoreResult<Written>;

    /// One playlist of the archive.
    async fn target(&self, user: &UserId, key: &TargetKey) -> StoreResult<Option<Versioned<Target>>>;

    /// All playlists of the archive, in order of key.
    async fn targets(&self, user: &UserId) -> StoreResult<Vec<Versioned<Target>>>;

    /// Stores one; creates it when `read` is [`Version::NEW`].
    async fn put_target(&self, user: &UserId, target: &Target, read: Version) -> StoreResult<Written>;

    /// Notes what a run did, in place of a note of the same identity; a store keeps a listener's newest
    /// [`RUNS_KEPT`] and drops older ones soon.
    async fn log_run(&self, user: &UserId, run: &Run) -> StoreResult<()>;

    /// The newest runs of a listener, newest first.
    async fn runs(&self, user: &UserId, limit: usize) -> StoreResult<Vec<Run>>;
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it began; with `source`, its identity.
    pub at: Timestamp,
    /// For which source.
    pub source: SourceId,
    /// Calls to Spotify it made.
    pub calls: u32,
    /// What came of it.
    pub outcome: RunOutcome,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum RunOutcome {
    /// Looked; nothing new.
    NothingNew,
    /// Found tracks, or came further with tracks found before.
    Worked {
        /// Tracks new to the ledger.
        found: u32,
        /// Tracks whose adding was confirmed.
        added: u32,
        /// Why it ended before all was done, in words for the listener.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
    },
    /// Could not finish; tried again at the time the work is due.
    Failed {
        /// Why, in words for the listener.
        why: String,
    },
}
