//! Signing up through a one-time link, signing in again, and leaving.
//!
//! Opening a link changes nothing: chat applications preview links. A link is used up together with
//! the first sign-up that succeeds through it, and by nothing else.

mod finish;
mod pending;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reprise_domain::ids::UserId;
use reprise_domain::time::{days, later};
use ring::digest::{SHA256, digest};

pub use finish::{Arrived, FinishError, Returned, finish, reschedule};
pub use pending::{PENDING_MINUTES, StartError, Started, invite_of, local_path, start, state_of_cookie};

use crate::ports::{Erased, Invite, InviteHash, Role, StoreError};
use crate::vault::VaultError;
use crate::{Core, Signup};

/// A sign-up link lasts this long unless the operator says otherwise.
pub const INVITE_LASTS: Duration = days(7);

/// Why an invitation could not be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InviteError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A sign-up link just made; the only time its secret is known.
#[derive(Clone)]
pub struct NewInvite {
    /// The address to hand to one person.
    pub link: String,
    /// What is stored of it.
    pub invite: Invite,
}

/// Makes a one-time sign-up link.
pub async fn invite(
    core: &Core,
    role: Role,
    note: Option<String>,
    lasts: Duration,
) -> Result<NewInvite, InviteError> {
    let secret = URL_SAFE_NO_PAD.encode(core.vault.random::<24>()?);
    let created = core.ports.clock.now();
    let invite = Invite {
        hash: hash_of(&secret),
        role,
        note,
        created,
        expires: later(created, lasts),
        used: None,
        revoked: false,
    };
    core.ports.invites.create_invite(&invite).await?;
    let mut link = core.config.base_url.clone();
    link.set_path(&format!("/signup/{secret}"));
    Ok(NewInvite { link: link.into(), invite })
}

/// The link for whoever sets the installation up: an administrator's, while there is nobody yet.
pub async fn bootstrap(core: &Core) -> Result<Option<NewInvite>, InviteError> {
    if !core.ports.users.users(None, 1).await?.is_empty() {
        return Ok(None);
    }
    // A link from an earlier start was shown once and may be lost; the new one replaces it.
    for old in core.ports.invites.invites().await? {
        if old.role == Role::Admin {
            core.ports.invites.revoke_invite(&old.hash).await?;
        }
    }
    invite(core, Role::Admin, Some("first start".to_owned()), INVITE_LASTS).await.map(Some)
}

/// What somebody who opens a sign-up link should be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteState {
    /// It can be used until then.
    Valid(Timestamp),
    /// Somebody has signed up with it.
    Used,
    /// Its time was over then.
    Expired(Timestamp),
    /// There is no such link, or the operator has withdrawn it.
    Unknown,
}

/// Looks at a sign-up link without changing anything.
pub async fn invite_state(core: &Core, secret: &str) -> Result<InviteState, StoreError> {
    let invite = core.ports.invites.invite(&hash_of(secret)).await?;
    Ok(match invite {
        None => InviteState::Unknown,
        Some(invite) if invite.revoked => InviteState::Unknown,
        Some(invite) if invite.used.is_some() => InviteState::Used,
        Some(invite) if invite.is_valid(core.ports.clock.now()) => InviteState::Valid(invite.expires),
        Some(invite) => InviteState::Expired(invite.expires),
    })
}

/// Whether strangers may sign up without a link.
pub fn is_open(core: &Core) -> bool {
    core.config.signup == Signup::Open
}

/// Disconnects a listener and erases everything of theirs, at once.
pub async fn leave(core: &Core, user: &UserId) -> Result<Erased, StoreError> {
    let erased = core.ports.users.erase(user).await?;
    tracing::info!(user = %user, "listener left; everything of theirs was erased");
    Ok(erased)
}

fn hash_of(secret: &str) -> InviteHash {
    let hash = digest(&SHA256, secret.as_bytes());
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    InviteHash(hash.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}
