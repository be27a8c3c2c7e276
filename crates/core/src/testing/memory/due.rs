//! Work that is due.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::time::later;

use super::MemoryStore;
use crate::ports::{Appointment, Claim, Due, StoreResult, Work, WorkKind};

/// A piece of work on the calendar, or the memory of its last fence.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// When it can be claimed: while held, when the lease ends.
    at: Option<Timestamp>,
    held: bool,
    /// The earliest time asked for while it was held.
    wish: Option<Timestamp>,
    fence: u64,
}

impl Entry {
    /// Work that is on the calendar for the first time.
    pub(super) fn at(at: Timestamp) -> Self {
        Self { at: Some(at), ..Self::default() }
    }

    pub(super) fn appointment(&self, work: &Work) -> Appointment {
        Appointment { work: work.clone(), at: earliest(self.at, self.wish), fence: self.fence }
    }

    /// Takes the place of what stood here, unless it is held.
    pub(super) fn restore(&mut self, appointment: &Appointment) -> bool {
        if !self.held {
            *self = Self { at: appointment.at, fence: appointment.fence.max(self.fence), ..Self::default() };
        }
        !self.held
    }

    fn claim(&mut self, work: &Work, now: Timestamp, lease: Duration) -> Claim {
        let until = later(now, lease);
        self.at = Some(until);
        self.held = true;
        // What was wished for until now is what this claim does.
        self.wish = self.wish.filter(|wish| *wish > now);
        self.fence += 1;
        Claim { work: work.clone(), until, fence: self.fence }
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

#[async_trait]
impl Due for MemoryStore {
    async fn schedule(&self, work: &Work, at: Timestamp) -> StoreResult<()> {
        let operation = "schedule work";
        let mut state = self.begin(operation).await?;
        state.known(&work.user, operation)?;
        let entry = state.due.entry(work.clone()).or_default();
        let moved = if entry.held { &mut entry.wish } else { &mut entry.at };
        *moved = earliest(*moved, Some(at));
        Ok(())
    }

    async fn claim(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> StoreResult<Vec<Claim>> {
        let mut state = self.begin("claim work").await?;
        let is_due = |work: &Work, entry: &Entry| work.kind == kind && entry.at.is_some_and(|at| at <= now);
        let mut due: Vec<_> = state.due.iter_mut().filter(|(work, entry)| is_due(work, entry)).collect();
        due.sort_by_key(|(_, entry)| entry.at);
        Ok(due.into_iter().take(limit).map(|(work, entry)| entry.claim(work, now, lease)).collect())
    }

    async fn claim_now(&self, work: &Work, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let operation = "claim work";
        let mut state = self.begin(operation).await?;
        state.known(&work.user, operation)?;
        let entry = state.due.entry(work.clone()).or_default();
        let is_free = !entry.held || entry.at.is_none_or(|until| until <= now);
        Ok(is_free.then(|| entry.claim(work, now, lease)))
    }

    async fn take_over(&self, claim: &Claim, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let mut state = self.begin("claim work").await?;
        let handed_on = |entry: &&mut Entry| entry.held && entry.fence == claim.fence;
        let entry = state.due.get_mut(&claim.work).filter(handed_on);
        Ok(entry.map(|entry| entry.claim(&claim.work, now, lease)))
    }

    async fn finish(&self, claim: &Claim, next: Option<Timestamp>) -> StoreResult<bool> {
        let mut state = self.begin("finish work").await?;
        let ours = |entry: &&mut Entry| entry.held && entry.fence == claim.fence;
        let Some(entry) = state.due.get_mut(&claim.work).filter(ours) else { return Ok(false) };
        entry.at = earliest(next, entry.wish.take());
        entry.held = false;
        Ok(true)
    }

    async fn next_due(&self, kind: WorkKind) -> StoreResult<Option<Timestamp>> {
        let state = self.begin("look for due work").await?;
        let of_kind = state.due.iter().filter(|(work, _)| work.kind == kind);
        Ok(of_kind.filter_map(|(_, entry)| entry.at).min())
    }

    async fn due_at(&self, work: &Work) -> StoreResult<Option<Timestamp>> {
        Ok(self.begin("look for due work").await?.due.get(work).and_then(|entry| entry.at))
    }
}
