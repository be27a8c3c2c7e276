//! Time that a test pushes, shared by every process that asks for it.
//!
//! Two clocks are told apart. The *wall clock* is what processes see; it can be made to jump, as
//! on a machine whose clock is set. *Spotify's time* is that of the simulated servers and never
//! jumps: tokens expire by it and playlists change by it.
//!
//! In `Pushed` mode time moves only in [`SimClock::advance_to`], from one process's alarm to the
//! next, and never while a process that takes part is busy: a discrete-event simulation whose
//! processes are real ones.

mod advance;
pub(crate) mod http;
mod state;

use crate::lock::lock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::State;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub use advance::{Advanced, Stalled};

/// Whether time runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// Time runs as real time does, possibly with an offset.
    #[default]
    Real,
    /// Time stands still until it is pushed.
    Pushed,
}

/// What the clock shows. `seq` counts the changes that were not the mere passing of real time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Number of the last change.
    pub seq: u64,
    /// Wall clock, Unix milliseconds.
    pub wall_ms: i64,
    /// Monotonic milliseconds since the (simulated) machine started.
    pub uptime_ms: u64,
    /// Identifies the boot that `uptime_ms` counts from.
    pub boot_id: String,
    /// Whether time runs by itself.
    pub mode: ClockMode,
    /// Time of the simulated servers, Unix milliseconds: differs from `wall_ms` after a jump.
    pub spotify_ms: i64,
}

/// A cheap handle on the simulated clock.
#[derive(Debug, Clone)]
pub struct SimClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Number of the last change of time.
    ticks: watch::Sender<u64>,
    /// Counts the changes of what processes are doing.
    stirs: watch::Sender<u64>,
    /// One push at a time.
    pushing: tokio::sync::Mutex<()>,
}

impl SimClock {
    pub(crate) fn new(start: Timestamp, mode: ClockMode) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State::new(start.as_millisecond(), mode)),
                ticks: watch::Sender::new(1),
                stirs: watch::Sender::new(0),
                pushing: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        instant(lock(&self.shared.state).wall_ms())
    }

    /// Time of the simulated servers; it never jumps.
    pub fn spotify_now(&self) -> Timestamp {
        instant(lock(&self.shared.state).spotify_ms())
    }

    /// Monotonic time since boot.
    pub fn uptime(&self) -> Duration {
        Duration::from_millis(lock(&self.shared.state).uptime_ms())
    }

    /// Identifies the boot that [`uptime`](Self::uptime) counts from.
    pub fn boot_id(&self) -> String {
        lock(&self.shared.state).reading().boot_id
    }

    /// Whether no process takes part, so that time moves without waiting for anybody.
    pub fn is_alone(&self) -> bool {
        lock(&self.shared.state).is_alone()
    }

    /// Everything the clock shows, at one moment.
    pub fn read(&self) -> Reading {
        lock(&self.shared.state).reading()
    }

    /// Returns when the wall clock shows `until` or later. Does not hold time back: for that,
    /// [`join`](Self::join).
    pub async fn sleep_until(&self, until: Timestamp) {
        let mut ticks = self.shared.ticks.subscribe();
        loop {
            ticks.mark_unchanged();
            let left = match self.read() {
                reading if reading.wall_ms >= until.as_millisecond() => return,
                reading if reading.mode == ClockMode::Real => Some(until.as_millisecond() - reading.wall_ms),
                _ => None,
            };
            match left {
                Some(ms) => {
                    let ms = Duration::from_millis(ms.unsigned_abs());
                    let _ = tokio::time::timeout(ms, ticks.changed()).await;
                }
                None => {
                    let _ = ticks.changed().await;
                }
            }
        }
    }

    /// Switches the mode; from `Pushed` to `Real`, time goes on from this instant.
    pub fn set_mode(&self, mode: ClockMode) -> Reading {
        self.change(|state| state.set_mode(mode))
    }

    /// The wall clock jumps; uptime and Spotify's time go on.
    pub fn jump_wall(&self, by_ms: i64) -> Reading {
        self.change(|state| state.jump_wall(by_ms))
    }

    /// The machine was suspended: everything moves on at once, past all alarms.
    pub fn suspend(&self, by: Duration) -> Reading {
        self.change(|state| state.pass(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The machine was restarted: a new boot id, uptime from zero.
    pub fn reboot(&self) -> Reading {
        self.change(State::reboot)
    }

    /// Takes part under a name: time is not pushed on while the participant is busy, which it is
    /// until it says otherwise. A second participant of the same name replaces the first.
    pub fn join(&self, name: &str) -> Participant {
        let id = lock(&self.shared.state).join(name);
        self.stir();
        Participant { clock: self.clone(), name: name.to_owned(), id }
    }

    /// `process` is idle until the wall clock shows `until`, or until something wakes it.
    pub(crate) fn idle(&self, process: &str, until_ms: Option<i64>, seen: u64) -> Option<Slept> {
        let slept = lock(&self.shared.state).idle(process, until_ms, seen);
        self.stir();
        slept
    }

    pub(crate) fn busy(&self, process: &str) -> Option<u64> {
        let seq = lock(&self.shared.state).busy(process);
        self.stir();
        seq
    }

    fn change(&self, act: impl FnOnce(&mut State)) -> Reading {
        let reading = {
            let mut state = lock(&self.shared.state);
            act(&mut state);
            state.seq += 1;
            state.wake_due();
            state.reading()
        };
        self.shared.ticks.send_replace(reading.seq);
        self.stir();
        reading
    }

    fn stir(&self) {
        self.shared.stirs.send_modify(|n| *n = n.wrapping_add(1));
    }
}

/// Answer to "I am idle until then".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slept {
    /// Number of the clock's last change.
    pub seq: u64,
    /// The time asked for has come already, or the process was woken after the change it had seen:
    /// it counts as busy.
    pub due: bool,
}

/// A part of this process that time waits for, as it does for other processes over HTTP.
/// Dropping it leaves the simulation.
#[derive(Debug)]
pub struct Participant {
    clock: SimClock,
    name: String,
    id: u64,
}

impl Participant {
    /// Says that this participant is idle and returns when the wall clock shows `until`; it is
    /// then busy again.
    pub async fn sleep_until(&self, until: Timestamp) {
        let mut ticks = self.clock.shared.ticks.subscribe();
        loop {
            let seen = *ticks.borrow_and_update();
            match self.clock.idle(&self.name, Some(until.as_millisecond()), seen) {
                Some(Slept { due: true, .. }) | None => return,
                Some(_) if self.clock.read().mode == ClockMode::Real => {
                    return self.clock.sleep_until(until).await;
                }
                Some(_) => {
                    let _ = ticks.changed().await;
                }
            }
        }
    }

    /// Says that this participant waits for something other than time.
    pub fn idle(&self) {
        self.clock.idle(&self.name, None, 0);
    }

    /// Says that something other than time has woken this participant.
    pub fn busy(&self) {
        self.clock.busy(&self.name);
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        lock(&self.clock.shared.state).leave(&self.name, self.id);
        self.clock.stir();
    }
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}
