//! Valid access tokens, whatever dies when.
//!
//! A refresh is announced in the store before it is sent, so that no two processes ask with the same
//! refresh token at once; inside a process all callers share one refresh and its outcome, and a
//! caller that goes away cancels nothing.

mod refresh;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reprise_domain::ids::UserId;
use reprise_domain::time::later;
use reprise_domain::token::{Ask, GrantState, REFRESH_LEASE, Reauth};
use tokio::sync::watch;

use crate::machine::Background;
use crate::ports::{Clock, Grant, StoreError, Tokens, Version, Written};
use crate::spotify::{AccessToken, Accounts, RefreshToken};
use crate::vault::{Purpose, Vault, VaultError};

/// An access token handed out lives at least this long.
pub const MIN_TTL: Duration = Duration::from_mins(1);

/// A token handed out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub access: AccessToken,
    /// When it ends.
    pub expires: Timestamp,
}

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GrantError {
    /// Only the listener can help: they must consent again.
    #[error("the listener must connect Spotify again")]
    Reauth(Reauth),
    /// The operator has switched the listener off, or there is no such listener.
    #[error("the listener is disconnected")]
    Disconnected,
    /// Spotify's accounts service cannot be asked before then.
    #[error("spotify gives no access token before {retry_at}")]
    NotBefore {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The operator's client id or secret is wrong.
    #[error("spotify does not accept the client id and secret of this installation")]
    InvalidClient,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

type Outcome = Result<Issued, GrantError>;

/// Hands out access tokens; cheap to clone.
#[derive(Clone)]
pub struct Grants {
    inner: Arc<Inner>,
}

struct Inner {
    tokens: Arc<dyn Tokens>,
    vault: Arc<Vault>,
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    background: Background,
    flights: Mutex<HashMap<UserId, watch::Receiver<Option<Outcome>>>>,
}

impl Grants {
    /// Grants kept in `tokens`, sealed by `vault`, refreshed at `accounts`, each in the `background`.
    pub fn new(
        tokens: Arc<dyn Tokens>,
        vault: Arc<Vault>,
        accounts: Accounts,
        clock: Arc<dyn Clock>,
        background: Background,
    ) -> Self {
        let flights = Mutex::default();
        Self { inner: Arc::new(Inner { tokens, vault, accounts, clock, background, flights }) }
    }

    /// A token of `user` with at least `min_ttl` to live.
    pub async fn access(&self, user: &UserId, min_ttl: Duration) -> Outcome {
        let inner = &self.inner;
        let grant = inner.tokens.grant(user).await?.ok_or(GrantError::Disconnected)?.value;
        match grant.state.ask(&inner.clock.mark(), min_ttl) {
            Ask::Use { access, .. } => inner.issued(user, access, &grant).await,
            Ask::Refresh { .. } | Ask::WaitFor(_) => self.shared_refresh(user, min_ttl).await,
            Ask::NotBefore(retry_at) => Err(GrantError::NotBefore { retry_at }),
            Ask::Reauth(why) => Err(GrantError::Reauth(why)),
            Ask::Disabled => Err(GrantError::Disconnected),
        }
    }

    /// Notes that Spotify rejected a token that should be valid; the next caller gets another.
    pub async fn rejected(&self, user: &UserId, rejected: &AccessToken) -> Result<(), GrantError> {
        let inner = &self.inner;
        loop {
            let Some(read) = inner.tokens.grant(user).await? else { return Ok(()) };
            let GrantState::Fresh { access, .. } = &read.value.state else { return Ok(()) };
            let current = inner.vault.open(user.as_str(), Purpose::AccessToken, access).await?;
            if *current != rejected.expose().as_bytes() {
                return Ok(());
            }
            let grant = Grant { state: GrantState::Stale, ..read.value };
            if let Written::At(_) = inner.tokens.put_grant(user, &grant, read.version).await? {
                return Ok(());
            }
        }
    }

    /// Notes that the listener must consent again, to more.
    pub async fn scope_missing(&self, user: &UserId) -> Result<(), GrantError> {
        let since = self.inner.clock.now();
        self.change(user, |grant| {
            grant.state = GrantState::ReauthRequired { why: Reauth::Scope, since, rechecked: true };
        })
        .await
    }

    /// Lets a quarantined grant be tried once more now: the operator's button.
    pub async fn try_again(&self, user: &UserId) -> Result<(), GrantError> {
        self.change(user, |grant| {
            if let GrantState::ReauthRequired { .. } | GrantState::Backoff { .. } = grant.state {
                grant.state = GrantState::Stale;
            }
        })
        .await
    }

    /// Seals the grant's secrets under the current epoch if they are of an older one.
    pub async fn reseal(&self, user: &UserId) -> Result<bool, GrantError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let Some(read) = inner.tokens.grant(user).await? else { return Ok(false) };
        if !inner.vault.is_old(&read.value.refresh, now) {
            return Ok(false);
        }
        let mut grant = read.value;
        let secret = inner.vault.open(user.as_str(), Purpose::RefreshToken, &grant.refresh).await?;
        grant.refresh = inner.vault.seal(user.as_str(), Purpose::RefreshToken, &secret, now).await?;
        // A conflict means that somebody refreshed, and so sealed anew, meanwhile.
        Ok(matches!(inner.tokens.put_grant(user, &grant, read.version).await?, Written::At(_)))
    }

    async fn change(&self, user: &UserId, change: impl Fn(&mut Grant) + Send) -> Result<(), GrantError> {
        loop {
            let Some(mut read) = self.inner.tokens.grant(user).await? else { return Ok(()) };
            change(&mut read.value);
            if let Written::At(_) = self.inner.tokens.put_grant(user, &read.value, read.version).await? {
                return Ok(());
            }
        }
    }

    /// Joins the refresh under way in this process, or starts one that outlives its callers.
    async fn shared_refresh(&self, user: &UserId, min_ttl: Duration) -> Outcome {
        let mut flight = {
            let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(flight) = flights.get(user) {
                flight.clone()
            } else {
                let (done, flight) = watch::channel(None);
                flights.insert(user.clone(), flight.clone());
                let landing = Landing { inner: Arc::clone(&self.inner), user: user.clone() };
                self.inner.background.spawn(async move {
                    let outcome = landing.inner.refresh(&landing.user, min_ttl).await;
                    drop(landing);
                    let _ = done.send(Some(outcome));
                });
                flight
            }
        };
        let landed = flight.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        // Only a refresh that panicked, or was abandoned, leaves no outcome.
        landed.unwrap_or_else(|| {
            Err(GrantError::NotBefore { retry_at: later(self.inner.clock.now(), REFRESH_LEASE) })
        })
    }
}

/// Takes a refresh off the list when it ends, be it by a panic.
struct Landing {
    inner: Arc<Inner>,
    user: UserId,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}

impl Inner {
    async fn issued(&self, user: &UserId, sealed: &crate::ports::Sealed, grant: &Grant) -> Outcome {
        let opened = self.vault.open(user.as_str(), Purpose::AccessToken, sealed).await?;
        let GrantState::Fresh { expires, .. } = grant.state else { return Err(GrantError::Disconnected) };
        Ok(Issued { access: AccessToken::new(String::from_utf8_lossy(&opened)), expires })
    }

    async fn sealed_access(
        &self,
        user: &UserId,
        access: &AccessToken,
        expires_in: Duration,
    ) -> Result<GrantState<crate::ports::Sealed>, GrantError> {
        let now = self.clock.now();
        let secret = access.expose().as_bytes();
        let access = self.vault.seal(user.as_str(), Purpose::AccessToken, secret, now).await?;
        Ok(GrantState::Fresh { access, expires: later(now, expires_in) })
    }
}

/// A new grant from a consent just given.
pub(crate) async fn consented(
    vault: &Vault,
    user: &UserId,
    refresh: &RefreshToken,
    access: (&AccessToken, Duration),
    scopes: Vec<String>,
    now: Timestamp,
) -> Result<Grant, VaultError> {
    let owner = user.as_str();
    let refresh = vault.seal(owner, Purpose::RefreshToken, refresh.expose().as_bytes(), now).await?;
    let (token, life) = access;
    let access = vault.seal(owner, Purpose::AccessToken, token.expose().as_bytes(), now).await?;
    Ok(Grant {
        refresh,
        state: GrantState::Fresh { access, expires: later(now, life) },
        scopes,
        authorized_at: now,
        reauth_by: reprise_domain::token::reauth_by(now),
        warned_days: None,
        lost: 0,
        unsure: false,
    })
}

/// Replaces a known listener's grant by one just consented to.
pub(crate) async fn replace(tokens: &dyn Tokens, user: &UserId, grant: &Grant) -> Result<(), StoreError> {
    loop {
        let read = tokens.grant(user).await?.map_or(Version::NEW, |read| read.version);
        if let Written::At(_) = tokens.put_grant(user, grant, read).await? {
            return Ok(());
        }
    }
}
