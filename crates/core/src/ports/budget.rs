//! Counted calls and lockouts, for the whole installation.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::budget::{Bucket, Purpose};
use serde::{Deserialize, Serialize};

use super::StoreResult;

/// Calls counted in one slot of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Beginning of the slot.
    pub slot: Timestamp,
    /// Why they were made.
    pub purpose: Purpose,
    /// How many.
    pub calls: u32,
}

/// The installation's account of calls to Spotify.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Adds calls to a slot (negative gives unused permits back); creates it if it is new.
    async fn spend(&self, slot: Timestamp, purpose: Purpose, calls: i32) -> StoreResult<()>;

    /// Every slot from `from` on, in order of time and purpose; a slot given back more than it spent
    /// counts as zero. Slots a week older than the newest may be forgotten.
    async fn spent(&self, from: Timestamp) -> StoreResult<Vec<Spent>>;

    /// Locks a bucket until `until`, or longer if it is locked longer already.
    async fn lock(&self, bucket: Bucket, until: Timestamp) -> StoreResult<()>;

    /// The buckets locked at `now` in their order, each with the end of its lock.
    async fn locks(&self, now: Timestamp) -> StoreResult<Vec<(Bucket, Timestamp)>>;
}
