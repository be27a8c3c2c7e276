//! The life of a listener's grant.
//!
//! Spotify's refresh tokens die six months after consent whatever is done with them, may or may not
//! be replaced by a refresh, and have been called invalid by mistake. The rules here lose none that
//! still lives and never ask again and again with one that is dead.
#![warn(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::time::{Mark, days, later};

/// An access token is refreshed this long before it expires.
pub const REFRESH_AHEAD: Duration = Duration::from_mins(5);

/// How long a refresher is believed to be at work.
pub const REFRESH_LEASE: Duration = Duration::from_secs(45);

/// A token called invalid is tried once more after this.
pub const RECHECK_AFTER: Duration = days(1);

/// Days before the end of consent at which the listener is told.
pub const WARN_DAYS: [u32; 4] = [30, 14, 3, 1];

/// When consent given at `authorized_at` ends.
pub fn reauth_by(authorized_at: Timestamp) -> Timestamp {
    let local = authorized_at.to_zoned(TimeZone::UTC);
    local.checked_add(6.months()).map_or(Timestamp::MAX, |at| at.timestamp())
}

/// Why the listener must consent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reauth {
    /// Six months are over.
    Expired,
    /// Spotify refuses the token: withdrawn by the listener, or replaced by one we never received.
    Revoked,
    /// The consent does not cover what is needed.
    Scope,
}

/// Where a grant stands. `A` is a sealed access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum GrantState<A> {
    /// An access token is at hand. It is *stale* within [`REFRESH_AHEAD`] of `expires`.
    Fresh {
        /// The token.
        access: A,
        /// When it ends.
        expires: Timestamp,
    },
    /// No access token is at hand.
    Stale,
    /// Somebody is asking for one.
    Refreshing {
        /// Who.
        owner: String,
        /// Until when the others believe that.
        until: Mark,
    },
    /// Spotify could not be asked; again later.
    Backoff {
        /// When.
        until: Timestamp,
        /// How often in a row.
        failures: u32,
    },
    /// Only the listener can help.
    ReauthRequired {
        /// Why.
        why: Reauth,
        /// Since when.
        since: Timestamp,
        /// Whether the one automatic second try has been made.
        rechecked: bool,
    },
    /// Switched off by the operator.
    Disabled,
}

/// What to do when a token is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask<'a, A> {
    /// Use this one; refresh ahead if `stale`.
    Use {
        /// The token.
        access: &'a A,
        /// Whether to refresh it at the same time.
        stale: bool,
    },
    /// Announce a refresh and make it.
    Refresh {
        /// Whether this is the one second try of a token called invalid.
        recheck: bool,
    },
    /// Somebody else is asking; look again then.
    WaitFor(Duration),
    /// Nothing before this instant.
    NotBefore(Timestamp),
    /// The listener must consent again.
    Reauth(Reauth),
    /// Switched off.
    Disabled,
}

impl<A> GrantState<A> {
    /// Decides what to do for a caller that needs at least `min_ttl` of validity.
    pub fn ask(&self, now: &Mark, min_ttl: Duration) -> Ask<'_, A> {
        match self {
            Self::Fresh { access, expires } => {
                if later(now.wall, min_ttl) >= *expires {
                    Ask::Refresh { recheck: false }
                } else {
                    Ask::Use { access, stale: later(now.wall, REFRESH_AHEAD) >= *expires }
                }
            }
            Self::Stale => Ask::Refresh { recheck: false },
            Self::Refreshing { until, .. } => {
                let wait = until.since(now);
                // Killed before its commit: the old token is tried once more.
                if wait.is_zero() { Ask::Refresh { recheck: false } } else { Ask::WaitFor(wait) }
            }
            Self::Backoff { until, .. } => {
                if now.wall >= *until {
                    Ask::Refresh { recheck: false }
                } else {
                    Ask::NotBefore(*until)
                }
            }
            Self::ReauthRequired { why, since, rechecked } => {
                let again = !rechecked && *why == Reauth::Revoked && now.wall >= later(*since, RECHECK_AFTER);
                if again { Ask::Refresh { recheck: true } } else { Ask::Reauth(*why) }
            }
            Self::Disabled => Ask::Disabled,
        }
    }

    /// The state after Spotify called the token invalid.
    pub fn refused(now: Timestamp, reauth_by: Timestamp, recheck: bool) -> Self {
        let why = if now >= reauth_by { Reauth::Expired } else { Reauth::Revoked };
        Self::ReauthRequired { why, since: now, rechecked: recheck }
    }

    /// The state after Spotify could not be asked for the `failures`th time in a row.
    pub fn backed_off(now: Timestamp, failures: u32, retry_at: Option<Timestamp>) -> Self {
        let wait = Duration::from_secs(1 << failures.min(9));
        let until = later(now, wait);
        Self::Backoff { until: retry_at.map_or(until, |at| at.max(until)), failures }
    }

    /// The word for logs and pages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fresh { .. } => "fresh",
            Self::Stale => "stale",
            Self::Refreshing { .. } => "refreshing",
            Self::Backoff { .. } => "backoff",
            Self::ReauthRequired { why: Reauth::Expired, .. } => "expired",
            Self::ReauthRequired { why: Reauth::Revoked, .. } => "revoked",
            Self::ReauthRequired { why: Reauth::Scope, .. } => "scope",
            Self::Disabled => "disabled",
        }
    }
}

/// The warning due at `now`: the fewest days of [`WARN_DAYS`] that cover what is left.
pub fn warning(now: Timestamp, reauth_by: Timestamp) -> Option<u32> {
    WARN_DAYS.into_iter().rev().find(|left| later(now, days(u64::from(*left))) >= reauth_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn mark(second: i64) -> Mark {
        Mark {
            wall: Timestamp::from_second(second).unwrap(),
            uptime_ms: second.unsigned_abs() * 1000,
            boot: "boot".into(),
        }
    }

    #[test]
    fn the_table() {
        use GrantState as S;
        let second = |s: i64| Timestamp::from_second(s).unwrap();
        let now = mark(100_000);
        let refresh = Ask::Refresh { recheck: false };
        let reauth = |why, since, rechecked| S::<u8>::ReauthRequired { why, since: second(since), rechecked };
        let cases: Vec<(S<u8>, Ask<'_, u8>)> = vec![
            (S::Fresh { access: 7, expires: second(103_600) }, Ask::Use { access: &7, stale: false }),
            (S::Fresh { access: 7, expires: second(100_300) }, Ask::Use { access: &7, stale: true }),
            (S::Fresh { access: 7, expires: second(100_060) }, refresh.clone()),
            (S::Stale, refresh.clone()),
            (
                S::Refreshing { owner: "a".into(), until: mark(100_010) },
                Ask::WaitFor(Duration::from_secs(10)),
            ),
            (S::Refreshing { owner: "a".into(), until: mark(100_000) }, refresh.clone()),
            (S::Backoff { until: second(100_001), failures: 1 }, Ask::NotBefore(second(100_001))),
            (S::Backoff { until: second(100_000), failures: 1 }, refresh),
            (reauth(Reauth::Revoked, 99_000, false), Ask::Reauth(Reauth::Revoked)),
            (reauth(Reauth::Revoked, 13_600, false), Ask::Refresh { recheck: true }),
            (reauth(Reauth::Revoked, 13_600, true), Ask::Reauth(Reauth::Revoked)),
            (reauth(Reauth::Expired, 13_600, false), Ask::Reauth(Reauth::Expired)),
            (reauth(Reauth::Scope, 13_600, false), Ask::Reauth(Reauth::Scope)),
            (S::Disabled, Ask::Disabled),
        ];
        for (state, expected) in cases {
            assert_eq!(state.ask(&now, Duration::from_mins(1)), expected, "{state:?}");
        }
    }

    #[test]
    fn consent_ends_after_six_months_and_is_announced_in_time() {
        let end = reauth_by(at("2026-08-31T10:00:00Z"));
        assert_eq!(end, at("2027-02-28T10:00:00Z"));
        let cases = [
            ("2026-12-01T00:00:00Z", None),
            ("2027-01-29T10:00:00Z", Some(30)),
            ("2027-02-14T10:00:00Z", Some(14)),
            ("2027-02-26T00:00:00Z", Some(3)),
            ("2027-02-27T10:00:00Z", Some(1)),
            ("2027-03-05T10:00:00Z", Some(1)),
        ];
        for (now, expected) in cases {
            assert_eq!(warning(at(now), end), expected, "{now}");
        }
    }

    #[test]
    fn a_refusal_is_an_expiry_only_after_its_date() {
        let end = at("2027-02-28T10:00:00Z");
        let before = GrantState::<u8>::refused(at("2027-02-28T09:00:00Z"), end, false);
        assert_eq!(before.name(), "revoked");
        let after = GrantState::<u8>::refused(at("2027-02-28T10:00:00Z"), end, false);
        assert_eq!(after.name(), "expired");
    }
}
