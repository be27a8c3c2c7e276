//! A DynamoDB as it is on its bad days, in front of the emulated one: answers get lost after the work
//! is done, requests are throttled, transactions run into each other, batches are done in part, and
//! pages are short.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::watch;

/// A request that nobody sends again is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(3);

/// One request to DynamoDB.
pub(crate) struct Request<'a> {
    /// Such as `UpdateItem`.
    pub(crate) operation: &'a str,
    pub(crate) body: &'a Value,
    /// How many came before it.
    pub(crate) number: usize,
}

/// What becomes of a request.
pub(crate) enum Fate {
    /// It is done and answered.
    Answered,
    /// It is done, perhaps changed on the way.
    Changed(Value),
    /// Half of a batch is done, and the rest is handed back.
    ByHalf,
    /// It is done, and the answer is an error of the server's.
    AnsweredByMistake,
    /// It is done, and the connection breaks off.
    Unanswered,
    /// It is not done.
    Refused(Value),
    /// It is not done, as if somebody else had answered.
    Instead(Value),
}

type Decide = dyn Fn(&Request<'_>) -> Fate + Send + Sync;

/// What stands between a store and its database.
pub(crate) struct Unkind {
    /// Its address.
    pub(crate) url: String,
    inner: Arc<Inner>,
}

struct Inner {
    upstream: String,
    client: reqwest::Client,
    requests: AtomicUsize,
    seen: Mutex<Vec<String>>,
    decide: Mutex<Arc<Decide>>,
    /// What was done and not answered: until it is asked again, everybody else waits, so that nobody is
    /// faster by chance.
    lost: watch::Sender<Option<Bytes>>,
}

impl Unkind {
    /// Stands before the database at `upstream`.
    pub(crate) async fn before(
        upstream: &str,
        decide: impl Fn(&Request<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            client: reprise_core::spotify::http::client(Duration::from_mins(1)).unwrap(),
            requests: AtomicUsize::new(0),
            seen: Mutex::default(),
            decide: Mutex::new(Arc::new(decide)),
            lost: watch::Sender::new(None),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(handle).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner }
    }

    /// Decides otherwise from now on, and counts anew.
    pub(crate) fn decide(&self, decide: impl Fn(&Request<'_>) -> Fate + Send + Sync + 'static) {
        *self.inner.decide.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(decide);
        self.inner.requests.store(0, Ordering::SeqCst);
        self.inner.lost.send_replace(None);
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The operations that came in since, in order.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn handle(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut lost = inner.lost.subscribe();
    let free = lost.wait_for(|lost| lost.as_ref().is_none_or(|lost| *lost == body));
    let _ = tokio::time::timeout(PATIENCE, free).await;
    let was_lost = inner.lost.borrow().as_ref() == Some(&body);
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.split('.').next_back().unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    inner.seen.lock().unwrap_or_else(PoisonError::into_inner).push(operation.to_owned());
    let number = inner.requests.fetch_add(1, Ordering::SeqCst);
    let decide = Arc::clone(&inner.decide.lock().unwrap_or_else(PoisonError::into_inner));
    let mut passed_on = headers.clone();
    passed_on.remove("content-length");
    passed_on.remove("host");
    let forward = async |body: Vec<u8>| {
        let request = inner.client.post(&inner.upstream).headers(passed_on.clone()).body(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap())
    };
    let request = Request { operation, body: &value, number };
    let mut fate = if was_lost { Fate::Answered } else { decide(&request) };
    if matches!(fate, Fate::AnsweredByMistake | Fate::Unanswered) {
        // Two that came in side by side cannot both be lost: only one of them would be waited for.
        let is_lost = inner.lost.send_if_modified(|lost| {
            let is_free = lost.is_none();
            if is_free {
                *lost = Some(body.clone());
            }
            is_free
        });
        if !is_lost {
            fate = Fate::Answered;
        }
    }
    let response = match fate {
        Fate::Answered => forward(body.to_vec()).await.into_response(),
        Fate::Changed(value) => forward(value.to_string().into_bytes()).await.into_response(),
        Fate::ByHalf => {
            let (half, rest) = halves(value);
            let (status, answer) = forward(half.to_string().into_bytes()).await;
            let mut answer: Value = serde_json::from_slice(&answer).unwrap();
            let unprocessed =
                if operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" };
            answer[unprocessed] = rest;
            (status, answer.to_string()).into_response()
        }
        Fate::AnsweredByMistake => {
            forward(body.to_vec()).await;
            let mistake = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
            (StatusCode::INTERNAL_SERVER_ERROR, mistake.to_string()).into_response()
        }
        Fate::Unanswered => {
            forward(body.to_vec()).await;
            let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("broken off"))]);
            Response::builder().header("content-length", "100").body(Body::from_stream(broken)).unwrap()
        }
        Fate::Refused(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Fate::Instead(answer) => (StatusCode::OK, answer.to_string()).into_response(),
    };
    if was_lost {
        // Only now: whoever is let in before could write on top of what is asked about.
        inner.lost.send_replace(None);
    }
    response
}

/// A batch's request with its first half, and the other half.
fn halves(mut batch: Value) -> (Value, Value) {
    let mut rest = batch["RequestItems"].clone();
    for (table, wanted) in batch["RequestItems"].as_object_mut().unwrap() {
        let (wanted, rest) = match wanted {
            Value::Array(requests) => (requests, rest[table].as_array_mut().unwrap()),
            keys => (keys["Keys"].as_array_mut().unwrap(), rest[table]["Keys"].as_array_mut().unwrap()),
        };
        let half = wanted.len() / 2;
        rest.drain(..half);
        wanted.truncate(half);
    }
    (batch, rest)
}

/// How many items a batch is about.
fn batch_size(batch: &Value) -> usize {
    let items = |wanted: &Value| wanted.as_array().or(wanted["Keys"].as_array()).map_or(0, Vec::len);
    batch["RequestItems"].as_object().map_or(0, |tables| tables.values().map(items).sum())
}

/// An error as DynamoDB writes it.
pub(crate) fn error(code: &str) -> Fate {
    Fate::Refused(
        json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "as ordered"}),
    )
}

/// A transaction refused for these reasons, one for each of its parts.
pub(crate) fn canceled(reasons: &[&str]) -> Fate {
    let reasons: Vec<Value> = reasons.iter().map(|code| json!({"Code": code})).collect();
    Fate::Refused(json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    }))
}

/// Whether a request counts up: sent twice, it would count twice.
fn counts_up(request: &Request<'_>) -> bool {
    request.body["UpdateExpression"].as_str().is_some_and(|text| text.contains("ADD "))
}

/// One bad day: every fifth write is done and not answered, requests are throttled, transactions run into
/// others, batches are done by half, pages hold three.
pub(crate) fn bad_day(request: &Request<'_>) -> Fate {
    let Request { operation, body, number } = request;
    let is_write = ["UpdateItem", "TransactWriteItems", "BatchWriteItem"].contains(operation);
    if number % 23 == 4 {
        return error("ProvisionedThroughputExceededException");
    }
    if *operation == "TransactWriteItems" && number % 7 == 1 {
        let parts = body["TransactItems"].as_array().unwrap().len();
        let mut reasons = vec!["None"; parts];
        reasons[parts - 1] = "TransactionConflict";
        return canceled(&reasons);
    }
    if *operation == "UpdateItem" && number % 13 == 3 {
        return error("TransactionConflictException");
    }
    if operation.starts_with("Batch") && number % 5 == 1 && batch_size(body) > 1 {
        return Fate::ByHalf;
    }
    if is_write && number % 5 == 0 && !counts_up(request) {
        return if number % 2 == 0 { Fate::Unanswered } else { Fate::AnsweredByMistake };
    }
    if *operation == "Query" {
        let mut short = (*body).clone();
        short["Limit"] = json!(body["Limit"].as_i64().unwrap_or(i64::MAX).min(3));
        return Fate::Changed(short);
    }
    Fate::Answered
}
