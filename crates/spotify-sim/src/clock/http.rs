//! The clock over HTTP, for processes of their own.

use super::{Advanced, ClockMode, Participant, Reading, SimClock, Slept};
use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

pub(crate) fn routes(clock: SimClock) -> Router {
    Router::new()
        .route("/_sim/clock", get(read).patch(set))
        .route("/_sim/clock/watch", get(watch_time))
        .route("/_sim/clock/sleep", post(sleep))
        .route("/_sim/clock/busy", post(busy))
        .route("/_sim/clock/advance", post(advance))
        .route("/_sim/clock/jump", post(jump))
        .route("/_sim/clock/reboot", post(reboot))
        .with_state(clock)
}

async fn read(State(clock): State<SimClock>) -> Json<Reading> {
    Json(clock.read())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    mode: ClockMode,
}

async fn set(State(clock): State<SimClock>, Json(set): Json<Set>) -> Json<Reading> {
    Json(clock.set_mode(set.mode))
}

#[derive(Deserialize)]
struct Watch {
    process: Option<String>,
}

struct Watching {
    clock: SimClock,
    ticks: watch::Receiver<u64>,
    first: bool,
    /// Held so that the process is forgotten when its connection ends.
    _member: Option<Participant>,
}

/// An endless stream of lines; the process takes part for as long as it reads.
async fn watch_time(State(clock): State<SimClock>, Query(query): Query<Watch>) -> Response {
    let watching = Watching {
        ticks: clock.shared.ticks.subscribe(),
        first: true,
        _member: query.process.map(|name| clock.join(&name)),
        clock,
    };
    let lines = stream::unfold(watching, |mut watching| async move {
        if !watching.first {
            watching.ticks.changed().await.ok()?;
        }
        watching.first = false;
        watching.ticks.mark_unchanged();
        let mut line = serde_json::to_vec(&watching.clock.read()).ok()?;
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), watching))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

#[derive(Deserialize)]
struct Sleep {
    process: String,
    until_ms: Option<i64>,
    #[serde(default)]
    seq: u64,
}

async fn sleep(State(clock): State<SimClock>, Json(sleep): Json<Sleep>) -> Result<Json<Slept>, Response> {
    clock.idle(&sleep.process, sleep.until_ms, sleep.seq).map(Json).ok_or_else(|| unknown(&sleep.process))
}

#[derive(Deserialize)]
struct Busy {
    process: String,
}

async fn busy(State(clock): State<SimClock>, Json(busy): Json<Busy>) -> Response {
    match clock.busy(&busy.process) {
        Some(seq) => Json(json!({ "seq": seq })).into_response(),
        None => unknown(&busy.process),
    }
}

#[expect(clippy::struct_field_names, reason = "fields on the wire say their unit")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    to_ms: Option<i64>,
    by_ms: Option<u64>,
    #[serde(default = "a_minute")]
    timeout_ms: u64,
}

fn a_minute() -> u64 {
    60_000
}

async fn advance(
    State(clock): State<SimClock>,
    Json(advance): Json<Advance>,
) -> Result<Json<Advanced>, Response> {
    let to = match (advance.to_ms, advance.by_ms) {
        (Some(to), None) => Timestamp::from_millisecond(to).ok(),
        (None, Some(by)) => clock.now().checked_add(Duration::from_millis(by)).ok(),
        _ => None,
    };
    let to = to.ok_or_else(|| {
        refuse(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "give one of to_ms and by_ms, within reach of a calendar" }),
        )
    })?;
    clock.advance_to(to, Duration::from_millis(advance.timeout_ms)).await.map(Json).map_err(|stalled| {
        refuse(StatusCode::GATEWAY_TIMEOUT, &json!({ "error": stalled.to_string(), "busy": stalled.busy }))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jump {
    wall_ms: Option<i64>,
    uptime_ms: Option<u64>,
}

async fn jump(State(clock): State<SimClock>, Json(jump): Json<Jump>) -> Json<Reading> {
    if let Some(by) = jump.uptime_ms {
        clock.suspend(Duration::from_millis(by));
    }
    if let Some(by) = jump.wall_ms {
        clock.jump_wall(by);
    }
    Json(clock.read())
}

async fn reboot(State(clock): State<SimClock>) -> Json<Reading> {
    Json(clock.reboot())
}

fn unknown(process: &str) -> Response {
    let error = format!("{process} does not watch the clock");
    refuse(StatusCode::NOT_FOUND, &json!({ "error": error }))
}

fn refuse(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, Json(body)).into_response()
}
