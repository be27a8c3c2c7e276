//! Who the listener is.

use reprise_domain::ids::{AccountId, SpotifyUserId};

use super::api::Api;
use super::dialect;
use super::endpoint::Endpoint;
use super::error::SpotifyError;
use super::gate::Purpose;
use super::request::Request;
use super::secrets::AccessToken;

/// What Spotify tells of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Immutable and pseudonymous; the one to link an account by, where present.
    pub account_id: Option<AccountId>,
    /// The user name, which may change.
    pub id: SpotifyUserId,
    /// The name shown, if the listener has one.
    pub display_name: Option<String>,
    /// Address of a picture, if the listener has one.
    pub image: Option<String>,
}

impl Api {
    /// Asks whose token this is.
    pub async fn me(&self, token: &AccessToken, purpose: Purpose) -> Result<Profile, SpotifyError> {
        self.send(token, purpose, Request::new(Endpoint::Me)).await?.decode(dialect::profile)
    }
}
