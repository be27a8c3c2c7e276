//! The gate that every request to the Web API passes: calls are the scarcest resource.

use async_trait::async_trait;
use jiff::Timestamp;
pub use reprise_domain::budget::{Bucket, Purpose};

use super::endpoint::Endpoint;
use super::error::SpotifyError;

/// A request about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Which request.
    pub endpoint: Endpoint,
    /// Why it is sent.
    pub purpose: Purpose,
}

/// How an admitted request ended, as far as a budget cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// It never left: nothing was counted by Spotify.
    NotSent,
    /// It left, and no complete answer came.
    Unanswered,
    /// It was answered with this HTTP status.
    Answered(u16),
    /// It was turned away by the short-term limit, for the whole application.
    RateLimited {
        /// When Spotify will listen again.
        retry_at: Timestamp,
    },
    /// It was turned away because the bucket's quota is used up.
    QuotaExceeded {
        /// When the bucket may be tried again.
        retry_at: Timestamp,
    },
}

/// Counts calls and says which may be made.
#[async_trait]
pub trait CallGate: Send + Sync {
    /// Permits one request and counts it, or says why not; nothing is sent then.
    async fn admit(&self, call: &Call) -> Result<(), SpotifyError>;

    /// Hears once how an admitted request ended; never, if its caller was cancelled meanwhile.
    async fn settled(&self, call: &Call, outcome: &CallOutcome);
}
