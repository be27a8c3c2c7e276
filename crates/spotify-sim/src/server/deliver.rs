//! How an answer leaves the house, or does not.

use super::line::Peer;
use crate::api::Reply;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::{StreamExt, stream};
use std::io;
use std::time::Duration;

pub(super) enum Delivery {
    Answer(Reply),
    /// After so many real milliseconds.
    Slow(u64, Reply),
    /// Breaks off in the middle of the body.
    Truncate(Reply),
    /// Nothing, and the connection is cut.
    Nothing,
    /// The same, after so many real milliseconds.
    NothingAfter(u64),
}

impl Delivery {
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(reply) | Self::Slow(_, reply) | Self::Truncate(reply) => Some(reply.status),
            Self::Nothing | Self::NothingAfter(_) => None,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a held answer is held in real time: it is the caller's time-out that is tested"
)]
pub(super) async fn hold(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub(super) async fn deliver(delivery: Delivery, peer: &Peer) -> Response {
    match delivery {
        Delivery::Answer(reply) => answer(reply),
        Delivery::Slow(ms, reply) => {
            hold(ms).await;
            answer(reply)
        }
        Delivery::Truncate(reply) if reply.body.len() > 1 => truncated(reply),
        Delivery::NothingAfter(ms) => {
            hold(ms).await;
            cut(peer)
        }
        Delivery::Truncate(_) | Delivery::Nothing => cut(peer),
    }
}

/// What is returned here never gets out.
fn cut(peer: &Peer) -> Response {
    peer.cut();
    Response::new(Body::empty())
}

pub(super) fn answer(reply: Reply) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !reply.body.is_empty() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    *response.body_mut() = Body::from(reply.body);
    response
}

fn truncated(mut reply: Reply) -> Response {
    let length = reply.body.len();
    let half = Bytes::from(std::mem::take(&mut reply.body)).slice(..length / 2);
    let first = stream::iter([Ok(half)]);
    let broken = stream::once(async {
        // Lets the first half be sent before the connection breaks.
        hold(20).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let mut response = answer(reply);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    *response.body_mut() = Body::from_stream(first.chain(broken));
    response
}
