//! Time that a test pushes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reprise_domain::time::{Mark, later};
use tokio::sync::watch;

use crate::ports::Clock;

/// A clock that stands still until it is told to move; clones share it.
///
/// Sleepers wake when the wall clock reaches their instant, however it got there.
#[derive(Debug, Clone)]
pub struct TestClock {
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug)]
struct State {
    wall: Timestamp,
    uptime: Duration,
    boots: u32,
    next_sleeper: u64,
    sleepers: BTreeMap<u64, Timestamp>,
}

impl Default for TestClock {
    /// Monday, 16 November 2026, six o'clock UTC.
    fn default() -> Self {
        Self::at("2026-11-16T06:00:00Z")
    }
}

impl TestClock {
    /// A clock at `wall`, one hour after its first boot.
    pub fn new(wall: Timestamp) -> Self {
        let state = State {
            wall,
            uptime: Duration::from_hours(1),
            boots: 1,
            next_sleeper: 0,
            sleepers: BTreeMap::new(),
        };
        Self { state: Arc::new(watch::Sender::new(state)) }
    }

    /// A clock at an instant written as `2026-11-16T06:00:00Z`.
    pub fn at(wall: &str) -> Self {
        Self::new(wall.parse().expect("the test names an instant"))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        self.state.send_modify(|state| {
            state.wall = later(state.wall, by);
            state.uptime = state.uptime.saturating_add(by);
        });
    }

    /// Lets time pass until `wall`; an instant in the past is a jump back of the wall clock alone.
    pub fn set(&self, wall: Timestamp) {
        self.state.send_modify(|state| {
            let passed = Duration::try_from(wall.duration_since(state.wall)).unwrap_or_default();
            state.uptime = state.uptime.saturating_add(passed);
            state.wall = wall;
        });
    }

    /// Moves the wall clock alone, either way.
    pub fn jump(&self, by: SignedDuration) {
        self.state.send_modify(|state| {
            state.wall = state.wall.checked_add(by).expect("the test stays within time");
        });
    }

    /// Begins a new boot: the uptime starts at zero, the wall clock goes on.
    pub fn reboot(&self) {
        self.state.send_modify(|state| {
            state.boots += 1;
            state.uptime = Duration::ZERO;
        });
    }

    /// When the first of those now asleep wants to wake.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state.borrow().sleepers.values().min().copied()
    }

    /// Returns once at least `count` are asleep: they have done all they could do before.
    pub async fn asleep(&self, count: usize) {
        let mut changes = self.state.subscribe();
        // The sender lives in `self`, so the channel is open.
        let _ = changes.wait_for(|state| state.sleepers.len() >= count).await;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.state.borrow().wall
    }

    fn mark(&self) -> Mark {
        let state = self.state.borrow();
        Mark {
            wall: state.wall,
            uptime_ms: u64::try_from(state.uptime.as_millis()).unwrap_or(u64::MAX),
            boot: format!("boot-{}", state.boots),
        }
    }

    async fn sleep_until(&self, at: Timestamp) {
        if self.now() >= at {
            return;
        }
        let mut changes = self.state.subscribe();
        let _asleep = Asleep::new(&self.state, at);
        // The sender lives in `self`, so the channel is open.
        let _ = changes.wait_for(|state| state.wall >= at).await;
    }
}

/// Counts as asleep until dropped, also when the sleeper is cancelled.
struct Asleep<'a> {
    state: &'a watch::Sender<State>,
    id: u64,
}

impl<'a> Asleep<'a> {
    fn new(state: &'a watch::Sender<State>, until: Timestamp) -> Self {
        let mut id = 0;
        state.send_modify(|state| {
            id = state.next_sleeper;
            state.next_sleeper += 1;
            state.sleepers.insert(id, until);
        });
        Self { state, id }
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.state.send_modify(|state| {
            state.sleepers.remove(&self.id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_moves_the_wall_clock_alone() {
        let clock = TestClock::at("2026-11-16T06:00:00Z");
        let before = clock.mark();
        clock.jump(SignedDuration::from_hours(-1));
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.mark().since(&before), Duration::from_secs(5));
        assert_eq!(clock.now(), "2026-11-16T05:00:05Z".parse().unwrap());
    }

    #[test]
    fn after_a_reboot_only_the_wall_clock_is_left() {
        let clock = TestClock::at("2026-11-16T06:00:00Z");
        let before = clock.mark();
        clock.set("2026-11-16T06:10:00Z".parse().unwrap());
        assert_eq!(clock.mark().since(&before), Duration::from_mins(10));
        clock.reboot();
        assert_ne!(clock.mark().boot, before.boot);
        assert_eq!(clock.mark().uptime_ms, 0);
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_instant_is_reached() {
        let clock = TestClock::at("2026-11-16T06:00:00Z");
        let wake = "2026-11-16T07:00:00Z".parse().unwrap();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(wake).await }
        });
        clock.asleep(1).await;
        assert_eq!(clock.next_wake(), Some(wake));
        clock.advance(Duration::from_secs(3599));
        assert!(!sleeper.is_finished());
        clock.jump(SignedDuration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(clock.next_wake(), None);
    }

    #[tokio::test]
    async fn an_instant_in_the_past_is_no_sleep_and_a_cancelled_one_is_forgotten() {
        let clock = TestClock::at("2026-11-16T06:00:00Z");
        clock.sleep_until(clock.now()).await;
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Timestamp::MAX).await }
        });
        clock.asleep(1).await;
        sleeper.abort();
        assert!(sleeper.await.unwrap_err().is_cancelled());
        assert_eq!(clock.next_wake(), None);
    }
}
