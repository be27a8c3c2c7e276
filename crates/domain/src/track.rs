//! A track as Spotify describes it, with everything that may be missing optional.

use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::ids::{Isrc, TrackUri};

/// What is known of a track; a cache of Spotify's words, never the archive's truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Which track.
    pub uri: TrackUri,
    /// The title as shown.
    pub title: String,
    /// The artists in Spotify's order.
    pub artists: Vec<String>,
    /// The album's title.
    pub album: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: Option<u32>,
    /// The recording's code, where Spotify tells it.
    pub isrc: Option<Isrc>,
    /// Address of a cover of about 300 pixels.
    pub cover: Option<String>,
    /// Whether Spotify marks the words as explicit.
    pub explicit: bool,
}

impl Track {
    /// What of this track the ledger keeps for ever.
    pub fn identity(&self) -> Identity {
        Identity::new(
            self.uri.clone(),
            self.isrc.clone(),
            self.duration_ms,
            &self.title,
            self.artists.iter().map(String::as_str),
        )
    }
}
