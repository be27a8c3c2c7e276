//! Identifiers, parsed once at the edge and then trusted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What was wrong with a text that should have been an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct ParseIdError {
    text: String,
    expected: &'static str,
}

impl ParseIdError {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.chars().take(80).collect(), expected }
    }
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; it came from us or from Spotify.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// A listener of this installation; random, ours, never Spotify's.
    UserId
);
opaque_id!(
    /// Spotify's immutable, pseudonymous `account_id` (since May 2026).
    AccountId
);
opaque_id!(
    /// Spotify's user name, the `id` of `GET /me`.
    SpotifyUserId
);
opaque_id!(
    /// One source of one listener, such as `discover-weekly`.
    SourceId
);
opaque_id!(
    /// Spotify's opaque version of a playlist.
    SnapshotId
);

/// A base-62 Spotify id is this long.
const SPOTIFY_ID_LEN: usize = 22;

fn is_spotify_id(text: &str) -> bool {
    text.len() == SPOTIFY_ID_LEN && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Finds the id of `kind` in a bare id, a `spotify:` URI or an `open.spotify.com` link.
fn find_id<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let text = text.trim();
    if is_spotify_id(text) {
        return Some(text);
    }
    let rest = if let Some(uri) = text.strip_prefix("spotify:") {
        // Old playlist URIs carry the owner: `spotify:user:{owner}:playlist:{id}`.
        uri.rsplit_once(':').filter(|(before, _)| before.rsplit(':').next() == Some(kind))?.1
    } else {
        let link = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let path = link.strip_prefix("open.spotify.com/")?;
        let path = path.split(['?', '#']).next()?;
        let mut parts = path.trim_end_matches('/').rsplit('/');
        let id = parts.next()?;
        // Links may carry a locale (`/intl-de/`) or an old owner (`/user/{owner}/`) before the kind.
        (parts.next() == Some(kind)).then_some(id)?
    };
    is_spotify_id(rest).then_some(rest)
}

/// A playlist's id, from a bare id, a URI or a link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaylistId(String);

impl PlaylistId {
    /// The bare id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `spotify:playlist:{id}`.
    pub fn uri(&self) -> String {
        format!("spotify:playlist:{}", self.0)
    }

    /// The address that opens it in a Spotify client.
    pub fn link(&self) -> String {
        format!("https://open.spotify.com/playlist/{}", self.0)
    }
}

impl FromStr for PlaylistId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        find_id(text, "playlist")
            .map(|id| Self(id.to_owned()))
            .ok_or_else(|| ParseIdError::new(text, "a playlist link, URI or id"))
    }
}

/// A track's `spotify:track:{id}`; never a local file, an episode or an advertisement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrackUri(String);

const TRACK_PREFIX: &str = "spotify:track:";

impl TrackUri {
    /// The whole URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bare id.
    pub fn id(&self) -> &str {
        &self.0[TRACK_PREFIX.len()..]
    }

    /// The address that opens it in a Spotify client.
    pub fn link(&self) -> String {
        format!("https://open.spotify.com/track/{}", self.id())
    }
}

impl FromStr for TrackUri {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        find_id(text, "track")
            .map(|id| Self(format!("{TRACK_PREFIX}{id}")))
            .ok_or_else(|| ParseIdError::new(text, "a track link, URI or id"))
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_conversions!(PlaylistId);
text_conversions!(TrackUri);
text_conversions!(Isrc);

/// An International Standard Recording Code in its twelve-character form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isrc(String);

impl Isrc {
    /// The twelve characters, upper case, without hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Isrc {
    type Err = ParseIdError;

    /// Accepts hyphens, blanks, lower case and a leading `ISRC`, as labels deliver them.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let bare: String =
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
        let code = if bare.len() == 16 { bare.strip_prefix("ISRC").unwrap_or(&bare) } else { &bare };
        let well_formed = code.len() == 12
            && code.bytes().enumerate().all(|(i, b)| match i {
                0 | 1 => b.is_ascii_uppercase(),
                2..=4 => b.is_ascii_uppercase() || b.is_ascii_digit(),
                _ => b.is_ascii_digit(),
            });
        if well_formed { Ok(Self(code.to_owned())) } else { Err(ParseIdError::new(text, "an ISRC")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4uLU6hMCjMI75M1A2tKUQC";

    #[test]
    fn a_track_is_recognised_in_every_form_people_have_it() {
        for text in [
            ID.to_owned(),
            format!("spotify:track:{ID}"),
            format!("https://open.spotify.com/track/{ID}?si=abc"),
            format!("  http://open.spotify.com/intl-de/track/{ID}/ "),
            format!("open.spotify.com/track/{ID}#x"),
        ] {
            assert_eq!(text.parse::<TrackUri>().map(|t| t.id().to_owned()), Ok(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_track_is_refused() {
        for text in [
            "",
            "spotify:local:a:b:c:30",
            "spotify:episode:4uLU6hMCjMI75M1A2tKUQC",
            "https://open.spotify.com/album/4uLU6hMCjMI75M1A2tKUQC",
            "https://evil.example/track/4uLU6hMCjMI75M1A2tKUQC",
            "spotify:track:tooShort",
            "spotify:track:4uLU6hMCjMI75M1A2tKU_C",
        ] {
            assert!(text.parse::<TrackUri>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_playlist_is_recognised_in_its_old_form_too() {
        let old = format!("spotify:user:someone:playlist:{ID}");
        assert_eq!(old.parse::<PlaylistId>().unwrap().as_str(), ID);
        let link = format!("https://open.spotify.com/user/someone/playlist/{ID}");
        assert_eq!(link.parse::<PlaylistId>().unwrap().as_str(), ID);
    }

    #[test]
    fn an_isrc_is_normalised_or_refused() {
        for text in ["USRC17607839", "us-rc1-76-07839", "ISRC US RC1 76 07839"] {
            assert_eq!(text.parse::<Isrc>().unwrap().as_str(), "USRC17607839");
        }
        for text in ["", "USRC1760783", "1SRC17607839", "USRC1760783X"] {
            assert!(text.parse::<Isrc>().is_err(), "{text}");
        }
    }
}
