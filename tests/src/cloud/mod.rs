//! The AWS that functions talk to, on loopback: an emulated DynamoDB, and a key, a queue and a secret
//! that do what ours ask of them. Everything that is asked is counted.
//!
//! Each process gets a [`Door`] of its own, so that what it asks is known to be its own, and answers can
//! be held back for it alone.

mod doubles;
mod used;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use reqwest::header::{CONTENT_LENGTH, HOST};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use used::Used;

use self::doubles::{Key, Queue, Secret};
use self::used::capacity;

/// How long answers are held back, in the services' own names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waits {
    /// DynamoDB.
    pub dynamodb: Duration,
    /// KMS.
    pub kms: Duration,
    /// SQS.
    pub sqs: Duration,
    /// Systems Manager.
    pub ssm: Duration,
}

/// An account with one table's worth of DynamoDB, one key, one queue and one secret.
#[derive(Debug, Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    dynamodb: String,
    http: reqwest::Client,
    key: Key,
    queue: Queue,
    secret: Secret,
}

/// One process's way to it, closed when dropped.
#[derive(Debug)]
pub struct Door {
    /// For `AWS_ENDPOINT_URL`.
    pub url: String,
    used: Arc<Mutex<Used>>,
    task: JoinHandle<()>,
}

impl Cloud {
    /// Stands before the DynamoDB at `dynamodb`; the secret is what the parameter store answers.
    pub fn before(dynamodb: &str, secret: &str) -> Self {
        let http = reprise_core::spotify::http::client(Duration::from_mins(1)).expect("a client");
        let inner = Inner {
            dynamodb: dynamodb.to_owned(),
            http,
            key: Key::default(),
            queue: Queue::default(),
            secret: Secret::new(secret),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Opens a door.
    pub async fn door(&self, waits: Waits) -> Door {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(loopback).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let used = Arc::<Mutex<Used>>::default();
        let state = Opened { cloud: Arc::clone(&self.inner), used: Arc::clone(&used), waits };
        let app = Router::new().fallback(answer).with_state(state);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("a door stays open") });
        Door { url, used, task }
    }

    /// Takes all messages out of the queue, oldest first.
    pub fn take_messages(&self) -> Vec<String> {
        self.inner.queue.take()
    }
}

impl Door {
    /// What was asked through it so far.
    pub fn used(&self) -> Used {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Opened {
    cloud: Arc<Inner>,
    used: Arc<Mutex<Used>>,
    waits: Waits,
}

impl Opened {
    fn count(&self, count: impl FnOnce(&mut Used)) {
        count(&mut self.used.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Answers as the service and operation in `x-amz-target` would.
async fn answer(State(opened): State<Opened>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    opened.count(|used| used.request(service, operation));
    let (waits, cloud) = (opened.waits, &opened.cloud);
    let (wait, answer) = match service {
        "DynamoDB_20120810" => (waits.dynamodb, dynamodb(&opened, operation, headers.clone(), body).await),
        "TrentService" => (waits.kms, cloud.key.answer(operation, &body)),
        "AmazonSQS" => (waits.sqs, cloud.queue.answer(operation, &body)),
        "AmazonSSM" => (waits.ssm, cloud.secret.answer(operation, &body)),
        _ => return (StatusCode::NOT_FOUND, format!("nobody answers {target:?}")).into_response(),
    };
    hold_back(wait).await;
    answer
}

/// Passes a request on, and notes the units that DynamoDB says it took.
async fn dynamodb(opened: &Opened, operation: &str, mut headers: HeaderMap, body: Bytes) -> Response {
    headers.remove(CONTENT_LENGTH);
    headers.remove(HOST);
    let asked = used::with_indexes(&body);
    let request = opened.cloud.http.post(&opened.cloud.dynamodb).headers(headers).body(asked);
    let answered = async {
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    match answered.await {
        Ok((status, mut headers, answer)) => {
            let capacity = capacity(operation, &body, status.is_success(), &answer);
            opened.count(|used| used.take(operation, &capacity));
            headers.remove(CONTENT_LENGTH);
            (status, headers, answer).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

#[expect(clippy::disallowed_methods, reason = "an answer that is held back takes real time")]
async fn hold_back(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}
