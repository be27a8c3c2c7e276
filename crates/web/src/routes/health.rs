//! `GET /health`: that the process answers, and nothing else.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// Answered under any host: what watches a process often knows only its address.
pub(super) const PATH: &str = "/health";

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(PATH, get(async || ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n")))
}
