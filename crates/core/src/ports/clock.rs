//! Time.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::time::Mark;

/// The only place where time comes from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock; it may jump.
    fn now(&self) -> Timestamp;

    /// Both clocks at once, for decisions that a jump must not falsify.
    fn mark(&self) -> Mark;

    /// Returns when the wall clock has reached `at`, at once if it has already.
    async fn sleep_until(&self, at: Timestamp);
}
