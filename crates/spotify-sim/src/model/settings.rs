//! What holds for the whole simulation.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings of the whole simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How far reads are behind writes.
    pub lag: Lag,
    /// How many calls are served.
    pub limits: Limits,
    /// Limits of single developer accounts, in place of `limits`.
    pub developer_limits: BTreeMap<String, Limits>,
    /// Most items of a playlist.
    pub playlist_ceiling: usize,
    /// Status of an add that would pass the ceiling: 403 by the documents, 500 as seen.
    pub ceiling_status: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lag: Lag::default(),
            limits: Limits::default(),
            developer_limits: BTreeMap::new(),
            playlist_ceiling: 10_000,
            ceiling_status: 403,
        }
    }
}

/// Each read is behind by a random time of its own, up to these; so one read may show what the
/// next does not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Playlists and their items, read by id; milliseconds.
    pub playlist_ms: u32,
    /// `GET /me/playlists` and `GET /me/library/contains`; milliseconds.
    pub listing_ms: u32,
}

/// How many calls are served; refused ones count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Per client in any 30 s.
    pub per_30_s: Option<u32>,
    /// Per developer account in any 24 h.
    pub per_day: Option<u32>,
    /// What the refusal says about coming back.
    pub retry_after: RetryAfter,
}

/// What a 429 says in `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Seconds until a call will be served, if none is made meanwhile.
    #[default]
    Accurate,
    /// Always so many seconds.
    Fixed(u32),
    /// About a day, whatever the truth.
    Huge,
    /// Nothing.
    Absent,
}
