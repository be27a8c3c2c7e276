//! One piece of work as it stands on the calendar: what may become of it, without any I/O.
//!
//! Taking work leaves its place in the index alone: the index says since when it is wanted, the item
//! says who has it until when. So a claim and a hand-over cost one unit each, and only finishing moves
//! the row.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use reprise_core::ports::{Appointment, Claim, StoreResult, Version, Work};
use reprise_domain::time::later;

use crate::store::change::Change;
use crate::store::item::{Item, Read, instant, n, s};
use crate::store::keys::{DUE, DUE_AT};

const UNTIL: &str = "until";
const WISH: &str = "wish";
const FENCE: &str = "fence";

/// A piece of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it stands in the index; `None` is off the calendar. While it is held, when it was due.
    pub(crate) due_at: Option<Timestamp>,
    /// While it is held, the end of the lease.
    pub(crate) until: Option<Timestamp>,
    /// The earliest time asked for while it was held.
    pub(crate) wish: Option<Timestamp>,
    /// Grows with every claim.
    pub(crate) fence: u64,
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

impl Entry {
    /// When it can be claimed.
    pub(crate) fn claimable_at(&self) -> Option<Timestamp> {
        self.until.or(self.due_at)
    }

    /// Whether it can be claimed.
    pub(crate) fn is_claimable(&self, now: Timestamp) -> bool {
        self.claimable_at().is_some_and(|at| at <= now)
    }

    /// Asks for it at `at`.
    #[must_use]
    pub(crate) fn schedule(mut self, at: Timestamp) -> Self {
        let moved = if self.until.is_some() { &mut self.wish } else { &mut self.due_at };
        *moved = earliest(*moved, Some(at));
        self
    }

    /// Takes it, whoever had it.
    #[must_use]
    pub(crate) fn take(self, now: Timestamp, lease: Duration) -> Self {
        Self {
            // Where it was not due yet, the index has to show it when the lease ends.
            due_at: earliest(self.due_at, Some(now)),
            until: Some(later(now, lease)),
            // What was wished for until now is what this claim does.
            wish: self.wish.filter(|wish| *wish > now),
            fence: self.fence + 1,
        }
    }

    /// Takes it if it is due.
    pub(crate) fn claim(self, now: Timestamp, lease: Duration) -> Option<Self> {
        self.is_claimable(now).then(|| self.take(now, lease))
    }

    /// Takes it unless somebody holds it.
    pub(crate) fn claim_now(self, now: Timestamp, lease: Duration) -> Option<Self> {
        self.until.is_none_or(|until| until <= now).then(|| self.take(now, lease))
    }

    /// Whether a claim is the one under which it is held.
    fn is_held_under(&self, claim: &Claim) -> bool {
        self.until.is_some() && self.fence == claim.fence
    }

    /// Takes it from the holder of `claim`.
    pub(crate) fn take_over(self, claim: &Claim, now: Timestamp, lease: Duration) -> Option<Self> {
        self.is_held_under(claim).then(|| self.take(now, lease))
    }

    /// Gives `claim` back.
    pub(crate) fn finish(self, claim: &Claim, next: Option<Timestamp>) -> Option<Self> {
        let due_at = earliest(next, self.wish);
        self.is_held_under(claim).then_some(Self { due_at, until: None, wish: None, fence: self.fence })
    }

    /// Takes the place of what stands here, unless it is held.
    pub(crate) fn restore(self, appointment: &Appointment) -> Option<Self> {
        let fence = appointment.fence.max(self.fence);
        let restored = Self { due_at: appointment.at, until: None, wish: None, fence };
        self.until.is_none().then_some(restored)
    }

    /// As it stands.
    pub(crate) fn appointment(&self, work: Work) -> Appointment {
        Appointment { work, at: earliest(self.claimable_at(), self.wish), fence: self.fence }
    }

    /// The claim under which it is held.
    pub(crate) fn held(&self, work: Work) -> Option<Claim> {
        self.until.map(|until| Claim { work, until, fence: self.fence })
    }

    /// The entry in an item, and its version.
    pub(crate) fn read(item: &Item, operation: &'static str) -> StoreResult<(Self, Version)> {
        let read = Read::new(item, operation);
        let entry = Self {
            due_at: read.instant(DUE_AT)?,
            until: read.instant(UNTIL)?,
            wish: read.instant(WISH)?,
            fence: read.number(FENCE)?.unwrap_or_default(),
        };
        Ok((entry, read.version()?.unwrap_or(Version::NEW)))
    }

    /// The entry written into an item; on the calendar it stands in `part` of the index.
    pub(crate) fn write(&self, change: Change, part: AttributeValue) -> Change {
        let text = |at: Option<Timestamp>| at.map(|at| s(instant(at)));
        change
            .set_or_remove(DUE, self.due_at.map(|_| part))
            .set_or_remove(DUE_AT, text(self.due_at))
            .set_or_remove(UNTIL, text(self.until))
            .set_or_remove(WISH, text(self.wish))
            .set(FENCE, n(self.fence))
    }
}

#[cfg(test)]
mod tests {
    use reprise_domain::ids::UserId;

    use super::*;

    const LEASE: Duration = Duration::from_mins(10);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn entry(due: Option<i64>, until: Option<i64>, wish: Option<i64>, fence: u64) -> Entry {
        Entry { due_at: due.map(at), until: until.map(at), wish: wish.map(at), fence }
    }

    fn claim(fence: u64) -> Claim {
        Claim { work: Work::grant(&UserId::new("ana")), until: at(0), fence }
    }

    /// Every state work can be in, and what each of the moves makes of it at minute 20.
    #[test]
    fn every_move_from_every_state() {
        let (off, waiting, early) =
            (entry(None, None, None, 3), entry(Some(5), None, None, 3), entry(Some(50), None, None, 3));
        let (held, wishing) = (entry(Some(5), Some(25), None, 3), entry(Some(5), Some(25), Some(22), 3));
        let (left, left_wishing) = (entry(Some(5), Some(15), None, 3), entry(Some(5), Some(15), Some(18), 3));
        let taken = |due| Some(entry(Some(due), Some(30), None, 4));
        let wish_kept = Some(entry(Some(5), Some(30), Some(22), 4));
        // State; claim, claim now, take over, finish for 40, ask for 10.
        let table = [
            (&off, None, taken(20), None, None, entry(Some(10), None, None, 3)),
            (&waiting, taken(5), taken(5), None, None, waiting.clone()),
            (&early, None, taken(20), None, None, entry(Some(10), None, None, 3)),
            (
                &held,
                None,
                None,
                taken(5),
                Some(entry(Some(40), None, None, 3)),
                entry(Some(5), Some(25), Some(10), 3),
            ),
            (
                &wishing,
                None,
                None,
                wish_kept,
                Some(entry(Some(22), None, None, 3)),
                entry(Some(5), Some(25), Some(10), 3),
            ),
            (
                &left,
                taken(5),
                taken(5),
                taken(5),
                Some(entry(Some(40), None, None, 3)),
                entry(Some(5), Some(15), Some(10), 3),
            ),
            (
                &left_wishing,
                taken(5),
                taken(5),
                taken(5),
                Some(entry(Some(18), None, None, 3)),
                entry(Some(5), Some(15), Some(10), 3),
            ),
        ];
        for (state, claimed, now, over, finished, asked) in table {
            assert_eq!(state.clone().claim(at(20), LEASE), claimed, "claim {state:?}");
            assert_eq!(state.clone().claim_now(at(20), LEASE), now, "claim now {state:?}");
            assert_eq!(state.clone().take_over(&claim(3), at(20), LEASE), over, "take over {state:?}");
            assert_eq!(state.clone().finish(&claim(3), Some(at(40))), finished, "finish {state:?}");
            assert_eq!(state.clone().schedule(at(10)), asked, "schedule {state:?}");
            // An older claim moves nothing.
            assert_eq!(state.clone().take_over(&claim(2), at(20), LEASE), None);
            assert_eq!(state.clone().finish(&claim(2), None), None);
        }
    }
}
