//! A catalogue of two million recordings, none of them stored: everything about a track follows
//! from its number, and the number from its id.
//!
//! Ten recordings make an album, five albums an artist. A *track* is a recording in an
//! [`Edition`]; several tracks may be one recording, which is what archives stumble over.

pub(crate) mod cover;
mod names;
pub(crate) mod objects;

use crate::random::{self, below, chance, hash, mix, unmix};
use serde::{Deserialize, Serialize};

/// Number of recordings; a prime, so that walks of any stride visit all of them.
pub const RECORDINGS: u32 = 2_000_003;
const ALBUM_TRACKS: u32 = 10;
const ARTIST_ALBUMS: u32 = 5;

/// In which guise a recording appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// On its album.
    Album,
    /// As a single: another id, same ISRC, title and artist, a duration within 2 s.
    Single,
    /// Wrongly carries the ISRC of another recording, given by its number.
    Mislabelled(u32),
    /// Out of print: wherever it is shown, its album edition is shown in its place.
    Relinked,
    /// In the catalogue, but not playable in any market.
    Unavailable,
}

/// A track: a recording in an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Track {
    /// Number of the recording: two tracks are the same music exactly if these are equal.
    pub recording: u32,
    /// Its guise.
    pub edition: Edition,
}

/// An album, or the single of one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Album {
    Long(u32),
    Single(u32),
}

/// An artist, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Artist(pub(crate) u32);

const TRACK: u64 = 1;
const ALBUM: u64 = 2;
const SINGLE: u64 = 3;
const ARTIST: u64 = 4;

/// Kind, edition, number and a second number, packed, mixed and signed, as 22 characters.
fn encode(kind: u64, edition: u64, number: u32, other: u32) -> String {
    let packed = (kind << 56) | (edition << 48) | (u64::from(number) << 24) | u64::from(other);
    random::base62((u128::from(mix(packed)) << 64) | u128::from(hash(&[packed])))
}

fn decode(id: &str, kind: u64) -> Option<(u64, u32, u32)> {
    let value = random::from_base62(id)?;
    let packed = unmix(u64::try_from(value >> 64).ok()?);
    let signed = value & u128::from(u64::MAX) == u128::from(hash(&[packed]));
    let number = u32::try_from((packed >> 24) & 0xff_ffff).ok()?;
    let other = u32::try_from(packed & 0xff_ffff).ok()?;
    (signed && packed >> 56 == kind).then_some(((packed >> 48) & 0xff, number, other))
}

impl Track {
    /// The album edition of a recording; numbers wrap around at [`RECORDINGS`].
    pub fn new(recording: u32) -> Self {
        Self { recording: recording % RECORDINGS, edition: Edition::Album }
    }

    /// The same recording in another edition.
    #[must_use]
    pub fn edition(self, edition: Edition) -> Self {
        Self { edition, ..self }
    }

    /// Base-62 id, 22 characters.
    pub fn id(self) -> String {
        let (edition, other) = match self.edition {
            Edition::Album => (0, 0),
            Edition::Single => (1, 0),
            Edition::Mislabelled(other) => (2, other),
            Edition::Relinked => (3, 0),
            Edition::Unavailable => (4, 0),
        };
        encode(TRACK, edition, self.recording, other)
    }

    /// `spotify:track:{id}`.
    pub fn uri(self) -> String {
        format!("spotify:track:{}", self.id())
    }

    /// `None`: the catalogue has no such track.
    pub fn from_id(id: &str) -> Option<Self> {
        let (edition, recording, other) = decode(id, TRACK)?;
        let edition = match edition {
            0 => Edition::Album,
            1 => Edition::Single,
            2 => Edition::Mislabelled(other),
            3 => Edition::Relinked,
            4 => Edition::Unavailable,
            _ => return None,
        };
        Some(Self { recording, edition })
    }

    /// `None`: not the URI of a track of the catalogue.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::from_id(uri.strip_prefix("spotify:track:")?)
    }

    /// What a read shows for it: itself, or the substitute of a relinked track.
    #[must_use]
    pub fn shown(self) -> Self {
        match self.edition {
            Edition::Relinked => self.edition(Edition::Album),
            _ => self,
        }
    }

    fn dice(self, what: u64) -> u64 {
        hash(&[u64::from(self.recording), what])
    }

    /// Title.
    pub fn title(self) -> String {
        names::title(self.artist().script(), self.dice(1))
    }

    /// Length, 90–420 s; a single is up to 2 s off its album edition.
    pub fn duration_ms(self) -> u64 {
        // Four dice make a bell round 210 s.
        let bell: u64 = (10..14).map(|n| below(self.dice(n), 86_600)).sum();
        let album = (36_800 + bell).clamp(90_000, 418_000);
        match self.edition {
            Edition::Single => album + below(self.dice(3), 4_000) - 2_000,
            _ => album,
        }
    }

    /// International Standard Recording Code.
    pub fn isrc(self) -> String {
        let owner = match self.edition {
            Edition::Mislabelled(other) => other,
            _ => self.recording,
        };
        let country = Self::new(owner).artist().script().country();
        let (registrant, number) = (owner / 100_000, owner % 100_000);
        format!("{country}R{registrant:02}{:02}{number:05}", owner % 25)
    }

    /// Whether its lyrics are marked explicit.
    pub fn explicit(self) -> bool {
        chance(self.dice(4), 9.0)
    }

    pub(crate) fn album(self) -> Album {
        match self.edition {
            Edition::Single => Album::Single(self.recording),
            _ => Album::Long(self.recording / ALBUM_TRACKS),
        }
    }

    pub(crate) fn number_on_album(self) -> u32 {
        match self.edition {
            Edition::Single => 1,
            _ => self.recording % ALBUM_TRACKS + 1,
        }
    }

    /// Name of the first artist.
    pub fn artist_name(self) -> String {
        self.artist().name()
    }

    pub(crate) fn artist(self) -> Artist {
        Artist(self.recording / ALBUM_TRACKS / ARTIST_ALBUMS)
    }

    /// The main artist, and now and then a guest.
    pub(crate) fn artists(self) -> Vec<Artist> {
        let mut artists = vec![self.artist()];
        if chance(self.dice(5), 14.0) {
            let last = RECORDINGS / ALBUM_TRACKS / ARTIST_ALBUMS;
            let guest = below(self.dice(6), u64::from(last));
            artists.push(Artist(u32::try_from(guest).unwrap_or(0)));
        }
        artists
    }
}

impl Album {
    pub(crate) fn id(self) -> String {
        match self {
            Self::Long(number) => encode(ALBUM, 0, number, 0),
            Self::Single(recording) => encode(SINGLE, 0, recording, 0),
        }
    }

    pub(crate) fn from_id(id: &str) -> Option<Self> {
        let long = decode(id, ALBUM).map(|(_, number, _)| Self::Long(number));
        long.or_else(|| decode(id, SINGLE).map(|(_, number, _)| Self::Single(number)))
    }

    pub(crate) fn artist(self) -> Artist {
        match self {
            Self::Long(number) => Artist(number / ARTIST_ALBUMS),
            Self::Single(recording) => Track::new(recording).artist(),
        }
    }

    pub(crate) fn title(self) -> String {
        match self {
            Self::Long(number) => names::title(self.artist().script(), hash(&[u64::from(number), 20])),
            Self::Single(recording) => Track::new(recording).title(),
        }
    }

    pub(crate) fn tracks(self) -> Vec<Track> {
        match self {
            Self::Long(number) => (number * ALBUM_TRACKS..(number + 1) * ALBUM_TRACKS)
                .filter(|recording| *recording < RECORDINGS)
                .map(Track::new)
                .collect(),
            Self::Single(recording) => vec![Track::new(recording).edition(Edition::Single)],
        }
    }

    /// Year, month and day; a single comes out before its album.
    pub(crate) fn released(self) -> (u64, u64, u64) {
        let long = match self {
            Self::Long(number) => number,
            Self::Single(recording) => recording / ALBUM_TRACKS,
        };
        let dice = hash(&[u64::from(long), 21]);
        let early = u64::from(matches!(self, Self::Single(_)));
        let (year, month) = (1968 + below(dice, 58), 2 + below(dice >> 8, 11));
        (year, month - early, 1 + below(dice >> 16, 28))
    }
}

impl Artist {
    pub(crate) fn id(self) -> String {
        encode(ARTIST, 0, self.0, 0)
    }

    pub(crate) fn from_id(id: &str) -> Option<Self> {
        decode(id, ARTIST).map(|(_, number, _)| Self(number))
    }

    pub(crate) fn name(self) -> String {
        names::artist(self.script(), hash(&[u64::from(self.0), 30]))
    }

    pub(crate) fn albums(self) -> Vec<Album> {
        (self.0 * ARTIST_ALBUMS..(self.0 + 1) * ARTIST_ALBUMS).map(Album::Long).collect()
    }

    fn script(self) -> names::Script {
        names::Script::of(hash(&[u64::from(self.0), 31]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_edition_reads_back_from_its_id() {
        let editions = [
            Edition::Album,
            Edition::Single,
            Edition::Mislabelled(RECORDINGS - 1),
            Edition::Relinked,
            Edition::Unavailable,
        ];
        for edition in editions {
            let track = Track::new(1_234_567).edition(edition);
            assert_eq!(Track::from_uri(&track.uri()), Some(track));
        }
        assert_eq!(Track::from_id("4iV5W9uYEdYUVa79Axb7Rh"), None);
        assert_eq!(Track::from_id(&Artist(3).id()), None);
    }

    #[test]
    fn recordings_have_isrcs_of_their_own_and_plausible_lengths() {
        let tracks: Vec<Track> = (0..20_000).map(|n| Track::new(n * 97)).collect();
        let isrcs: BTreeSet<String> = tracks.iter().map(|track| track.isrc()).collect();
        assert_eq!(isrcs.len(), tracks.len());
        assert!(isrcs.iter().all(|isrc| isrc.len() == 12));
        assert!(tracks.iter().all(|track| (90_000..=420_000).contains(&track.duration_ms())));
        let mean: u64 = tracks.iter().map(|track| track.duration_ms()).sum::<u64>() / 20_000;
        assert!((200_000..220_000).contains(&mean), "{mean}");
    }

    #[test]
    fn a_single_is_the_same_recording_and_a_mislabelled_track_is_not() {
        let album = Track::new(777);
        let single = album.edition(Edition::Single);
        assert_ne!(album.id(), single.id());
        assert_eq!(album.isrc(), single.isrc());
        assert_eq!(album.title(), single.title());
        assert!(album.duration_ms().abs_diff(single.duration_ms()) <= 2_000);
        let wrong = Track::new(778).edition(Edition::Mislabelled(777));
        assert_eq!(wrong.isrc(), album.isrc());
        assert_ne!(wrong.title(), album.title());
    }

    #[test]
    fn an_album_lists_its_tracks() {
        let track = Track::new(12_345);
        assert!(track.album().tracks().contains(&track));
        assert_eq!(Album::from_id(&track.album().id()), Some(track.album()));
        assert!(track.artist().albums().contains(&track.album()));
    }
}
