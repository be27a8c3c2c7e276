//! Every route, and what happens around each.

mod admin;
mod api;
mod archive;
mod auth;
mod desk;
mod health;
mod home;
mod settings;
mod signup;
mod status;
mod weeks;

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use reprise_core::ports::{Sealed, User};

use crate::answer::{Failure, with_cookie};
use crate::request::{Visitor, has_type};
use crate::state::{App, Site};
use crate::{assets, headers, paths};

/// Under which programs ask.
const API: &str = "/api/";

/// The whole site.
pub fn router(site: Site) -> Router {
    let app = App::new(site);
    let pages = Router::new()
        .merge(home::router())
        .merge(signup::router())
        .merge(auth::router())
        .merge(archive::router())
        .merge(status::router())
        .merge(settings::router())
        .merge(admin::router())
        .merge(api::router())
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::WrongMethod)
        .layer(from_fn_with_state(app.clone(), visit));
    Router::new()
        .merge(pages)
        .merge(assets::router())
        .merge(health::router())
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// Around everything: the host, the headers, the log.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The template, never the path: a sign-up link's path is its secret, and a callback's query a code.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_asked = app.address.is_asked(request.uri(), request.headers());
    let mut response = if is_asked || route.as_deref() == Some(health::PATH) {
        next.run(request).await
    } else {
        Failure::WrongHost.page(&app, None).await
    };
    headers::complete(&app, response.headers_mut());
    let status = response.status().as_u16();
    tracing::info!(%method, route = route.as_deref().unwrap_or("none"), status, "request");
    response
}

/// Around pages and API: who asks, panics, failures as pages or JSON, the renewed session.
async fn visit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let is_program = request.uri().path().starts_with(API) || has_type(request.headers(), "application/json");
    let cookie = app.address.session(request.headers());
    let (visitor, renewed) = match visitor(&app, cookie).await {
        Ok(known) => known,
        Err(failure) => return show(&app, &failure, None, is_program).await,
    };
    if changes_something(&request) && !is_open(&app).await {
        return show(&app, &Failure::Moved, visitor.as_ref(), is_program).await;
    }
    request.extensions_mut().insert(Visitor(visitor.clone()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Failure::internal(&format!("panic: {what}")).into_response()
    });
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        response = show(&app, &failure, visitor.as_ref(), is_program).await;
    }
    let name = format!("{}=", app.address.session_cookie());
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let is_settled = cookies.into_iter().any(|cookie| cookie.as_bytes().starts_with(name.as_bytes()));
    match renewed {
        // A sign-in or sign-out just made goes before the old session's renewal.
        Some(sealed) if !is_settled => with_cookie(response, app.address.begin_session(sealed)),
        _ => response,
    }
}

/// Whether something may be stored for a listener on the way to the answer.
fn changes_something(request: &Request) -> bool {
    !request.method().is_safe() || request.uri().path() == paths::AUTH_CALLBACK
}

/// Whether listeners are at home here. What cannot be asked is answered by the request itself, which
/// asks the same store.
async fn is_open(app: &App) -> bool {
    reprise_core::moving::is_open(&app.core).await.unwrap_or(true)
}

/// Whose session a cookie is, and its renewal if it is due.
async fn visitor(app: &App, cookie: Option<String>) -> Result<(Option<User>, Option<Sealed>), Failure> {
    let Some(cookie) = cookie else { return Ok((None, None)) };
    let signed_in = reprise_core::session::read(&app.core, &cookie).await?;
    Ok(signed_in.map_or((None, None), |it| (Some(it.user), it.renewed)))
}

async fn show(app: &App, failure: &Failure, viewer: Option<&User>, is_program: bool) -> Response {
    if is_program { failure.json(app) } else { failure.page(app, viewer).await }
}
