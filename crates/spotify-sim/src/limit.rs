//! Rate limits and quotas, over rolling windows.

use crate::model::{Limits, RetryAfter};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};

const SHORT: SignedDuration = SignedDuration::from_secs(30);
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Default)]
pub(crate) struct Meters {
    by_client: HashMap<String, Window>,
    by_developer: HashMap<String, Window>,
}

#[derive(Debug, Default)]
struct Window(VecDeque<Timestamp>);

/// Why a call is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Rate { retry_after: Option<u32> },
    Quota { retry_after: Option<u32> },
}

impl Meters {
    /// Counts a call and says whether it is served. Refused calls count as well, so that callers
    /// who do not stop stay locked out.
    pub(crate) fn count(
        &mut self,
        client: &str,
        developer: &str,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let day = self.by_developer.entry(developer.to_owned()).or_default();
        let over_day = day.count(now, DAY, limits.per_day);
        let short = self.by_client.entry(client.to_owned()).or_default();
        let over_short = short.count(now, SHORT, limits.per_30_s);
        if let Some(wait) = over_day {
            return Err(Refused::Quota { retry_after: retry_after(limits.retry_after, wait) });
        }
        match over_short {
            Some(wait) => Err(Refused::Rate { retry_after: retry_after(limits.retry_after, wait) }),
            None => Ok(()),
        }
    }

    /// Calls of a developer account in the last 24 h.
    pub(crate) fn used_today(&mut self, developer: &str, now: Timestamp) -> usize {
        self.by_developer.get_mut(developer).map_or(0, |window| {
            window.forget(now, DAY);
            window.0.len()
        })
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Window {
    fn forget(&mut self, now: Timestamp, span: SignedDuration) {
        while self.0.front().is_some_and(|at| *at <= now - span) {
            self.0.pop_front();
        }
    }

    /// `Some`: one too many; how long until one would be served.
    fn count(&mut self, now: Timestamp, span: SignedDuration, limit: Option<u32>) -> Option<SignedDuration> {
        self.forget(now, span);
        self.0.push_back(now);
        let limit = usize::try_from(limit?).ok()?;
        let excess = self.0.len().checked_sub(limit).filter(|n| *n > 0)?;
        // A call is served once fewer than `limit` remain in the window.
        Some(self.0.get(excess).map_or(span, |at| (*at + span).duration_since(now)))
    }
}

fn retry_after(mode: RetryAfter, wait: SignedDuration) -> Option<u32> {
    match mode {
        RetryAfter::Accurate => {
            let whole = u32::try_from(wait.as_secs()).unwrap_or(0);
            Some((whole + u32::from(wait.subsec_nanos() > 0)).max(1))
        }
        RetryAfter::Fixed(seconds) => Some(seconds),
        RetryAfter::Huge => Some(86_000),
        RetryAfter::Absent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_short_window_rolls_and_tells_when_to_come_back() {
        let limits = Limits { per_30_s: Some(2), ..Limits::default() };
        let mut meters = Meters::default();
        let mut call = |second| meters.count("app", "dev", &limits, at(second));
        assert_eq!(call(0), Ok(()));
        assert_eq!(call(10), Ok(()));
        // Calls at 0, 10 and 12 are in the window; two must leave before one is served.
        let refused = Refused::Rate { retry_after: Some(28) };
        assert_eq!(call(12), Err(refused));
        assert_eq!(call(42), Ok(()));
    }

    #[test]
    fn the_day_is_shared_by_the_clients_of_a_developer_and_refusals_count() {
        let limits = Limits { per_day: Some(2), retry_after: RetryAfter::Absent, ..Limits::default() };
        let mut meters = Meters::default();
        for client in ["a", "b"] {
            assert_eq!(meters.count(client, "dev", &limits, at(0)), Ok(()));
        }
        let refused = Err(Refused::Quota { retry_after: None });
        assert_eq!(meters.count("a", "dev", &limits, at(1)), refused);
        assert_eq!(meters.count("a", "other", &limits, at(1)), Ok(()));
        assert_eq!(meters.used_today("dev", at(1)), 3);
        assert_eq!(meters.count("a", "dev", &limits, at(86_402)), Ok(()));
    }
}
