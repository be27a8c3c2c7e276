//! Time between events: a function is frozen, and knows nothing of how long.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reprise_core::Deadline;
use reprise_core::machine::{SimulatedClock, SystemClock};
use reprise_core::ports::Clock;

/// No function runs longer.
const LONGEST: Duration = Duration::from_mins(15);

/// The machine's clock, or a test's.
pub(crate) enum Time {
    System(Arc<SystemClock>),
    Simulated(Arc<SimulatedClock>),
}

impl Time {
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::System(clock) => Arc::<SystemClock>::clone(clock),
            Self::Simulated(clock) => Arc::<SimulatedClock>::clone(clock),
        }
    }

    /// An event has come, after a freeze of whatever length.
    pub(crate) async fn thaw(&self, request_id: &str) {
        match self {
            Self::System(clock) => clock.wake(request_id),
            Self::Simulated(clock) => clock.busy().await,
        }
    }

    /// The event is over, and nothing goes on until the next.
    pub(crate) async fn freeze(&self) {
        if let Self::Simulated(clock) = self {
            clock.idle().await;
        }
    }

    /// Lambda's deadline, for whoever does things of `in_one_go`.
    pub(crate) fn deadline(&self, deadline_ms: u64, in_one_go: Duration) -> Deadline {
        let now = self.clock().mark();
        let end = i64::try_from(deadline_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let after = |now: Timestamp| end.and_then(|end| Duration::try_from(end.duration_since(now)).ok());
        let left = match self {
            Self::System(_) => after(now.wall),
            // Who sets the deadline need not know of a test's clock: then it is by the machine's.
            Self::Simulated(_) => after(now.wall)
                .filter(|left| *left <= LONGEST)
                .or_else(|| after(SystemClock::default().now())),
        };
        Deadline::new(now.plus(left.unwrap_or_default()), in_one_go)
    }
}
