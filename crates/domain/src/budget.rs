//! Who may still call Spotify today.
//!
//! Spotify counts calls per developer account over a rolling 24 hours and locks out for up to a day.
//! So every call is counted here first, and the least important purposes stop first.

use serde::{Deserialize, Serialize};

/// Calls kept back for sign-up and the archive.
pub const RESERVED: u32 = 150;

/// Why a call is made, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A listener is being signed up.
    SignUp,
    /// The weekly archive.
    Archive,
    /// The guard that keeps completed plays from being lost.
    History,
    /// Following playback closely.
    Track,
    /// An open dashboard.
    Live,
    /// Names and covers.
    Metadata,
}

impl Purpose {
    /// Every purpose, most important first.
    pub const ALL: [Self; 6] =
        [Self::SignUp, Self::Archive, Self::History, Self::Track, Self::Live, Self::Metadata];

    /// The share of the day's calls, in percent, that must stay free for more important purposes.
    fn keeps_free_percent(self) -> u32 {
        match self {
            Self::SignUp | Self::Archive | Self::History => 0,
            Self::Track => 10,
            Self::Live | Self::Metadata => 20,
        }
    }

    /// Whether the reserve is this purpose's own.
    fn may_use_reserve(self) -> bool {
        matches!(self, Self::SignUp | Self::Archive)
    }
}

/// Calls of the last 24 hours by purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    counts: [u32; Purpose::ALL.len()],
}

impl Usage {
    /// Adds calls.
    pub fn add(&mut self, purpose: Purpose, calls: u32) {
        let count = &mut self.counts[purpose as usize];
        *count = count.saturating_add(calls);
    }

    /// Calls for one purpose.
    pub fn of(&self, purpose: Purpose) -> u32 {
        self.counts[purpose as usize]
    }

    /// All calls.
    pub fn total(&self) -> u32 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many more calls this purpose may make under a limit of `per_day`.
    pub fn left(&self, purpose: Purpose, per_day: u32) -> u32 {
        let reserved = if purpose.may_use_reserve() {
            0
        } else {
            let used = self.of(Purpose::SignUp).saturating_add(self.of(Purpose::Archive));
            RESERVED.min(per_day).saturating_sub(used)
        };
        let kept_free = per_day / 100 * purpose.keeps_free_percent();
        per_day.saturating_sub(self.total()).saturating_sub(reserved).saturating_sub(kept_free)
    }
}

/// Spotify's endpoint groups; a quota is exceeded for one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// `GET /me`.
    Me,
    /// Playlists and lists of them.
    Playlists,
    /// Playlists' items.
    PlaylistItems,
    /// The listener's library.
    Library,
    /// What plays now.
    Player,
    /// What played last.
    RecentlyPlayed,
    /// Tracks, albums, artists.
    Catalogue,
    /// Search.
    Search,
}

impl Bucket {
    /// The name in the store, in logs and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Playlists => "playlists",
            Self::PlaylistItems => "playlist-items",
            Self::Library => "library",
            Self::Player => "player",
            Self::RecentlyPlayed => "recently-played",
            Self::Catalogue => "catalogue",
            Self::Search => "search",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(calls: &[(Purpose, u32)]) -> Usage {
        let mut usage = Usage::default();
        for (purpose, count) in calls {
            usage.add(*purpose, *count);
        }
        usage
    }

    #[test]
    fn the_least_important_stops_first_and_the_archive_last() {
        let left = |calls: &[(Purpose, u32)]| Purpose::ALL.map(|purpose| used(calls).left(purpose, 1500));
        assert_eq!(left(&[]), [1500, 1500, 1350, 1200, 1050, 1050]);
        assert_eq!(left(&[(Purpose::Track, 1200)]), [300, 300, 150, 0, 0, 0]);
        assert_eq!(left(&[(Purpose::Track, 1350)]), [150, 150, 0, 0, 0, 0]);
        assert_eq!(left(&[(Purpose::Archive, 150), (Purpose::Track, 1200)]), [150, 150, 150, 0, 0, 0]);
        assert_eq!(left(&[(Purpose::Archive, 2000)]), [0; 6]);
    }

    #[test]
    fn a_small_limit_is_all_reserve() {
        assert_eq!(used(&[]).left(Purpose::History, 100), 0);
        assert_eq!(used(&[]).left(Purpose::Archive, 100), 100);
    }
}
