//! What the clock knows: pure, apart from reading the real clock in `Real` mode.

use super::{ClockMode, Reading, Slept};
use crate::random;
use std::collections::BTreeMap;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct State {
    pub(super) mode: ClockMode,
    /// When the three figures below were taken; in `Real` mode the time since is added.
    anchor: Instant,
    spotify_ms: i64,
    uptime_ms: u64,
    /// How far the wall clock has been made to jump in all.
    skew_ms: i64,
    /// When the simulation began: boots of different ones differ.
    born_ms: i64,
    boots: u64,
    pub(super) seq: u64,
    processes: BTreeMap<String, Process>,
    joined: u64,
}

#[derive(Debug)]
struct Process {
    id: u64,
    doing: Doing,
    /// Number of the change that last woke it.
    woken: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Busy,
    Idle { until_ms: Option<i64> },
}

impl State {
    pub(super) fn new(start_ms: i64, mode: ClockMode) -> Self {
        Self {
            mode,
            anchor: Instant::now(),
            spotify_ms: start_ms,
            uptime_ms: 0,
            skew_ms: 0,
            born_ms: start_ms,
            boots: 1,
            seq: 1,
            processes: BTreeMap::new(),
            joined: 0,
        }
    }

    fn since_anchor(&self) -> u64 {
        match self.mode {
            ClockMode::Pushed => 0,
            ClockMode::Real => u64::try_from(self.anchor.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    pub(super) fn spotify_ms(&self) -> i64 {
        self.spotify_ms.saturating_add_unsigned(self.since_anchor())
    }

    pub(super) fn wall_ms(&self) -> i64 {
        self.spotify_ms().saturating_add(self.skew_ms)
    }

    pub(super) fn uptime_ms(&self) -> u64 {
        self.uptime_ms.saturating_add(self.since_anchor())
    }

    pub(super) fn reading(&self) -> Reading {
        Reading {
            seq: self.seq,
            wall_ms: self.wall_ms(),
            uptime_ms: self.uptime_ms(),
            boot_id: random::opaque_id(&[self.born_ms.unsigned_abs(), self.boots]),
            mode: self.mode,
            spotify_ms: self.spotify_ms(),
        }
    }

    fn take_anchor(&mut self) {
        let passed = self.since_anchor();
        self.spotify_ms = self.spotify_ms.saturating_add_unsigned(passed);
        self.uptime_ms = self.uptime_ms.saturating_add(passed);
        self.anchor = Instant::now();
    }

    pub(super) fn set_mode(&mut self, mode: ClockMode) {
        self.take_anchor();
        self.mode = mode;
    }

    pub(super) fn jump_wall(&mut self, by_ms: i64) {
        self.skew_ms = self.skew_ms.saturating_add(by_ms);
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.spotify_ms = self.spotify_ms.saturating_add_unsigned(ms);
        self.uptime_ms = self.uptime_ms.saturating_add(ms);
    }

    pub(super) fn reboot(&mut self) {
        self.take_anchor();
        self.boots += 1;
        self.uptime_ms = 0;
    }

    pub(super) fn join(&mut self, name: &str) -> u64 {
        self.joined += 1;
        let process = Process { id: self.joined, doing: Doing::Busy, woken: 0 };
        self.processes.insert(name.to_owned(), process);
        self.joined
    }

    pub(super) fn leave(&mut self, name: &str, id: u64) {
        if self.processes.get(name).is_some_and(|known| known.id == id) {
            self.processes.remove(name);
        }
    }

    /// `None`: no such process takes part.
    pub(super) fn idle(&mut self, name: &str, until_ms: Option<i64>, seen: u64) -> Option<Slept> {
        let passed = until_ms.is_some_and(|until| until <= self.wall_ms());
        let seq = self.seq;
        let process = self.processes.get_mut(name)?;
        // What it says was decided before it saw that it had been woken.
        let stale = (1..process.woken).contains(&seen);
        let due = passed || stale;
        tracing::trace!(process = name, until_ms, seen, seq, due, "idle");
        process.doing = if due { Doing::Busy } else { Doing::Idle { until_ms } };
        Some(Slept { seq, due })
    }

    pub(super) fn busy(&mut self, name: &str) -> Option<u64> {
        self.processes.get_mut(name)?.doing = Doing::Busy;
        Some(self.seq)
    }

    /// Wakes whose alarm has come; answers how many.
    pub(super) fn wake_due(&mut self) -> usize {
        let now = self.wall_ms();
        let mut woken = 0;
        for process in self.processes.values_mut() {
            if let Doing::Idle { until_ms: Some(until) } = process.doing
                && until <= now
            {
                process.doing = Doing::Busy;
                process.woken = self.seq;
                woken += 1;
            }
        }
        woken
    }

    pub(super) fn is_alone(&self) -> bool {
        self.processes.is_empty()
    }

    pub(super) fn busy_names(&self) -> Vec<String> {
        self.processes
            .iter()
            .filter(|(_, process)| process.doing == Doing::Busy)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The earliest alarm of those who sleep.
    pub(super) fn next_alarm_ms(&self) -> Option<i64> {
        self.processes
            .values()
            .filter_map(|process| match process.doing {
                Doing::Idle { until_ms } => until_ms,
                Doing::Busy => None,
            })
            .min()
    }
}
