//! The accounts service: consent, codes and tokens.

pub(crate) mod authorize;
mod page;
pub(crate) mod token;

use crate::state::State;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::{BTreeSet, HashMap};

/// Life of an authorization code.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Life of an access token, seconds.
pub(crate) const ACCESS_LIFE: i64 = 3_600;
/// Life of a consent; refreshing does not extend it.
const CONSENT_MONTHS: i64 = 6;

/// A listener's consent to one app.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) user: String,
    pub(crate) scopes: BTreeSet<String>,
    authorized_at: Timestamp,
    /// The listener took it back.
    revoked: bool,
    /// Obtained without a client secret.
    public: bool,
}

impl Grant {
    fn expired(&self, now: Timestamp) -> bool {
        self.authorized_at
            .to_zoned(TimeZone::UTC)
            .checked_add(CONSENT_MONTHS.months())
            .is_ok_and(|end| end.timestamp() <= now)
    }
}

#[derive(Debug, Clone)]
struct Code {
    grant: u64,
    redirect_uri: String,
    challenge: Option<String>,
    issued_at: Timestamp,
    used: bool,
}

#[derive(Debug, Clone)]
struct Access {
    client: String,
    /// `None`: a client's own token.
    grant: Option<u64>,
    expires_at: Timestamp,
}

#[derive(Debug, Clone)]
struct Refresh {
    grant: u64,
    revoked: bool,
}

/// Codes, consents and tokens.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    grants: HashMap<u64, Grant>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    issued: u64,
}

/// Whom an access token speaks for.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub(crate) client: String,
    pub(crate) user: Option<String>,
    pub(crate) scopes: BTreeSet<String>,
}

impl Accounts {
    /// `None`: no such token, or no longer.
    pub(crate) fn bearer(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        let access = self.access.get(token)?;
        if access.expires_at <= now {
            return None;
        }
        let Some(grant) = access.grant else {
            return Some(Bearer { client: access.client.clone(), user: None, scopes: BTreeSet::new() });
        };
        let grant = self.grants.get(&grant).filter(|grant| !grant.revoked)?;
        Some(Bearer {
            client: access.client.clone(),
            user: Some(grant.user.clone()),
            scopes: grant.scopes.clone(),
        })
    }

    /// The user of a refresh token, for faults that hit one user's refreshes.
    pub(crate) fn user_of(&self, refresh_token: &str) -> Option<&str> {
        let refresh = self.refresh.get(refresh_token)?;
        self.grants.get(&refresh.grant).map(|grant| grant.user.as_str())
    }

    /// The user of an authorization code.
    pub(crate) fn user_of_code(&self, code: &str) -> Option<&str> {
        let code = self.codes.get(code)?;
        self.grants.get(&code.grant).map(|grant| grant.user.as_str())
    }

    /// The listener takes consent back, from one app or from all; answers how many consents.
    pub(crate) fn revoke(&mut self, user: &str, client: Option<&str>) -> usize {
        let mut count = 0;
        for grant in self.grants.values_mut() {
            let theirs = grant.user == user && client.is_none_or(|client| grant.client == client);
            if theirs && !grant.revoked {
                grant.revoked = true;
                count += 1;
            }
        }
        count
    }
}

/// Forgets access tokens long expired: a year of refreshes is many.
fn forget_old(state: &mut State, now: Timestamp) {
    state.accounts.issued += 1;
    if state.accounts.issued.is_multiple_of(1_024) {
        state.accounts.access.retain(|_, access| access.expires_at > now);
    }
}
