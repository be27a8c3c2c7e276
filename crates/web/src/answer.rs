//! Answers that are not what was asked for, and the context that every page is drawn in.

use std::hash::{BuildHasher, Hasher, RandomState};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_core::archive::{ManageError, Stop};
use reprise_core::grants::GrantError;
use reprise_core::onboard::{InviteError, StartError, local_path};
use reprise_core::people;
use reprise_core::ports::{Role, StoreError, User};
use reprise_core::session::SessionError;
use reprise_core::spotify::SpotifyError;
use reprise_core::vault::VaultError;
use serde_json::json;
use url::form_urlencoded;

use crate::pages::error::{self, ErrorKind};
use crate::state::App;
use crate::view::{Ctx, Viewer};
use crate::{csrf, paths};

/// Why a request is not answered as asked; shown as a page or as JSON by whoever asked.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    SignIn {
        /// The page to go on to afterwards.
        return_to: Option<String>,
    },
    /// Not for this viewer.
    Forbidden,
    /// The form has no token of this session, or comes from elsewhere.
    StaleForm,
    /// There is nothing here for this viewer.
    NotFound,
    /// There is something here, but not for this method.
    WrongMethod,
    /// Asked under another host.
    WrongHost,
    /// What was sent cannot be used, and why.
    Invalid(String),
    /// More than is taken at once.
    TooLarge,
    /// Spotify, or the budget, asks to wait.
    Busy {
        /// Until when, if that is known.
        retry_at: Option<Timestamp>,
    },
    /// Spotify does not answer.
    Unavailable,
    /// The installation is being moved or has moved: nothing changes here.
    Moved,
    /// Our fault; logged under this reference.
    Internal {
        /// What the page shows and the log holds.
        reference: String,
    },
}

impl Failure {
    /// Logs what broke and names it.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        let reference = format!("{:08x}", RandomState::new().build_hasher().finish() >> 32);
        tracing::error!(%error, reference, "a request failed");
        Self::Internal { reference }
    }

    fn kind(&self, app: &App) -> ErrorKind {
        match self {
            Self::SignIn { .. } | Self::Forbidden => ErrorKind::Forbidden,
            Self::StaleForm => ErrorKind::StaleForm,
            Self::NotFound | Self::WrongMethod => ErrorKind::NotFound,
            Self::WrongHost => ErrorKind::WrongHost { base_url: app.core.config.base_url.to_string() },
            Self::Invalid(_) | Self::TooLarge => ErrorKind::BadRequest,
            Self::Busy { retry_at } => ErrorKind::TooMany { retry_at: *retry_at },
            Self::Unavailable => ErrorKind::Unavailable,
            Self::Moved => ErrorKind::Moved,
            Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    fn status(&self, app: &App) -> StatusCode {
        match self {
            Self::SignIn { .. } => StatusCode::UNAUTHORIZED,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            other => StatusCode::from_u16(other.kind(app).status()).unwrap_or_default(),
        }
    }

    /// The name in JSON.
    fn code(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "not_signed_in",
            Self::Forbidden => "forbidden",
            Self::StaleForm => "cross_site",
            Self::NotFound => "not_found",
            Self::WrongMethod => "wrong_method",
            Self::WrongHost => "wrong_host",
            Self::Invalid(_) => "invalid",
            Self::TooLarge => "too_large",
            Self::Busy { .. } => "busy",
            Self::Unavailable => "unavailable",
            Self::Moved => "moved",
            Self::Internal { .. } => "internal",
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Invalid(what) => Some(what.clone()),
            Self::TooLarge => Some("That is more than Reprise takes at once.".to_owned()),
            _ => None,
        }
    }

    fn message(&self) -> String {
        self.detail().unwrap_or_else(|| {
            let words = match self {
                Self::SignIn { .. } => "Sign in first.",
                Self::Forbidden => "This is not yours.",
                Self::StaleForm => "Writes are taken from this site's own pages only.",
                Self::NotFound => "There is nothing here.",
                Self::WrongMethod => "That cannot be done here.",
                Self::WrongHost => "This host is not served here.",
                Self::Busy { .. } => "Spotify asks to wait.",
                Self::Unavailable => "Spotify does not answer.",
                Self::Moved => "This installation is moving or has moved; nothing changes here.",
                Self::Internal { .. } => "Something broke on our side.",
                Self::Invalid(_) | Self::TooLarge => "That could not be used.",
            };
            words.to_owned()
        })
    }

    /// For programs.
    pub(crate) fn json(&self, app: &App) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.message() } });
        (self.status(app), Json(body)).into_response()
    }

    /// For people; a stranger is sent to the door.
    pub(crate) async fn page(&self, app: &App, viewer: Option<&User>) -> Response {
        if let Self::SignIn { return_to } = self {
            return see_other(&door(return_to.as_deref()));
        }
        // The page that says what broke must not break for the same reason.
        let ctx = match (self, viewer) {
            (Self::Internal { .. }, _) | (_, None) => stranger(app),
            (_, Some(user)) => plain(app, user).await.unwrap_or_else(|_| stranger(app)),
        };
        let reference = match self {
            Self::Internal { reference } => Some(reference.clone()),
            _ => None,
        };
        let model = error::Error { kind: self.kind(app), detail: self.detail(), reference };
        (self.status(app), error::page(&ctx, &model)).into_response()
    }
}

/// The landing page, with where to go on to.
fn door(return_to: Option<&str>) -> String {
    match return_to.filter(|path| *path != paths::HOME) {
        None => paths::HOME.to_owned(),
        Some(path) => {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("return_to", path).finish();
            format!("{}?{query}", paths::HOME)
        }
    }
}

impl IntoResponse for Failure {
    /// Leaves the failure for the layer that knows how to show it.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

macro_rules! internal {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::internal(&error)
            }
        })*
    };
}

internal!(StoreError, VaultError, SessionError, InviteError);

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Invite(_) => Self::NotFound,
            StartError::Store(error) => error.into(),
            StartError::Vault(error) => error.into(),
        }
    }
}

impl From<GrantError> for Failure {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Reauth(_) => Self::Invalid("Connect Spotify again first.".to_owned()),
            GrantError::Disconnected => Self::Forbidden,
            GrantError::NotBefore { retry_at } => Self::Busy { retry_at: Some(retry_at) },
            GrantError::InvalidClient => Self::Invalid(
                "Spotify does not accept this installation's client id and secret; the operator should look."
                    .to_owned(),
            ),
            GrantError::Store(error) => error.into(),
            GrantError::Vault(error) => error.into(),
        }
    }
}

impl From<SpotifyError> for Failure {
    fn from(error: SpotifyError) -> Self {
        match error {
            SpotifyError::RateLimited { retry_at } | SpotifyError::QuotaExceeded { retry_at, .. } => {
                Self::Busy { retry_at: Some(retry_at) }
            }
            SpotifyError::Unauthorized | SpotifyError::Unavailable { .. } => Self::Unavailable,
            SpotifyError::NotFound => Self::Invalid("Spotify does not know it.".to_owned()),
            SpotifyError::Forbidden { why } => Self::Invalid(format!("Spotify refuses: {why}.")),
            SpotifyError::Invalid { .. } => Self::internal(&error),
        }
    }
}

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NoSource => Self::NotFound,
            ManageError::NotOwned => Self::Invalid("That playlist is not yours.".to_owned()),
            ManageError::Stopped(Stop::Spotify(error)) => error.into(),
            ManageError::Stopped(Stop::Grant(error)) => error.into(),
            ManageError::Stopped(stop) => Self::internal(&stop),
        }
    }
}

/// Goes on by `GET`.
pub(crate) fn see_other(path: &str) -> Response {
    Redirect::to(local_path(path).unwrap_or(paths::HOME)).into_response()
}

/// Adds a cookie to an answer.
pub(crate) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The zone in which a listener reads dates.
pub(crate) fn zone(app: &App, user: Option<&User>) -> TimeZone {
    user.map_or_else(|| app.core.config.time_zone.clone(), |user| people::zone(&app.core, user))
}

/// The name to greet a listener by.
pub(crate) fn name_of(user: &User) -> String {
    let named = user.display_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    named.unwrap_or(user.spotify_id.as_str()).to_owned()
}

/// The context of a page for whoever is not signed in.
pub(crate) fn stranger(app: &App) -> Ctx {
    Ctx {
        now: app.core.ports.clock.now().to_zoned(zone(app, None)),
        csrf: None,
        viewer: None,
        demo: app.demo.is_some(),
        notices: Vec::new(),
        flash: None,
    }
}

/// The context of a page for a listener, without what they should know.
pub(crate) async fn plain(app: &App, user: &User) -> Result<Ctx, VaultError> {
    let now = app.core.ports.clock.now();
    Ok(Ctx {
        now: now.to_zoned(zone(app, Some(user))),
        csrf: Some(csrf::token(&app.core, user, now).await?),
        viewer: Some(Viewer { name: name_of(user), admin: user.role == Role::Admin }),
        ..stranger(app)
    })
}
