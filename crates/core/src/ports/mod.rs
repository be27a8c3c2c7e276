//! What the use cases need from outside, one object-safe trait per capability.
//!
//! Stores keep documents with a [`Version`]: a write names the version it read and is refused when
//! somebody was faster. That is all the consistency the use cases ask for, and what every store here
//! can give.
//!
//! Nothing outlives its listener: to create something for a listener who does not exist (any more)
//! is a [`StoreError`], and to change what was erased is a [`Written::Conflict`].

mod alerts;
mod archive;
mod budget;
mod clock;
mod due;
mod house;
mod keys;
mod tracks;
mod users;

pub use alerts::{Alert, AlertKind, Alerts, Notifier, Severity};
pub use archive::{ArchiveLedger, RUNS_KEPT, Run, RunOutcome, Sources};
pub use budget::{Budget, Spent};
pub use clock::Clock;
pub use due::{Claim, Due, Queue, Work, WorkKind};
pub use house::{Appointment, CachedTrack, House, Standing};
pub use keys::{DataKeys, KeyWrap, KeyWrapError, WrappedKey};
pub use tracks::Tracks;
pub use users::{
    Admission, Admitted, Check, CheckKind, CheckOutcome, Checklist, Erased, Grant, Invite, InviteHash,
    Invites, Role, Sealed, Tokens, User, Users,
};

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The version of a stored document; a document not yet stored has [`Version::NEW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64);

impl Version {
    /// The version a document must have to be created.
    pub const NEW: Self = Self(0);

    /// The version after a write.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A stored document with the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The document.
    pub value: T,
    /// Its version.
    pub version: Version,
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// Stored, at this version.
    At(Version),
    /// Somebody was faster: read again.
    Conflict,
}

/// A store could not do what was asked; nobody branches on why.
#[derive(Debug, Clone, thiserror::Error)]
pub struct StoreError {
    operation: &'static str,
    #[source]
    source: Arc<dyn Error + Send + Sync>,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store could not {}", self.operation)
    }
}

impl StoreError {
    /// `operation` completes "the store could not …".
    pub fn new(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, source: Arc::from(source.into()) }
    }
}

/// What every store operation answers.
pub type StoreResult<T> = Result<T, StoreError>;
