//! The listener's library.

use super::api::Api;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::request::Request;
use super::secrets::AccessToken;

/// Spotify answers for at most this many at once.
pub const LIBRARY_LIMIT: usize = 40;

impl Api {
    /// Says for each of at most [`LIBRARY_LIMIT`] URIs whether it is in the listener's library;
    /// a playlist that the listener deleted is not.
    pub async fn in_library(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        uris: &[String],
    ) -> Result<Vec<bool>, SpotifyError> {
        if uris.is_empty() || uris.len() > LIBRARY_LIMIT {
            let what = format!("{} URIs to look up, not 1 to {LIBRARY_LIMIT}", uris.len());
            return Err(SpotifyError::Invalid { what });
        }
        let request = Request::new(Endpoint::LibraryContains).query("uris", uris.join(","));
        let flags = self.send(token, purpose, request).await?.decode(dialect::flags)?;
        if flags.len() == uris.len() {
            Ok(flags)
        } else {
            let what = format!("{} answers about {} URIs", flags.len(), uris.len());
            Err(SpotifyError::Invalid { what })
        }
    }
}
