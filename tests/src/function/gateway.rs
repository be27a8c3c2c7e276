//! The address of a function: requests become events, answers become responses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::{Answered, Function};

/// A function URL on loopback, closed when dropped. As Lambda does with one execution environment, it
/// hands out one request at a time.
pub struct Gateway {
    /// Where it listens.
    pub url: String,
    /// The function.
    pub function: Arc<Mutex<Function>>,
    /// What came of the last request that got no answer.
    pub failed: Arc<Mutex<Option<Answered>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Behind {
    function: Arc<Mutex<Function>>,
    failed: Arc<Mutex<Option<Answered>>>,
    domain: String,
}

impl Gateway {
    /// Opens an address for a function.
    pub async fn open(function: Function) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let domain = listener.local_addr().expect("an address").to_string();
        let url = format!("http://{domain}");
        let function = Arc::new(Mutex::new(function));
        let failed = Arc::<Mutex<Option<Answered>>>::default();
        let behind = Behind { function: Arc::clone(&function), failed: Arc::clone(&failed), domain };
        let app = Router::new().fallback(answer).with_state(behind);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it stays open") });
        Self { url, function, failed, task }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(behind): State<Behind>, request: Request) -> Response {
    let event = event(&behind.domain, request).await;
    let answered = behind.function.lock().await.invoke(&event).await;
    match answered {
        Answered::Answer(answer) => response(&answer),
        // As function URLs do, without a word.
        failed => {
            *behind.failed.lock().await = Some(failed);
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

/// A request as a function URL tells of it: payload 2.0.
pub(super) async fn event(domain: &str, request: Request) -> Value {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut headers = BTreeMap::<String, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if name == header::COOKIE {
            cookies.extend(value.split("; ").map(str::to_owned));
            continue;
        }
        headers
            .entry(name.to_string())
            .and_modify(|known| *known = format!("{known},{value}"))
            .or_insert(value);
    }
    let (body, is_base64) = encoded(&body);
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "cookies": cookies,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": domain, "domainPrefix": "abc",
            "http": {
                "method": head.method.as_str(), "path": head.uri.path(), "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1", "userAgent": "test",
            },
            "requestId": "id", "routeKey": "$default", "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// Bodies of forms come in base64, as Lambda has it for all that is no text.
fn encoded(body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() { (None, false) } else { (Some(BASE64_STANDARD.encode(body)), true) }
}

fn response(answer: &Value) -> Response {
    let status = answer["statusCode"].as_u64().and_then(|code| u16::try_from(code).ok());
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        BASE64_STANDARD.decode(text).expect("it says that it is base64")
    } else {
        text.as_bytes().to_vec()
    };
    let mut response = Response::builder().status(status.unwrap_or(500));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap_or_default());
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header(header::SET_COOKIE, cookie.as_str().unwrap_or_default());
    }
    response.body(body.into()).expect("headers are plain")
}
