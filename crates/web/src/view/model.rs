//! Models that more than one page shows.

use jiff::{
    Timestamp,
    civil::{Date, ISOWeekDate},
};

/// How a track was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rung {
    Api,
    Copy,
    Pasted,
    Heard,
}

impl Rung {
    /// Every rung, in the order in which they are tried.
    pub(crate) const ALL: [Self; 4] = [Self::Api, Self::Copy, Self::Heard, Self::Pasted];

    /// The word users see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Api => "read",
            Self::Copy => "copied",
            Self::Pasted => "pasted",
            Self::Heard => "heard",
        }
    }

    /// What the listener and Reprise do for it, in a sentence.
    pub(crate) fn way(self) -> &'static str {
        match self {
            Self::Api => "Reprise reads it from Spotify; there is nothing for you to do.",
            Self::Copy => {
                "Once a week you add the whole list to a playlist of yours; Reprise takes it from there."
            }
            Self::Pasted => {
                "You copy the track links in the desktop client and paste them on the archive page."
            }
            Self::Heard => "What you play from Discover Weekly is kept.",
        }
    }

    /// What the word means, in a sentence.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Api => "Reprise read the playlist from Spotify.",
            Self::Copy => "You added the list to your inbox playlist and Reprise took it from there.",
            Self::Pasted => "You pasted the track links here.",
            Self::Heard => "You played the track from Discover Weekly.",
        }
    }
}

/// A week of the archive.
#[derive(Clone)]
pub(crate) struct WeekRef {
    /// The ledger's label and last part of the address, such as `2026-W47`.
    pub(crate) slug: String,
    pub(crate) week: ISOWeekDate,
    /// The day the set was first seen, in the listener's zone.
    pub(crate) from: Date,
    /// The playlist it came from, where that is not Discover Weekly.
    pub(crate) source: Option<String>,
}

/// "n of m", and how each of the n was found.
#[derive(Clone)]
pub(crate) struct SetCount {
    pub(crate) have: u32,
    pub(crate) of: u32,
    /// Nothing could be read, so `of` is the usual thirty.
    pub(crate) assumed: bool,
    pub(crate) found: Vec<(Rung, u32)>,
}

/// The cover of one track of a set.
#[derive(Clone)]
pub(crate) struct Cover {
    /// None when the picture has expired or is not known yet.
    pub(crate) image: Option<String>,
    /// "Title by Artist".
    pub(crate) alt: String,
    /// The track at Spotify.
    pub(crate) href: Option<String>,
}

/// A week as a card.
#[derive(Clone)]
pub(crate) struct WeekCard {
    pub(crate) week: WeekRef,
    pub(crate) count: SetCount,
    /// The first six are shown.
    pub(crate) covers: Vec<Cover>,
    pub(crate) current: bool,
    pub(crate) state: WeekState,
}

/// Where a week stands.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum WeekState {
    /// Added and read back.
    Done,
    /// Still open: more tracks may be found until the next set.
    Filling,
    /// A run is under way or will resume.
    Working { doing: String },
    /// No new set was seen although one was due.
    Late { due: Date },
    /// The last run could not finish.
    Failed { why: String },
    /// Added, but the target could not be read back: the listener decides.
    Unverified,
    /// Waits for something the listener must do.
    Paused { why: String },
}

/// A playlist at Spotify.
#[derive(Clone)]
pub(crate) struct PlaylistLink {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// Result of one line of the checklist.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckState {
    Pass,
    Fail,
    /// It does not work, and something else does its part.
    OtherWay,
    /// Being looked at now.
    Pending,
    /// Cannot be known yet.
    Unknown,
}

/// One line of the checklist.
pub(crate) struct Check {
    pub(crate) state: CheckState,
    /// What was checked: "Discover Weekly can be read".
    pub(crate) what: String,
    /// What was found, in a sentence.
    pub(crate) found: Option<String>,
    /// What to do about it, for lines that failed.
    pub(crate) todo: Option<String>,
}

/// One step of archiving a week.
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    pub(crate) state: StepState,
}

/// The ledger's steps, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepKind {
    Seen,
    Target,
    Planned,
    Added,
    Verified,
}

/// How far a step is.
pub(crate) enum StepState {
    /// When, where the ledger says so.
    Done(Option<Timestamp>),
    /// Under way; says what is waited for.
    Now(Option<String>),
    Waiting,
    Failed(String),
}
