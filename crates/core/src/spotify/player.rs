//! What plays now, and what played last.

use jiff::Timestamp;
use reprise_domain::ids::PlaylistId;

use super::api::Api;
use super::catalogue::TrackItem;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::request::Request;
use super::secrets::AccessToken;

/// Spotify remembers no more plays than this.
pub const HISTORY_LIMIT: u32 = 50;

/// The state of a listener's player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerState {
    /// Our clock when the answer was complete; the start is this less [`Self::progress_ms`].
    pub observed_at: Timestamp,
    /// When Spotify says the state last changed; known to be wrong by minutes.
    pub changed_at: Option<Timestamp>,
    /// Whether it plays or pauses.
    pub is_playing: bool,
    /// How far into the item, in milliseconds.
    pub progress_ms: Option<u32>,
    /// What kind of thing plays.
    pub kind: PlayingKind,
    /// The thing, if told; advertisements are not.
    pub item: Option<Media>,
    /// What it is played from, if anything.
    pub context: Option<PlayContext>,
    /// Where it plays.
    pub device: Option<Device>,
    /// `off`, `track` or `context`.
    pub repeat: Option<String>,
    /// Whether the order is random.
    pub shuffle: Option<bool>,
    /// Whether Spotify mixes in songs of its own choice; undocumented.
    pub smart_shuffle: Option<bool>,
    /// What the player does not allow just now, such as `seeking`.
    pub disallows: Vec<String>,
}

/// What kind of thing plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayingKind {
    /// Music, local files included.
    Track,
    /// A podcast's episode.
    Episode,
    /// An advertisement.
    Ad,
    /// Spotify does not know, or says what we do not know.
    Unknown,
}

/// Something that can play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// A track of the catalogue.
    Track(TrackItem),
    /// A file of the listener's.
    Local(LocalFile),
    /// A podcast's episode.
    Episode(Episode),
    /// Something of an unknown shape.
    Unreadable,
}

/// A file of the listener's own; the catalogue does not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// `spotify:local:{artist}:{album}:{title}:{seconds}`, if told.
    pub uri: Option<String>,
    /// The title in the file.
    pub title: String,
    /// The artists in the file.
    pub artists: Vec<String>,
    /// Length in milliseconds.
    pub duration_ms: Option<u32>,
}

/// A podcast's episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// `spotify:episode:{id}`, if told.
    pub uri: Option<String>,
    /// The episode's title.
    pub title: String,
    /// The show's name.
    pub show: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: Option<u32>,
}

/// What something is played from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayContext {
    /// Any Spotify URI: a playlist's, an album's, an artist's, a collection's.
    pub uri: String,
    /// `playlist`, `album`, `artist`, `show`, or what Spotify invents.
    pub kind: Option<String>,
}

impl PlayContext {
    /// The playlist, if it is one, in either form of its URI.
    pub fn playlist(&self) -> Option<PlaylistId> {
        self.uri.starts_with("spotify:").then(|| self.uri.parse().ok())?
    }
}

/// Where something plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Persistent to some extent.
    pub id: Option<String>,
    /// As its owner calls it.
    pub name: Option<String>,
    /// `computer`, `smartphone`, `speaker`, or what Spotify invents.
    pub kind: Option<String>,
    /// Whether it is the one playing.
    pub is_active: bool,
    /// Whether the listener wishes not to be watched.
    pub is_private_session: bool,
    /// Whether it takes no commands.
    pub is_restricted: bool,
    /// 0 to 100.
    pub volume_percent: Option<u32>,
    /// Whether its volume can be set.
    pub supports_volume: Option<bool>,
}

/// One play of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What was played; never [`Media::Unreadable`].
    pub media: Media,
    /// Nearly always when the play ended; Spotify does not say.
    pub played_at: Timestamp,
    /// What it was played from, if anything.
    pub context: Option<PlayContext>,
}

/// Some of the at most [`HISTORY_LIMIT`] plays Spotify remembers, as it orders them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentPage {
    /// The plays.
    pub plays: Vec<Played>,
    /// How many more there were whose shape is unknown.
    pub unreadable: u32,
    /// Whether Spotify offers older ones.
    pub next: bool,
    /// Ask after this, in Unix milliseconds, for what comes later.
    pub after_ms: Option<i64>,
    /// Ask before this, in Unix milliseconds, for what came earlier.
    pub before_ms: Option<i64>,
}

impl Api {
    /// Asks what plays now; `None` if no device is active.
    pub async fn player(
        &self,
        token: &AccessToken,
        purpose: Purpose,
    ) -> Result<Option<PlayerState>, SpotifyError> {
        // Without this an episode is told as nothing at all.
        let request = Request::new(Endpoint::Player).query("additional_types", "track,episode");
        let answer = self.send(token, purpose, request).await?;
        if answer.is_empty() {
            return Ok(None);
        }
        answer.decode(|body| dialect::player(body, answer.at)).map(Some)
    }

    /// Asks for at most `limit` (1 to [`HISTORY_LIMIT`]) of the last plays, later than `after_ms`
    /// (Unix milliseconds, as a page told it) if given.
    pub async fn recently_played(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        after_ms: Option<i64>,
        limit: u32,
    ) -> Result<RecentPage, SpotifyError> {
        let mut request =
            Request::new(Endpoint::RecentlyPlayed).query("limit", limit.clamp(1, HISTORY_LIMIT).to_string());
        if let Some(after) = after_ms {
            request = request.query("after", after.to_string());
        }
        let answer = self.send(token, purpose, request).await?;
        answer.decode(dialect::recently_played)
    }
}
