//! What a whole installation needs to move: where it stands, and the little that the other ports
//! neither list nor take back as it was.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::ids::{TrackUri, UserId};
use reprise_domain::track::Track;
use serde::{Deserialize, Serialize};

use super::{Alert, Spent, StoreResult, Version, Versioned, Work, Written};

/// Where an installation stands. A listener belongs to one installation at a time: while theirs is not
/// open, it does nothing for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "standing")]
pub enum Standing {
    /// It works.
    Open {
        /// The file that was brought in last, by the name it has for itself.
        parcel: Option<String>,
    },
    /// A file is being brought in; not everything is there yet.
    Arriving {
        /// Which file.
        parcel: String,
        /// Since when.
        since: Timestamp,
    },
    /// All of a copy is there, and its original may still be at work elsewhere.
    Waiting {
        /// Which file.
        parcel: String,
        /// Since when.
        since: Timestamp,
    },
    /// Everything is being, or has been, carried away.
    Left {
        /// Since when.
        since: Timestamp,
    },
}

impl Standing {
    /// Whether anything may be done for listeners here.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::Open { parcel: None }
    }
}

/// A piece of work as it stands on the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// What.
    pub work: Work,
    /// When it can be claimed, held work when its lease ends, or earlier if that was wished for; `None`
    /// is off the calendar.
    pub at: Option<Timestamp>,
    /// The fence of its last claim; 0 before the first.
    pub fence: u64,
}

/// A track in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedTrack {
    /// The track.
    pub track: Track,
    /// When it is forgotten.
    pub expires: Timestamp,
}

/// A store as a house that can be left and moved into.
#[async_trait]
pub trait House: Send + Sync {
    /// Where the installation stands; open, at [`Version::NEW`], where nothing was ever stored.
    ///
    /// It is never older than what any process has stored: a run asks here after it has claimed its
    /// work, and whoever closes the house looks for claims afterwards.
    async fn standing(&self) -> StoreResult<Versioned<Standing>>;

    /// Stores it; for the first time when `read` is [`Version::NEW`].
    async fn put_standing(&self, standing: &Standing, read: Version) -> StoreResult<Written>;

    /// Every piece of a listener's work that was ever on the calendar, in order of work.
    async fn appointments(&self, user: &UserId) -> StoreResult<Vec<Appointment>>;

    /// Puts work on the calendar as it stood elsewhere, in place of what stands there; its fence never
    /// falls, so that no claim from before is worth anything again.
    ///
    /// Answers `false`, and changes nothing, while the work is held.
    async fn restore(&self, appointment: &Appointment) -> StoreResult<bool>;

    /// Lets a slot count so many calls, or more if it counts more already.
    async fn spent_at_least(&self, spent: &Spent) -> StoreResult<()>;

    /// Every alert that concerns no listener, newest first.
    async fn operators_alerts(&self) -> StoreResult<Vec<Alert>>;

    /// What is cached of these tracks and has not expired by `now`, with its end, in any order.
    async fn cached(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<CachedTrack>>;
}
