//! What one measured stretch of work took.

use std::time::Duration;

use spotify_sim::{CountBy, Sim};

use crate::table::Samples;

/// What a stretch of work for some listeners took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) listeners: f64,
    pub(crate) wall: Duration,
    /// Processor time of whoever worked, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// Processor time of the simulated Spotify meanwhile.
    pub(crate) spotify_cpu_ms: f64,
    /// Calls to the Web API.
    pub(crate) calls: f64,
    /// Calls to the token endpoint.
    pub(crate) refreshes: f64,
}

impl Spent {
    pub(crate) fn per_second(&self) -> f64 {
        self.listeners / self.wall.as_secs_f64()
    }

    fn each(&self, total: f64) -> f64 {
        total / self.listeners
    }
}

/// Web API calls and token refreshes since the last reset.
pub(crate) fn counted(sim: &Sim) -> (f64, f64) {
    let counts = sim.counts(CountBy::Endpoint);
    let sum = |holds: &str| {
        let calls: u64 =
            counts.iter().filter(|(endpoint, _)| endpoint.contains(holds)).map(|(_, count)| count).sum();
        f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
    };
    (sum(" /v1/"), sum("/api/token"))
}

/// The same stretch of work, measured again and again.
#[derive(Debug, Default, Clone)]
pub(crate) struct Stretch(Vec<Spent>);

impl Stretch {
    pub(crate) fn push(&mut self, spent: Spent) {
        self.0.push(spent);
    }

    fn samples(&self, of: impl Fn(&Spent) -> f64) -> Samples {
        self.0.iter().map(of).collect()
    }

    pub(crate) fn per_second(&self) -> Samples {
        self.samples(Spent::per_second)
    }

    pub(crate) fn cpu_ms(&self) -> Samples {
        self.samples(|spent| spent.each(spent.cpu_ms))
    }

    pub(crate) fn spotify_cpu_ms(&self) -> Samples {
        self.samples(|spent| spent.each(spent.spotify_cpu_ms))
    }

    pub(crate) fn calls(&self) -> Samples {
        self.samples(|spent| spent.each(spent.calls))
    }

    pub(crate) fn refreshes(&self) -> Samples {
        self.samples(|spent| spent.each(spent.refreshes))
    }
}
