//! The machine's clocks.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::Clock;
use reprise_domain::time::Mark;

/// Sleeps are cut into pieces, so that a wall clock set forward, or a machine that slept, is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Wall clock, and time since boot with suspended time counted.
pub(crate) struct SystemClock {
    boot: String,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        // Where the system does not name its boot, every process is a boot of its own: its marks are
        // then compared by the wall clock alone.
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map_or_else(|_| format!("process-{}-{}", std::process::id(), wall()), |id| id.trim().to_owned());
        Self { boot }
    }
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
        Mark { wall: wall(), uptime_ms: seconds * 1000 + millis, boot: self.boot.clone() }
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
