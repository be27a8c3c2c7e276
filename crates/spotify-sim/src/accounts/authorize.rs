//! Consent: what an app asks for, and the listener's answer.

use super::{Code, Grant};
use crate::state::State;
use jiff::Timestamp;
use url::Url;

pub(crate) use super::page::{consent as consent_page, refused as refused_page};

/// What an app asks for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    challenge: Option<String>,
    /// The query, to be posted back with the answer.
    pub(crate) query: String,
}

const SCOPES: &[&str] = &[
    "app-remote-control",
    "playlist-modify-private",
    "playlist-modify-public",
    "playlist-read-collaborative",
    "playlist-read-private",
    "streaming",
    "ugc-image-upload",
    "user-follow-modify",
    "user-follow-read",
    "user-library-modify",
    "user-library-read",
    "user-modify-playback-state",
    "user-read-currently-playing",
    "user-read-email",
    "user-read-playback-position",
    "user-read-playback-state",
    "user-read-private",
    "user-read-recently-played",
    "user-top-read",
];

/// Checks a request. What is wrong with it is told to the person on Spotify's page and never to
/// the app.
pub(crate) fn check(state: &mut State, query: &str) -> Result<Request, &'static str> {
    let parts = crate::api::query::Query::parse(query);
    let client = parts.get("client_id").unwrap_or_default();
    state.welcome(client, None);
    let known = state.clients.get(client).ok_or("INVALID_CLIENT: Invalid client")?;
    let redirect_uri = parts.get("redirect_uri").unwrap_or_default();
    if !known.accepts_redirect(redirect_uri) {
        return Err("INVALID_CLIENT: Invalid redirect URI");
    }
    if parts.get("response_type") != Some("code") {
        return Err("response_type must be code");
    }
    let scopes: Vec<String> =
        parts.get("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err("INVALID_SCOPE: Invalid scope");
    }
    let challenge = parts.get("code_challenge").map(str::to_owned);
    if challenge.is_some() && parts.get("code_challenge_method") != Some("S256") {
        return Err("code_challenge_method must be S256");
    }
    if known.secret.is_none() && challenge.is_none() {
        return Err("code_challenge required");
    }
    Ok(Request {
        client: client.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: parts.get("state").map(str::to_owned),
        challenge,
        query: query.to_owned(),
    })
}

/// The listener agrees: a code, sent back to the app.
pub(crate) fn agree(state: &mut State, request: &Request, user: &str, now: Timestamp) -> String {
    let grant = state.draw();
    let consent = Grant {
        client: request.client.clone(),
        user: user.to_owned(),
        scopes: request.scopes.iter().cloned().collect(),
        authorized_at: now,
        revoked: false,
        public: false,
    };
    state.accounts.grants.insert(grant, consent);
    let code = state.fresh_secret("AQsim-code-");
    state.accounts.codes.insert(
        code.clone(),
        Code {
            grant,
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            issued_at: now,
            used: false,
        },
    );
    back(request, "code", &code)
}

/// The listener does not agree.
pub(crate) fn deny(request: &Request) -> String {
    back(request, "error", "access_denied")
}

fn back(request: &Request, key: &str, value: &str) -> String {
    let Ok(mut url) = Url::parse(&request.redirect_uri) else {
        return request.redirect_uri.clone();
    };
    url.query_pairs_mut().append_pair(key, value);
    if let Some(state) = &request.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    url.into()
}
