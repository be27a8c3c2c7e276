//! `/settings`: how the archive is kept, and leaving.

mod disconnect;
mod save;
mod show;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::Markup;

use crate::answer::{Failure, see_other};
use crate::pages::settings;
use crate::paths;
use crate::request::{Me, Posted};
use crate::routes::desk::{self, Said, Word};
use crate::state::App;

pub(super) use save::{Change, apply};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(paths::SETTINGS, get(page).post(post))
        .route(paths::DISCONNECT, get(disconnect::ask).post(disconnect::leave))
}

async fn page(State(app): State<App>, Me(user): Me, Query(said): Query<Said>) -> Result<Markup, Failure> {
    let model = show::saved(&app, &user).await?;
    Ok(settings::page(&desk::ctx(&app, &user, &said).await?, &model))
}

/// Saves everything, or nothing and says why.
async fn post(State(app): State<App>, Posted { user, fields }: Posted) -> Result<Response, Failure> {
    let mut errors = Vec::new();
    if let Some(change) = save::read(&app, &user, &fields, &mut errors).await? {
        match apply(&app, &user, change).await {
            Ok(()) => return Ok(see_other(&Word::Saved.at(paths::SETTINGS))),
            // Only the playlist to adopt has to be asked of Spotify.
            Err(Failure::Invalid(why)) => errors.push(("adopt".to_owned(), why)),
            Err(failure) => return Err(failure),
        }
    }
    let model = show::sent(&app, &user, &fields, errors).await?;
    let page = settings::page(&desk::ctx(&app, &user, &Said::default()).await?, &model);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
