//! The clock of a simulated Spotify in this process.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::Clock;
use reprise_domain::time::Mark;
use spotify_sim::SimClock;

/// Follows the demo's Spotify.
pub(crate) struct EmbeddedClock(pub(crate) SimClock);

#[async_trait]
impl Clock for EmbeddedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn mark(&self) -> Mark {
        let uptime_ms = u64::try_from(self.0.uptime().as_millis()).unwrap_or(u64::MAX);
        Mark { wall: self.0.now(), uptime_ms, boot: self.0.boot_id() }
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at).await;
    }
}
