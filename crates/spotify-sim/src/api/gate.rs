//! What a call passes before its endpoint: limits, token, dashboard, scopes, world.

use super::endpoint::{MODIFY, Needs};
use super::query::Query;
use super::{Ask, Endpoint, Reply};
use crate::accounts::Bearer;
use crate::limit::Refused;
use crate::model::{Client, ErrorStyle, World};
use crate::state::State;
use axum::body::Bytes;
use jiff::Timestamp;

/// A call as it came in.
pub(crate) struct Incoming {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) id: String,
    pub(crate) query: String,
    pub(crate) body: Bytes,
    pub(crate) base: String,
    /// Value of `Authorization`.
    pub(crate) authorization: Option<String>,
}

/// Counts the call, checks who calls and whether they may.
pub(crate) fn admit(state: &mut State, call: Incoming, now: Timestamp) -> Result<Ask, Reply> {
    let token = call
        .authorization
        .as_deref()
        .ok_or_else(|| Reply::unauthorized("missing_token"))?
        .strip_prefix("Bearer ")
        .ok_or_else(|| Reply::error(400, "Only valid bearer authentication supported"))?;
    let bearer = state.accounts.bearer(token, now).ok_or_else(|| Reply::unauthorized("invalid_token"))?;
    let client =
        state.clients.get(&bearer.client).cloned().ok_or_else(|| Reply::unauthorized("invalid_token"))?;
    count(state, &client, now)?;
    dashboard(&client, &bearer)?;
    scopes(call.endpoint, &bearer)?;
    if call.endpoint.extended_only && client.world == World::Development {
        return Err(Reply::forbidden());
    }
    Ok(Ask {
        endpoint: call.endpoint,
        id: call.id,
        query: Query::parse(&call.query),
        body: call.body,
        base: call.base,
        client: bearer.client,
        user: bearer.user,
        scopes: bearer.scopes,
    })
}

fn count(state: &mut State, client: &Client, now: Timestamp) -> Result<(), Reply> {
    let settings = &state.settings;
    let limits = settings.developer_limits.get(&client.developer).unwrap_or(&settings.limits);
    state.meters.count(&client.id, &client.developer, limits, now).map_err(|refused| match refused {
        Refused::Rate { retry_after } => Reply::rate_limited(retry_after),
        Refused::Quota { retry_after } => Reply::quota_exceeded(retry_after),
    })
}

/// What the developer dashboard decides.
fn dashboard(client: &Client, bearer: &Bearer) -> Result<(), Reply> {
    let refuse = |message: &str| match client.error_style {
        ErrorStyle::Plain => Reply::text(403, "text/plain; charset=utf-8", message),
        ErrorStyle::Json => Reply::error(403, message),
    };
    if !client.owner_premium {
        return Err(refuse("Active premium subscription required for the owner of the app."));
    }
    if bearer.user.as_deref().is_some_and(|user| !client.admits(user)) {
        return Err(refuse(
            "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
        ));
    }
    Ok(())
}

fn scopes(endpoint: &Endpoint, bearer: &Bearer) -> Result<(), Reply> {
    let needs = endpoint.needs;
    if needs != Needs::Token && bearer.user.is_none() {
        return Err(Reply::error(401, "Valid user authentication required"));
    }
    let has = |scope: &str| bearer.scopes.contains(scope);
    let enough = match needs {
        Needs::Token | Needs::User => true,
        Needs::Scope(scope) => has(scope),
        Needs::Modify => MODIFY.iter().any(|scope| has(scope)),
        Needs::ModifyAnd(scope) => has(scope) && MODIFY.iter().any(|scope| has(scope)),
        Needs::Player(scopes) => {
            return if scopes.iter().all(|scope| has(scope)) {
                Ok(())
            } else {
                Err(Reply::error(401, "Permissions missing"))
            };
        }
    };
    if enough { Ok(()) } else { Err(Reply::error(403, "Insufficient client scope")) }
}
