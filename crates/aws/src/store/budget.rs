//! Counted calls and lockouts. Both are read by every run, so they are read at half the price, as they
//! were a moment ago: the budget has room for what others took in that moment.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Budget, Spent, StoreResult};
use reprise_domain::budget::{Bucket, Purpose};
use reprise_domain::time::{days, later};

use super::DynamoStore;
use super::change::Change;
use super::item::{Item, Read, from_word, instant, n, s, time_to_live};
use super::keys::{Key, LOCKS, SK, SPENT, TTL};
use super::query::Query;

/// Slots are kept for so long after they began; those who read ask for a day.
const KEPT: Duration = days(9);

/// The end of a lock.
const UNTIL: &str = "until";

/// All purposes of a slot are in one item.
fn attribute(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignUp => "sign_up",
        Purpose::Archive => "archive",
        Purpose::History => "history",
        Purpose::Track => "track",
        Purpose::Live => "live",
        Purpose::Metadata => "metadata",
    }
}

fn slot(item: &Item, operation: &'static str) -> StoreResult<Vec<Spent>> {
    let read = Read::new(item, operation);
    let slot = read.instant(SK)?.ok_or_else(|| read.odd(SK))?;
    let mut spent = Vec::new();
    for purpose in Purpose::ALL {
        if let Some(calls) = read.number::<i64>(attribute(purpose))? {
            spent.push(Spent { slot, purpose, calls: u32::try_from(calls.max(0)).unwrap_or(u32::MAX) });
        }
    }
    Ok(spent)
}

fn change(at: Timestamp) -> Change {
    Change::of(Key::new(SPENT, instant(at))).set(TTL, time_to_live(later(at, KEPT)))
}

impl DynamoStore {
    /// Lets a slot count so many calls at least.
    pub(super) async fn count_at_least(&self, spent: &Spent) -> StoreResult<()> {
        let name = attribute(spent.purpose);
        let condition = format!("attribute_not_exists(#{name}) OR #{name} < :{name}");
        let raised = change(spent.slot).set(name, n(spent.calls)).only_if(&condition);
        let _ = raised.send(self, "count calls").await?;
        Ok(())
    }
}

#[async_trait]
impl Budget for DynamoStore {
    async fn spend(&self, slot: Timestamp, purpose: Purpose, calls: i32) -> StoreResult<()> {
        let counted = change(slot).add(attribute(purpose), n(calls));
        // Counted twice is too many calls noted, and safe; given back twice would be too few. So what is
        // given back is sent once, whatever becomes of it.
        let counted = if calls < 0 { counted.once() } else { counted };
        let _ = counted.send(self, "count calls").await?;
        Ok(())
    }

    async fn spent(&self, from: Timestamp) -> StoreResult<Vec<Spent>> {
        let operation = "read the call budget";
        let slots = Query::partition(SPENT).and("#sk >= :at", instant(from)).lagging();
        let items = slots.items(self, operation, usize::MAX).await?;
        let slots = items.iter().map(|item| slot(item, operation)).collect::<StoreResult<Vec<_>>>()?;
        Ok(slots.into_iter().flatten().collect())
    }

    async fn lock(&self, bucket: Bucket, until: Timestamp) -> StoreResult<()> {
        let longer = Change::of(Key::new(LOCKS, bucket.name()))
            .set(UNTIL, s(instant(until)))
            .set(TTL, time_to_live(until))
            .only_if("attribute_not_exists(#until) OR #until < :until");
        let _ = longer.send(self, "lock a bucket").await?;
        Ok(())
    }

    async fn locks(&self, now: Timestamp) -> StoreResult<Vec<(Bucket, Timestamp)>> {
        let operation = "read locked buckets";
        let items = Query::partition(LOCKS).lagging().items(self, operation, usize::MAX).await?;
        let mut locks = Vec::new();
        for item in &items {
            let read = Read::new(item, operation);
            let until = read.instant(UNTIL)?.ok_or_else(|| read.odd(UNTIL))?;
            // DynamoDB drops what has expired when it finds the time.
            if until > now {
                locks.push((from_word(read.needed(SK)?, operation)?, until));
            }
        }
        locks.sort_unstable();
        Ok(locks)
    }
}
