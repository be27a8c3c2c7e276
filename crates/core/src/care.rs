//! Looking after grants: warnings before consent ends, the one second try, re-sealing, and work that
//! whoever died left off the calendar.

use std::time::Duration;

use reprise_domain::ids::UserId;
use reprise_domain::time::{days, later};
use reprise_domain::token::{GrantState, Reauth, warning};

use crate::alerting;
use crate::grants::{GrantError, MIN_TTL};
use crate::ports::{AlertKind, Claim, Grant, Severity, StoreResult, Work, WorkKind, Written};
use crate::{Core, moving, onboard};

/// A grant is looked after this often.
const EVERY: Duration = days(1);

/// Looking after one grant takes a few writes and at most one refresh.
pub(crate) const LEASE: Duration = Duration::from_mins(2);

/// Looks after up to `limit` grants that are due; answers how many.
pub async fn run_due(core: &Core, limit: usize) -> StoreResult<usize> {
    let now = core.ports.clock.now();
    let claims = core.ports.due.claim(WorkKind::Grant, now, LEASE, limit).await?;
    for claim in &claims {
        run(core, claim).await?;
    }
    Ok(claims.len())
}

/// Looks after the grant of one claim.
pub async fn run(core: &Core, claim: &Claim) -> StoreResult<()> {
    if !moving::may_work(core, claim).await? {
        return Ok(());
    }
    let user = &claim.work.user;
    let Some(grant) = core.ports.tokens.grant(user).await? else {
        core.ports.due.finish(claim, None).await?;
        return Ok(());
    };
    put_back(core, user).await?;
    warn(core, user, grant.value.clone()).await?;
    if let GrantState::ReauthRequired { why: Reauth::Revoked, rechecked: false, .. } = grant.value.state {
        // Spotify has called living tokens invalid before; `access` tries once, a day later.
        if let Err(error) = core.grants.access(user, MIN_TTL).await {
            tracing::info!(user = %user, %error, "a quarantined grant stays so");
        }
    }
    match core.grants.reseal(user).await {
        Ok(_) => {}
        Err(GrantError::Store(error)) => return Err(error),
        Err(error) => tracing::error!(user = %user, %error, "a stored token could not be sealed anew"),
    }
    let next = later(core.ports.clock.now(), EVERY);
    core.ports.due.finish(claim, Some(next)).await?;
    Ok(())
}

/// Tells the listener once at each of the days named for it.
async fn warn(core: &Core, user: &UserId, grant: Grant) -> StoreResult<()> {
    let now = core.ports.clock.now();
    if matches!(grant.state, GrantState::ReauthRequired { .. } | GrantState::Disabled) {
        return Ok(());
    }
    let Some(left) =
        warning(now, grant.reauth_by).filter(|left| grant.warned_days.is_none_or(|told| *left < told))
    else {
        return Ok(());
    };
    let until = grant.reauth_by.strftime("%-d %B %Y");
    let text = format!(
        "Spotify's consent ends on {until} (it lasts six months). Sign in and connect Spotify again before then, and nothing is missed."
    );
    let severity = if left <= 3 { Severity::Critical } else { Severity::Warning };
    let what = format!("consent/{}/{left}", grant.reauth_by);
    alerting::raise(&core.ports, AlertKind::ConsentEnds, severity, Some(user), &what, text).await?;
    while let Some(mut read) = core.ports.tokens.grant(user).await? {
        if read.value.reauth_by != grant.reauth_by {
            break;
        }
        read.value.warned_days = Some(left);
        if let Written::At(_) = core.ports.tokens.put_grant(user, &read.value, read.version).await? {
            break;
        }
    }
    Ok(())
}

/// Puts on the calendar what somebody who died at the wrong moment left off it: a sign-up's first look,
/// or a source just added.
async fn put_back(core: &Core, user: &UserId) -> StoreResult<()> {
    let ports = &core.ports;
    let Some(listener) = ports.users.user(user).await?.filter(|read| !read.value.disabled) else {
        return Ok(());
    };
    let sources = ports.sources.sources(user).await?;
    if sources.is_empty() {
        return onboard::reschedule(core, &listener.value).await;
    }
    for source in sources.iter().filter(|source| source.value.enabled) {
        let work = Work::archive(user, &source.value.id);
        if ports.due.due_at(&work).await?.is_none() {
            ports.due.schedule(&work, ports.clock.now()).await?;
        }
    }
    Ok(())
}
