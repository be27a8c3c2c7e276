//! Work that is due, claimed under a lease so that nobody does it twice at once.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use reprise_domain::ids::{SourceId, UserId};
use serde::{Deserialize, Serialize};

use super::StoreResult;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// Look at a source and archive it.
    Archive,
    /// Look after a listener's grant: warnings, one second try, re-sealing.
    Grant,
}

impl WorkKind {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Grant => "grant",
        }
    }
}

/// One recurring piece of work; there is at most one of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Work {
    /// What.
    pub kind: WorkKind,
    /// For whom.
    pub user: UserId,
    /// On which source, for [`WorkKind::Archive`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
}

impl Work {
    /// Looking at a source and archiving it.
    pub fn archive(user: &UserId, source: &SourceId) -> Self {
        Self { kind: WorkKind::Archive, user: user.clone(), source: Some(source.clone()) }
    }

    /// Looking after a listener's grant.
    pub fn grant(user: &UserId) -> Self {
        Self { kind: WorkKind::Grant, user: user.clone(), source: None }
    }
}

/// A piece of work held under a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What.
    pub work: Work,
    /// Until when it is ours.
    pub until: Timestamp,
    /// Grows with every claim; a write under an old one is refused.
    pub fence: u64,
}

/// The calendar of work.
#[async_trait]
pub trait Due: Send + Sync {
    /// Puts work on the calendar at `at`; work already there moves if `at` is earlier.
    ///
    /// While it is held this is a wish for later: [`Due::finish`] looks at it.
    async fn schedule(&self, work: &Work, at: Timestamp) -> StoreResult<()>;

    /// Claims up to `limit` pieces due at `now`, longest due first, until `now + lease`.
    ///
    /// Work whose last claim has not ended is left alone; where a holder did not finish, it is due when
    /// the lease ends.
    async fn claim(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> StoreResult<Vec<Claim>>;

    /// Claims everything that is due at `now`, in batches of up to `limit`, longest due first.
    ///
    /// A batch is claimed when it is asked for, and none is empty. This is for whoever goes through very
    /// many: a store need not look again at what the batches before have claimed.
    fn claims(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> BoxStream<'_, StoreResult<Vec<Claim>>> {
        let batches = stream::unfold(true, move |goes_on| async move {
            if !goes_on {
                return None;
            }
            match self.claim(kind, now, lease, limit).await {
                Ok(claims) if claims.is_empty() => None,
                claimed => {
                    let goes_on = claimed.is_ok();
                    Some((claimed, goes_on))
                }
            }
        });
        batches.boxed()
    }

    /// Claims one piece whether it is due or not; `None` while somebody else holds it.
    async fn claim_now(&self, work: &Work, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>>;

    /// Takes over work from whoever claimed it and handed the claim on: until `now + lease`, under a
    /// fence of its own, so that the claim handed on is worth nothing afterwards.
    ///
    /// Answers `None`, and changes nothing, if it was taken over, finished or claimed by somebody else
    /// since: a message delivered twice, or too late, does nothing. A lease that ended without any of
    /// these may still be taken over.
    async fn take_over(&self, claim: &Claim, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>>;

    /// Gives a claim back and puts the work on the calendar at `next`, or at the time it was scheduled
    /// for meanwhile if that is earlier; with neither it is off the calendar.
    ///
    /// Answers `false`, and changes nothing, if somebody else has claimed it since or it was finished
    /// already. A lease that ended without either is still ours.
    async fn finish(&self, claim: &Claim, next: Option<Timestamp>) -> StoreResult<bool>;

    /// When the next work of this kind can be claimed: held work when its lease ends.
    async fn next_due(&self, kind: WorkKind) -> StoreResult<Option<Timestamp>>;

    /// When this piece can be claimed, likewise; `None` if it is not on the calendar.
    async fn due_at(&self, work: &Work) -> StoreResult<Option<Timestamp>>;
}

/// Claimed work on its way to a worker elsewhere.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Hands claims on, each to be delivered at least once, in any order; answers how many it could.
    ///
    /// What could not be handed on is due again when its lease ends, and so is what was delivered to
    /// somebody who died.
    async fn hand_on(&self, claims: &[Claim]) -> StoreResult<usize>;
}
