//! Tracks as such.

use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track;

use super::api::Api;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::request::Request;
use super::secrets::AccessToken;

/// A track where it was met: in a playlist, or playing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackItem {
    /// The track.
    pub track: Track,
    /// Whether this listener may play it here and now.
    pub playable: bool,
    /// The track that was asked for, where Spotify put another in its place.
    ///
    /// Not told in development mode.
    pub linked_from: Option<TrackUri>,
}

impl Api {
    /// Describes one track.
    pub async fn track(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        uri: &TrackUri,
    ) -> Result<Track, SpotifyError> {
        let request = Request::new(Endpoint::Track).id(uri.id());
        self.send(token, purpose, request).await?.decode(dialect::track)
    }
}
