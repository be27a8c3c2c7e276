//! What a source held for a while, and what became of each track.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::label::Label;
use super::step::Step;
use super::target::TargetKey;
use crate::identity::{Identity, Sameness};
use crate::ids::TrackUri;

/// How a track was found; the ladder of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// Read through the Web API.
    Api,
    /// Copied by the listener into the inbox playlist.
    Copy,
    /// Played from the source's context.
    Heard,
    /// Pasted as links.
    Pasted,
}

impl Rung {
    /// Whether one look at it shows the whole list.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Api)
    }

    /// The word a listener reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::Api => "read",
            Self::Copy => "copied",
            Self::Heard => "heard",
            Self::Pasted => "pasted",
        }
    }
}

/// How many tracks a generation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// So many were read.
    Read(u32),
    /// Nothing could be read; Discover Weekly usually has so many.
    Assumed(u32),
}

impl Expected {
    /// The number, however it came.
    pub fn count(self) -> u32 {
        match self {
            Self::Read(count) | Self::Assumed(count) => count,
        }
    }
}

/// What became of a found track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "fate")]
pub enum Fate {
    /// Waits to be added.
    Pending,
    /// Is in the archive through us.
    Archived {
        /// Which playlist of the archive.
        target: TargetKey,
        /// When its adding was confirmed.
        #[serde(rename = "archived_at")]
        at: Timestamp,
    },
    /// The same recording is in the archive from an earlier generation.
    Earlier {
        /// That generation's number.
        generation: u32,
    },
    /// Was in the target before we came.
    Present {
        /// Which playlist of the archive.
        target: TargetKey,
    },
    /// Was archived and has since been removed by the listener; never added again.
    Removed {
        /// Which playlist of the archive.
        target: TargetKey,
        /// When we noticed.
        #[serde(rename = "removed_at")]
        at: Timestamp,
    },
    /// Spotify refuses to add it.
    Refused,
}

impl Fate {
    /// The playlist in which this track has had its one place.
    pub fn target(&self) -> Option<&TargetKey> {
        match self {
            Self::Archived { target, .. } | Self::Present { target } | Self::Removed { target, .. } => {
                Some(target)
            }
            Self::Pending | Self::Earlier { .. } | Self::Refused => None,
        }
    }
}

/// One track of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The recording.
    pub identity: Identity,
    /// How it was found first.
    pub rung: Rung,
    /// When it was found first.
    pub at: Timestamp,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// One generation of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counts from 1 within the source.
    pub number: u32,
    /// The week it belongs to.
    pub label: Label,
    /// When any of it was first seen.
    pub first_seen: Timestamp,
    /// How many tracks it has.
    pub expected: Expected,
    /// Its tracks in the source's order, later finds behind.
    pub tracks: Vec<Found>,
    /// How far archiving has come.
    pub step: Step,
    /// Largest number of tracks the next add may carry; lowered when Spotify refuses a batch.
    pub batch: u32,
    /// Tracks to take out of the inbox once the generation is verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drain: Vec<TrackUri>,
    /// Doublings found and taken out again.
    #[serde(default)]
    pub mended: u32,
}

/// Spotify adds at most so many in one request.
pub const LARGEST_BATCH: u32 = 100;

impl Generation {
    /// A generation with nothing in it yet.
    pub fn begin(number: u32, label: Label, first_seen: Timestamp, expected: Expected) -> Self {
        Self {
            number,
            label,
            first_seen,
            expected,
            tracks: Vec::new(),
            step: Step::Done,
            batch: LARGEST_BATCH,
            drain: Vec::new(),
            mended: 0,
        }
    }

    /// Takes in what was found; answers how many tracks were new to it.
    ///
    /// A track known by its link alone is described by a later find of the same URI. New tracks put
    /// a finished generation back to the first step.
    pub fn join(&mut self, finds: impl IntoIterator<Item = Identity>, rung: Rung, at: Timestamp) -> usize {
        let before = self.tracks.len();
        for identity in finds {
            if let Some(known) = self.tracks.iter_mut().find(|known| known.identity.is_same(&identity)) {
                if !known.identity.is_described() && known.identity.uri == identity.uri {
                    known.identity = identity;
                }
            } else {
                self.tracks.push(Found { identity, rung, at, fate: Fate::Pending });
            }
        }
        let joined = self.tracks.len() - before;
        if joined > 0 && self.step == Step::Done {
            self.step = Step::Seen;
        }
        joined
    }

    /// The tracks that wait, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Found> {
        self.tracks.iter().filter(|found| found.fate == Fate::Pending)
    }

    /// How many are in the archive, from this generation or an earlier one.
    pub fn archived(&self) -> usize {
        self.tracks.iter().filter(|found| !matches!(found.fate, Fate::Pending | Fate::Refused)).count()
    }

    /// How many were found on each rung, best rung first.
    pub fn by_rung(&self) -> Vec<(Rung, usize)> {
        [Rung::Api, Rung::Copy, Rung::Heard, Rung::Pasted]
            .into_iter()
            .map(|rung| (rung, self.tracks.iter().filter(|found| found.rung == rung).count()))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Sets the fate of the tracks with these URIs.
    pub fn settle(&mut self, uris: &[TrackUri], fate: &Fate) {
        for found in &mut self.tracks {
            if uris.contains(&found.identity.uri) {
                found.fate = fate.clone();
            }
        }
    }

    /// How many of its tracks Spotify has refused, if it has taken none.
    pub fn refused_without_exception(&self) -> usize {
        let count = |is: fn(&Fate) -> bool| self.tracks.iter().filter(|found| is(&found.fate)).count();
        let has_taken = count(|fate| matches!(fate, Fate::Archived { .. })) > 0;
        if has_taken { 0 } else { count(|fate| *fate == Fate::Refused) }
    }

    /// Lets what was refused wait again.
    pub fn reconsider(&mut self) {
        for found in self.tracks.iter_mut().filter(|found| found.fate == Fate::Refused) {
            found.fate = Fate::Pending;
        }
    }

    /// Whether any of its tracks is, or contradicts, this recording.
    pub fn compare(&self, identity: &Identity) -> Sameness {
        let mut conflict = false;
        for found in &self.tracks {
            match found.identity.compare(identity) {
                Sameness::Same => return Sameness::Same,
                Sameness::Conflict => conflict = true,
                Sameness::Different => {}
            }
        }
        if conflict { Sameness::Conflict } else { Sameness::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(n: u8) -> Identity {
        Identity::of_uri(format!("spotify:track:{n:0>22}").parse().unwrap())
    }

    fn generation() -> Generation {
        Generation::begin(1, "2026-W47".parse().unwrap(), Timestamp::UNIX_EPOCH, Expected::Assumed(30))
    }

    #[test]
    fn a_find_joins_once_and_wakes_a_finished_generation() {
        let mut generation = generation();
        assert_eq!(
            generation.join([identity(1), identity(2), identity(1)], Rung::Api, Timestamp::UNIX_EPOCH),
            2
        );
        assert_eq!(generation.step, Step::Seen);
        generation.step = Step::Done;
        assert_eq!(generation.join([identity(2)], Rung::Copy, Timestamp::UNIX_EPOCH), 0);
        assert_eq!(generation.step, Step::Done);
        assert_eq!(generation.by_rung(), [(Rung::Api, 2)]);
    }

    #[test]
    fn a_pasted_link_is_described_by_a_later_find() {
        let mut generation = generation();
        generation.join([identity(1)], Rung::Pasted, Timestamp::UNIX_EPOCH);
        let described = Identity::new(identity(1).uri, None, Some(1000), "Song", ["Someone"]);
        assert_eq!(generation.join([described.clone()], Rung::Api, Timestamp::UNIX_EPOCH), 0);
        assert_eq!(generation.tracks[0].identity, described);
        assert_eq!(generation.tracks[0].rung, Rung::Pasted);
    }
}
