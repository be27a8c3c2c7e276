//! What the accounts service grants, read leniently.

use std::time::Duration;

use oauth2::TokenResponse;
use oauth2::basic::BasicTokenResponse;
use serde_json::{Map, Value};

use super::scopes::GrantedScopes;
use super::secrets::{AccessToken, RefreshToken};

/// How long an access token lives if the answer does not say so credibly.
const USUAL_LIFE: Duration = Duration::from_hours(1);
/// No longer life is believed.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// What an exchange of a code brought.
#[derive(Debug, Clone)]
pub struct Granted {
    /// For the next hour.
    pub access: AccessToken,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What the listener allowed, if told; where it is not, all that was asked for.
    pub scopes: Option<GrantedScopes>,
    /// For the next six months; without it the sign-up is worth nothing.
    pub refresh: Option<RefreshToken>,
}

/// What a refresh brought.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// For the next hour.
    pub access: AccessToken,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What the listener allowed, if told; where it is not, nothing has changed.
    pub scopes: Option<GrantedScopes>,
    /// To be used from now on; if there is none, or an empty one came, the old one stays good.
    pub refresh: Option<RefreshToken>,
}

impl From<Refreshed> for Granted {
    fn from(token: Refreshed) -> Self {
        let Refreshed { access, expires_in, scopes, refresh } = token;
        Self { access, expires_in, scopes, refresh }
    }
}

impl From<&BasicTokenResponse> for Refreshed {
    fn from(answer: &BasicTokenResponse) -> Self {
        let scopes = answer.scopes();
        Self {
            access: AccessToken::new(answer.access_token().secret()),
            expires_in: answer.expires_in().map_or(USUAL_LIFE, |life| life.min(LONGEST_LIFE)),
            scopes: scopes.map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
            refresh: answer.refresh_token().map(|token| RefreshToken::new(token.secret())),
        }
    }
}

/// Makes a token answer what RFC 6749 says it is: keeps what it names, drops what is empty or odd,
/// so that the strict reader accepts the rest. `None` if there is no access token in it.
pub fn tidy(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let answer: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let told = |name: &str| answer.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    let mut tidied = Map::new();
    tidied.insert("access_token".to_owned(), told("access_token")?.into());
    tidied.insert("token_type".to_owned(), "bearer".into());
    for name in ["refresh_token", "scope"] {
        if let Some(text) = told(name) {
            tidied.insert(name.to_owned(), text.into());
        }
    }
    if let Some(seconds) = answer.get("expires_in").and_then(seconds) {
        tidied.insert("expires_in".to_owned(), seconds.into());
    }
    serde_json::to_vec(&tidied).ok()
}

/// A positive number of seconds, in whatever form.
fn seconds(value: &Value) -> Option<u64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let life = Duration::try_from_secs_f64(number).ok()?;
    Some(life.as_secs()).filter(|seconds| *seconds > 0)
}
