//! Answers, and the Web API's ways of saying no.

use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) type Outcome = Result<Reply, Reply>;

const JSON: &str = "application/json; charset=utf-8";

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: &str) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The error object of the Web API.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "status": status, "message": message } }))
    }

    pub(crate) fn bad_request(message: &str) -> Self {
        Self::error(400, message)
    }

    pub(crate) fn forbidden() -> Self {
        Self::error(403, "Forbidden")
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Resource not found")
    }

    /// No token, or none that is good; the body does not tell which.
    pub(crate) fn unauthorized(problem: &str) -> Self {
        Self::error(401, "Missing/invalid/expired access token")
            .header("www-authenticate", format!("Bearer realm=\"spotify\", error=\"{problem}\""))
    }

    pub(crate) fn quota_exceeded(retry_after: Option<u32>) -> Self {
        let body = json!({ "error": {
            "status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED",
        } });
        Self::json(429, &body).retry_after(retry_after)
    }

    pub(crate) fn rate_limited(retry_after: Option<u32>) -> Self {
        Self::error(429, "API rate limit exceeded").retry_after(retry_after)
    }

    pub(crate) fn retry_after(self, seconds: Option<u32>) -> Self {
        match seconds {
            Some(seconds) => self.header("retry-after", seconds.to_string()),
            None => self,
        }
    }
}
