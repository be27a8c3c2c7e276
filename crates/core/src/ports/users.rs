//! Listeners, their invitations and their grants.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};
use reprise_domain::token::GrantState;
use serde::{Deserialize, Serialize};

use super::{StoreResult, Version, Versioned, Work, Written};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees their own.
    Listener,
    /// Also invites, and sees the installation's state.
    Admin,
}

/// A listener of this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Ours.
    pub id: UserId,
    /// Spotify's immutable id, where the API tells it.
    pub account: Option<AccountId>,
    /// Spotify's user name.
    pub spotify_id: SpotifyUserId,
    /// The name Spotify shows.
    pub display_name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// When they signed up.
    pub since: Timestamp,
    /// IANA name of their time zone, if known; affects labels and display only.
    pub time_zone: Option<String>,
    /// Sessions of an earlier epoch are over.
    pub session_epoch: u64,
    /// Whether the operator has switched them off.
    pub disabled: bool,
    /// What the last live check of their connection showed.
    #[serde(default)]
    pub checklist: Option<Checklist>,
}

/// What a live check of a listener's connection showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// When.
    pub at: Timestamp,
    /// Line by line.
    pub checks: Vec<Check>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub kind: CheckKind,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What that means and, if it failed, what to do about it.
    pub detail: String,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The listener allowed everything needed.
    Scopes,
    /// The app's owner has Premium.
    OwnerPremium,
    /// Spotify lets this listener use the app.
    AllowList,
    /// The archive playlist can be written and read back.
    ArchiveReadBack,
    /// Discover Weekly can be read.
    DiscoverWeekly,
    /// Playback can be read.
    Playback,
    /// A context has been seen while something played.
    Context,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It works.
    Passed,
    /// It does not.
    Failed,
    /// It does not, and there is another way.
    OtherWay,
    /// It could not be told yet.
    Unknown,
}

/// Listeners, each under one Spotify account.
#[async_trait]
pub trait Users: Send + Sync {
    /// One listener.
    async fn user(&self, id: &UserId) -> StoreResult<Option<Versioned<User>>>;

    /// The listener with this account: by `account` where both sides know it, else by `spotify_id`.
    ///
    /// Where both sides know an account and they differ, an equal `spotify_id` is no match.
    async fn user_by_account(
        &self,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> StoreResult<Option<Versioned<User>>>;

    /// Up to `limit` listeners in order of id, after `after`.
    async fn users(&self, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<User>>;

    /// Stores a changed listener; the two Spotify ids stay findable. Creating is [`Users::admit`]'s, so
    /// [`Version::NEW`] is a conflict. A Spotify id that is another listener's is an error.
    async fn put_user(&self, user: &User, read: Version) -> StoreResult<Written>;

    /// Creates a listener, consumes their invitation, stores their grant and puts looking after it on
    /// the calendar, due at once; all or nothing.
    ///
    /// So whoever dies right after leaves nobody forgotten: looking after a grant finds what else is
    /// not on the calendar.
    ///
    /// Whether the account is known is looked at first, so a listener who comes back through any
    /// invitation is told so, and the invitation stays as it was. A `spotify_id` that is the user name
    /// of another account is an error.
    async fn admit(&self, admission: &Admission) -> StoreResult<Admitted>;

    /// Erases everything of a listener, in every table, at once: also the invitation they used and the
    /// alerts about them. Their Spotify account may sign up again.
    async fn erase(&self, id: &UserId) -> StoreResult<Erased>;
}

/// A listener about to be created.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The listener.
    pub user: User,
    /// Their grant.
    pub grant: Grant,
    /// The invitation to consume; `None` where sign-up is open.
    pub invite: Option<InviteHash>,
    /// When; an invitation that has expired by then is refused, and the first work is due then.
    pub at: Timestamp,
}

impl Admission {
    /// The work that is on the calendar from the beginning.
    pub fn first_work(&self) -> Work {
        Work::grant(&self.user.id)
    }
}

/// The outcome of an admission.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Admitted {
    /// Created, with the role the invitation gives, or without one the role they came with.
    Welcome(Role),
    /// The invitation is used, expired, revoked or unknown; nothing was stored.
    InviteGone,
    /// The Spotify account is a listener's already; nothing was stored.
    AlreadyKnown(UserId),
}

/// How many records of each kind were erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Kind in words, and how many; kinds with none are left out.
    pub records: Vec<(String, u64)>,
}

impl Erased {
    /// Notes how many of a kind were erased.
    pub fn note(&mut self, kind: &str, count: u64) {
        if count > 0 {
            self.records.push((kind.to_owned(), count));
        }
    }
}

/// SHA-256 of an invitation's secret, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InviteHash(pub String);

/// A one-time sign-up link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The link's secret, hashed.
    pub hash: InviteHash,
    /// What whoever uses it becomes.
    pub role: Role,
    /// The operator's note: for whom.
    pub note: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Who used it, and when.
    pub used: Option<(UserId, Timestamp)>,
    /// Whether the operator has withdrawn it.
    pub revoked: bool,
}

impl Invite {
    /// Whether it can still be used.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.used.is_none() && !self.revoked && now < self.expires
    }
}

/// One-time sign-up links.
#[async_trait]
pub trait Invites: Send + Sync {
    /// Stores a new one; a hash that is known is an error.
    async fn create_invite(&self, invite: &Invite) -> StoreResult<()>;

    /// One.
    async fn invite(&self, hash: &InviteHash) -> StoreResult<Option<Invite>>;

    /// All, newest first.
    async fn invites(&self) -> StoreResult<Vec<Invite>>;

    /// Withdraws one that is unused; answers whether it did, `false` also the second time.
    async fn revoke_invite(&self, hash: &InviteHash) -> StoreResult<bool>;
}

/// A sealed secret: text that only the vault opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// What a listener has granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The refresh token; kept while quarantined.
    pub refresh: Sealed,
    /// Where it stands.
    pub state: GrantState<Sealed>,
    /// The scopes consented to.
    pub scopes: Vec<String>,
    /// When the listener consented.
    pub authorized_at: Timestamp,
    /// When that consent ends.
    pub reauth_by: Timestamp,
    /// The fewest days left that have been warned of.
    pub warned_days: Option<u32>,
    /// Refreshes whose outcome was lost for good.
    pub lost: u32,
    /// Whether a refresh may have replaced the token by one that never arrived.
    #[serde(default)]
    pub unsure: bool,
}

/// Grants, one per listener.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// One.
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>>;

    /// Stores a changed one. Creating is [`Users::admit`]'s, so [`Version::NEW`] is a conflict.
    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written>;
}
