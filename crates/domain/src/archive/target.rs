//! Where a generation goes: the playlists of the archive.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::generation::Generation;
use super::source::{Settings, Source, Style};
use crate::ids::{PlaylistId, SnapshotId};
use crate::time::Mark;

/// A playlist of the archive is closed before it holds more than this; Spotify's ceiling is 10,000.
pub const ROLL_OVER_AT: u32 = 9_900;

/// Names one playlist of the archive within a user: source, style, period, volume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetKey(String);

impl TargetKey {
    /// The playlist for `generation` in `volume` (from 1) of its family.
    pub fn new(source: &Source, generation: &Generation, volume: u32) -> Self {
        let family = match source.settings.style {
            Style::Growing => "growing".to_owned(),
            Style::Yearly => format!("{:04}", generation.label.year()),
            // Two generations may share a week; each has its own playlist.
            Style::Weekly => format!("{}.{}", generation.label, generation.number),
        };
        Self(format!("{}/{family}/{volume}", source.id))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything before the volume: tracks are archived once per family.
    pub fn family(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(family, _)| family)
    }

    /// The volume, from 1.
    pub fn volume(&self) -> u32 {
        self.0.rsplit_once('/').and_then(|(_, volume)| volume.parse().ok()).unwrap_or(1)
    }
}

impl fmt::Display for TargetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What became of a target playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetState {
    /// In use.
    Open,
    /// Can be written but not read back; the listener decides.
    Unverified,
    /// No longer in the listener's library.
    Gone,
    /// Was gone, and has been rebuilt as another volume.
    Replaced,
}

/// A playlist of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Which.
    pub key: TargetKey,
    /// Its id at Spotify.
    pub playlist: PlaylistId,
    /// Its name when it was made or adopted.
    pub name: String,
    /// Whether it is in use.
    pub state: TargetState,
    /// How many items it holds by our account; `None` until it has been read once.
    pub total: Option<u32>,
    /// Its version when that was last known.
    pub snapshot: Option<SnapshotId>,
    /// When we last wrote to it; reads lag behind.
    pub written: Option<Mark>,
    /// When its place in the listener's library was last confirmed.
    pub seen_in_library: Timestamp,
}

impl Settings {
    /// The name of the playlist `key` for `generation`.
    pub fn playlist_name(&self, generation: &Generation, key: &TargetKey) -> String {
        let mut name = match self.style {
            Style::Growing => self.name.clone(),
            Style::Yearly => format!("{} {}", self.name, generation.label.year()),
            Style::Weekly => self.week_name.replace("{week}", &generation.label.to_string()),
        };
        if key.volume() > 1 {
            name = format!("{name} ({})", key.volume());
        }
        // Spotify takes at most 100 characters.
        name.chars().take(100).collect()
    }
}
