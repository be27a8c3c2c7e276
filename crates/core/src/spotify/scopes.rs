//! What Reprise asks a listener to allow, and why, in words for people.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One permission that Reprise asks for; it asks for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `playlist-read-private`
    PlaylistReadPrivate,
    /// `playlist-read-collaborative`
    PlaylistReadCollaborative,
    /// `playlist-modify-public`
    PlaylistModifyPublic,
    /// `playlist-modify-private`
    PlaylistModifyPrivate,
    /// `user-read-playback-state`
    UserReadPlaybackState,
    /// `user-read-currently-playing`
    UserReadCurrentlyPlaying,
    /// `user-read-recently-played`
    UserReadRecentlyPlayed,
}

impl Scope {
    /// Every scope of every feature.
    pub const ALL: [Self; 7] = [
        Self::PlaylistReadPrivate,
        Self::PlaylistReadCollaborative,
        Self::PlaylistModifyPublic,
        Self::PlaylistModifyPrivate,
        Self::UserReadPlaybackState,
        Self::UserReadCurrentlyPlaying,
        Self::UserReadRecentlyPlayed,
    ];

    /// Spotify's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlaylistReadPrivate => "playlist-read-private",
            Self::PlaylistReadCollaborative => "playlist-read-collaborative",
            Self::PlaylistModifyPublic => "playlist-modify-public",
            Self::PlaylistModifyPrivate => "playlist-modify-private",
            Self::UserReadPlaybackState => "user-read-playback-state",
            Self::UserReadCurrentlyPlaying => "user-read-currently-playing",
            Self::UserReadRecentlyPlayed => "user-read-recently-played",
        }
    }

    /// What Reprise does with it, in words that follow "Reprise".
    pub const fn why(self) -> &'static str {
        match self {
            Self::PlaylistReadPrivate => "finds Discover Weekly among your playlists and reads it",
            Self::PlaylistReadCollaborative => "reads playlists that you share with others",
            Self::PlaylistModifyPublic => "makes your archive playlist and adds each week's tracks to it",
            Self::PlaylistModifyPrivate => "keeps adding when you have made the archive playlist private",
            Self::UserReadPlaybackState => "sees what plays and how far, so that skips count as skips",
            Self::UserReadCurrentlyPlaying => "shows what you are playing now",
            Self::UserReadRecentlyPlayed => "fills in what you played while nobody was watching",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A part of Reprise that a listener may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Keeping every week's Discover Weekly.
    Archive,
    /// Keeping a listening history.
    Playback,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 2] = [Self::Archive, Self::Playback];

    /// What it cannot do without.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Archive => &[
                Scope::PlaylistReadPrivate,
                Scope::PlaylistReadCollaborative,
                Scope::PlaylistModifyPublic,
                Scope::PlaylistModifyPrivate,
            ],
            Self::Playback => &[
                Scope::UserReadPlaybackState,
                Scope::UserReadCurrentlyPlaying,
                Scope::UserReadRecentlyPlayed,
            ],
        }
    }
}

/// The scopes a token was granted, as Spotify lists them; it may name others than ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantedScopes(BTreeSet<String>);

impl GrantedScopes {
    /// Reads the space-separated list of a token answer.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Whether `scope` is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(scope.as_str())
    }

    /// What `feature` still needs; empty if it can work.
    pub fn missing(&self, feature: Feature) -> Vec<Scope> {
        feature.scopes().iter().copied().filter(|scope| !self.has(*scope)).collect()
    }

    /// Their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromIterator<String> for GrantedScopes {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(names.into_iter().filter(|name| !name.is_empty()).collect())
    }
}

impl fmt::Display for GrantedScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}
