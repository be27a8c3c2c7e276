//! The machine's clocks.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::time::Mark;

use crate::ports::Clock;

/// Sleeps are cut into pieces, so that a wall clock set forward, or a machine that slept, is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Wall clock, and time since boot with suspended time counted.
pub struct SystemClock {
    boot: RwLock<String>,
}

impl Default for SystemClock {
    fn default() -> Self {
        // Where the system does not name its boot, every process is a boot of its own: its marks are
        // then compared by the wall clock alone.
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map_or_else(|_| own_boot(""), |id| id.trim().to_owned());
        Self { boot: RwLock::new(boot) }
    }
}

impl SystemClock {
    /// Begins a boot of its own, for a machine that is frozen and thawed, or copied from a snapshot:
    /// there the boot clock may stand still meanwhile, and other machines may have the same boot's name.
    /// Marks from before are compared by the wall clock alone.
    pub fn wake(&self, name: &str) {
        *self.boot.write().unwrap_or_else(PoisonError::into_inner) = own_boot(name);
    }
}

fn own_boot(name: &str) -> String {
    format!("process-{}-{}-{name}", std::process::id(), wall().as_nanosecond())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        wall()
    }

    fn mark(&self) -> Mark {
        let uptime = rustix::time::clock_gettime(BOOT_CLOCK);
        let seconds = u64::try_from(uptime.tv_sec).unwrap_or(0);
        let millis = u64::try_from(uptime.tv_nsec / 1_000_000).unwrap_or(0);
        let boot = self.boot.read().unwrap_or_else(PoisonError::into_inner).clone();
        Mark { wall: wall(), uptime_ms: seconds * 1000 + millis, boot }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits for the machine's clock")]
    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.duration_since(wall());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}

#[cfg(target_os = "linux")]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_from_before_a_freeze_are_compared_by_the_wall_clock() {
        let clock = SystemClock::default();
        let before = clock.mark();
        assert_eq!(clock.mark().boot, before.boot);
        clock.wake("first");
        let first = clock.mark();
        clock.wake("first");
        assert_ne!(first.boot, before.boot);
        assert_ne!(clock.mark().boot, first.boot, "the same event may come again");
        let frozen = Mark { uptime_ms: first.uptime_ms + 3_600_000, ..before };
        assert!(clock.mark().since(&frozen) < Duration::from_mins(1));
        assert!(frozen.since(&first).is_zero());
    }
}
