//! `GET /me`.

use reprise_domain::ids::{AccountId, SpotifyUserId};
use serde::Deserialize;
use serde_json::Value;

use super::super::me::Profile;
use super::{Unreadable, lenient};

#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "lenient::text")]
    account_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    images: Option<Vec<Value>>,
}

/// Reads the listener's profile.
pub fn profile(body: &[u8]) -> Result<Profile, Unreadable> {
    let wire: Wire = lenient::body(body)?;
    Ok(Profile {
        account_id: wire.account_id.map(AccountId::new),
        id: SpotifyUserId::new(wire.id.ok_or(Unreadable::Lacks("user id"))?),
        display_name: wire.display_name,
        image: lenient::picture(wire.images),
    })
}
