//! Marks in time that a jumping wall clock cannot falsify.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// An instant on both of a machine's clocks.
///
/// Between two marks of the same boot the elapsed time is the uptime's difference (which counts
/// suspended time); across boots or machines only the wall clock is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What the wall clock showed.
    pub wall: Timestamp,
    /// Time since boot, suspended time included, in milliseconds.
    pub uptime_ms: u64,
    /// Which boot of which machine.
    pub boot: String,
}

impl Mark {
    /// The mark `by` later on both clocks.
    #[must_use]
    pub fn plus(&self, by: Duration) -> Self {
        Self {
            wall: later(self.wall, by),
            uptime_ms: self.uptime_ms.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
            boot: self.boot.clone(),
        }
    }

    /// How much time has really passed from `earlier` to this mark; zero if none has.
    pub fn since(&self, earlier: &Self) -> Duration {
        if self.boot == earlier.boot {
            Duration::from_millis(self.uptime_ms.saturating_sub(earlier.uptime_ms))
        } else {
            Duration::try_from(self.wall.duration_since(earlier.wall)).unwrap_or_default()
        }
    }
}

/// `at + by`, at the latest the end of time.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

/// `at - by`, at the earliest the beginning of time.
pub fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

/// `hours` as a duration.
pub const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// `days` as a duration of 24-hour days.
pub const fn days(days: u64) -> Duration {
    hours(days * 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(wall: i64, uptime_s: u64, boot: &str) -> Mark {
        Mark { wall: Timestamp::from_second(wall).unwrap(), uptime_ms: uptime_s * 1000, boot: boot.into() }
    }

    #[test]
    fn a_wall_clock_that_jumps_moves_nothing_within_a_boot() {
        let before = mark(10_000, 50, "a");
        assert_eq!(mark(13_600, 60, "a").since(&before), Duration::from_secs(10));
        assert_eq!(mark(6_400, 60, "a").since(&before), Duration::from_secs(10));
    }

    #[test]
    fn across_boots_the_wall_clock_decides_and_never_runs_backwards() {
        let before = mark(10_000, 50, "a");
        assert_eq!(mark(10_030, 1, "b").since(&before), Duration::from_secs(30));
        assert_eq!(mark(9_000, 1, "b").since(&before), Duration::ZERO);
    }
}
