//! When two tracks are the same recording.
//!
//! The same URI always is. The same ISRC acquits only with a like length and a compatible title or
//! artist: labels make mistakes, and one code may cover every movement of a symphony.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::ids::{Isrc, TrackUri};

/// Two lengths of one recording differ by no more than this.
const DURATION_TOLERANCE_MS: u32 = 8_000;

/// What the ledger keeps of a track for ever: ids, a length, and digests of its words.
///
/// The words themselves are Spotify's and expire with the metadata cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The track as it was found.
    pub uri: TrackUri,
    /// The recording's code, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isrc: Option<Isrc>,
    /// Length in milliseconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
    /// Digest of the folded title without its version suffix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<u32>,
    /// Digests of the folded artists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    artists: Vec<u32>,
}

/// The answer to "are these the same recording?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sameness {
    /// They are.
    Same,
    /// They are not, or nothing says so.
    Different,
    /// They share an ISRC and contradict each other otherwise: counted as different, reported.
    Conflict,
}

impl Identity {
    /// What is known when only a link was pasted.
    pub fn of_uri(uri: TrackUri) -> Self {
        Self { uri, isrc: None, duration_ms: None, title: None, artists: Vec::new() }
    }

    /// Digests a track's words; see [`crate::track::Track::identity`].
    pub fn new<'a>(
        uri: TrackUri,
        isrc: Option<Isrc>,
        duration_ms: Option<u32>,
        title: &str,
        artists: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            uri,
            isrc,
            duration_ms,
            title: digest(base_title(title)),
            artists: artists.into_iter().filter_map(digest).collect(),
        }
    }

    /// Whether anything beyond the URI is known.
    pub fn is_described(&self) -> bool {
        self.title.is_some()
    }

    /// Compares two tracks; symmetric.
    pub fn compare(&self, other: &Self) -> Sameness {
        if self.uri == other.uri {
            return Sameness::Same;
        }
        if self.isrc.is_none() || self.isrc != other.isrc {
            return Sameness::Different;
        }
        let like_length = matches!(
            (self.duration_ms, other.duration_ms),
            (Some(a), Some(b)) if a.abs_diff(b) <= DURATION_TOLERANCE_MS
        );
        let compatible = (self.title.is_some() && self.title == other.title)
            || self.artists.iter().any(|artist| other.artists.contains(artist));
        if like_length && compatible { Sameness::Same } else { Sameness::Conflict }
    }

    /// Whether the two are the same recording.
    pub fn is_same(&self, other: &Self) -> bool {
        self.compare(other) == Sameness::Same
    }
}

/// The title before its version suffix: `Song - 2011 Remaster`, `Song (feat. X)`.
fn base_title(title: &str) -> &str {
    let cut = [" - ", " (", " ["].iter().filter_map(|mark| title.find(mark)).min();
    match cut.map(|at| title[..at].trim()) {
        Some(base) if !base.is_empty() => base,
        _ => title,
    }
}

/// Folds and digests words; `None` for none, since nothing never equals nothing.
fn digest(words: &str) -> Option<u32> {
    let folded: String = words.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    // A title of symbols only ("÷") must not fold away.
    let text = if folded.is_empty() { words.trim() } else { folded.as_str() };
    (!text.is_empty()).then(|| fnv1a(text.as_bytes()))
}

/// FNV-1a: small, stable across versions, and not a secret's guard.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(n: u8, isrc: &str, seconds: u32, title: &str, artist: &str) -> Identity {
        let uri = format!("spotify:track:{n:0>22}").parse().unwrap();
        Identity::new(uri, isrc.parse().ok(), Some(seconds * 1000), title, [artist])
    }

    #[test]
    fn the_rules_hold_case_by_case() {
        let song = track(1, "USRC17607839", 200, "Song - 2011 Remaster", "Someone");
        let cases = [
            (track(1, "", 1, "Other", "Other"), Sameness::Same, "same URI"),
            (
                track(2, "USRC17607839", 207, "Song", "Someone"),
                Sameness::Same,
                "same recording, other release",
            ),
            (
                track(3, "USRC17607839", 207, "ＳＯＮＧ", "Другой"),
                Sameness::Same,
                "title agrees after folding",
            ),
            (track(4, "USRC17607839", 207, "Another", "SOMEONE"), Sameness::Same, "artist agrees"),
            (track(5, "USRC17607839", 209, "Song", "Someone"), Sameness::Conflict, "too long"),
            (track(6, "USRC17607839", 200, "Another", "Other"), Sameness::Conflict, "words contradict"),
            (track(7, "USRC17607840", 200, "Song", "Someone"), Sameness::Different, "ISRC differs"),
            (track(8, "", 200, "Song", "Someone"), Sameness::Different, "no ISRC"),
        ];
        for (other, expected, why) in cases {
            assert_eq!(song.compare(&other), expected, "{why}");
            assert_eq!(other.compare(&song), expected, "{why}, the other way round");
        }
    }

    #[test]
    fn symbols_do_not_fold_away_and_emptiness_equals_nothing() {
        assert_ne!(digest("÷"), digest("+"));
        assert_ne!(digest("???"), digest("!!!"));
        assert_eq!(digest("  "), None);
        let a = track(1, "USRC17607839", 200, "", "");
        let b = track(2, "USRC17607839", 200, "", "");
        assert_eq!(a.compare(&b), Sameness::Conflict);
    }

    #[test]
    fn a_link_alone_is_only_itself() {
        let song = track(1, "USRC17607839", 200, "Song", "Someone");
        assert!(song.is_same(&Identity::of_uri(song.uri.clone())));
        assert!(!Identity::of_uri(track(2, "", 0, "", "").uri).is_same(&song));
    }
}
