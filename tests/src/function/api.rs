//! Lambda's Runtime API, for one process.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Answered;

/// What a process has just done.
#[derive(Debug)]
pub(super) enum Heard {
    /// It asked for an event.
    Asked,
    /// It said why it cannot begin.
    InitError(Value),
}

/// The API, closed when dropped.
pub(super) struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
    heard: mpsc::UnboundedReceiver<Heard>,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<Handed>,
    event_came: Notify,
    tell: mpsc::UnboundedSender<Heard>,
}

#[derive(Default)]
struct Handed {
    first_asked: Option<Instant>,
    events: u64,
    /// The event that nobody has fetched yet.
    waiting: Option<Event>,
    answer: Option<Answered>,
}

#[derive(Clone)]
struct Event {
    number: u64,
    body: String,
    deadline_ms: i64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Handed> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, heard) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { state: Mutex::default(), event_came: Notify::new(), tell });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it stays open") });
        Self { address, shared, heard, task }
    }

    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// What the process does next.
    pub(super) async fn heard(&mut self) -> Heard {
        self.heard.recv().await.expect("the API lives as long as we do")
    }

    /// When the process first asked for an event.
    pub(super) fn first_asked(&self) -> Option<Instant> {
        self.shared.state().first_asked
    }

    pub(super) fn hand_out(&self, event: &Value, deadline_ms: i64) {
        let mut state = self.shared.state();
        state.events += 1;
        state.answer = None;
        state.waiting = Some(Event { number: state.events, body: event.to_string(), deadline_ms });
        drop(state);
        self.shared.event_came.notify_one();
    }

    /// What the process has answered to the last event.
    pub(super) fn answered(&self) -> Option<Answered> {
        self.shared.state().answer.clone()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.state().first_asked.get_or_insert_with(Instant::now);
    let _ = shared.tell.send(Heard::Asked);
    loop {
        let event = shared.state().waiting.take();
        if let Some(Event { number, body, deadline_ms }) = event {
            let headers = [
                ("lambda-runtime-aws-request-id", format!("request-{number}")),
                ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
                (
                    "lambda-runtime-invoked-function-arn",
                    "arn:aws:lambda:eu-central-1:1:function:reprise".into(),
                ),
                ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".into()),
                ("content-type", "application/json".into()),
            ];
            return (headers, body).into_response();
        }
        shared.event_came.notified().await;
    }
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, answer: Bytes) -> StatusCode {
    keep(&shared, &id, Answered::Answer(read(&answer)))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, error: Bytes) -> StatusCode {
    keep(&shared, &id, Answered::Error(read(&error)))
}

fn keep(shared: &Shared, id: &str, answer: Answered) -> StatusCode {
    let mut state = shared.state();
    if id != format!("request-{}", state.events) || state.answer.is_some() {
        return StatusCode::BAD_REQUEST;
    }
    state.answer = Some(answer);
    StatusCode::ACCEPTED
}

async fn init_error(State(shared): State<Arc<Shared>>, error: Bytes) -> StatusCode {
    let _ = shared.tell.send(Heard::InitError(read(&error)));
    StatusCode::ACCEPTED
}

/// What is no JSON is told as text, and never equals what a test expects.
fn read(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
}
