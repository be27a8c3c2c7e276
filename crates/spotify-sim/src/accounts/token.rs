//! The token endpoint. Its errors are flat, unlike those of the Web API.

use super::{ACCESS_LIFE, Access, CODE_LIFE, Refresh, forget_old};
use crate::api::{Outcome, Reply, query::Query};
use crate::model::{Client, Rotation};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// A call of the token endpoint.
pub(crate) struct TokenCall {
    /// Value of `Authorization`.
    pub(crate) authorization: Option<String>,
    pub(crate) form: Query,
}

impl TokenCall {
    /// Whose tokens are asked for.
    pub(crate) fn user<'a>(&self, state: &'a State) -> Option<&'a str> {
        let code = self.form.get("code").and_then(|code| state.accounts.user_of_code(code));
        code.or_else(|| state.accounts.user_of(self.form.get("refresh_token")?))
    }

    /// The client id given, right or wrong.
    pub(crate) fn client(&self) -> Option<String> {
        let shown = self.authorization.as_deref().and_then(basic);
        let shown = shown.map(|(id, _)| id);
        shown.or_else(|| self.form.get("client_id").map(str::to_owned))
    }
}

fn refuse(error: &str, description: &str) -> Reply {
    let body = json!({ "error": error, "error_description": description });
    Reply::json(400, &body)
}

/// `invalid_grant`, with its reason.
pub(crate) fn invalid_grant(description: &str) -> Reply {
    refuse("invalid_grant", description)
}

pub(crate) fn answer(state: &mut State, call: &TokenCall, now: Timestamp) -> Reply {
    let reply = grant(state, call, now).unwrap_or_else(|refusal| refusal);
    reply.header("cache-control", "no-store".to_owned())
}

fn grant(state: &mut State, call: &TokenCall, now: Timestamp) -> Outcome {
    let caller = authenticate(state, call)?;
    match call.form.get("grant_type") {
        Some("authorization_code") => exchange(state, &caller, &call.form, now),
        Some("refresh_token") => refresh(state, &caller, &call.form, now),
        Some("client_credentials") => own(state, &caller, now),
        Some(_) => Err(refuse(
            "unsupported_grant_type",
            "grant_type must be client_credentials, authorization_code or refresh_token",
        )),
        None => Err(refuse("unsupported_grant_type", "grant_type parameter is missing")),
    }
}

struct Caller {
    client: Client,
    /// Has shown the client secret.
    confidential: bool,
}

fn authenticate(state: &mut State, call: &TokenCall) -> Result<Caller, Reply> {
    let none_sent = || Reply::json(400, &json!({ "error": "invalid_client" }));
    let unknown = || refuse("invalid_client", "Invalid client");
    let (id, secret) = match call.authorization.as_deref().map(basic) {
        Some(pair) => pair.map(|(id, secret)| (id, Some(secret))).ok_or_else(unknown)?,
        None => (
            call.form.get("client_id").ok_or_else(none_sent)?.to_owned(),
            call.form.get("client_secret").map(str::to_owned),
        ),
    };
    state.welcome(&id, secret.as_deref());
    let client = state.clients.get(&id).cloned().ok_or_else(unknown)?;
    match (&secret, &client.secret) {
        (Some(given), Some(known)) if given == known => Ok(Caller { client, confidential: true }),
        (Some(given), _) if !given.is_empty() => Err(refuse("invalid_client", "Invalid client secret")),
        _ => Ok(Caller { client, confidential: false }),
    }
}

/// Client id and secret of an `Authorization` header.
fn basic(value: &str) -> Option<(String, String)> {
    let encoded = value.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn exchange(state: &mut State, caller: &Caller, form: &Query, now: Timestamp) -> Outcome {
    let bad = || invalid_grant("Invalid authorization code");
    let text = form.get("code").ok_or_else(|| refuse("invalid_request", "code must be supplied"))?;
    let code = state.accounts.codes.get(text).cloned().ok_or_else(bad)?;
    let grant = state.accounts.grants.get(&code.grant).cloned();
    let grant = grant.ok_or_else(bad)?;
    if code.used || grant.client != caller.client.id {
        return Err(bad());
    }
    if code.issued_at + CODE_LIFE <= now {
        return Err(invalid_grant("Authorization code expired"));
    }
    if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(invalid_grant("Invalid redirect URI"));
    }
    match (&code.challenge, form.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => {
            let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            if !verifier_is_well_formed(verifier) || hashed != *challenge {
                return Err(invalid_grant("code_verifier was incorrect"));
            }
        }
        (Some(_), None) => return Err(refuse("invalid_request", "code_verifier required")),
        (None, _) if !caller.confidential => {
            return Err(refuse("invalid_client", "Invalid client"));
        }
        (None, _) => {}
    }
    if let Some(code) = state.accounts.codes.get_mut(text) {
        code.used = true;
    }
    if let Some(grant) = state.accounts.grants.get_mut(&code.grant) {
        grant.public = !caller.confidential;
    }
    let refresh = issue_refresh(state, code.grant);
    Ok(tokens(state, caller, Some(code.grant), Some(&refresh), now))
}

fn verifier_is_well_formed(verifier: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(allowed)
}

fn refresh(state: &mut State, caller: &Caller, form: &Query, now: Timestamp) -> Outcome {
    let text = form
        .get("refresh_token")
        .filter(|text| !text.is_empty())
        .ok_or_else(|| refuse("invalid_request", "refresh_token must be supplied"))?
        .to_owned();
    let invalid = || invalid_grant("Invalid refresh token");
    let known = state.accounts.refresh.get(&text).cloned().ok_or_else(invalid)?;
    let grant = state.accounts.grants.get(&known.grant).cloned();
    let grant = grant.ok_or_else(invalid)?;
    if grant.client != caller.client.id {
        return Err(invalid());
    }
    if !caller.confidential && !grant.public {
        return Err(refuse("invalid_client", "Invalid client"));
    }
    if known.revoked || grant.revoked {
        return Err(invalid_grant("Refresh token revoked"));
    }
    if grant.expired(now) {
        return Err(invalid_grant("Refresh token expired"));
    }
    let listener = state.users.get(&grant.user);
    let rotation = listener.and_then(|listener| listener.user.rotation).unwrap_or(caller.client.rotation);
    let answer = match rotation {
        Rotation::None => None,
        Rotation::Empty => Some(String::new()),
        Rotation::Same => Some(text),
        Rotation::RotateGraceful => Some(issue_refresh(state, known.grant)),
        Rotation::RotateRevoking => {
            if let Some(old) = state.accounts.refresh.get_mut(&text) {
                old.revoked = true;
            }
            Some(issue_refresh(state, known.grant))
        }
    };
    let grant = Some(known.grant);
    Ok(tokens(state, caller, grant, answer.as_deref(), now))
}

fn own(state: &mut State, caller: &Caller, now: Timestamp) -> Outcome {
    if !caller.confidential {
        return Err(refuse("invalid_client", "Invalid client"));
    }
    Ok(tokens(state, caller, None, None, now))
}

fn issue_refresh(state: &mut State, grant: u64) -> String {
    let token = state.fresh_secret("AQsim-rt-");
    let refresh = Refresh { grant, revoked: false };
    state.accounts.refresh.insert(token.clone(), refresh);
    token
}

fn issue_access(state: &mut State, client: &str, grant: Option<u64>, now: Timestamp) -> String {
    forget_old(state, now);
    let token = state.fresh_secret("BQsim-at-");
    let access =
        Access { client: client.to_owned(), grant, expires_at: now + SignedDuration::from_secs(ACCESS_LIFE) };
    state.accounts.access.insert(token.clone(), access);
    token
}

/// Issues an access token and writes the answer.
fn tokens(
    state: &mut State,
    caller: &Caller,
    grant: Option<u64>,
    refresh: Option<&str>,
    now: Timestamp,
) -> Reply {
    let token = issue_access(state, &caller.client.id, grant, now);
    let mut body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFE,
    });
    if let Some(grant) = grant.and_then(|grant| state.accounts.grants.get(&grant)) {
        let scopes: Vec<&str> = grant.scopes.iter().map(String::as_str).collect();
        body["scope"] = Value::String(scopes.join(" "));
    }
    if let Some(refresh) = refresh {
        body["refresh_token"] = Value::String(refresh.to_owned());
    }
    Reply::json(200, &body)
}

/// Tokens without a browser, for tests of what comes after.
pub(crate) fn mint(
    state: &mut State,
    client: &str,
    user: &str,
    scopes: &[&str],
    now: Timestamp,
) -> Option<crate::sim::Tokens> {
    let client = state.clients.get(client)?.clone();
    state.users.get(user)?;
    let grant = state.draw();
    let consent = super::Grant {
        client: client.id.clone(),
        user: user.to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        authorized_at: now,
        revoked: false,
        public: client.secret.is_none(),
    };
    state.accounts.grants.insert(grant, consent);
    let refresh = issue_refresh(state, grant);
    let access = issue_access(state, &client.id, Some(grant), now);
    Some(crate::sim::Tokens { access, refresh })
}
