//! `/archive` and what can be done to it.

mod list;

use axum::Router;
use axum::routing::get;

use crate::paths;
use crate::state::App;

pub(super) fn router() -> Router<App> {
    Router::new().route(paths::ARCHIVE, get(list::show))
}
