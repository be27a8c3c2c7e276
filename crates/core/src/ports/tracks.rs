//! The cache of Spotify's words and covers; it expires.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track;

use super::StoreResult;

/// Cached track metadata, shared by all listeners.
#[async_trait]
pub trait Tracks: Send + Sync {
    /// What is cached of these tracks and has not expired by `now`, in any order.
    async fn tracks(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<Track>>;

    /// Caches until `expires`; also removes what expired before `now`.
    async fn put_tracks(&self, tracks: &[Track], now: Timestamp, expires: Timestamp) -> StoreResult<()>;
}
