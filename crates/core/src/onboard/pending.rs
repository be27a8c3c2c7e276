//! A login under way: everything needed to finish it travels in a sealed cookie, so that starting
//! one writes nothing.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_domain::ids::UserId;
use reprise_domain::time::later;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{InviteState, invite_state};
use crate::Core;
use crate::ports::{Sealed, StoreError};
use crate::spotify::accounts::{CsrfToken, PkceCodeChallenge};
use crate::spotify::scopes::Scope;
use crate::vault::{Purpose, VaultError};

/// A login must be finished within this.
pub const PENDING_MINUTES: u64 = 10;

/// What the cookie of a login under way holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) verifier: String,
    pub(super) at: Timestamp,
    /// The link's secret, so that a failed login can be tried again through the same link.
    pub(super) invite: Option<String>,
    /// Who consents again; nobody else may come back.
    pub(super) user: Option<UserId>,
    pub(super) return_to: String,
    pub(super) time_zone: Option<String>,
}

/// A login just started.
#[derive(Debug)]
pub struct Started {
    /// Where to send the browser.
    pub authorize_url: Url,
    /// Names the cookie, so that logins in two tabs do not disturb each other.
    pub state: String,
    /// The cookie's value.
    pub cookie: Sealed,
}

/// Why a login was not started.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// The sign-up link cannot be used.
    #[error("the sign-up link cannot be used")]
    Invite(InviteState),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Starts a login: with a link's secret to sign up, without one to sign in again, or for a listener
/// who consents again.
pub async fn start(
    core: &Core,
    invite: Option<&str>,
    user: Option<UserId>,
    return_to: Option<&str>,
    time_zone: Option<&str>,
) -> Result<Started, StartError> {
    let invite = match invite {
        None => None,
        Some(secret) => match invite_state(core, secret).await? {
            InviteState::Valid(_) => Some(secret.to_owned()),
            state => return Err(StartError::Invite(state)),
        },
    };
    let now = core.ports.clock.now();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let state = CsrfToken::new_random();
    let name = state.secret().clone();
    let pending = Pending {
        verifier: verifier.into_secret(),
        at: now,
        invite,
        user,
        return_to: return_to.and_then(local_path).unwrap_or("/").to_owned(),
        time_zone: time_zone.filter(|name| TimeZone::get(name).is_ok()).map(str::to_owned),
    };
    let text = serde_json::to_vec(&pending).map_err(|_| VaultError::Unopenable)?;
    // Bound to the state: a cookie under another name does not open.
    let cookie = core.vault.seal(&name, Purpose::PendingLogin, &text, now).await?;
    let redirect_uri = core.config.redirect_uri();
    let authorize_url = core.accounts.authorize_url(&redirect_uri, Scope::ALL, state, challenge, false);
    Ok(Started { authorize_url, state: name, cookie })
}

/// Opens the cookie of the login named `state`, if its time is not over.
pub(super) async fn open(core: &Core, state: &str, cookie: &str) -> Result<Option<Pending>, VaultError> {
    let sealed = Sealed(cookie.to_owned());
    let text = match core.vault.open(state, Purpose::PendingLogin, &sealed).await {
        Err(VaultError::Unopenable) => return Ok(None),
        text => text?,
    };
    let lasts = std::time::Duration::from_mins(PENDING_MINUTES);
    Ok(serde_json::from_slice::<Pending>(&text)
        .ok()
        .filter(|pending| core.ports.clock.now() < later(pending.at, lasts)))
}

/// The secret of the sign-up link by which the login named `state` was started, to try again with.
pub async fn invite_of(core: &Core, state: &str, cookie: &str) -> Option<String> {
    open(core, state, cookie).await.ok()??.invite
}

/// A `state` as it may appear in a cookie's name; `None` for anything we have not made.
pub fn state_of_cookie(state: &str) -> Option<&str> {
    let plain = state.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (plain && (16..=64).contains(&state.len())).then_some(state)
}

/// A path of this site to return to; `None` for whatever a browser could take for another site.
pub fn local_path(path: &str) -> Option<&str> {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        && path.len() <= 200;
    is_local.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_site_is_returned_to() {
        for good in ["/", "/archive", "/archive/2026-W47?x=1"] {
            assert_eq!(local_path(good), Some(good));
        }
        let bad = [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "\\\\evil",
            "archive",
            "/a\nb",
            "/\t/evil",
        ];
        for bad in bad {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
