//! `/archive` and what can be done to it.

mod list;
mod paste;
mod run;
mod week;

use axum::Router;
use axum::routing::{get, post};

use crate::paths;
use crate::state::App;

pub(super) use run::PATIENCE;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(paths::ARCHIVE, get(list::show))
        .route(paths::ARCHIVE_RUN, post(run::run))
        .route(paths::ARCHIVE_REBUILD, post(run::rebuild))
        .route(paths::ARCHIVE_PASTE, post(paste::check))
        .route(paths::ARCHIVE_PASTE_CONFIRM, post(paste::confirm))
        .route(&paths::week("{week}"), get(week::show))
}
