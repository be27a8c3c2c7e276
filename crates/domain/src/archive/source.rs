//! What is read, how, and where it goes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::generation::Rung;
use super::turn::Turn;
use crate::ids::{PlaylistId, SourceId, TrackUri};

/// What kind of list a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Spotify's weekly recommendations.
    DiscoverWeekly,
    /// Spotify's weekly new releases.
    ReleaseRadar,
    /// Any other playlist.
    Playlist,
}

impl SourceKind {
    /// The name a listener reads.
    pub fn title(self) -> &'static str {
        match self {
            Self::DiscoverWeekly => "Discover Weekly",
            Self::ReleaseRadar => "Release Radar",
            Self::Playlist => "Playlist",
        }
    }

    /// How many tracks a list has when nothing could be read.
    pub fn assumed_size(self) -> u32 {
        30
    }
}

/// How the archive is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// One playlist that grows; a recording is added once, ever.
    Growing,
    /// One playlist a week; each holds its whole list.
    Weekly,
    /// One playlist a year; a recording is added once a year.
    Yearly,
}

/// What a listener may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The layout.
    pub style: Style,
    /// Name of a growing archive, and the beginning of a yearly one's.
    pub name: String,
    /// Name of a weekly archive; `{week}` stands for `2026-W47`.
    pub week_name: String,
    /// Whether new playlists are asked to be on the listener's public profile.
    pub public: bool,
    /// Whether a doubling from outside may be taken out again.
    pub mend: bool,
}

impl Settings {
    /// The defaults for a source.
    pub fn of(kind: SourceKind) -> Self {
        let title = kind.title();
        Self {
            style: Style::Growing,
            name: format!("{title} Archive"),
            week_name: format!("{title} {{week}}"),
            public: false,
            mend: true,
        }
    }
}

/// Whether the source can be read through the Web API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "access")]
pub enum Access {
    /// Not tried, or not found yet.
    Unknown,
    /// It was readable when last tried.
    Readable,
    /// It was refused, or could not be found; tried again later, sooner if it was readable before.
    Refused {
        /// When.
        at: Timestamp,
        /// Whether it has ever been readable.
        #[serde(default)]
        lately_readable: bool,
    },
}

/// Tracks that came in by a rung other than a reading, waiting for the next run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// How they came.
    pub rung: Rung,
    /// When.
    pub at: Timestamp,
    /// Which.
    pub tracks: Vec<TrackUri>,
}

/// One source of one listener, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its id within the listener.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
    /// The listener's choices.
    pub settings: Settings,
    /// Whether it is archived at all.
    pub enabled: bool,
    /// The playlist to read.
    pub playlist: Option<PlaylistId>,
    /// The listener's own playlist that is drained.
    pub inbox: Option<PlaylistId>,
    /// Whether the playlist can be read.
    pub access: Access,
    /// When its content changes.
    pub turn: Turn,
    /// Number of the newest generation; 0 before the first.
    pub newest: u32,
    /// Generations not done, oldest first.
    pub open: Vec<u32>,
    /// What came in since the last run.
    pub arrivals: Vec<Arrival>,
    /// When it was last looked at.
    pub checked: Option<Timestamp>,
    /// When to look at it next; `None` is at once.
    pub look_at: Option<Timestamp>,
    /// Runs that failed in a row.
    pub failures: u32,
}

impl Source {
    /// A source with the defaults, nothing known.
    pub fn new(id: SourceId, kind: SourceKind) -> Self {
        Self {
            id,
            kind,
            settings: Settings::of(kind),
            enabled: true,
            playlist: None,
            inbox: None,
            access: Access::Unknown,
            turn: Turn::default(),
            newest: 0,
            open: Vec::new(),
            arrivals: Vec::new(),
            checked: None,
            look_at: None,
            failures: 0,
        }
    }

    /// The listener's Discover Weekly, the source everybody has.
    pub fn discover_weekly() -> Self {
        Self::new(SourceId::new("discover-weekly"), SourceKind::DiscoverWeekly)
    }

    /// Notes that a generation is not done.
    pub fn open(&mut self, number: u32) {
        if let Err(at) = self.open.binary_search(&number) {
            self.open.insert(at, number);
        }
        self.newest = self.newest.max(number);
    }

    /// Notes that a generation is done.
    pub fn close(&mut self, number: u32) {
        self.open.retain(|open| *open != number);
    }
}

/// The names Spotify gives Discover Weekly, by language of the listener's account.
pub fn discover_weekly_names() -> &'static [&'static str] {
    &[
        "Discover Weekly",
        "Dein Mix der Woche",
        "Mix der Woche",
        "Découvertes de la semaine",
        "Découvertes hebdomadaires",
        "Descubrimiento semanal",
        "Descobertas da Semana",
        "Scoperte della settimana",
        "Открытия недели",
        "Открытиях недели",
        "اكتشف هذا الأسبوع",
        "Viikon suositukset",
        "E Heti Kaland",
        "Odkryj w tym tygodniu",
        "Haftalık Keşifler",
        "每週新發現",
    ]
}
