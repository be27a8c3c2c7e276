//! Making and changing playlists.

use reprise_domain::ids::{PlaylistId, SnapshotId, TrackUri};
use serde_json::{Map, Value, json};

use super::api::Api;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::playlists::PlaylistHead;
use super::request::Request;
use super::secrets::AccessToken;

/// Spotify takes at most this many items at once.
pub const ITEMS_LIMIT: usize = 100;
/// Longer names make Spotify fail.
pub const NAME_LIMIT: usize = 100;
/// Longer descriptions make Spotify fail.
pub const DESCRIPTION_LIMIT: usize = 300;

/// A playlist to make.
#[derive(Debug, Clone, Copy)]
pub struct NewPlaylist<'a> {
    /// 1 to [`NAME_LIMIT`] characters.
    pub name: &'a str,
    /// 1 to [`DESCRIPTION_LIMIT`] characters on one line, without `<` and `>`.
    pub description: Option<&'a str>,
    /// Whether it shows on the listener's profile; `false` has been seen to be ignored.
    pub public: bool,
}

/// What to change about a playlist; what is `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlaylistDetails<'a> {
    /// 1 to [`NAME_LIMIT`] characters.
    pub name: Option<&'a str>,
    /// 1 to [`DESCRIPTION_LIMIT`] characters on one line, without `<` and `>`.
    pub description: Option<&'a str>,
    /// Whether it shows on the listener's profile; has been seen to be ignored.
    pub public: Option<bool>,
}

impl Api {
    /// Makes a playlist of the listener's own. Not idempotent: after an unknown outcome, look
    /// before trying again.
    pub async fn create_playlist(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        new: NewPlaylist<'_>,
    ) -> Result<PlaylistHead, SpotifyError> {
        let details =
            PlaylistDetails { name: Some(new.name), description: new.description, public: Some(new.public) };
        let request = Request::new(Endpoint::CreatePlaylist).json(details.body()?);
        let answer = self.send(token, purpose, request).await?;
        answer.decode(|body| dialect::playlist(body, None))
    }

    /// Renames, describes, shows or hides a playlist.
    pub async fn change_details(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
        details: PlaylistDetails<'_>,
    ) -> Result<(), SpotifyError> {
        let request = Request::new(Endpoint::ChangePlaylist).id(id.as_str()).json(details.body()?);
        self.send(token, purpose, request).await.map(drop)
    }

    /// Adds 1 to [`ITEMS_LIMIT`] tracks at `position`, or at the end. Not idempotent: after an
    /// unknown outcome, read before trying again.
    pub async fn add_items(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
        uris: &[TrackUri],
        position: Option<u32>,
    ) -> Result<SnapshotId, SpotifyError> {
        within_limit(uris, 1)?;
        let mut body = json!({ "uris": uris });
        if let Some(position) = position {
            body["position"] = position.into();
        }
        let request = Request::new(Endpoint::AddItems).id(id.as_str()).json(body);
        self.send(token, purpose, request).await?.decode(dialect::snapshot)
    }

    /// Makes at most [`ITEMS_LIMIT`] tracks all that is in a playlist; none empty it.
    pub async fn replace_items(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
        uris: &[TrackUri],
    ) -> Result<SnapshotId, SpotifyError> {
        within_limit(uris, 0)?;
        let request = Request::new(Endpoint::ReplaceItems).id(id.as_str()).json(json!({ "uris": uris }));
        self.send(token, purpose, request).await?.decode(dialect::snapshot)
    }

    /// Takes every occurrence of 1 to [`ITEMS_LIMIT`] tracks out of a playlist, judged against
    /// `at` if given.
    pub async fn remove_items(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        id: &PlaylistId,
        uris: &[TrackUri],
        at: Option<&SnapshotId>,
    ) -> Result<SnapshotId, SpotifyError> {
        within_limit(uris, 1)?;
        let items: Vec<Value> = uris.iter().map(|uri| json!({ "uri": uri })).collect();
        let mut body = json!({ "items": items });
        if let Some(snapshot) = at {
            body["snapshot_id"] = snapshot.as_str().into();
        }
        let request = Request::new(Endpoint::RemoveItems).id(id.as_str()).json(body);
        self.send(token, purpose, request).await?.decode(dialect::snapshot)
    }
}

fn within_limit(uris: &[TrackUri], least: usize) -> Result<(), SpotifyError> {
    if (least..=ITEMS_LIMIT).contains(&uris.len()) {
        return Ok(());
    }
    let what = format!("{} tracks at once, not {least} to {ITEMS_LIMIT}", uris.len());
    Err(SpotifyError::Invalid { what })
}

impl PlaylistDetails<'_> {
    /// The body to send. What would make Spotify fail with an unknown outcome is refused here.
    fn body(&self) -> Result<Value, SpotifyError> {
        let mut body = Map::new();
        if let Some(name) = self.name {
            text("name", name, NAME_LIMIT)?;
            body.insert("name".to_owned(), name.into());
        }
        if let Some(description) = self.description {
            text("description", description, DESCRIPTION_LIMIT)?;
            if description.contains(['<', '>']) {
                let what = "the playlist's description holds markup".to_owned();
                return Err(SpotifyError::Invalid { what });
            }
            body.insert("description".to_owned(), description.into());
        }
        if let Some(public) = self.public {
            body.insert("public".to_owned(), public.into());
        }
        Ok(body.into())
    }
}

fn text(field: &str, text: &str, limit: usize) -> Result<(), SpotifyError> {
    let fault = if text.trim().is_empty() {
        "is empty".to_owned()
    } else if text.chars().count() > limit {
        format!("is longer than {limit} characters")
    } else if text.contains(char::is_control) {
        "has more than one line".to_owned()
    } else {
        return Ok(());
    };
    Err(SpotifyError::Invalid { what: format!("the playlist's {field} {fault}") })
}
