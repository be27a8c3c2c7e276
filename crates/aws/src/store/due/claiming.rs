//! Claiming what is due, batch after batch.
//!
//! What is claimed keeps its place in the index until it is finished. So whoever goes on keeps their place
//! as well: were each batch looked for from the front, many batches would cost their number squared.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use reprise_core::ports::{Claim, StoreResult, Work, WorkKind};

use super::front::Front;
use super::{CLAIM, Known, LOOK_AHEAD};
use crate::store::DynamoStore;

/// Somebody who goes through what is due.
pub(super) struct Claiming<'a> {
    store: &'a DynamoStore,
    now: Timestamp,
    lease: Duration,
    front: Front<'a>,
    /// Looked up, found claimable, and not claimed yet.
    waiting: Vec<(Work, Known)>,
}

impl<'a> Claiming<'a> {
    pub(super) async fn begin(
        store: &'a DynamoStore,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
    ) -> StoreResult<Self> {
        let front = Front::open(store, CLAIM, kind, Some(now)).await?;
        Ok(Self { store, now, lease, front, waiting: Vec::new() })
    }

    /// The next batch; fewer than `limit` only at the end.
    pub(super) async fn next(&mut self, limit: usize) -> StoreResult<Vec<Claim>> {
        let mut claims = Vec::new();
        while claims.len() < limit {
            let missing = (limit - claims.len()).min(LOOK_AHEAD);
            self.look_ahead(missing).await?;
            if self.waiting.is_empty() {
                break;
            }
            let rest = self.waiting.split_off(self.waiting.len().min(missing));
            let next = std::mem::replace(&mut self.waiting, rest);
            let (mut taken, failed) = self.store.take(next, self.now, self.lease).await;
            claims.append(&mut taken);
            if let Some(error) = failed {
                // What is claimed must be worked on; the rest is due still.
                if claims.is_empty() {
                    return Err(error);
                }
                tracing::warn!(claimed = claims.len(), %error, "not all due work could be claimed");
                break;
            }
        }
        Ok(claims)
    }

    /// Looks up rows until enough of what waits has never been held, longest due first.
    ///
    /// What a dead holder left does not count: it has been in the index for long, and is due only since
    /// its lease ended.
    async fn look_ahead(&mut self, enough: usize) -> StoreResult<()> {
        loop {
            let fresh = self.waiting.iter().filter(|(_, (entry, _))| entry.until.is_none()).count();
            if fresh >= enough {
                break;
            }
            let rows = self.front.next(enough - fresh).await?;
            if rows.is_empty() {
                break;
            }
            let due = self.store.look_up(CLAIM, &rows).await?;
            self.waiting.extend(due.into_iter().filter(|(_, (entry, _))| entry.is_claimable(self.now)));
        }
        self.waiting.sort_by_key(|(_, (entry, _))| entry.claimable_at());
        Ok(())
    }

    /// All batches, up to the end or the first error.
    pub(super) fn batches(self, limit: usize) -> BoxStream<'a, StoreResult<Vec<Claim>>> {
        let batches = stream::unfold(Some(self), move |claiming| async move {
            let mut claiming = claiming?;
            match claiming.next(limit).await {
                Ok(claims) if claims.is_empty() => None,
                Ok(claims) => Some((Ok(claims), Some(claiming))),
                Err(error) => Some((Err(error), None)),
            }
        });
        batches.boxed()
    }
}
