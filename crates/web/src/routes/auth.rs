//! Logging in at Spotify and out here.

mod finish;

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use reprise_core::onboard::{self, Started};
use reprise_core::ports::User;
use reprise_core::session;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Failure, stranger, with_cookie};
use crate::pages::message::{self, Message};
use crate::request::{Handed, Posted, Visitor, body, has_type};
use crate::state::App;
use crate::view::form;
use crate::{csrf, paths};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(paths::AUTH_START, post(start))
        // A preview's HEAD must not use up the login that it previews.
        .route(paths::AUTH_CALLBACK, get(finish::callback).head(async || StatusCode::NO_CONTENT))
        .route(paths::AUTH_PASTE_BACK, post(finish::paste_back))
        .route(paths::AUTH_LOGOUT, post(log_out))
}

/// What a login is started with, as JSON.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    invite: Option<String>,
    #[serde(default)]
    return_to: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
}

async fn start(
    State(app): State<App>,
    Visitor(visitor): Visitor,
    request: Request,
) -> Result<Response, Failure> {
    if has_type(request.headers(), "application/json") {
        let is_own = if visitor.is_some() { csrf::is_own_script } else { csrf::is_own_site };
        if !is_own(&app.address, request.headers()) {
            return Err(Failure::StaleForm);
        }
        let wanted: Wanted = serde_json::from_slice(&body(request).await?)
            .map_err(|error| Failure::Invalid(format!("The JSON cannot be used: {error}.")))?;
        let started = begin(&app, visitor, &wanted).await?;
        let answer = json!({ "authorize_url": started.authorize_url, "state": started.state });
        let cookie = app.address.begin_login(&started.state, started.cookie);
        return Ok(with_cookie(Json(answer).into_response(), cookie));
    }
    let Handed { visitor, fields, .. } = Handed::from_request(request, &app).await?;
    let field = |name| fields.filled(name).map(str::to_owned);
    let wanted =
        Wanted { invite: field("invite"), return_to: field("return_to"), time_zone: field(form::TIME_ZONE) };
    let invite = wanted.invite.clone();
    match begin(&app, visitor, &wanted).await {
        Ok(started) => {
            let cookie = app.address.begin_login(&started.state, started.cookie);
            Ok(with_cookie(Redirect::to(started.authorize_url.as_str()).into_response(), cookie))
        }
        // The sign-up page itself says what became of the link.
        Err(Failure::NotFound) if invite.as_deref().is_some_and(is_link) => {
            Ok(Redirect::to(&paths::signup(invite.as_deref().unwrap_or_default())).into_response())
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a text may stand in the address of a sign-up page as it is.
fn is_link(secret: &str) -> bool {
    secret.len() <= 100
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

async fn begin(app: &App, visitor: Option<User>, wanted: &Wanted) -> Result<Started, Failure> {
    // Whoever is signed in and has no link consents again, and nobody else may come back.
    let user = visitor.filter(|_| wanted.invite.is_none()).map(|user| user.id);
    let (invite, return_to) = (wanted.invite.as_deref(), wanted.return_to.as_deref());
    Ok(onboard::start(&app.core, invite, user, return_to, wanted.time_zone.as_deref()).await?)
}

/// Signs out here, or everywhere if asked to.
async fn log_out(State(app): State<App>, Posted { user, fields }: Posted) -> Result<Response, Failure> {
    if fields.ticked("everywhere") {
        session::end_all(&app.core, &user.id).await?;
    }
    let page = message::page(&stranger(&app), &Message::LoggedOut).into_response();
    Ok(with_cookie(page, app.address.end_session()))
}
