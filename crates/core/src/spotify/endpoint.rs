//! Which requests Reprise sends, and which of Spotify's buckets each one counts against.

use reqwest::Method;

use super::gate::Bucket;

/// One request of the Web API, without its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The listener's profile.
    Me,
    /// The playlists the listener owns or follows.
    MyPlaylists,
    /// Makes a playlist.
    CreatePlaylist,
    /// A playlist without its items.
    Playlist,
    /// Renames or describes a playlist.
    ChangePlaylist,
    /// What is in a playlist.
    PlaylistItems,
    /// Adds to a playlist.
    AddItems,
    /// Sets what is in a playlist.
    ReplaceItems,
    /// Takes items out of a playlist.
    RemoveItems,
    /// Whether things are in the listener's library.
    LibraryContains,
    /// One track.
    Track,
    /// What plays now.
    Player,
    /// What played last.
    RecentlyPlayed,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 13] = [
        Self::Me,
        Self::MyPlaylists,
        Self::CreatePlaylist,
        Self::Playlist,
        Self::ChangePlaylist,
        Self::PlaylistItems,
        Self::AddItems,
        Self::ReplaceItems,
        Self::RemoveItems,
        Self::LibraryContains,
        Self::Track,
        Self::Player,
        Self::RecentlyPlayed,
    ];

    /// The path below the base URL, with `{id}` where an id goes.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::MyPlaylists | Self::CreatePlaylist => "me/playlists",
            Self::Playlist | Self::ChangePlaylist => "playlists/{id}",
            Self::PlaylistItems | Self::AddItems | Self::ReplaceItems | Self::RemoveItems => {
                "playlists/{id}/items"
            }
            Self::LibraryContains => "me/library/contains",
            Self::Track => "tracks/{id}",
            Self::Player => "me/player",
            Self::RecentlyPlayed => "me/player/recently-played",
        }
    }

    /// How it is sent.
    pub const fn method(self) -> Method {
        match self {
            Self::CreatePlaylist | Self::AddItems => Method::POST,
            Self::ChangePlaylist | Self::ReplaceItems => Method::PUT,
            Self::RemoveItems => Method::DELETE,
            Self::Me
            | Self::MyPlaylists
            | Self::Playlist
            | Self::PlaylistItems
            | Self::LibraryContains
            | Self::Track
            | Self::Player
            | Self::RecentlyPlayed => Method::GET,
        }
    }

    /// Whether it changes anything, so that an unknown outcome matters.
    pub fn is_write(self) -> bool {
        self.method() != Method::GET
    }

    /// Whether it concerns one playlist, whose owner decides who may use it.
    pub(super) const fn is_of_a_playlist(self) -> bool {
        matches!(
            self,
            Self::Playlist
                | Self::ChangePlaylist
                | Self::PlaylistItems
                | Self::AddItems
                | Self::ReplaceItems
                | Self::RemoveItems
        )
    }

    /// What it counts against.
    pub const fn bucket(self) -> Bucket {
        match self {
            Self::Me => Bucket::Me,
            Self::MyPlaylists | Self::CreatePlaylist | Self::Playlist | Self::ChangePlaylist => {
                Bucket::Playlists
            }
            Self::PlaylistItems | Self::AddItems | Self::ReplaceItems | Self::RemoveItems => {
                Bucket::PlaylistItems
            }
            Self::LibraryContains => Bucket::Library,
            Self::Track => Bucket::Catalogue,
            Self::Player => Bucket::Player,
            Self::RecentlyPlayed => Bucket::RecentlyPlayed,
        }
    }
}
