//! What was asked, what is true, and what there is.

use super::{No, absent};
use crate::catalogue::{Edition, Track};
use crate::log::CountBy;
use crate::sim::Sim;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Sim> {
    Router::new()
        .route("/_sim/log", get(log))
        .route("/_sim/counts", get(counts).delete(reset_counts))
        .route("/_sim/truth/{user}", get(truth))
        .route("/_sim/tracks", get(tracks))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn log(State(sim): State<Sim>, Query(query): Query<After>) -> Response {
    Json(sim.log_after(query.after)).into_response()
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    by: CountBy,
}

async fn counts(State(sim): State<Sim>, Query(query): Query<Counts>) -> Response {
    Json(sim.counts(query.by)).into_response()
}

async fn reset_counts(State(sim): State<Sim>) -> StatusCode {
    sim.reset_counts();
    StatusCode::NO_CONTENT
}

async fn truth(State(sim): State<Sim>, Path(user): Path<String>) -> Result<Response, No> {
    sim.truth(&user).map(|truth| Json(truth).into_response()).ok_or_else(|| absent(&format!("user {user}")))
}

#[derive(Deserialize)]
struct Tracks {
    #[serde(default)]
    from: u32,
    #[serde(default = "one")]
    count: u32,
    edition: Option<Edition>,
}

fn one() -> u32 {
    1
}

/// Tracks of the catalogue, by number, so that a test has URIs to work with.
async fn tracks(Query(query): Query<Tracks>) -> Json<Vec<Value>> {
    let edition = query.edition.unwrap_or(Edition::Album);
    let tracks = (query.from..query.from.saturating_add(query.count.min(10_000))).map(|number| {
        let track = Track::new(number).edition(edition);
        json!({
            "recording": track.recording,
            "uri": track.uri(),
            "title": track.title(),
            "artist": track.artist_name(),
            "isrc": track.isrc(),
            "duration_ms": track.duration_ms(),
        })
    });
    Json(tracks.collect())
}
