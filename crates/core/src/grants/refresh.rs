//! One refresh: announce, ask, record; and what to do when somebody else recorded meanwhile.

use std::time::Duration;

use reprise_domain::ids::UserId;
use reprise_domain::time::later;
use reprise_domain::token::{Ask, GrantState, REFRESH_LEASE};

use super::{GrantError, Inner, Issued, Outcome};
use crate::failpoint;
use crate::ports::{Grant, Sealed, Version, Versioned, Written};
use crate::spotify::{AccountsError, Effect, RefreshToken, Refreshed};
use crate::vault::Purpose;

/// Another process's refresh is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A refresh announced by us: what we wrote, and what was there before.
struct Announced {
    grant: Grant,
    version: Version,
    recheck: bool,
    failures: u32,
    /// Whether an earlier refresher died, or was left, without knowing how its request ended.
    outcome_lost: bool,
}

impl Inner {
    /// Refreshes until there is a token or a reason why not.
    pub(super) async fn refresh(&self, user: &UserId, min_ttl: Duration) -> Outcome {
        loop {
            let read = self.tokens.grant(user).await?.ok_or(GrantError::Disconnected)?;
            let mark = self.clock.mark();
            match read.value.state.ask(&mark, min_ttl) {
                Ask::Use { access, .. } => return self.issued(user, access, &read.value).await,
                Ask::WaitFor(wait) => {
                    self.clock.sleep_until(later(mark.wall, wait.min(LOOK_AGAIN))).await;
                }
                Ask::NotBefore(retry_at) => return Err(GrantError::NotBefore { retry_at }),
                Ask::Reauth(why) => return Err(GrantError::Reauth(why)),
                Ask::Disabled => return Err(GrantError::Disconnected),
                Ask::Refresh { recheck } => {
                    if let Some(announced) = self.announce(user, read, recheck).await?
                        && let Some(outcome) = self.ask(user, announced).await?
                    {
                        return outcome;
                    }
                }
            }
        }
    }

    /// Writes that we are about to ask; `None` if somebody was faster.
    async fn announce(
        &self,
        user: &UserId,
        read: Versioned<Grant>,
        recheck: bool,
    ) -> Result<Option<Announced>, GrantError> {
        let owner = u64::from_be_bytes(self.vault.random::<8>()?);
        let failures = match read.value.state {
            GrantState::Backoff { failures, .. } => failures,
            _ => 0,
        };
        let outcome_lost = read.value.unsure || matches!(read.value.state, GrantState::Refreshing { .. });
        let until = self.clock.mark().plus(REFRESH_LEASE);
        let state = GrantState::Refreshing { owner: format!("{owner:016x}"), until };
        let grant = Grant { state, ..read.value };
        match self.tokens.put_grant(user, &grant, read.version).await? {
            Written::At(version) => {
                failpoint::pass("grant.announced");
                Ok(Some(Announced { grant, version, recheck, failures, outcome_lost }))
            }
            Written::Conflict => Ok(None),
        }
    }

    /// Asks Spotify and records the answer; `None` if the answer says nothing and somebody else's
    /// record must be read instead.
    async fn ask(&self, user: &UserId, announced: Announced) -> Result<Option<Outcome>, GrantError> {
        let opened = self.vault.open(user.as_str(), Purpose::RefreshToken, &announced.grant.refresh).await?;
        let token = RefreshToken::new(String::from_utf8_lossy(&opened));
        let answer = self.accounts.refresh(&token).await;
        failpoint::pass("grant.answered");
        match answer {
            Ok(refreshed) => self.record_success(user, announced, &refreshed).await.map(Some),
            Err(error) => self.record_failure(user, announced, &error).await,
        }
    }

    async fn record_success(
        &self,
        user: &UserId,
        announced: Announced,
        refreshed: &Refreshed,
    ) -> Result<Outcome, GrantError> {
        let state = self.sealed_access(user, &refreshed.access, refreshed.expires_in).await?;
        let GrantState::Fresh { expires, .. } = &state else { return Err(GrantError::Disconnected) };
        let issued = Issued { access: refreshed.access.clone(), expires: *expires };
        let refresh = match &refreshed.refresh {
            None => announced.grant.refresh.clone(),
            Some(token) => {
                let secret = token.expose().as_bytes();
                self.vault.seal(user.as_str(), Purpose::RefreshToken, secret, self.clock.now()).await?
            }
        };
        let scopes = refreshed.scopes.as_ref().map(|scopes| scopes.iter().map(str::to_owned).collect());
        let mut grant = Grant { refresh, state, unsure: false, ..announced.grant };
        if let Some(scopes) = scopes {
            grant.scopes = scopes;
        }
        let mut version = announced.version;
        loop {
            match self.tokens.put_grant(user, &grant, version).await? {
                Written::At(_) => {
                    failpoint::pass("grant.committed");
                    return Ok(Ok(issued));
                }
                Written::Conflict => {
                    let current = self.tokens.grant(user).await?.ok_or(GrantError::Disconnected)?;
                    if keeps_over_a_late_success(&current.value, &grant) {
                        return Ok(Ok(issued));
                    }
                    // A success overrides a failure, and an announcement, recorded meanwhile.
                    version = current.version;
                }
            }
        }
    }

    async fn record_failure(
        &self,
        user: &UserId,
        announced: Announced,
        error: &AccountsError,
    ) -> Result<Option<Outcome>, GrantError> {
        let now = self.clock.now();
        let mut grant = announced.grant;
        grant.unsure = announced.outcome_lost || error.effect() == Effect::Unknown;
        let failures = announced.failures + 1;
        let backed_off = |retry_at| GrantState::<Sealed>::backed_off(now, failures, retry_at);
        let outcome = match error {
            AccountsError::InvalidGrant { .. } => {
                grant.state = GrantState::refused(now, grant.reauth_by, announced.recheck);
                grant.lost += u32::from(announced.outcome_lost);
                grant.unsure = false;
                tracing::warn!(user = %user, state = grant.state.name(), "spotify refuses a refresh token");
                match grant.state {
                    GrantState::ReauthRequired { why, .. } => GrantError::Reauth(why),
                    _ => GrantError::Disconnected,
                }
            }
            AccountsError::InvalidClient => {
                grant.state = backed_off(Some(later(now, Duration::from_mins(10))));
                GrantError::InvalidClient
            }
            AccountsError::RateLimited { retry_at } => {
                grant.state = backed_off(Some(*retry_at));
                GrantError::NotBefore { retry_at: *retry_at }
            }
            AccountsError::Unavailable { retry_at, .. } => {
                grant.state = backed_off(*retry_at);
                not_before(&grant.state, now)
            }
            AccountsError::Invalid { what } => {
                tracing::error!(what, "spotify's accounts service does not understand a refresh");
                grant.state = backed_off(Some(later(now, Duration::from_mins(10))));
                not_before(&grant.state, now)
            }
        };
        match self.tokens.put_grant(user, &grant, announced.version).await? {
            Written::At(_) => {
                failpoint::pass("grant.committed");
                Ok(Some(Err(outcome)))
            }
            // A failure overrides nothing: what was recorded meanwhile is read again.
            Written::Conflict => Ok(None),
        }
    }
}

/// Whether what was recorded meanwhile stays although our refresh succeeded: another success, a new
/// consent, or the operator's switch.
fn keeps_over_a_late_success(current: &Grant, ours: &Grant) -> bool {
    match current.state {
        GrantState::Fresh { .. } | GrantState::Disabled => true,
        GrantState::Stale
        | GrantState::Refreshing { .. }
        | GrantState::Backoff { .. }
        | GrantState::ReauthRequired { .. } => current.authorized_at != ours.authorized_at,
    }
}

fn not_before(state: &GrantState<Sealed>, now: jiff::Timestamp) -> GrantError {
    let retry_at = match state {
        GrantState::Backoff { until, .. } => *until,
        _ => now,
    };
    GrantError::NotBefore { retry_at }
}
