//! Who is signed in: a sealed value in a cookie, over when the listener's epoch moves on.

use jiff::Timestamp;
use reprise_domain::ids::UserId;
use reprise_domain::time::{days, later};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::ports::{Sealed, StoreError, User, Written};
use crate::vault::{Purpose, VaultError};

/// A session ends so many days after it was last used.
pub const SESSION_DAYS: u64 = 30;

/// A session is renewed when it is older than this, so that not every page sets a cookie.
const RENEW_DAYS: u64 = 1;

/// Sessions are sealed for the installation; the listener is inside.
const OWNER: &str = "session";

#[derive(Serialize, Deserialize)]
struct Inside {
    user: UserId,
    epoch: u64,
    at: Timestamp,
}

/// A listener who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// A fresh cookie, if the old one should be replaced.
    pub renewed: Option<Sealed>,
}

/// Why a session could not be made or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a session for a listener who has just come from Spotify.
pub async fn begin(core: &Core, user: &User) -> Result<Sealed, SessionError> {
    let now = core.ports.clock.now();
    let inside = Inside { user: user.id.clone(), epoch: user.session_epoch, at: now };
    let text = serde_json::to_vec(&inside).map_err(|_| VaultError::Unopenable)?;
    Ok(core.vault.seal(OWNER, Purpose::Session, &text, now).await?)
}

/// Reads a session's cookie; `None` for whatever is not a living session.
pub async fn read(core: &Core, cookie: &str) -> Result<Option<SignedIn>, SessionError> {
    let now = core.ports.clock.now();
    let sealed = Sealed(cookie.to_owned());
    if !core.vault.is_recent(&sealed, now) {
        return Ok(None);
    }
    let text = match core.vault.open(OWNER, Purpose::Session, &sealed).await {
        Err(VaultError::Unopenable) => return Ok(None),
        text => text?,
    };
    let Ok(inside) = serde_json::from_slice::<Inside>(&text) else { return Ok(None) };
    if now >= later(inside.at, days(SESSION_DAYS)) {
        return Ok(None);
    }
    let user = core.ports.users.user(&inside.user).await?.map(|read| read.value);
    let Some(user) = user.filter(|user| user.session_epoch == inside.epoch && !user.disabled) else {
        return Ok(None);
    };
    let is_old = now >= later(inside.at, days(RENEW_DAYS));
    let renewed = if is_old { Some(begin(core, &user).await?) } else { None };
    Ok(Some(SignedIn { user, renewed }))
}

/// Ends every session of a listener.
pub async fn end_all(core: &Core, user: &UserId) -> Result<(), StoreError> {
    while let Some(mut read) = core.ports.users.user(user).await? {
        read.value.session_epoch += 1;
        if let Written::At(_) = core.ports.users.put_user(&read.value, read.version).await? {
            break;
        }
    }
    Ok(())
}
