//! What Spotify itself serves: consent pages, tokens, the Web API, covers.

use super::deliver::{self, Delivery, deliver};
use super::line::Peer;
use crate::accounts::{authorize, token};
use crate::api::{self, Ask, Incoming, Reply, query::Query as Form};
use crate::catalogue::cover;
use crate::fault::FaultKind;
use crate::log::LogEntry;
use crate::sim::Sim;
use crate::state::State as World;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Path, Query, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Most bytes of a body: a cover with room to spare.
const BODY_MOST: usize = 2 * 1024 * 1024;
const TOKEN: &str = "POST /api/token";

pub(super) fn routes(sim: Sim) -> Router {
    Router::new()
        .route("/authorize", get(ask_consent).post(take_consent))
        .route("/api/token", post(tokens))
        .route("/v1/{*rest}", any(web_api))
        .route("/_sim/cover/{id}", get(show_cover))
        .with_state(sim)
}

async fn ask_consent(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    sim.with(|state, _| match authorize::check(state, &query) {
        Ok(request) => authorize::consent_page(state, &request).into_response(),
        Err(why) => refused(why),
    })
}

async fn take_consent(State(sim): State<Sim>, body: String) -> Response {
    let form = Form::parse(&body);
    let query = form.get("query").unwrap_or_default();
    let user = form.get("user").filter(|_| form.get("answer") == Some("agree"));
    match sim.answer_consent(&format!("?{query}"), user) {
        Ok(location) => Redirect::to(&location).into_response(),
        Err(why) => refused(&why),
    }
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, authorize::refused_page(why)).into_response()
}

#[derive(Deserialize)]
struct Size {
    #[serde(default = "full")]
    size: u32,
}

fn full() -> u32 {
    640
}

async fn show_cover(Path(id): Path<String>, Query(size): Query<Size>) -> Response {
    let svg = cover::svg(&id, size.size.clamp(16, 2_000)).into_string();
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, svg).into_response()
}

/// A call that faults can hit.
enum Call {
    Token(token::TokenCall),
    /// A call of the Web API that has passed the gate.
    Api(Box<Ask>),
    /// One that has not, and what it is told.
    Turned(Reply),
}

impl Call {
    fn run(&self, state: &mut World, now: Timestamp) -> Reply {
        match self {
            Self::Token(call) => token::answer(state, call, now),
            Self::Api(ask) => ask.run(state, now),
            Self::Turned(reply) => reply.clone(),
        }
    }
}

async fn tokens(
    State(sim): State<Sim>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let call =
        token::TokenCall { authorization: text(&headers, header::AUTHORIZATION), form: Form::parse(&body) };
    let delivery = sim.with(|state, now| {
        let entry = LogEntry {
            user: call.user(state).map(str::to_owned),
            client: call.client(),
            ..entry(now, TOKEN, "/api/token")
        };
        serve(&sim, state, now, Call::Token(call), entry)
    });
    deliver(delivery, &peer).await
}

async fn web_api(State(sim): State<Sim>, ConnectInfo(peer): ConnectInfo<Peer>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MOST).await else {
        return deliver::answer(Reply::error(413, "Request too large"));
    };
    let path = parts.uri.path();
    let Some((endpoint, id)) = api::find(parts.method.as_str(), path) else {
        let reply = Reply::error(404, "Service not found");
        let endpoint = format!("{} (unknown)", parts.method);
        sim.with(|state, now| {
            state.journal.push(LogEntry { status: Some(reply.status), ..entry(now, &endpoint, path) });
        });
        return deliver::answer(reply);
    };
    let host = text(&parts.headers, header::HOST).unwrap_or_else(|| "localhost".to_owned());
    let incoming = Incoming {
        endpoint,
        id,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body,
        base: format!("http://{host}"),
        authorization: text(&parts.headers, header::AUTHORIZATION),
    };
    let name = format!("{} {}", endpoint.method, endpoint.template);
    let delivery = sim.with(|state, now| {
        let token = incoming.authorization.as_deref();
        let bearer = token
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|token| state.accounts.bearer(token, now));
        let entry = LogEntry {
            user: bearer.as_ref().and_then(|bearer| bearer.user.clone()),
            client: bearer.map(|bearer| bearer.client),
            ..entry(now, &name, path)
        };
        let call = match api::admit(state, incoming, now) {
            Ok(ask) => Call::Api(Box::new(ask)),
            Err(refusal) => Call::Turned(refusal),
        };
        serve(&sim, state, now, call, entry)
    });
    deliver(delivery, &peer).await
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn entry(at: Timestamp, endpoint: &str, path: &str) -> LogEntry {
    LogEntry {
        seq: 0,
        at,
        endpoint: endpoint.to_owned(),
        path: path.to_owned(),
        user: None,
        client: None,
        status: None,
        fault: None,
    }
}

/// Runs a call, unless a fault hits it, and notes what came of it.
fn serve(sim: &Sim, state: &mut World, now: Timestamp, call: Call, entry: LogEntry) -> Delivery {
    let seed = state.seed;
    let fault = state.faults.strike(&entry.endpoint, entry.user.as_deref(), seed);
    let name = fault.as_ref().map(|kind| kind.name().to_owned());
    let delivery = match fault {
        None => Delivery::Answer(call.run(state, now)),
        Some(kind) => go_wrong(sim, state, now, call, kind),
    };
    state.journal.push(LogEntry { status: delivery.status(), fault: name, ..entry });
    delivery
}

fn go_wrong(sim: &Sim, state: &mut World, now: Timestamp, call: Call, kind: FaultKind) -> Delivery {
    match kind {
        FaultKind::Status { code, body, content_type, retry_after } => {
            let mut reply = Reply::text(code, "application/json", &body).retry_after(retry_after);
            reply.headers.push(("content-type", content_type));
            Delivery::Answer(reply)
        }
        FaultKind::Html { code } => Delivery::Answer(Reply::text(
            code,
            "text/html; charset=utf-8",
            "<!doctype html><title>Gateway</title><h1>The service is busy</h1>",
        )),
        FaultKind::FalseInvalidGrant => Delivery::Answer(token::invalid_grant("Invalid refresh token")),
        FaultKind::ResetBefore => Delivery::Nothing,
        FaultKind::ResetAfter => {
            call.run(state, now);
            Delivery::Nothing
        }
        FaultKind::LateEffect { after_sim_seconds } => {
            let later = now + SignedDuration::from_secs(i64::from(after_sim_seconds));
            match call {
                Call::Api(ask) => state.put_off(later, *ask),
                // Tokens are issued at once or never.
                other => {
                    other.run(state, now);
                }
            }
            Delivery::Nothing
        }
        FaultKind::HoldBefore { ms } => {
            let sim = sim.clone();
            // Of its own: the caller's giving up must not prevent the effect.
            tokio::spawn(async move {
                deliver::hold(ms).await;
                sim.with(|state, now| call.run(state, now));
            });
            Delivery::NothingAfter(ms)
        }
        FaultKind::HoldAfter { ms } => {
            call.run(state, now);
            Delivery::NothingAfter(ms)
        }
        FaultKind::Truncated => Delivery::Truncate(call.run(state, now)),
        FaultKind::EmptyBody => {
            let mut reply = call.run(state, now);
            reply.body.clear();
            Delivery::Answer(reply)
        }
        FaultKind::Slow { ms } => Delivery::Slow(ms, call.run(state, now)),
    }
}
