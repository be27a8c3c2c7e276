//! A server that says what it is told to, a clock that stands still, a gate that takes notes.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use jiff::Timestamp;
use reprise_core::ports::Clock;
use reprise_core::spotify::{
    AccessToken, Accounts, Api, Call, CallGate, CallOutcome, ClientSecret, SpotifyError, http,
};
use reprise_domain::time::Mark;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// Long enough for the most loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough to be heard by a server that will never answer.
pub(crate) const IMPATIENCE: Duration = Duration::from_millis(500);

pub(crate) const DIALECTS: [&str; 2] = ["old", "new"];

pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

pub(crate) fn token() -> AccessToken {
    AccessToken::new("canary-access")
}

pub(crate) fn fixture(dialect: &str, name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spotify/fixtures");
    std::fs::read(folder.join(dialect).join(name).with_extension("json")).unwrap()
}

/// Shows [`now`] for ever.
pub(crate) struct StillClock;

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn mark(&self) -> Mark {
        Mark { wall: now(), uptime_ms: 0, boot: "test".to_owned() }
    }

    async fn sleep_until(&self, _at: Timestamp) {}
}

/// Admits everything, or nothing, and remembers.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) refuse: Option<SpotifyError>,
    pub(crate) admitted: Mutex<Vec<Call>>,
    pub(crate) settled: Mutex<Vec<(Call, CallOutcome)>>,
}

#[async_trait]
impl CallGate for Notes {
    async fn admit(&self, call: &Call) -> Result<(), SpotifyError> {
        self.admitted.lock().unwrap().push(*call);
        self.refuse.clone().map_or(Ok(()), Err)
    }

    async fn settled(&self, call: &Call, outcome: &CallOutcome) {
        self.settled.lock().unwrap().push((*call, *outcome));
    }
}

impl Notes {
    pub(crate) fn outcomes(&self) -> Vec<CallOutcome> {
        let settled = self.settled.lock().unwrap();
        assert_eq!(self.admitted.lock().unwrap().len(), settled.len(), "admitted once, settled once");
        settled.iter().map(|(_, outcome)| *outcome).collect()
    }
}

pub(crate) fn api(base: &Url, gate: Arc<dyn CallGate>) -> Api {
    api_within(PATIENCE, base, gate)
}

pub(crate) fn api_within(time: Duration, base: &Url, gate: Arc<dyn CallGate>) -> Api {
    let http = http::client(time).unwrap();
    Api::new(http, base.join("v1").unwrap(), Arc::new(StillClock), gate)
}

pub(crate) fn accounts_at(base: &Url) -> Accounts {
    accounts_within(PATIENCE, base)
}

pub(crate) fn accounts_within(time: Duration, base: &Url) -> Accounts {
    let http = http::client(time).unwrap();
    let secret = ClientSecret::new("canary-client-secret");
    Accounts::new(http, base.clone(), "invented-client", secret, Arc::new(StillClock))
}

/// What the server is to say.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    hangs: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), hangs: false }
    }

    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, body).header("content-type", "application/json; charset=utf-8")
    }

    pub(crate) fn fixture(dialect: &str, name: &str) -> Self {
        Self::json(200, fixture(dialect, name))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Never says anything.
    pub(crate) fn hanging() -> Self {
        Self { hangs: true, ..Self::new(200, "") }
    }
}

/// What the server heard.
pub(crate) struct Heard {
    /// Method, path and decoded query.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    heard: Mutex<Vec<Heard>>,
}

/// A server on loopback that gives the scripted replies in turn, the last one for ever.
pub(crate) struct Server {
    pub(crate) base: Url,
    script: Arc<Script>,
}

impl Server {
    pub(crate) async fn saying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script::default());
        script.replies.lock().unwrap().extend(replies);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = base_of(&listener);
        let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, script }
    }

    /// Everything heard since the last time of asking.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.script.heard.lock().unwrap())
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| format!(" {name}={value}"));
    let line = format!("{} {}{}", parts.method, parts.uri.path(), query.collect::<String>());
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    script.heard.lock().unwrap().push(Heard { line, headers: parts.headers, body });
    let reply = {
        let mut replies = script.replies.lock().unwrap();
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    };
    let reply = reply.unwrap();
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// How a server breaks off.
#[derive(Clone, Copy)]
pub(crate) enum Break {
    /// Hangs up after the request.
    HangUp,
    /// Resets the connection in the middle of the request.
    Reset,
    /// Promises more of a JSON body than it sends, with this status line.
    Truncate(&'static str),
}

/// A server that breaks every connection.
pub(crate) async fn breaking(how: Break) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = base_of(&listener);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 64 * 1024];
            // A connection closed with unread bytes is reset by the system.
            let enough = if matches!(how, Break::Reset) { 1 } else { buffer.len() };
            let read = stream.read(&mut buffer[..enough]).await.unwrap();
            assert!(read > 0);
            if let Break::Truncate(status) = how {
                let head = "content-type: application/json\r\ncontent-length: 4000";
                let text = format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n{{\"snapshot_id\":\"AAAA\",");
                stream.write_all(text.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    });
    base
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> Url {
    base_of(&TcpListener::bind("127.0.0.1:0").await.unwrap())
}

fn base_of(listener: &TcpListener) -> Url {
    format!("http://{}", listener.local_addr().unwrap()).parse().unwrap()
}
