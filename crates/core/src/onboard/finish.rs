//! The end of a login: what came back from Spotify becomes a listener, a session, or a clear no.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reprise_domain::archive::Source;
use reprise_domain::ids::UserId;

use super::pending::{self, Pending};
use crate::ports::{Admission, Admitted, Grant, Role, StoreError, User, Version, Work, Written};
use crate::spotify::accounts::PkceCodeVerifier;
use crate::spotify::scopes::{Feature, GrantedScopes, Scope};
use crate::spotify::{
    AccountsError, AuthorizationCode, ForbiddenWhy, Granted, Profile, Purpose, RefreshToken, SpotifyError,
};
use crate::vault::VaultError;
use crate::{Core, archive, failpoint, grants, onboard};

/// What Spotify's redirect brought.
#[derive(Debug)]
pub struct Returned {
    /// The login's name.
    pub state: String,
    /// The code, or Spotify's error.
    pub answer: Result<AuthorizationCode, String>,
}

impl Returned {
    /// Reads the query of the callback's address, or of one pasted by hand; `None` if it is neither.
    pub fn parse(address: &str) -> Option<Self> {
        let query = address.trim().split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let (mut state, mut code, mut error) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "state" => state = Some(value.into_owned()),
                "code" => code = Some(AuthorizationCode::new(value.into_owned())),
                "error" => error = Some(value.into_owned()),
                _ => {}
            }
        }
        let answer = match (code, error) {
            (_, Some(error)) => Err(error),
            (Some(code), None) => Ok(code),
            (None, None) => return None,
        };
        Some(Self { state: state?, answer })
    }
}

/// A login that succeeded.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Who.
    pub user: User,
    /// Whether they have just signed up.
    pub is_new: bool,
    /// The local path to go on to.
    pub return_to: String,
}

/// Why a login failed. Nothing was stored, and an invitation stays valid.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FinishError {
    /// The cookie is missing, of another login, or older than ten minutes.
    #[error("this login was not started here, or took too long")]
    NotPending,
    /// The listener declined.
    #[error("access was not granted")]
    Denied,
    /// Permissions that the archive needs were taken away.
    #[error("something needed was not allowed")]
    ScopesMissing,
    /// No listener has this Spotify account, and there is no valid invitation.
    #[error("this Spotify account is not a listener here")]
    NotInvited,
    /// The invitation was used, withdrawn or expired meanwhile.
    #[error("the sign-up link can no longer be used")]
    InviteGone,
    /// Another Spotify account came back than the listener who consents again.
    #[error("this is another Spotify account")]
    OtherAccount,
    /// Spotify's two ids of this account point to two different listeners.
    #[error("this Spotify account conflicts with another listener's")]
    Conflict,
    /// The operator has switched this listener off.
    #[error("this listener is switched off")]
    Disabled,
    /// The code was not accepted; starting again helps.
    #[error("spotify did not accept the login")]
    CodeRefused,
    /// Spotify refuses this listener or this app.
    #[error("spotify refuses: {0}")]
    Refused(ForbiddenWhy),
    /// The operator's client id or secret is wrong.
    #[error("spotify does not accept this installation's client id and secret")]
    InvalidClient,
    /// Spotify cannot be reached; later.
    #[error("spotify cannot be reached")]
    Unavailable {
        /// When to try again, if that is known.
        retry_at: Option<Timestamp>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Finishes the login whose cookie the browser brought back.
pub async fn finish(core: &Core, cookie: Option<&str>, returned: Returned) -> Result<Arrived, FinishError> {
    let cookie = cookie.ok_or(FinishError::NotPending)?;
    let pending = pending::open(core, &returned.state, cookie).await?.ok_or(FinishError::NotPending)?;
    let given = match returned.answer {
        Ok(given) => given,
        Err(error) if error == "access_denied" => return Err(FinishError::Denied),
        Err(error) => {
            tracing::warn!(error = %error.chars().take(60).collect::<String>(), "spotify refuses a login");
            return Err(FinishError::CodeRefused);
        }
    };
    let verifier = PkceCodeVerifier::new(pending.verifier.clone());
    let granted = core.accounts.exchange(&given, &core.config.redirect_uri(), verifier).await?;
    failpoint::pass("onboard.exchanged");
    let scopes = granted.scopes.clone().unwrap_or_else(all_asked_for);
    if !scopes.missing(Feature::Archive).is_empty() {
        return Err(FinishError::ScopesMissing);
    }
    let refresh = granted.refresh.clone().ok_or(FinishError::CodeRefused)?;
    let profile = core.api.me(&granted.access, Purpose::SignUp).await?;
    let consent = Consent { granted, refresh, scopes };
    // Looked for first, so that a second tab that signs up meanwhile is no conflict.
    let namesake = core.ports.users.user_by_account(None, &profile.id).await?.map(|read| read.value.id);
    let known = core.ports.users.user_by_account(profile.account_id.as_ref(), &profile.id).await?;
    if namesake.is_some_and(|namesake| known.as_ref().is_none_or(|known| known.value.id != namesake)) {
        return Err(FinishError::Conflict);
    }
    let arrived = match known {
        Some(known) => welcome_back(core, pending, known.value, &profile, consent).await?,
        None if pending.user.is_some() => return Err(FinishError::OtherAccount),
        None => sign_up(core, pending, &profile, consent).await?,
    };
    failpoint::pass("onboard.admitted");
    reschedule(core, &arrived.user).await?;
    Ok(arrived)
}

/// An answer that names no scopes grants all that were asked for.
fn all_asked_for() -> GrantedScopes {
    Scope::ALL.iter().map(|scope| scope.as_str().to_owned()).collect()
}

struct Consent {
    granted: Granted,
    refresh: RefreshToken,
    scopes: GrantedScopes,
}

impl Consent {
    async fn grant(&self, core: &Core, user: &UserId) -> Result<Grant, VaultError> {
        let scopes = self.scopes.iter().map(str::to_owned).collect();
        let access = (&self.granted.access, self.granted.expires_in);
        grants::consented(&core.vault, user, &self.refresh, access, scopes, core.ports.clock.now()).await
    }
}

async fn welcome_back(
    core: &Core,
    pending: Pending,
    known: User,
    profile: &Profile,
    consent: Consent,
) -> Result<Arrived, FinishError> {
    if pending.user.as_ref().is_some_and(|expected| *expected != known.id) {
        return Err(FinishError::OtherAccount);
    }
    if known.disabled {
        return Err(FinishError::Disabled);
    }
    let grant = consent.grant(core, &known.id).await?;
    grants::replace(&*core.ports.tokens, &known.id, &grant).await?;
    let user = refresh_profile(core, known, profile, pending.time_zone.as_deref()).await?;
    Ok(Arrived { user, is_new: false, return_to: pending.return_to })
}

/// Keeps what Spotify now says of a known listener.
async fn refresh_profile(
    core: &Core,
    known: User,
    profile: &Profile,
    time_zone: Option<&str>,
) -> Result<User, FinishError> {
    loop {
        let read = core.ports.users.user(&known.id).await?.ok_or(FinishError::NotInvited)?;
        let mut user = read.value.clone();
        user.account = user.account.or_else(|| profile.account_id.clone());
        user.spotify_id = profile.id.clone();
        user.display_name = profile.display_name.clone().or(user.display_name);
        user.time_zone = user.time_zone.or_else(|| time_zone.map(str::to_owned));
        if user == read.value {
            return Ok(user);
        }
        if let Written::At(_) = core.ports.users.put_user(&user, read.version).await? {
            return Ok(user);
        }
    }
}

async fn sign_up(
    core: &Core,
    pending: Pending,
    profile: &Profile,
    consent: Consent,
) -> Result<Arrived, FinishError> {
    if pending.invite.is_none() && !onboard::is_open(core) {
        return Err(FinishError::NotInvited);
    }
    let id = UserId::new(URL_SAFE_NO_PAD.encode(core.vault.random::<12>()?));
    let now = core.ports.clock.now();
    let mut user = User {
        id: id.clone(),
        account: profile.account_id.clone(),
        spotify_id: profile.id.clone(),
        display_name: profile.display_name.clone(),
        role: Role::Listener,
        since: now,
        time_zone: pending.time_zone.clone(),
        session_epoch: 0,
        disabled: false,
        checklist: None,
    };
    let grant = consent.grant(core, &id).await?;
    let admission = Admission {
        user: user.clone(),
        grant,
        invite: pending.invite.as_deref().map(onboard::hash_of),
        at: now,
    };
    match core.ports.users.admit(&admission).await? {
        Admitted::Welcome(role) => {
            user.role = role;
            tracing::info!(user = %user.id, "a listener has signed up");
            Ok(Arrived { user, is_new: true, return_to: pending.return_to })
        }
        Admitted::InviteGone => Err(FinishError::InviteGone),
        // A second tab was faster: its tokens stay, ours are dropped.
        Admitted::AlreadyKnown(id) => {
            let known = core.ports.users.user(&id).await?.ok_or(FinishError::InviteGone)?.value;
            Ok(Arrived { user: known, is_new: false, return_to: pending.return_to })
        }
    }
}

/// Makes sure that the listener has a source and that their work is on the calendar, now.
pub async fn reschedule(core: &Core, user: &User) -> Result<(), StoreError> {
    let source = Source::discover_weekly();
    // A conflict means that it is there already.
    let _ = core.ports.sources.put_source(&user.id, &source, Version::NEW).await?;
    let now = core.ports.clock.now();
    for known in core.ports.sources.sources(&user.id).await? {
        core.ports.due.schedule(&archive::work(&user.id, &known.value.id), now).await?;
    }
    core.ports.due.schedule(&Work::grant(&user.id), now).await
}

impl From<AccountsError> for FinishError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::InvalidGrant { .. } | AccountsError::Invalid { .. } => Self::CodeRefused,
            AccountsError::InvalidClient => Self::InvalidClient,
            AccountsError::RateLimited { retry_at } => Self::Unavailable { retry_at: Some(retry_at) },
            AccountsError::Unavailable { retry_at, .. } => Self::Unavailable { retry_at },
        }
    }
}

impl From<SpotifyError> for FinishError {
    fn from(error: SpotifyError) -> Self {
        match error {
            SpotifyError::Forbidden { why } => Self::Refused(why),
            SpotifyError::RateLimited { retry_at } | SpotifyError::QuotaExceeded { retry_at, .. } => {
                Self::Unavailable { retry_at: Some(retry_at) }
            }
            SpotifyError::Unavailable { retry_at, .. } => Self::Unavailable { retry_at },
            SpotifyError::Unauthorized | SpotifyError::NotFound | SpotifyError::Invalid { .. } => {
                Self::Unavailable { retry_at: None }
            }
        }
    }
}
