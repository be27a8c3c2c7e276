//! Playlists and what is in them.

use reprise_domain::ids::{PlaylistId, SnapshotId, SpotifyUserId};

use super::api::Api;
use super::catalogue::TrackItem;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::request::Request;
use super::secrets::AccessToken;

/// Pages of playlists and of items hold at most this many.
pub const PAGE_LIMIT: u32 = 50;

/// Names both dialects' fields, so that one request serves any application.
const HEAD_FIELDS: &str = "collaborative,description,id,items(total),name,owner(display_name,id),\
                           public,snapshot_id,tracks(total)";

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, at their positions.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u32,
    /// Whether there is a page after this one.
    pub next: bool,
}

/// A playlist as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistSummary {
    /// Which one.
    pub id: PlaylistId,
    /// Its name; may be empty.
    pub name: String,
    /// Its description, with HTML entities as Spotify writes them.
    pub description: Option<String>,
    /// Whose it is; `spotify` for Spotify's own.
    pub owner: Option<SpotifyUserId>,
    /// The owner's name as shown.
    pub owner_name: Option<String>,
    /// How many items it has; lags behind in listings.
    pub total: Option<u32>,
    /// Its version; changes with its name and visibility as well.
    pub snapshot: Option<SnapshotId>,
    /// Whether it shows on the owner's profile; no access control.
    pub public: Option<bool>,
    /// Whether others may change it.
    pub collaborative: bool,
}

/// A playlist as looked up, without its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistHead {
    /// Which one.
    pub id: PlaylistId,
    /// Its name; may be empty.
    pub name: String,
    /// Its description, with HTML entities as Spotify writes them.
    pub description: Option<String>,
    /// Whose it is; `spotify` for Spotify's own.
    pub owner: Option<SpotifyUserId>,
    /// The owner's name as shown.
    pub owner_name: Option<String>,
    /// How many items it has, if that may be known.
    pub total: Option<u32>,
    /// Whether Spotify lets this listener's token see its items.
    pub readable: bool,
    /// Its version; changes with its name and visibility as well.
    pub snapshot: Option<SnapshotId>,
    /// Whether it shows on the owner's profile; no access control.
    pub public: Option<bool>,
    /// Whether others may change it.
    pub collaborative: bool,
}

/// Some items of a playlist; entry `i` is the item at `offset + i`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemsPage {
    /// Position of the first entry.
    pub offset: u32,
    /// The entries, none left out.
    pub entries: Vec<Entry>,
    /// How many items the playlist has.
    pub total: u32,
    /// Whether there are items after these.
    pub next: bool,
}

/// One item of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A track of the catalogue.
    Track(TrackItem),
    /// A file of the owner's; it cannot be copied.
    Local,
    /// A podcast's episode.
    Episode,
    /// Something that Spotify no longer has.
    Unavailable,
    /// Something of an unknown shape.
    Unreadable,
}

impl Api {
    /// Lists at most `limit` (1 to [`PAGE_LIMIT`]) of the playlists the listener owns or follows.
    ///
    /// An entry is `None` where Spotify hides a playlist from this application.
    pub async fn my_playlists(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        offset: u32,
        limit: u32,
    ) -> Result<Page<Option<PlaylistSummary>>, SpotifyError> {
        let request = Request::new(Endpoint::MyPlaylists)
            .query("limit", limit.clamp(1, PAGE_LIMIT).to_string())
            .query("offset", offset.to_string());
        self.send(token, purpose, request).await?.decode(dialect::playlists)
    }

    /// Looks a playlist up without its items.
    pub async fn playlist(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
    ) -> Result<PlaylistHead, SpotifyError> {
        let request = Request::new(Endpoint::Playlist).id(id.as_str()).query("fields", HEAD_FIELDS);
        let answer = self.send(token, purpose, request).await?;
        answer.decode(|body| dialect::playlist(body, Some(id)))
    }

    /// Reads at most `limit` (1 to [`PAGE_LIMIT`]) items from position `offset` on.
    pub async fn playlist_items(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
        offset: u32,
        limit: u32,
    ) -> Result<ItemsPage, SpotifyError> {
        let request = Request::new(Endpoint::PlaylistItems)
            .id(id.as_str())
            .query("fields", dialect::item_fields())
            .query("limit", limit.clamp(1, PAGE_LIMIT).to_string())
            .query("offset", offset.to_string())
            .query("additional_types", "track,episode");
        let answer = self.send(token, purpose, request).await?;
        answer.decode(|body| dialect::items(body, offset))
    }
}
