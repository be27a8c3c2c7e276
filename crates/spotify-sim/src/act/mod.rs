//! What listeners do in their own client, behind the apps' backs.

mod hand;

pub(crate) use hand::act;
use serde::{Deserialize, Serialize};

/// Something a listener does. Playlists are named by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Makes a playlist.
    Create {
        /// Its name.
        name: String,
        /// Its first tracks.
        #[serde(default)]
        uris: Vec<String>,
    },
    /// Adds tracks.
    Add {
        /// Id of the playlist.
        playlist: String,
        /// URIs.
        uris: Vec<String>,
        /// Where; `None`: at the end.
        #[serde(default)]
        position: Option<usize>,
    },
    /// Adds all of Discover Weekly, as "add to playlist" in a client does.
    CopyDiscoverWeekly {
        /// Id of the playlist it goes to.
        into: String,
    },
    /// Takes tracks out, all occurrences.
    Remove {
        /// Id of the playlist.
        playlist: String,
        /// URIs.
        uris: Vec<String>,
    },
    /// Takes out what stands at one place.
    RemoveAt {
        /// Id of the playlist.
        playlist: String,
        /// Place, from 0.
        position: usize,
    },
    /// Empties a playlist.
    Clear {
        /// Id of the playlist.
        playlist: String,
    },
    /// Moves one entry.
    Move {
        /// Id of the playlist.
        playlist: String,
        /// Place, from 0.
        from: usize,
        /// Place it shall have.
        to: usize,
    },
    /// Turns the order round.
    Reverse {
        /// Id of the playlist.
        playlist: String,
    },
    /// Gives another name.
    Rename {
        /// Id of the playlist.
        playlist: String,
        /// New name.
        name: String,
    },
    /// Gives another description.
    Describe {
        /// Id of the playlist.
        playlist: String,
        /// New description.
        description: String,
    },
    /// Makes private or public, really.
    SetPublic {
        /// Id of the playlist.
        playlist: String,
        /// Which.
        public: bool,
    },
    /// Lets others change a playlist, or no longer.
    SetCollaborative {
        /// Id of the playlist.
        playlist: String,
        /// Which.
        collaborative: bool,
    },
    /// Puts a playlist into the library; also Discover Weekly, by its id.
    Follow {
        /// Id of the playlist.
        playlist: String,
    },
    /// "Deletes" a playlist, which only takes it out of the library.
    Unfollow {
        /// Id of the playlist.
        playlist: String,
    },
    /// Follows Discover Weekly or no longer.
    FollowDiscoverWeekly(bool),
    /// Takes back the consent given to an app, or to all.
    RevokeConsent {
        /// Client id; `None`: all apps.
        #[serde(default)]
        client: Option<String>,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The playlist concerned.
    pub playlist: Option<String>,
    /// How many entries or consents it was about.
    pub count: usize,
}

/// Why a listener cannot do that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(String),
    /// There is no such playlist.
    #[error("there is no playlist {0}")]
    NoPlaylist(String),
    /// The listener neither owns it nor works on it.
    #[error("playlist {0} is not theirs")]
    NotTheirs(String),
    /// The catalogue has no such track.
    #[error("the catalogue has no track {0}")]
    NoTrack(String),
}
