//! The Web API; the areas add their methods in files of their own.

use std::fmt;
use std::sync::Arc;

use reqwest::Client;
use url::Url;

use super::gate::CallGate;
use crate::ports::Clock;

/// Where Spotify serves its Web API.
pub const API_URL: &str = "https://api.spotify.com/v1";

/// A client of the Web API, cheap to clone.
///
/// Every method takes the listener's token and the purpose that the budget counts the call for,
/// sends exactly one request, and answers with a [`super::SpotifyError`] that names the caller's
/// next move.
#[derive(Clone)]
pub struct Api {
    pub(super) http: Client,
    pub(super) base: Url,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gate: Arc<dyn CallGate>,
}

impl Api {
    /// Puts a client together; `base` is [`API_URL`] or a simulator's equal, version included.
    pub fn new(http: Client, base: Url, clock: Arc<dyn Clock>, gate: Arc<dyn CallGate>) -> Self {
        Self { http, base, clock, gate }
    }

    /// The same client behind another gate.
    #[must_use]
    pub fn with_gate(&self, gate: Arc<dyn CallGate>) -> Self {
        Self { gate, ..self.clone() }
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
