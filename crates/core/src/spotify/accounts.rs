//! The accounts service: consent, and grants into tokens.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use oauth2::basic::{BasicClient, BasicErrorResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, ClientId, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    RedirectUrl, RequestTokenError, TokenUrl,
};
pub use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::{AccountsError, Effect};
use super::failure;
use super::grant::{self, Granted, Refreshed};
use super::request::{self, BodyError};
use super::scopes::Scope;
use super::secrets::{AuthorizationCode, ClientSecret, RefreshToken};
use crate::ports::Clock;

/// Where Spotify serves its accounts service.
pub const ACCOUNTS_URL: &str = "https://accounts.spotify.com";

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

    /// The origin of its pages, to which a browser is sent to consent.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
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
            .set_redirect_uri(Cow::Owned(redirect_uri))
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
        let proof = SecretString::from(verifier.secret().as_str());
        let secrets = [code.expose(), proof.expose_secret()];
        let sender = Sender { accounts: self, secrets: &secrets };
        let answer = self
            .oauth
            .exchange_code(oauth2::AuthorizationCode::new(code.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_verifier(verifier)
            .request_async(&sender)
            .await
            .map_err(failed)?;
        Ok(Refreshed::from(&answer).into())
    }

    /// Gets a new access token; commit what comes back before using it.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<Refreshed, AccountsError> {
        let secrets = [token.expose()];
        let sender = Sender { accounts: self, secrets: &secrets };
        let answer = self
            .oauth
            .exchange_refresh_token(&oauth2::RefreshToken::new(token.expose().to_owned()))
            .request_async(&sender)
            .await
            .map_err(failed)?;
        Ok(Refreshed::from(&answer))
    }

    /// Sends a request; refusals are told apart, successes tidied.
    async fn send(&self, request: HttpRequest, secrets: &[&str]) -> Result<HttpResponse, AccountsError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| unformed())?;
        if let Some(basic) = request.headers_mut().get_mut(AUTHORIZATION) {
            basic.set_sensitive(true);
        }
        let mut response = self.http.execute(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        tracing::debug!(status = status.as_u16(), "accounts service answered");
        let retry_after = request::header(&response, &RETRY_AFTER);
        let content_type = request::header(&response, &CONTENT_TYPE);
        let body = request::read(&mut response).await;
        if status.is_success() {
            let body = body.map_err(|error| match error {
                BodyError::TooLong => unclear("the answer is too long"),
                BodyError::Broken(error) => broken(&error),
            })?;
            let body = grant::tidy(&body).ok_or_else(|| unclear("the answer has no token"))?;
            return Ok(HttpResponse::new(body));
        }
        let mut struck = vec![self.secret.expose()];
        struck.extend(secrets);
        Err(failure::accounts(
            status.as_u16(),
            retry_after.as_deref(),
            content_type.as_deref(),
            // The status has decided already; a body that broke only costs the reason.
            &body.unwrap_or_default(),
            &struck,
            self.clock.now(),
        ))
    }
}

/// The HTTP client of the `oauth2` crate: ours. `secrets` are struck from whatever is quoted.
struct Sender<'a> {
    accounts: &'a Accounts,
    secrets: &'a [&'a str],
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = AccountsError;
    type Future = BoxFuture<'c, Result<HttpResponse, AccountsError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.accounts.send(request, self.secrets).boxed()
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

fn failed(error: RequestTokenError<AccountsError, BasicErrorResponse>) -> AccountsError {
    match error {
        RequestTokenError::Request(error) => error,
        // Our sender hands over nothing but tidied successes, so this is about the request.
        RequestTokenError::Other(_) => unformed(),
        // What these hold may quote the answer, tokens and all.
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) => {
            unclear("the answer makes no sense")
        }
    }
}

fn unformed() -> AccountsError {
    AccountsError::Invalid { what: "the request could not be formed".to_owned() }
}

fn unclear(why: &str) -> AccountsError {
    AccountsError::Unavailable { why: why.to_owned(), effect: Effect::Unknown, retry_at: None }
}

fn broken(error: &reqwest::Error) -> AccountsError {
    if error.is_builder() {
        return unformed();
    }
    let effect = if failure::was_never_sent(error) { Effect::None } else { Effect::Unknown };
    AccountsError::Unavailable { why: failure::transport(error), effect, retry_at: None }
}
