//! The way back from Spotify, by itself or by hand.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use reprise_core::onboard::{self, Arrived, FinishError, Returned};
use reprise_core::ports::User;
use reprise_core::spotify::ForbiddenWhy;
use reprise_core::{Core, checklist, session};
use reprise_domain::ids::UserId;

use crate::answer::{Failure, name_of, plain, see_other, stranger, with_cookie};
use crate::pages::message::{self, Message};
use crate::pages::signup::PasteBack;
use crate::paths;
use crate::request::{Handed, Visitor};
use crate::routes::desk::Word;
use crate::routes::home;
use crate::state::App;
use crate::view::words;

/// Spotify sends the browser here.
pub(super) async fn callback(
    State(app): State<App>,
    Visitor(visitor): Visitor,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match Returned::parse(&uri.to_string()) {
        Some(returned) => end(&app, visitor, &headers, returned).await,
        None => refused(&app, None, &FinishError::NotPending, None).await,
    }
}

/// The listener pastes the address on which their browser ended.
pub(super) async fn paste_back(State(app): State<App>, handed: Handed) -> Result<Response, Failure> {
    if let Some(returned) = Returned::parse(handed.fields.text("redirect_url")) {
        return end(&app, handed.visitor, &handed.headers, returned).await;
    }
    let error = "That address holds no code. Copy the whole of it, from http to the end.".to_owned();
    let paste_back = PasteBack { open: true, error: Some(error), fields: Vec::new() };
    Ok((StatusCode::BAD_REQUEST, home::landing(&app, None, paste_back).await?).into_response())
}

async fn end(
    app: &App,
    visitor: Option<User>,
    headers: &HeaderMap,
    returned: Returned,
) -> Result<Response, Failure> {
    let cookie = app.address.login(headers, &returned.state);
    let cleared = cookie.is_some().then(|| app.address.end_login(&returned.state)).flatten();
    let invite = match &cookie {
        Some(cookie) => onboard::invite_of(&app.core, &returned.state, cookie).await,
        None => None,
    };
    let response = match onboard::finish(&app.core, cookie.as_deref(), returned).await {
        Ok(arrived) => welcome(app, arrived).await?,
        Err(error) => refused(app, visitor, &error, invite).await?,
    };
    Ok(match cleared {
        Some(cookie) => with_cookie(response, cookie),
        None => response,
    })
}

/// A new session, whatever cookie there was before; the checklist runs while the page is shown.
async fn welcome(app: &App, arrived: Arrived) -> Result<Response, Failure> {
    let sealed = session::begin(&app.core, &arrived.user).await?;
    app.core.ports.background.spawn(settle_in(Arc::clone(&app.core), arrived.user.id));
    let is_plain = arrived.is_new && arrived.return_to == paths::HOME;
    let to = if is_plain { Word::Welcome.at(paths::HOME) } else { arrived.return_to };
    Ok(with_cookie(see_other(&to), app.address.begin_session(sealed)))
}

/// Runs the checklist, which the status page then shows.
async fn settle_in(core: Arc<Core>, user: UserId) {
    if let Err(error) = checklist::run(&core, &user).await {
        tracing::warn!(%error, %user, "the checklist after a sign-in could not be run");
    }
}

/// What happened instead, and what to do about it; trying again goes through the same link.
async fn refused(
    app: &App,
    visitor: Option<User>,
    error: &FinishError,
    invite: Option<String>,
) -> Result<Response, Failure> {
    let fields: Vec<_> = invite.map(|secret| ("invite".to_owned(), secret)).into_iter().collect();
    let (status, model) = match error {
        FinishError::Denied => (StatusCode::FORBIDDEN, Message::ConsentDenied { fields }),
        FinishError::NotInvited => (StatusCode::FORBIDDEN, Message::NotInvited),
        FinishError::InviteGone => (StatusCode::GONE, Message::InviteGone),
        FinishError::Disabled => (StatusCode::FORBIDDEN, Message::Disabled),
        FinishError::OtherAccount => {
            let expected = visitor.as_ref().map_or_else(|| "another listener".to_owned(), name_of);
            (StatusCode::FORBIDDEN, Message::OtherAccount { expected })
        }
        FinishError::Store(_) | FinishError::Vault(_) => return Err(Failure::internal(error)),
        other => {
            tracing::info!(reason = %other, "a login was not finished");
            let (status, why) = reason(app, other);
            (status, Message::ConsentFailed { why, fields })
        }
    };
    let ctx = match &visitor {
        Some(user) => plain(app, user).await?,
        None => stranger(app),
    };
    Ok((status, message::page(&ctx, &model)).into_response())
}

fn reason(app: &App, error: &FinishError) -> (StatusCode, String) {
    let (status, why) = match error {
        FinishError::NotPending => (
            StatusCode::BAD_REQUEST,
            "This sign-in was not started in this browser, or it took longer than ten minutes. If you have a sign-up link, open it again.",
        ),
        FinishError::ScopesMissing => (
            StatusCode::FORBIDDEN,
            "Something that the archive needs was not allowed. Try again and leave every permission on.",
        ),
        FinishError::Conflict => (
            StatusCode::CONFLICT,
            "Spotify's two ids of this account point to two different listeners here. Ask whoever runs this Reprise to look into it.",
        ),
        FinishError::Refused(ForbiddenWhy::NotAllowListed) => (
            StatusCode::FORBIDDEN,
            "Spotify does not know you as a user of this app yet. Ask whoever runs this Reprise to add your Spotify e-mail under User Management in Spotify's developer dashboard, then try again.",
        ),
        FinishError::Refused(ForbiddenWhy::OwnerNotPremium) => (
            StatusCode::FORBIDDEN,
            "Spotify serves this app only while its owner has Premium. Tell whoever runs this Reprise; after renewing it can take hours to count.",
        ),
        FinishError::Refused(why) => {
            return (StatusCode::FORBIDDEN, format!("Spotify refuses this sign-in: {why}."));
        }
        FinishError::InvalidClient => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Spotify does not accept this installation's client id and secret. Whoever runs this Reprise should compare them with the app in Spotify's developer dashboard.",
        ),
        FinishError::Unavailable { retry_at: Some(at) } => {
            let now = stranger(app).now;
            let when = words::distance(&now, *at);
            return (StatusCode::SERVICE_UNAVAILABLE, format!("Spotify asks to wait. Try again {when}."));
        }
        FinishError::Unavailable { retry_at: None } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Spotify does not answer just now. That usually passes within minutes.",
        ),
        _ => (StatusCode::BAD_REQUEST, "Spotify did not accept the sign-in. Starting again usually helps."),
    };
    (status, why.to_owned())
}
