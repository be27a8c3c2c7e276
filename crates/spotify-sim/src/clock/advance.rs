//! Pushing time on, from alarm to alarm.

use super::{ClockMode, Reading, SimClock};
use crate::lock::lock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a push ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advanced {
    /// What the clock shows now.
    pub clock: Reading,
    /// How many alarms went off on the way.
    pub wakes: usize,
}

/// Processes stayed busy for longer than the pusher would wait (in real time).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time stands still: busy are {}", busy.join(", "))]
pub struct Stalled {
    /// Names of the processes that did not go idle.
    pub busy: Vec<String>,
}

impl SimClock {
    /// Moves the wall clock to `to`, stopping at every alarm on the way until all that take part
    /// are idle again. `patience` is the real time allowed for each such stop. In `Real` mode,
    /// and where nobody takes part, it just moves.
    pub async fn advance_to(&self, to: Timestamp, patience: Duration) -> Result<Advanced, Stalled> {
        let _one_at_a_time = self.shared.pushing.lock().await;
        let target = to.as_millisecond();
        let mut wakes = 0;
        loop {
            if self.read().mode == ClockMode::Pushed {
                self.all_idle(patience).await?;
            }
            if self.read().wall_ms >= target {
                return Ok(Advanced { clock: self.read(), wakes });
            }
            wakes += self.step(target);
        }
    }

    /// Moves the wall clock on by `by`; see [`advance_to`](Self::advance_to).
    pub async fn advance_by(&self, by: Duration, patience: Duration) -> Result<Advanced, Stalled> {
        let to = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.advance_to(to, patience).await
    }

    /// Moves to the next alarm or the target, whichever is first.
    fn step(&self, target_ms: i64) -> usize {
        let (woken, seq) = {
            let mut state = lock(&self.shared.state);
            let now = state.wall_ms();
            let stop = match (state.mode, state.next_alarm_ms()) {
                (ClockMode::Pushed, Some(alarm)) => alarm.clamp(now, target_ms.max(now)),
                _ => target_ms.max(now),
            };
            state.pass((stop - now).unsigned_abs());
            state.seq += 1;
            (state.wake_due(), state.seq)
        };
        self.shared.ticks.send_replace(seq);
        self.stir();
        woken
    }

    async fn all_idle(&self, patience: Duration) -> Result<(), Stalled> {
        let mut stirs = self.shared.stirs.subscribe();
        let quiet = async {
            loop {
                stirs.mark_unchanged();
                if lock(&self.shared.state).busy_names().is_empty() {
                    return;
                }
                let _ = stirs.changed().await;
            }
        };
        tokio::time::timeout(patience, quiet)
            .await
            .map_err(|_| Stalled { busy: lock(&self.shared.state).busy_names() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    const PATIENCE: Duration = Duration::from_secs(5);

    fn clock() -> SimClock {
        SimClock::new(Timestamp::UNIX_EPOCH, ClockMode::Pushed)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[tokio::test]
    async fn without_company_time_just_moves() {
        let clock = clock();
        let end = clock.advance_to(at(3600), PATIENCE).await.unwrap();
        assert_eq!((end.clock.wall_ms, end.wakes), (3_600_000, 0));
        assert_eq!(clock.uptime(), Duration::from_hours(1));
    }

    #[tokio::test]
    async fn every_alarm_is_met_in_order() {
        let clock = clock();
        let seen = Arc::new(Mutex::new(Vec::new()));
        for (name, period) in [("a", 7), ("b", 5)] {
            let (me, clock, seen) = (clock.join(name), clock.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                loop {
                    me.sleep_until(at(clock.now().as_second() + period)).await;
                    lock(&seen).push((clock.now().as_second(), me.name.clone()));
                }
            });
        }
        let end = clock.advance_to(at(15), PATIENCE).await.unwrap();
        let seen: Vec<i64> = lock(&seen).iter().map(|(second, _)| *second).collect();
        assert_eq!(seen, [5, 7, 10, 14, 15]);
        assert_eq!(end.wakes, 5);
    }

    #[tokio::test]
    async fn the_busy_are_named() {
        let clock = clock();
        let _busy = clock.join("late");
        let stalled = clock.advance_to(at(1), Duration::from_millis(20)).await;
        assert_eq!(stalled.unwrap_err().busy, ["late"]);
    }

    #[tokio::test]
    async fn a_dropped_participant_is_forgotten() {
        let clock = clock();
        drop(clock.join("gone"));
        assert!(clock.advance_to(at(1), PATIENCE).await.is_ok());
    }

    #[test]
    fn a_word_from_before_the_alarm_does_not_put_back_to_sleep() {
        let clock = clock();
        let _a = clock.join("a");
        let seen = clock.read().seq;
        clock.idle("a", Some(1_000), seen);
        clock.suspend(Duration::from_secs(1));
        let late = clock.idle("a", Some(9_000), seen).unwrap();
        assert!(late.due);
        let awake = clock.idle("a", Some(9_000), late.seq).unwrap();
        assert!(!awake.due);
    }

    #[test]
    fn a_wall_jump_leaves_uptime_and_spotify_alone() {
        let clock = clock();
        let after = clock.jump_wall(-3_600_000);
        assert_eq!((after.wall_ms, after.uptime_ms, after.spotify_ms), (-3_600_000, 0, 0));
    }

    #[test]
    fn a_suspension_moves_everything_and_a_reboot_starts_uptime_anew() {
        let clock = clock();
        let boot = clock.boot_id();
        let after = clock.suspend(Duration::from_secs(9));
        assert_eq!((after.wall_ms, after.uptime_ms), (9_000, 9_000));
        let after = clock.reboot();
        assert_eq!((after.wall_ms, after.uptime_ms), (9_000, 0));
        assert_ne!(after.boot_id, boot);
    }
}
