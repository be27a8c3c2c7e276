//! Listeners, and the playlists Spotify makes for them.

use super::Rotation;
use serde::{Deserialize, Serialize};

/// A listener.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// User id (`id` of `GET /me`).
    pub id: String,
    /// `account_id` of `GET /me`; empty: made up from the id.
    pub account_id: String,
    /// Name on the profile; `None` where there is none.
    pub display_name: Option<String>,
    /// ISO 3166 country.
    pub country: String,
    /// Mail address.
    pub email: String,
    /// Whether the listener pays.
    pub premium: bool,
    /// Language, which decides the names of generated playlists.
    pub locale: String,
    /// What a refresh answers, where not as the client's setting says.
    pub rotation: Option<Rotation>,
    /// Discover Weekly.
    pub discover_weekly: Weekly,
    /// Release Radar.
    pub release_radar: Weekly,
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: "listener".to_owned(),
            account_id: String::new(),
            display_name: None,
            country: "DE".to_owned(),
            email: String::new(),
            premium: true,
            locale: "en".to_owned(),
            rotation: None,
            discover_weekly: Weekly::default(),
            release_radar: Weekly { followed: false, turn_hour: 4 * 24, ..Weekly::default() },
        }
    }
}

impl User {
    /// A user with all else by default; the name is the id, capitalised.
    pub fn new(id: &str) -> Self {
        let mut letters = id.chars();
        let name = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        Self { id: id.to_owned(), display_name: name, email: format!("{id}@sim.example"), ..Self::default() }
    }
}

/// A playlist that Spotify fills anew every week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weekly {
    /// Whether it is in the listener's library.
    pub followed: bool,
    /// How often its id has changed; the old ids are not found.
    pub moved: u32,
    /// Number of entries.
    pub size: u16,
    /// When it changes, in hours since Monday 00:00 UTC (0–167).
    pub turn_hour: u16,
    /// A change of part of it in the middle of the week.
    pub variant: Option<Variant>,
    /// Weeks in which it changes late.
    pub late: Option<LateTurn>,
    /// Entries that are not plain tracks.
    pub odd: Oddities,
}

impl Default for Weekly {
    fn default() -> Self {
        Self {
            followed: true,
            moved: 0,
            size: 30,
            turn_hour: 0,
            variant: None,
            late: None,
            odd: Oddities::default(),
        }
    }
}

/// Part of the entries are replaced in the middle of some weeks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// In how many weeks of a hundred.
    pub percent: f64,
    /// Hours after the turn.
    pub after_hours: u16,
    /// How many entries; held below half of them.
    pub replaces: u16,
}

/// In some weeks the old entries still show for a while after the turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateTurn {
    /// In how many weeks of a hundred.
    pub percent: f64,
    /// For how many hours.
    pub hours: u16,
}

/// How many entries of a hundred are of each odd kind, and how many come back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oddities {
    /// The same URI as in an earlier week.
    pub repeated: f64,
    /// A recording of an earlier week under another id.
    pub other_edition: f64,
    /// Another recording that wrongly carries the ISRC of one of an earlier week.
    pub mislabelled: f64,
    /// Shown as a substitute with another id.
    pub relinked: f64,
    /// Not playable.
    pub unavailable: f64,
    /// `null` in place of the track.
    pub null: f64,
    /// A local file.
    pub local: f64,
}

impl Default for Oddities {
    fn default() -> Self {
        Self {
            repeated: 3.0,
            other_edition: 2.0,
            mislabelled: 1.0,
            relinked: 0.0,
            unavailable: 0.0,
            null: 0.0,
            local: 0.0,
        }
    }
}
