//! What somebody should know.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::ids::UserId;
use serde::{Deserialize, Serialize};

use super::StoreResult;

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Something will be missing unless somebody acts.
    Warning,
    /// Something is missing.
    Critical,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// A week's list has been seen nowhere by Wednesday.
    WeekMissing,
    /// Consent ends soon.
    ConsentEnds,
    /// The listener must consent again.
    ConsentNeeded,
    /// Tracks stand more than once in the archive.
    Doubled,
    /// Tracks were found doubled and taken out again.
    Mended,
    /// Two tracks share an ISRC and contradict each other.
    IsrcConflict,
    /// The archive can be written but not read back.
    Unverified,
    /// The archive is no longer in the listener's library.
    ArchiveGone,
    /// Spotify refuses the app or the listener.
    Refused,
    /// Spotify has locked the installation out for a while.
    QuotaExceeded,
}

/// Something that somebody should know, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What makes it the same alert to the same user: raised twice under one key, it is told once.
    pub key: String,
    /// What it is about.
    pub kind: AlertKind,
    /// How urgent.
    pub severity: Severity,
    /// Whom it concerns; `None` concerns the operator.
    pub user: Option<UserId>,
    /// When it was raised.
    pub at: Timestamp,
    /// What happened and what to do, in a sentence or two.
    pub text: String,
    /// When somebody has seen it.
    pub acknowledged: Option<Timestamp>,
}

/// Alerts raised so far.
#[async_trait]
pub trait Alerts: Send + Sync {
    /// Stores an alert unless its key is known for its user; answers whether it is new.
    async fn raise(&self, alert: &Alert) -> StoreResult<bool>;

    /// The newest alerts, newest first: a listener's own, or everybody's.
    async fn alerts(&self, user: Option<&UserId>, limit: usize) -> StoreResult<Vec<Alert>>;

    /// Notes that an alert has been seen: a listener's own only, where `user` is given, else whoever's
    /// it is. Answers whether it was unseen until then; the first time stays.
    async fn acknowledge(&self, key: &str, user: Option<&UserId>, at: Timestamp) -> StoreResult<bool>;
}

/// Carries alerts outside, to a log or a webhook.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Tells; a failure is logged by the notifier and delays nothing.
    async fn notify(&self, alert: &Alert);
}
