//! The call budget: every request to the Web API asks here first.
//!
//! Permits are taken from the store in small batches, so that a run writes once for a handful of
//! calls and processes share one account. Permits that a dying process held count as spent.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::budget::{Bucket, Purpose, Usage};
use reprise_domain::time::{days, earlier, later};
use tokio::sync::Mutex;

use crate::ports::{Budget, Clock, Spent, StoreError, StoreResult};
use crate::spotify::{Call, CallGate, CallOutcome, SpotifyError};

/// Calls are counted in slots of this length.
const SLOT: Duration = Duration::from_mins(15);

/// Spotify's quota rolls over this window.
const WINDOW: Duration = days(1);

/// A quota of a day is not back sooner, whatever Spotify says: refused calls count as well.
const SHORTEST_LOCK: Duration = Duration::from_mins(15);

/// Permits taken at once: about one run's worth.
const BATCH: u32 = 4;

/// The budget of the whole installation, shared by all its listeners.
pub struct CallBudget {
    store: Arc<dyn Budget>,
    clock: Arc<dyn Clock>,
    per_day: u32,
    held: Mutex<Held>,
}

/// Permits in hand, and what is known of locks.
#[derive(Default)]
struct Held {
    permits: Vec<(Purpose, Timestamp, u32)>,
    paused_until: Option<Timestamp>,
}

/// What the status page shows.
#[derive(Debug, Clone)]
pub struct BudgetState {
    /// Calls a day.
    pub per_day: u32,
    /// Calls of the last 24 hours.
    pub used: Usage,
    /// Buckets that Spotify has locked, each with the end of its lock.
    pub locks: Vec<(Bucket, Timestamp)>,
}

impl CallBudget {
    /// A budget of `per_day` calls.
    pub fn new(store: Arc<dyn Budget>, clock: Arc<dyn Clock>, per_day: u32) -> Self {
        Self { store, clock, per_day, held: Mutex::default() }
    }

    /// What is used and locked now.
    pub async fn state(&self) -> StoreResult<BudgetState> {
        let now = self.clock.now();
        let used = usage(&self.store.spent(earlier(now, WINDOW)).await?);
        Ok(BudgetState { per_day: self.per_day, used, locks: self.store.locks(now).await? })
    }

    /// Gives back the permits in hand, so that others can use them.
    pub async fn give_back(&self) -> StoreResult<()> {
        let permits = std::mem::take(&mut self.held.lock().await.permits);
        for (purpose, slot, count) in permits {
            if count > 0 {
                let count = i32::try_from(count).unwrap_or(i32::MAX);
                self.store.spend(slot, purpose, -count).await?;
            }
        }
        Ok(())
    }

    async fn admit_until(&self, call: &Call) -> StoreResult<Result<(), Timestamp>> {
        let now = self.clock.now();
        let mut held = self.held.lock().await;
        if let Some(until) = held.paused_until.filter(|until| *until > now) {
            return Ok(Err(until));
        }
        let locks = self.store.locks(now).await?;
        if let Some((_, until)) = locks.iter().find(|(bucket, _)| *bucket == call.endpoint.bucket()) {
            return Ok(Err(*until));
        }
        let slot = slot_of(now);
        let in_hand = held
            .permits
            .iter_mut()
            .find(|(purpose, at, count)| *purpose == call.purpose && *at == slot && *count > 0);
        if let Some((_, _, count)) = in_hand {
            *count -= 1;
            return Ok(Ok(()));
        }
        let spent = self.store.spent(earlier(now, WINDOW)).await?;
        let left = usage(&spent).left(call.purpose, self.per_day);
        if left == 0 {
            // The oldest slot leaves the window first.
            let oldest = spent.first().map_or(now, |spent| spent.slot);
            return Ok(Err(later(later(oldest, WINDOW), SLOT).max(later(now, SLOT))));
        }
        let taken = left.min(BATCH);
        self.store.spend(slot, call.purpose, i32::try_from(taken).unwrap_or(1)).await?;
        held.permits.retain(|(purpose, _, _)| *purpose != call.purpose);
        held.permits.push((call.purpose, slot, taken - 1));
        Ok(Ok(()))
    }
}

#[async_trait]
impl CallGate for CallBudget {
    async fn admit(&self, call: &Call) -> Result<(), SpotifyError> {
        match self.admit_until(call).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(retry_at)) => {
                Err(SpotifyError::QuotaExceeded { bucket: call.endpoint.bucket(), retry_at })
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn settled(&self, call: &Call, outcome: &CallOutcome) {
        let bucket = call.endpoint.bucket();
        let lock = match outcome {
            CallOutcome::QuotaExceeded { retry_at } => {
                Some((*retry_at).max(later(self.clock.now(), SHORTEST_LOCK)))
            }
            CallOutcome::RateLimited { retry_at } => {
                // The short window is the whole application's; a long wait is this bucket's.
                let now = self.clock.now();
                let pause = (*retry_at).min(later(now, Duration::from_secs(30)));
                self.held.lock().await.paused_until = Some(pause);
                (*retry_at > pause).then_some(*retry_at)
            }
            CallOutcome::NotSent | CallOutcome::Unanswered | CallOutcome::Answered(_) => None,
        };
        if let Some(until) = lock {
            tracing::warn!(bucket = bucket.name(), %until, "spotify has locked a bucket");
            if let Err(error) = self.store.lock(bucket, until).await {
                tracing::error!(%error, "a lock could not be stored");
            }
        }
    }
}

fn unavailable(error: &StoreError) -> SpotifyError {
    tracing::error!(%error, "the call budget cannot be read");
    SpotifyError::Unavailable {
        why: "the call budget cannot be read".into(),
        effect: crate::spotify::Effect::None,
        retry_at: None,
    }
}

fn usage(spent: &[Spent]) -> Usage {
    let mut usage = Usage::default();
    for spent in spent {
        usage.add(spent.purpose, spent.calls);
    }
    usage
}

fn slot_of(now: Timestamp) -> Timestamp {
    let slot = i64::try_from(SLOT.as_secs()).unwrap_or(900);
    Timestamp::from_second(now.as_second().div_euclid(slot) * slot).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spotify::Endpoint;
    use crate::testing::{MemoryStore, TestClock};

    const CALL: Call = Call { endpoint: Endpoint::Me, purpose: Purpose::Track };

    async fn made(budget: &CallBudget, purpose: Purpose) -> usize {
        let call = Call { purpose, ..CALL };
        let mut made = 0;
        while budget.admit(&call).await.is_ok() {
            made += 1;
        }
        made
    }

    fn setup(per_day: u32) -> (MemoryStore, Arc<TestClock>, CallBudget) {
        let (store, clock) = (MemoryStore::default(), Arc::new(TestClock::default()));
        let budget = CallBudget::new(Arc::new(store.clone()), Arc::<TestClock>::clone(&clock), per_day);
        (store, clock, budget)
    }

    #[tokio::test]
    async fn a_greedy_purpose_leaves_the_archive_its_calls_and_the_window_rolls() {
        let (_, clock, budget) = setup(500);
        assert_eq!(made(&budget, Purpose::Track).await, 300);
        assert_eq!(made(&budget, Purpose::Archive).await, 200);
        clock.advance(days(1) + SLOT);
        assert_eq!(made(&budget, Purpose::Track).await, 300);
    }

    #[tokio::test]
    async fn processes_share_one_account_and_unused_permits_come_back() {
        let (store, clock, one) = setup(500);
        let other = CallBudget::new(Arc::new(store), Arc::<TestClock>::clone(&clock), 500);
        one.admit(&CALL).await.unwrap();
        assert_eq!(made(&other, Purpose::Track).await, 296, "a batch of four is in hand elsewhere");
        one.give_back().await.unwrap();
        assert_eq!(made(&other, Purpose::Track).await, 3);
        assert_eq!(one.state().await.unwrap().used.total(), 300);
    }

    #[tokio::test]
    async fn a_lockout_outlives_the_process_and_holds_one_bucket() {
        let (store, clock, budget) = setup(1500);
        let retry_at = later(clock.now(), Duration::from_hours(20));
        budget.settled(&CALL, &CallOutcome::QuotaExceeded { retry_at }).await;
        let restarted = CallBudget::new(Arc::new(store), Arc::<TestClock>::clone(&clock), 1500);
        let refused = restarted.admit(&CALL).await.unwrap_err();
        assert_eq!(refused, SpotifyError::QuotaExceeded { bucket: Bucket::Me, retry_at });
        let elsewhere = Call { endpoint: Endpoint::Playlist, purpose: Purpose::Archive };
        restarted.admit(&elsewhere).await.unwrap();
        clock.advance(Duration::from_hours(20));
        restarted.admit(&CALL).await.unwrap();
    }

    #[tokio::test]
    async fn a_rate_limit_pauses_everything_for_its_short_window() {
        let (_, clock, budget) = setup(1500);
        let retry_at = later(clock.now(), Duration::from_secs(5));
        budget.settled(&CALL, &CallOutcome::RateLimited { retry_at }).await;
        let elsewhere = Call { endpoint: Endpoint::Playlist, purpose: Purpose::Archive };
        assert!(budget.admit(&elsewhere).await.is_err());
        clock.advance(Duration::from_secs(5));
        budget.admit(&elsewhere).await.unwrap();
    }
}
