//! What can go wrong, told apart by what the caller does next.

use jiff::Timestamp;

use super::gate::Bucket;

/// Whether a request that failed may have changed something at Spotify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changed nothing: never sent, refused, or it only reads.
    None,
    /// It may have, and may yet.
    Unknown,
}

/// Why a request to the Web API brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpotifyError {
    /// The application asked too fast; wait.
    #[error("spotify asks to wait until {retry_at}")]
    RateLimited {
        /// What `Retry-After` said; a minute from now where it said nothing.
        retry_at: Timestamp,
    },
    /// The day's quota of a bucket is used up; leave that bucket alone.
    #[error("the quota for {} is used up until {retry_at}", bucket.name())]
    QuotaExceeded {
        /// Which group of endpoints.
        bucket: Bucket,
        /// What `Retry-After` said; an hour from now where it said nothing.
        retry_at: Timestamp,
    },
    /// The access token is missing, wrong or expired; get another.
    #[error("spotify does not accept the access token")]
    Unauthorized,
    /// Another token of the same kind would not help.
    #[error("spotify refuses: {why}")]
    Forbidden {
        /// What has to change.
        why: ForbiddenWhy,
    },
    /// There is no such thing, or this application may not see it.
    #[error("spotify knows nothing of the kind")]
    NotFound,
    /// Spotify cannot be reached or is out of order; try later.
    #[error("spotify is unavailable: {why}")]
    Unavailable {
        /// What happened, for people.
        why: String,
        /// Whether a write may have happened all the same.
        effect: Effect,
        /// When Spotify said to come back, if it did.
        retry_at: Option<Timestamp>,
    },
    /// The request or the answer makes no sense; repeating it will not help.
    #[error("the exchange with spotify makes no sense: {what}")]
    Invalid {
        /// What makes no sense, for people.
        what: String,
    },
}

impl SpotifyError {
    /// Whether a write that ended so may have happened.
    pub const fn effect(&self) -> Effect {
        match self {
            Self::Unavailable { effect, .. } => *effect,
            Self::RateLimited { .. }
            | Self::QuotaExceeded { .. }
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::Invalid { .. } => Effect::None,
        }
    }
}

/// What has to change before a refused request can succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForbiddenWhy {
    /// The owner of the application needs Spotify Premium; it takes hours to count.
    #[error("the application's owner has no Spotify Premium")]
    OwnerNotPremium,
    /// The operator has to add this listener in Spotify's developer dashboard.
    #[error("the application's user list does not name this listener")]
    NotAllowListed,
    /// The listener has to consent again, to more.
    #[error("the listener has not consented to this")]
    InsufficientScope,
    /// The listener needs Spotify Premium.
    #[error("this needs Spotify Premium")]
    PremiumRequired,
    /// The listener neither owns the playlist nor works on it.
    ///
    /// Some fresh applications are told the same about the listener's own playlists.
    #[error("the playlist is not the listener's")]
    NotYours,
    /// Anything else, in Spotify's words where it gave any.
    #[error("{0}")]
    Other(String),
}

/// Why a request to the accounts service brought no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountsError {
    /// The code or refresh token is used up, expired or revoked.
    #[error("spotify does not accept the grant: {description}")]
    InvalidGrant {
        /// Spotify's words for people; no decision may hang on them.
        description: String,
    },
    /// The client id or secret is wrong; the operator's to mend.
    #[error("spotify does not accept the client id and secret")]
    InvalidClient,
    /// The application asked too fast; wait. Nothing was granted or used up.
    #[error("spotify's accounts service asks to wait until {retry_at}")]
    RateLimited {
        /// What `Retry-After` said; a minute from now where it said nothing.
        retry_at: Timestamp,
    },
    /// The accounts service cannot be reached or is out of order; try later.
    #[error("spotify's accounts service is unavailable: {why}")]
    Unavailable {
        /// What happened, for people.
        why: String,
        /// Whether a token may have been granted, and an old one used up, all the same.
        effect: Effect,
        /// When Spotify said to come back, if it did.
        retry_at: Option<Timestamp>,
    },
    /// The request makes no sense to the accounts service; repeating it will not help.
    #[error("the accounts service refuses the request: {what}")]
    Invalid {
        /// What makes no sense: a code of RFC 6749, or what we could not form.
        what: String,
    },
}

impl AccountsError {
    /// Whether a grant may have been used up although no token arrived.
    pub const fn effect(&self) -> Effect {
        match self {
            Self::Unavailable { effect, .. } => *effect,
            Self::InvalidGrant { .. }
            | Self::InvalidClient
            | Self::RateLimited { .. }
            | Self::Invalid { .. } => Effect::None,
        }
    }
}
