//! What the benchmark counted, as it wrote it down: raw counts, from which everything else is computed.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Where it writes them.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/stack/counts.json");

/// Everything that was counted in one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The machine, the commit, the load.
    pub machine: String,
    /// One tick that finds nothing due, in a fresh process.
    pub idle_tick: Run,
    /// One listener's sign-up, up to the end of what followed from it, by fresh processes.
    pub sign_up: Run,
    /// One page of a listener who is signed in, by a fresh process.
    pub page: Run,
    /// A whole week of so many listeners.
    pub weeks: BTreeMap<u32, Week>,
    /// One tick that finds so many due.
    pub ticks: BTreeMap<u32, Tick>,
    /// The smallest of these once more, with every answer of AWS held back as long as is assumed.
    pub waiting_tick: Tick,
    /// Starts of each role, and of the two floors.
    pub starts: BTreeMap<String, Starts>,
    /// What is uploaded.
    pub zips: BTreeMap<String, Option<f64>>,
    /// The first randomness and the first handshake of a process.
    pub first_tls: FirstTls,
}

/// A median with its range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Half are above it.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of measurements; an even number of them has its median between the two in the middle.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else { return Self::default() };
        let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        Self { median, least: *least, most: *most }
    }
}

/// Starts of one program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Starts {
    /// How often it was started.
    pub times: f64,
    /// From its start to its first question for work, in milliseconds.
    pub init_ms: Spread,
    /// Memory that it has then, in MiB.
    pub resident_mib: Spread,
    /// Of these, what it does not share.
    pub proportional_mib: Spread,
    /// Memory after its first event.
    pub after_event_mib: Spread,
    /// From the event to the answer, in milliseconds.
    pub first_event_ms: Spread,
    /// Requests to KMS up to the end of its first event, the most of any start.
    pub kms_requests: f64,
}

/// What a process pays when it first needs randomness and TLS, in milliseconds, each in a process of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstTls {
    /// The first random bytes.
    pub randomness_ms: Spread,
    /// The first handshake, both sides of it.
    pub first_handshake_ms: Spread,
    /// The second.
    pub second_handshake_ms: Spread,
}

/// What runs of one function used, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Events answered.
    pub invocations: f64,
    /// Processes begun for them.
    pub cold_starts: f64,
    /// From the start of the process, or from the event where it ran already, to the answer; in
    /// milliseconds, with every answer of Spotify and AWS held back as long as is assumed.
    pub wall_ms: f64,
    /// Processor time in it, on a full core.
    pub cpu_ms: f64,
    /// First talks of a process to a service.
    pub connections: f64,
    /// Read units of DynamoDB.
    pub read_units: f64,
    /// Write units of DynamoDB, those of refused writes included.
    pub write_units: f64,
    /// Requests to KMS.
    pub kms_requests: f64,
    /// Secrets read and decrypted by SSM, which asks KMS.
    pub secrets: f64,
    /// Requests to SQS.
    pub sqs_requests: f64,
    /// Calls to Spotify's Web API and accounts service.
    pub spotify_calls: f64,
    /// What was logged.
    pub log_bytes: f64,
}

/// A week of some listeners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Week {
    /// Ticks that found somebody due.
    pub ticks: f64,
    /// What the dispatcher used in these.
    pub dispatcher: Run,
    /// What the workers used.
    pub worker: Run,
    /// Looks and other pieces of work that were handed over.
    pub claims: f64,
    /// What the workers used for the tick that made most of them.
    pub heaviest: Run,
    /// Pieces of work that it handed over.
    pub heaviest_claims: f64,
    /// What stays of all that the table and its indexes held at the end of the week, in bytes.
    pub lasting_bytes: f64,
    /// What the week added to that.
    pub grown_bytes: f64,
    /// What will be there in the long run of what ends by itself, if every week is like this one.
    pub ending_bytes: f64,
}

/// A tick of the dispatcher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// What it used; nothing was held back.
    pub run: Run,
    /// Read units of the index of due work, which are in the above.
    pub index_reads: f64,
    /// Write units of the index of due work, which are in the above.
    pub index_writes: f64,
    /// Messages sent.
    pub messages: f64,
}

impl Counts {
    /// Reads what the last run wrote.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{FILE}: {error}"))
    }

    /// Writes them down for whoever computes from them.
    pub fn write(&self) {
        let mut text = serde_json::to_string_pretty(self).expect("counts are JSON");
        text.push('\n');
        std::fs::write(FILE, text).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }
}

impl Run {
    /// So many times the same.
    #[must_use]
    pub fn times(self, times: f64) -> Self {
        self.map(Self::default(), |one, _| one * times)
    }

    /// What it used beyond another.
    #[must_use]
    pub fn beyond(self, other: Self) -> Self {
        self.map(other, |one, two| one - two)
    }

    fn map(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            invocations: f(self.invocations, other.invocations),
            cold_starts: f(self.cold_starts, other.cold_starts),
            wall_ms: f(self.wall_ms, other.wall_ms),
            cpu_ms: f(self.cpu_ms, other.cpu_ms),
            connections: f(self.connections, other.connections),
            read_units: f(self.read_units, other.read_units),
            write_units: f(self.write_units, other.write_units),
            kms_requests: f(self.kms_requests, other.kms_requests),
            secrets: f(self.secrets, other.secrets),
            sqs_requests: f(self.sqs_requests, other.sqs_requests),
            spotify_calls: f(self.spotify_calls, other.spotify_calls),
            log_bytes: f(self.log_bytes, other.log_bytes),
        }
    }
}

impl Add for Run {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.map(other, |one, two| one + two)
    }
}

impl AddAssign for Run {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_stands_in_the_middle() {
        let spread = |median, least, most| Spread { median, least, most };
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]), spread(2.5, 1.0, 4.0));
        assert_eq!(Spread::of(vec![7.0]), spread(7.0, 7.0, 7.0));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
