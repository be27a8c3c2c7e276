//! What was asked of the simulated Spotify.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Entries kept; counts go on beyond.
const KEPT: usize = 200_000;

/// One call. Holds no secret: queries and bodies are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Numbered from 1.
    pub seq: u64,
    /// Spotify's time.
    pub at: Timestamp,
    /// Method and template, such as `GET /v1/playlists/{id}`.
    pub endpoint: String,
    /// Path without its query.
    pub path: String,
    /// Whose token it was.
    pub user: Option<String>,
    /// Which app.
    pub client: Option<String>,
    /// Status of the answer; `None` where there was none.
    pub status: Option<u16>,
    /// The fault that hit it.
    pub fault: Option<String>,
}

/// How to add calls up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountBy {
    /// By method and template.
    #[default]
    Endpoint,
    /// By user; calls without one under the empty text.
    User,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<LogEntry>,
    last: u64,
    by_endpoint: BTreeMap<String, u64>,
    by_user: BTreeMap<String, u64>,
}

impl Journal {
    /// Numbers and keeps an entry.
    pub(crate) fn push(&mut self, mut entry: LogEntry) {
        self.last += 1;
        entry.seq = self.last;
        *self.by_endpoint.entry(entry.endpoint.clone()).or_default() += 1;
        let user = entry.user.clone().unwrap_or_default();
        *self.by_user.entry(user).or_default() += 1;
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    pub(crate) fn after(&self, seq: u64) -> Vec<LogEntry> {
        let first = self.entries.partition_point(|entry| entry.seq <= seq);
        self.entries.range(first..).cloned().collect()
    }

    pub(crate) fn counts(&self, by: CountBy) -> BTreeMap<String, u64> {
        match by {
            CountBy::Endpoint => self.by_endpoint.clone(),
            CountBy::User => self.by_user.clone(),
        }
    }

    /// Counts start from zero; entries stay.
    pub(crate) fn reset_counts(&mut self) {
        self.by_endpoint.clear();
        self.by_user.clear();
    }
}
