//! The accounts service: consent, and grants into tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, ClientId, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RedirectUrl,
    TokenResponse, TokenUrl,
};
pub use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use super::error::{AccountsError, Effect};
use super::failure;
use super::request::{self, BodyError};
use super::scopes::{GrantedScopes, Scope};
use super::secrets::{AccessToken, AuthorizationCode, ClientSecret, RefreshToken};
use crate::ports::Clock;

/// Where Spotify serves its accounts service.
pub const ACCOUNTS_URL: &str = "https://accounts.spotify.com";

/// How long an access token lives if the answer does not say so credibly.
const USUAL_LIFE: Duration = Duration::from_hours(1);
/// No longer life is believed.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

type OauthClient = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A client of the accounts service, cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    http: Client,
    oauth: OauthClient,
    base: Url,
    secret: ClientSecret,
    clock: Arc<dyn Clock>,
}

/// What an exchange of a code brought.
#[derive(Debug, Clone)]
pub struct Granted {
    /// For the next hour.
    pub access: AccessToken,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What the listener allowed, if told; where it is not, all that was asked for.
    pub scopes: Option<GrantedScopes>,
    /// For the next six months; without it the sign-up is worth nothing.
    pub refresh: Option<RefreshToken>,
}

/// What a refresh brought.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// For the next hour.
    pub access: AccessToken,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What the listener allowed, if told; where it is not, nothing has changed.
    pub scopes: Option<GrantedScopes>,
    /// To be used from now on; if there is none, or an empty one came, the old one stays good.
    pub refresh: Option<RefreshToken>,
}

impl Accounts {
    /// Puts a client together; `base` is [`ACCOUNTS_URL`] or a simulator's.
    pub fn new(
        http: Client,
        base: Url,
        client_id: &str,
        secret: ClientSecret,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let oauth = BasicClient::new(ClientId::new(client_id.to_owned()))
            .set_client_secret(oauth2::ClientSecret::new(secret.expose().to_owned()))
            .set_auth_type(AuthType::BasicAuth)
            .set_auth_uri(AuthUrl::from_url(below(&base, &["authorize"])))
            .set_token_uri(TokenUrl::from_url(below(&base, &["api", "token"])));
        Self { http, oauth, base, secret, clock }
    }

    /// Where to send a listener to consent.
    ///
    /// `state` comes back with the answer; the verifier of `challenge` is needed to
    /// [exchange](Self::exchange) the code. With `show_dialog` even a listener who consented
    /// before is asked again.
    pub fn authorize_url(
        &self,
        redirect_uri: &Url,
        scopes: impl IntoIterator<Item = Scope>,
        state: CsrfToken,
        challenge: PkceCodeChallenge,
        show_dialog: bool,
    ) -> Url {
        let redirect_uri = RedirectUrl::from_url(redirect_uri.clone());
        let scopes = scopes.into_iter().map(|scope| oauth2::Scope::new(scope.as_str().to_owned()));
        let mut request = self
            .oauth
            .authorize_url(|| state)
            .set_redirect_uri(std::borrow::Cow::Owned(redirect_uri))
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        if show_dialog {
            request = request.add_extra_param("show_dialog", "true");
        }
        request.url().0
    }

    /// Turns a code into tokens; the code is used up unless nothing was sent.
    ///
    /// `redirect_uri` and `verifier` are those of the consent.
    pub async fn exchange(
        &self,
        code: &AuthorizationCode,
        redirect_uri: &Url,
        verifier: PkceCodeVerifier,
    ) -> Result<Granted, AccountsError> {
        let secrets = [code.expose().to_owned(), verifier.secret().clone()];
        let send = |request| self.send(request, &secrets);
        let answer = self
            .oauth
            .exchange_code(oauth2::AuthorizationCode::new(code.expose().to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_verifier(verifier)
            .request_async(&send)
            .await
            .map_err(failed)?;
        let Refreshed { access, expires_in, scopes, refresh } = received(&answer);
        Ok(Granted { access, expires_in, scopes, refresh })
    }

    /// Gets a new access token; commit what comes back before using it.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<Refreshed, AccountsError> {
        let secrets = [token.expose().to_owned()];
        let send = |request| self.send(request, &secrets);
        let answer = self
            .oauth
            .exchange_refresh_token(&oauth2::RefreshToken::new(token.expose().to_owned()))
            .request_async(&send)
            .await
            .map_err(failed)?;
        Ok(received(&answer))
    }

    /// The HTTP client of the `oauth2` crate: ours, with refusals told apart and successes tidied.
    async fn send(&self, request: HttpRequest, secrets: &[String]) -> Result<HttpResponse, AccountsError> {
        let mut request = reqwest::Request::try_from(request)
            .map_err(|_| AccountsError::Invalid { what: "the request could not be formed".to_owned() })?;
        if let Some(basic) = request.headers_mut().get_mut(AUTHORIZATION) {
            basic.set_sensitive(true);
        }
        let mut response = self.http.execute(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let header =
            |name| headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
        let body = request::read(&mut response).await;
        if status.is_success() {
            let body = body.map_err(|error| match error {
                BodyError::TooLong => unclear("the answer is too long"),
                BodyError::Broken(error) => broken(&error),
            })?;
            let body = tidy(&body).ok_or_else(|| unclear("the answer has no token"))?;
            return Ok(HttpResponse::new(body));
        }
        let mut struck: Vec<&str> = secrets.iter().map(String::as_str).collect();
        struck.push(self.secret.expose());
        Err(failure::accounts(
            status.as_u16(),
            header(RETRY_AFTER),
            header(CONTENT_TYPE),
            &body.unwrap_or_default(),
            &struck,
            self.clock.now(),
        ))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // A base that cannot carry a path is left as it is: the request then fails with a clear error.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Makes a token answer what RFC 6749 says it is: drops what is empty or odd, so that the strict
/// reader accepts the rest. `None` if there is no access token in it.
pub fn tidy(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let Ok(Value::Object(mut answer)) = serde_json::from_str(text.trim_start_matches('\u{feff}')) else {
        return None;
    };
    answer.get("access_token")?.as_str().filter(|token| !token.trim().is_empty())?;
    answer.insert("token_type".to_owned(), "bearer".into());
    for name in ["refresh_token", "scope"] {
        let usable = answer.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !usable {
            answer.remove(name);
        }
    }
    let seconds = answer.remove("expires_in").as_ref().and_then(seconds);
    if let Some(seconds) = seconds {
        answer.insert("expires_in".to_owned(), seconds.into());
    }
    serde_json::to_vec(&answer).ok()
}

/// A positive number of seconds, in whatever form.
fn seconds(value: &Value) -> Option<u64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let life = Duration::try_from_secs_f64(number).ok()?;
    Some(life.as_secs()).filter(|seconds| *seconds > 0)
}

fn received(answer: &BasicTokenResponse) -> Refreshed {
    let scopes = answer.scopes();
    Refreshed {
        access: AccessToken::new(answer.access_token().secret().clone()),
        expires_in: answer.expires_in().map_or(USUAL_LIFE, |life| life.min(LONGEST_LIFE)),
        scopes: scopes.map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        refresh: answer.refresh_token().map(|token| RefreshToken::new(token.secret().clone())),
    }
}

fn failed(
    error: oauth2::RequestTokenError<AccountsError, oauth2::basic::BasicErrorResponse>,
) -> AccountsError {
    match error {
        oauth2::RequestTokenError::Request(error) => error,
        // What these hold may quote the answer, tokens and all.
        oauth2::RequestTokenError::ServerResponse(_)
        | oauth2::RequestTokenError::Parse(..)
        | oauth2::RequestTokenError::Other(_) => unclear("the answer makes no sense"),
    }
}

fn unclear(why: &str) -> AccountsError {
    AccountsError::Unavailable { why: why.to_owned(), effect: Effect::Unknown, retry_at: None }
}

fn broken(error: &reqwest::Error) -> AccountsError {
    let effect = if failure::was_never_sent(error) { Effect::None } else { Effect::Unknown };
    AccountsError::Unavailable { why: failure::transport(error), effect, retry_at: None }
}
