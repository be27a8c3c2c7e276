//! Recognises what a refusal or a broken connection means; pure, so that any bytes can be tried.

use std::error::Error;

use jiff::Timestamp;
use serde_json::Value;

use super::endpoint::Endpoint;
use super::error::{AccountsError, Effect, ForbiddenWhy, SpotifyError};
use super::retry_after::{self, Wait};

/// A complete answer of the Web API that is not a success.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    /// What was asked.
    pub endpoint: Endpoint,
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The header `WWW-Authenticate`.
    pub authenticate: Option<&'a str>,
    /// The body: JSON, text, HTML or rubbish.
    pub body: &'a [u8],
    /// What was sent as a bearer, to be struck from whatever is quoted.
    pub secret: &'a str,
}

/// Says what a refusal means for the caller.
pub fn web_api(refusal: &Refusal<'_>, now: Timestamp) -> SpotifyError {
    let words = Words::of(refusal.body, refusal.content_type);
    let status = refusal.status;
    match status {
        401 => unauthorized(refusal, &words),
        403 => SpotifyError::Forbidden { why: forbidden(refusal, &words) },
        404 => SpotifyError::NotFound,
        429 if words.mention("quota_exceeded") => SpotifyError::QuotaExceeded {
            bucket: refusal.endpoint.bucket(),
            retry_at: retry_after::at(refusal.retry_after, Wait::QUOTA, now),
        },
        429 => SpotifyError::RateLimited { retry_at: retry_after::at(refusal.retry_after, Wait::RATE, now) },
        // 408 is the server's word for "I stopped waiting": like a time-out, not like a refusal.
        400..=499 if status != 408 => SpotifyError::Invalid { what: words.told(status, refusal.secret) },
        _ => SpotifyError::Unavailable {
            why: words.told(status, refusal.secret),
            effect: if refusal.endpoint.is_write() { Effect::Unknown } else { Effect::None },
            retry_at: retry_after::told(refusal.retry_after, now),
        },
    }
}

fn unauthorized(refusal: &Refusal<'_>, words: &Words) -> SpotifyError {
    let why = if lacks_scope(refusal, words) {
        ForbiddenWhy::InsufficientScope
    } else if words.mention("valid user authentication required") {
        // An application's own token is valid, only not enough; another one would not help.
        ForbiddenWhy::Other("this needs a listener's token".to_owned())
    } else {
        return SpotifyError::Unauthorized;
    };
    SpotifyError::Forbidden { why }
}

fn forbidden(refusal: &Refusal<'_>, words: &Words) -> ForbiddenWhy {
    if words.mention("premium subscription required for the owner") {
        ForbiddenWhy::OwnerNotPremium
    } else if words.mention("user may not be registered") || words.mention("user not registered") {
        ForbiddenWhy::NotAllowListed
    } else if lacks_scope(refusal, words) {
        ForbiddenWhy::InsufficientScope
    } else if words.mention("premium_required") || words.mention("premium required") {
        ForbiddenWhy::PremiumRequired
    } else if refusal.endpoint.is_of_a_playlist() && (words.is_bare_forbidden() || words.mention("don't own"))
    {
        ForbiddenWhy::NotYours
    } else {
        ForbiddenWhy::Other(words.told(refusal.status, refusal.secret))
    }
}

fn lacks_scope(refusal: &Refusal<'_>, words: &Words) -> bool {
    refusal.authenticate.is_some_and(|challenge| challenge.contains("insufficient_scope"))
        || words.mention("insufficient client scope")
        || words.mention("permissions missing")
}

/// Says what a refusal of the accounts service means for the caller.
///
/// Only the codes of RFC 6749 are taken as final, never a description; everything else may pass.
/// `secrets` are struck from whatever is quoted.
pub fn accounts(
    status: u16,
    retry_after: Option<&str>,
    content_type: Option<&str>,
    body: &[u8],
    secrets: &[&str],
    now: Timestamp,
) -> AccountsError {
    let words = Words::of(body, content_type);
    if status == 429 {
        return AccountsError::RateLimited { retry_at: retry_after::at(retry_after, Wait::RATE, now) };
    }
    if status == 400 || status == 401 {
        match words.code.as_deref() {
            Some("invalid_grant") => {
                let description = excerpt(words.message.as_deref().unwrap_or_default(), secrets);
                return AccountsError::InvalidGrant { description };
            }
            Some("invalid_client") => return AccountsError::InvalidClient,
            Some(
                code @ ("invalid_request"
                | "unauthorized_client"
                | "unsupported_grant_type"
                | "invalid_scope"),
            ) => return AccountsError::Invalid { what: code.to_owned() },
            _ => {}
        }
    }
    let refused = (400..500).contains(&status) && status != 408;
    AccountsError::Unavailable {
        why: words.told_without(status, secrets),
        effect: if refused { Effect::None } else { Effect::Unknown },
        retry_at: retry_after::told(retry_after, now),
    }
}

/// What an error body says, whatever its form.
#[derive(Default)]
struct Words {
    /// `error` where it is a text: a code of RFC 6749.
    code: Option<String>,
    /// The message for people.
    message: Option<String>,
    /// Everything to look for known wordings in, lower case.
    haystack: String,
}

impl Words {
    /// Longer texts are pages, not messages.
    const LONGEST_TEXT: usize = 300;

    fn of(body: &[u8], content_type: Option<&str>) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text) {
            return Self::of_json(&value);
        }
        let is_page = text.starts_with('<') || content_type.is_some_and(|c| c.contains("html"));
        if is_page || text.is_empty() || text.len() > Self::LONGEST_TEXT {
            return Self::default();
        }
        Self { code: None, message: Some(text.to_owned()), haystack: text.to_lowercase() }
    }

    fn of_json(value: &Value) -> Self {
        let text = |at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let code = text("/error");
        let reason = text("/error/reason").or_else(|| text("/reason"));
        let message =
            text("/error/message").or_else(|| text("/error_description")).or_else(|| text("/message"));
        let parts = [&code, &reason, &message];
        let haystack: Vec<String> = parts.into_iter().flatten().map(|part| part.to_lowercase()).collect();
        Self { code, message, haystack: haystack.join("\n") }
    }

    fn mention(&self, phrase: &str) -> bool {
        self.haystack.contains(phrase)
    }

    fn is_bare_forbidden(&self) -> bool {
        self.haystack.trim_end_matches('.') == "forbidden"
    }

    fn told(&self, status: u16, secret: &str) -> String {
        self.told_without(status, &[secret])
    }

    fn told_without(&self, status: u16, secrets: &[&str]) -> String {
        match self.message.as_deref().map(|message| excerpt(message, secrets)) {
            Some(message) if !message.is_empty() => format!("status {status}: {message}"),
            _ => format!("status {status}"),
        }
    }
}

/// The beginning of a server's words, on one line and without anything that may be a secret.
fn excerpt(message: &str, secrets: &[&str]) -> String {
    const LONGEST: usize = 160;
    // No word of a message for people is this long; tokens and codes are.
    const LONGEST_WORD: usize = 40;
    let mut message = message.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        message = message.replace(secret, "[…]");
    }
    let words: Vec<&str> = message
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.chars().count() > LONGEST_WORD { "[…]" } else { word })
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// Whether no byte of the request can have reached a server.
pub(super) fn was_never_sent(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

/// Tells people what happened to a connection, without the address it went to.
pub(super) fn transport(error: &reqwest::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let what = if error.is_timeout() {
        return if error.is_connect() { "could not connect in time" } else { "no answer in time" }.to_owned();
    } else if error.is_connect() {
        "could not connect"
    } else if error.is_body() || error.is_decode() {
        "the answer was cut short"
    } else {
        "the connection broke"
    };
    // Without a source the root is the error itself, and its words name the address.
    if error.source().is_none() {
        return what.to_owned();
    }
    format!("{what}: {}", excerpt(&root.to_string(), &[]))
}
