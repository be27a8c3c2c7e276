//! The one request helper: address, bearer, gate, body limit, status, log.

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tracing::{Instrument, field};
use url::Url;

use super::api::Api;
use super::dialect::Unreadable;
use super::endpoint::Endpoint;
use super::error::{Effect, SpotifyError};
use super::failure::{self, Refusal};
use super::gate::{Call, CallOutcome, Purpose};
use super::secrets::AccessToken;

/// No answer that Reprise asks for comes near this; more is read by mistake or by malice.
pub(super) const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What varies between requests.
pub(super) struct Request<'a> {
    endpoint: Endpoint,
    id: &'a str,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl<'a> Request<'a> {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, id: "", query: Vec::new(), body: None }
    }

    /// Puts `id` where the endpoint's path has its place.
    pub(super) fn id(self, id: &'a str) -> Self {
        Self { id, ..self }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn url(&self, base: &Url) -> Option<Url> {
        let mut url = base.clone();
        {
            let mut path = url.path_segments_mut().ok()?;
            path.pop_if_empty();
            for segment in self.endpoint.path().split('/') {
                path.push(if segment == "{id}" { self.id } else { segment });
            }
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Some(url)
    }
}

/// A complete answer with a success status.
pub(super) struct Answer {
    endpoint: Endpoint,
    status: StatusCode,
    body: Vec<u8>,
    /// Our clock when the answer was complete.
    pub(super) at: Timestamp,
}

impl Answer {
    pub(super) fn is_empty(&self) -> bool {
        self.status == StatusCode::NO_CONTENT || self.body.is_empty()
    }

    /// Decodes the body; if that fails, a write may have happened and a read makes no sense.
    pub(super) fn decode<T>(
        &self,
        decode: impl FnOnce(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, SpotifyError> {
        decode(&self.body).map_err(|why| undecodable(self.endpoint, &why.to_string()))
    }
}

fn undecodable(endpoint: Endpoint, why: &str) -> SpotifyError {
    if endpoint.is_write() {
        SpotifyError::Unavailable { why: why.to_owned(), effect: Effect::Unknown, retry_at: None }
    } else {
        SpotifyError::Invalid { what: why.to_owned() }
    }
}

impl Api {
    /// Sends one request through the gate and waits for a complete success.
    pub(super) async fn send(
        &self,
        token: &AccessToken,
        purpose: Purpose,
        request: Request<'_>,
    ) -> Result<Answer, SpotifyError> {
        let call = Call { endpoint: request.endpoint, purpose };
        self.gate.admit(&call).await?;
        let span = tracing::debug_span!(
            "spotify.call",
            endpoint = request.endpoint.path(),
            method = %request.endpoint.method(),
            status = field::Empty,
            elapsed_ms = field::Empty,
        );
        let started = self.clock.mark();
        let (outcome, result) = self.exchange(token, request).instrument(span.clone()).await;
        if let CallOutcome::Answered(status) = outcome {
            span.record("status", status);
        }
        let elapsed = self.clock.mark().since(&started).as_millis();
        span.record("elapsed_ms", u64::try_from(elapsed).unwrap_or(u64::MAX));
        span.in_scope(|| match &result {
            Ok(_) => tracing::debug!("spotify answered"),
            Err(error) => tracing::debug!(%error, "spotify call failed"),
        });
        self.gate.settled(&call, &outcome).await;
        result
    }

    async fn exchange(
        &self,
        token: &AccessToken,
        request: Request<'_>,
    ) -> (CallOutcome, Result<Answer, SpotifyError>) {
        let endpoint = request.endpoint;
        let Some(url) = request.url(&self.base) else {
            let what = "the base URL cannot carry a path".to_owned();
            return (CallOutcome::NotSent, Err(SpotifyError::Invalid { what }));
        };
        // `bearer_auth` marks the header as sensitive, so no debug print can show it.
        let mut builder = self.http.request(endpoint.method(), url).bearer_auth(token.expose());
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let mut response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return unsent(endpoint, &error),
        };
        let status = response.status();
        let retry_after = header(&response, &RETRY_AFTER);
        let content_type = header(&response, &CONTENT_TYPE);
        let authenticate = header(&response, &WWW_AUTHENTICATE);
        let body = read(&mut response).await;
        let at = self.clock.now();
        if status.is_success() {
            let result = match body {
                Ok(body) => Ok(Answer { endpoint, status, body, at }),
                Err(BodyError::TooLong) => Err(undecodable(endpoint, "the answer is too long")),
                Err(BodyError::Broken(error)) => Err(broken(endpoint, &error)),
            };
            return (CallOutcome::Answered(status.as_u16()), result);
        }
        let refusal = Refusal {
            endpoint,
            status: status.as_u16(),
            retry_after: retry_after.as_deref(),
            content_type: content_type.as_deref(),
            authenticate: authenticate.as_deref(),
            // The status has decided already; a body that broke only costs the reason.
            body: &body.unwrap_or_default(),
            secret: token.expose(),
        };
        let error = failure::web_api(&refusal, at);
        let outcome = match error {
            SpotifyError::RateLimited { retry_at } => CallOutcome::RateLimited { retry_at },
            SpotifyError::QuotaExceeded { retry_at, .. } => CallOutcome::QuotaExceeded { retry_at },
            _ => CallOutcome::Answered(status.as_u16()),
        };
        (outcome, Err(error))
    }
}

fn unsent(endpoint: Endpoint, error: &reqwest::Error) -> (CallOutcome, Result<Answer, SpotifyError>) {
    let never_sent = failure::was_never_sent(error);
    let outcome = if never_sent { CallOutcome::NotSent } else { CallOutcome::Unanswered };
    (outcome, Err(broken(endpoint, error)))
}

fn broken(endpoint: Endpoint, error: &reqwest::Error) -> SpotifyError {
    if error.is_builder() {
        return SpotifyError::Invalid { what: "the request could not be formed".to_owned() };
    }
    let harmless = failure::was_never_sent(error) || !endpoint.is_write();
    let effect = if harmless { Effect::None } else { Effect::Unknown };
    SpotifyError::Unavailable { why: failure::transport(error), effect, retry_at: None }
}

/// A header, if it is there and a text.
pub(super) fn header(response: &Response, name: &HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Why a body could not be read.
pub(super) enum BodyError {
    TooLong,
    Broken(reqwest::Error),
}

/// Reads a body up to [`BODY_LIMIT`].
pub(super) async fn read(response: &mut Response) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
