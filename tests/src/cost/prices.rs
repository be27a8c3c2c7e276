//! Prices, limits and assumptions, as `tests/bench/stack/aws.json` has them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Where they are written down.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/stack/aws.json");

/// The file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// Whose prices these are.
    pub region: String,
    /// What is paid for.
    pub prices: BTreeMap<String, Price>,
    /// What no emulator can tell.
    pub assumed: BTreeMap<String, Assumed>,
    /// What AWS allows.
    pub limits: BTreeMap<String, Limit>,
    /// What an operator with very many listeners would set.
    pub large: Large,
}

/// Settings of a large installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Large {
    /// `ArchiveMemory`
    pub archive_mb: f64,
    /// `WorkerConcurrency`
    pub workers: f64,
    /// `ArchiveSchedule`, in minutes.
    pub tick_minutes: f64,
    /// Why these.
    pub why: String,
}

/// What one unit costs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Dollars for one.
    pub usd: f64,
    /// One of what.
    pub unit: String,
    /// As many a month are free of charge for everybody, for ever.
    pub free: f64,
    /// Who says so.
    pub source: String,
    /// When they said so.
    pub as_of: String,
    /// The row of `docs/COST.md` that tells it.
    pub row: String,
    /// For so many.
    pub per: f64,
}

/// Something that cannot be measured here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// How much.
    pub value: f64,
    /// Why so much, and what becomes of it.
    pub why: String,
}

/// A limit that AWS publishes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// Where it is published.
    pub source: String,
}

impl Aws {
    /// Reads the file.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{FILE}: {error}"))
    }

    /// A price by its name.
    pub fn price(&self, name: &str) -> &Price {
        self.prices.get(name).unwrap_or_else(|| panic!("{FILE} has no price of {name}"))
    }

    /// An assumption by its name.
    pub fn assumed(&self, name: &str) -> f64 {
        self.assumed.get(name).unwrap_or_else(|| panic!("{FILE} assumes no {name}")).value
    }

    /// A limit by its name.
    pub fn limit(&self, name: &str) -> f64 {
        self.limits.get(name).unwrap_or_else(|| panic!("{FILE} has no limit {name}")).value
    }
}
