//! Why a run ends before its work does, and when to go on.

use std::time::Duration;

use jiff::Timestamp;
use reprise_domain::archive::Misstep;
use reprise_domain::time::{days, hours, later};
use reprise_domain::token::Reauth;

use crate::grants::GrantError;
use crate::ports::{AlertKind, Severity, StoreError};
use crate::spotify::{ForbiddenWhy, SpotifyError};

/// Why a run ends early.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Stop {
    /// Spotify did not do what was asked.
    #[error(transparent)]
    Spotify(#[from] SpotifyError),
    /// There is no access token.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger holds what cannot be.
    #[error(transparent)]
    Misstep(#[from] Misstep),
    /// The lease would end before a request could be known to have settled.
    #[error("the time for this run is over")]
    LeaseEnding,
    /// Somebody else has written meanwhile.
    #[error("somebody else works on this source")]
    Superseded,
    /// The archive playlist is gone; the listener decides whether to rebuild it.
    #[error("the archive playlist is no longer in the listener's library")]
    ArchiveGone,
}

/// An alert that a stop asks for.
pub(super) struct StopAlert {
    pub(super) kind: AlertKind,
    pub(super) severity: Severity,
    pub(super) text: &'static str,
}

impl Stop {
    /// When to go on, after `failures` failed runs in a row.
    pub(super) fn next(&self, now: Timestamp, failures: u32) -> Timestamp {
        let backoff = later(now, Duration::from_mins(1 << failures.min(8)).min(hours(6)));
        match self {
            // Whoever is told the same again and again waits longer than told.
            Self::Spotify(SpotifyError::RateLimited { retry_at }) => {
                let at_least = Duration::from_secs(1 << failures.saturating_sub(1).min(12));
                (*retry_at).max(later(now, at_least))
            }
            Self::Spotify(SpotifyError::QuotaExceeded { retry_at, .. })
            | Self::Grant(GrantError::NotBefore { retry_at }) => {
                (*retry_at).max(later(now, Duration::from_secs(1)))
            }
            Self::Spotify(SpotifyError::Unavailable { retry_at, .. }) => {
                retry_at.map_or(backoff, |at| at.max(later(now, Duration::from_secs(1))))
            }
            Self::Spotify(SpotifyError::Forbidden { .. }) => later(now, hours(6)),
            Self::Grant(GrantError::Reauth(_) | GrantError::Disconnected | GrantError::InvalidClient)
            | Self::ArchiveGone => later(now, days(1)),
            Self::Spotify(
                SpotifyError::Unauthorized | SpotifyError::NotFound | SpotifyError::Invalid { .. },
            )
            | Self::Grant(GrantError::Store(_) | GrantError::Vault(_))
            | Self::Store(_)
            | Self::Misstep(_) => backoff,
            Self::LeaseEnding | Self::Superseded => later(now, Duration::from_secs(5)),
        }
    }

    /// What the listener or the operator should be told.
    pub(super) fn alert(&self) -> Option<StopAlert> {
        let (kind, severity, text) = match self {
            Self::Grant(GrantError::Reauth(Reauth::Expired)) => (
                AlertKind::ConsentNeeded,
                Severity::Critical,
                "Spotify's six months of consent are over. Sign in and connect Spotify again; the archive goes on from there.",
            ),
            Self::Grant(GrantError::Reauth(Reauth::Revoked)) => (
                AlertKind::ConsentNeeded,
                Severity::Critical,
                "Spotify no longer accepts the stored consent. Sign in and connect Spotify again; the archive goes on from there.",
            ),
            Self::Grant(GrantError::Reauth(Reauth::Scope))
            | Self::Spotify(SpotifyError::Forbidden { why: ForbiddenWhy::InsufficientScope }) => (
                AlertKind::ConsentNeeded,
                Severity::Critical,
                "Spotify says that something needed was not allowed. Sign in and connect Spotify again, leaving every permission on.",
            ),
            Self::Grant(GrantError::InvalidClient) => (
                AlertKind::Refused,
                Severity::Critical,
                "Spotify does not accept this installation's client id and secret. The operator should compare them with the app in Spotify's developer dashboard.",
            ),
            Self::Spotify(SpotifyError::Forbidden { why: ForbiddenWhy::OwnerNotPremium }) => (
                AlertKind::Refused,
                Severity::Critical,
                "Spotify serves this app only while its owner has Premium. The owner should renew Premium; it can take hours until Spotify notices.",
            ),
            Self::Spotify(SpotifyError::Forbidden { why: ForbiddenWhy::NotAllowListed }) => (
                AlertKind::Refused,
                Severity::Critical,
                "Spotify does not know this listener as a user of the app. The operator should add them under User Management in Spotify's developer dashboard (five at most).",
            ),
            Self::Spotify(SpotifyError::QuotaExceeded { .. }) => (
                AlertKind::QuotaExceeded,
                Severity::Notice,
                "The day's calls to Spotify are used up. Nothing is lost: the archive goes on by itself when Spotify, or this installation's own budget, allows it.",
            ),
            Self::ArchiveGone => (
                AlertKind::ArchiveGone,
                Severity::Warning,
                "The archive playlist was removed from the listener's library. On the settings page it can be rebuilt from the ledger, in order; until then new weeks wait.",
            ),
            _ => return None,
        };
        Some(StopAlert { kind, severity, text })
    }

    /// The words for the page that lists runs.
    pub(super) fn words(&self) -> String {
        let mut words = self.to_string();
        if let Some(first) = words.get(..1) {
            words = first.to_uppercase() + &words[1..];
        }
        words
    }
}
