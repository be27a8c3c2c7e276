//! The weekly archive: looking at a source and bringing what is new into the listener's playlist,
//! exactly once, whatever dies when.
//!
//! A run holds a lease on one source. It looks, writes what it found into the ledger, and takes each
//! open generation, oldest first, as many steps further as may be taken now. Whatever stops it, the
//! next run goes on from the ledger.

mod ask;
mod create;
mod discover;
mod manage;
mod plan;
mod read;
mod running;
mod send;
mod stop;
mod verify;

use jiff::Timestamp;
use reprise_domain::archive::{Next, RUN_LEASE, Reading, Source};
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::time::{hours, later};
use reprise_domain::track::Track;

pub use ask::{Understood, Verdict, decide, understand};
pub(crate) use discover::find_discover_weekly;
pub use manage::{ManageError, Preview, add_source, adopt, change_source, hand_in, preview, rebuild};
pub use stop::Stop;

use self::read::ReadPlaylist;
use self::running::{Running, Time};
use crate::alerting;
use crate::deadline::Deadline;
use crate::grants::{GrantError, MIN_TTL};
use crate::ports::{Claim, Run, RunOutcome, StoreResult, User, Versioned, Work, WorkKind};
use crate::spotify::{ForbiddenWhy, SpotifyError};
use crate::{Core, failpoint, moving};

/// The piece of work that archives a source.
pub fn work(user: &UserId, source: &SourceId) -> Work {
    Work::archive(user, source)
}

/// Runs one source now, due or not; `None` while another run holds it.
pub async fn run_now(core: &Core, user: &UserId, source: &SourceId) -> StoreResult<Option<Run>> {
    let now = core.ports.clock.now();
    let Some(claim) = core.ports.due.claim_now(&work(user, source), now, RUN_LEASE).await? else {
        return Ok(None);
    };
    if !moving::may_work(core, &claim).await? {
        return Ok(None);
    }
    if let Some(mut read) = core.ports.sources.source(user, source).await? {
        // Asked for by a person: look whether or not the calendar says so.
        read.value.look_at = None;
        let _ = core.ports.sources.put_source(user, &read.value, read.version).await?;
    }
    run(core, &claim).await
}

/// Claims up to `limit` sources that are due and runs them side by side, so that a slow one delays no
/// other; answers how many.
pub async fn run_due(core: &Core, limit: usize) -> StoreResult<usize> {
    let now = core.ports.clock.now();
    let claims = core.ports.due.claim(WorkKind::Archive, now, RUN_LEASE, limit).await?;
    let runs = claims.iter().map(|claim| run(core, claim));
    for ended in futures::future::join_all(runs).await {
        ended?;
    }
    Ok(claims.len())
}

/// Runs a claimed source and gives the claim back; `None` if there was nothing to run.
pub async fn run(core: &Core, claim: &Claim) -> StoreResult<Option<Run>> {
    run_before(core, claim, None).await
}

/// The same, for whoever may be killed at a deadline: no request is begun that could outlast it. What
/// is left to do then, the next run does.
pub(crate) async fn run_before(
    core: &Core,
    claim: &Claim,
    deadline: Option<&Deadline>,
) -> StoreResult<Option<Run>> {
    failpoint::pass("archive.claimed");
    if !moving::may_work(core, claim).await? {
        return Ok(None);
    }
    // The lease began before now, so its end is at the latest then.
    let now = core.ports.clock.mark();
    let left = claim.until.duration_since(now.wall).try_into().unwrap_or_default();
    // The ledger names the lease's end, also where we may be killed sooner: nobody gets the work before.
    let time = Time { over: now.plus(RUN_LEASE.min(left)), deadline: deadline.cloned() };
    let Some((user, source)) = subject(core, &claim.work).await? else {
        core.ports.due.finish(claim, None).await?;
        return Ok(None);
    };
    let began = now.wall;
    let mut ended = attempt(core, &user, source, &time).await;
    if let Err(Failed { stop: Stop::Spotify(SpotifyError::Unauthorized), .. }) = &ended
        && let Some((user, source)) = subject(core, &claim.work).await?
    {
        // The token died early; `attempt` has said so, and the next one gets another.
        ended = attempt(core, &user, source, &time).await;
    }
    let (outcome, calls, next) = match ended {
        Ok(done) => (done.outcome, done.calls, done.next),
        Err(failed) => fail(core, &user, &claim.work, failed).await?,
    };
    let source = claim.work.source.clone().unwrap_or_else(|| SourceId::new(""));
    let run = Run { at: began, source, calls, outcome };
    core.ports.ledger.log_run(&user.id, &run).await?;
    core.ports.due.finish(claim, Some(next)).await?;
    if let Err(error) = core.budget.give_back().await {
        tracing::warn!(%error, "unused permits could not be given back");
    }
    Ok(Some(run))
}

struct Done {
    outcome: RunOutcome,
    calls: u32,
    next: Timestamp,
}

struct Failed {
    stop: Stop,
    calls: u32,
    found: u32,
    added: u32,
    wake: Option<Timestamp>,
}

async fn subject(core: &Core, work: &Work) -> StoreResult<Option<(User, Versioned<Source>)>> {
    let Some(id) = &work.source else { return Ok(None) };
    let Some(user) = core.ports.users.user(&work.user).await?.map(|read| read.value) else { return Ok(None) };
    let source = core.ports.sources.source(&work.user, id).await?;
    Ok(source.filter(|source| source.value.enabled && !user.disabled).map(|source| (user, source)))
}

async fn attempt(core: &Core, user: &User, source: Versioned<Source>, time: &Time) -> Result<Done, Failed> {
    let issued = match core.grants.access(&user.id, MIN_TTL).await {
        Ok(issued) => issued,
        Err(error) => return Err(Failed { stop: error.into(), calls: 0, found: 0, added: 0, wake: None }),
    };
    let mut running = Running::new(core, user.clone(), source, issued.access, time.clone());
    match running.go().await {
        Ok(()) => {
            let look_at = running.source.value.look_at.unwrap_or_else(|| later(running.now(), hours(24)));
            let (found, added) = (running.found, running.added);
            let worked = found > 0 || added > 0 || running.wake.is_some();
            let outcome = if worked {
                RunOutcome::Worked { found, added, stopped: None }
            } else {
                RunOutcome::NothingNew
            };
            let next = running.wake.map_or(look_at, |wake| wake.min(look_at));
            Ok(Done { outcome, calls: running.calls(), next })
        }
        Err(stop) => {
            if matches!(stop, Stop::Spotify(SpotifyError::Unauthorized))
                && let Err(error) = core.grants.rejected(&user.id, &running.token).await
            {
                tracing::warn!(%error, user = %user.id, "a rejected token could not be noted");
            }
            let stop = if running.is_out_of_time() { Stop::LeaseEnding } else { stop };
            let (found, added, wake) = (running.found, running.added, running.wake);
            Err(Failed { stop, calls: running.calls(), found, added, wake })
        }
    }
}

impl Running<'_> {
    async fn go(&mut self) -> Result<(), Stop> {
        // A list that is about to be replaced cannot wait for the steps of an earlier one.
        self.look().await?;
        let mut blocked = false;
        for number in self.source.value.open.clone() {
            blocked |= self.advance(number, blocked).await?;
        }
        // While the outcome of a request is looked for, the failure that made it unknown still counts.
        if self.source.value.failures > 0 && !blocked {
            self.update_source(|source| source.failures = 0).await?;
        }
        Ok(())
    }

    /// Takes a generation as far as it goes now; answers whether later ones must not write yet.
    async fn advance(&mut self, number: u32, blocked: bool) -> Result<bool, Stop> {
        let Some(mut generation) = self.generation(number).await? else {
            self.update_source(|source| source.close(number)).await?;
            return Ok(false);
        };
        loop {
            match generation.value.step.next(&self.mark()) {
                Next::Plan if blocked => return Ok(true),
                Next::Plan => {
                    if !self.plan(&mut generation).await? {
                        return Ok(true);
                    }
                }
                Next::FindCreated => self.find_created(&mut generation).await?,
                Next::Look => self.find_outcome(&mut generation).await?,
                Next::Verify => {
                    let wait = self.settling(&generation.value).await?;
                    if !wait.is_zero() {
                        self.wake_in(wait);
                        return Ok(false);
                    }
                    self.verify(&mut generation).await?;
                }
                Next::Finish => self.finish(&mut generation).await?,
                Next::Wait(wait) => {
                    self.wake_in(wait);
                    return Ok(generation.value.step.blocks_later());
                }
                Next::Rest => {
                    self.update_source(|source| source.close(number)).await?;
                    return Ok(false);
                }
            }
        }
    }
}

/// Records a failed run, tells whom it concerns, and says when to go on.
async fn fail(
    core: &Core,
    user: &User,
    work: &Work,
    failed: Failed,
) -> StoreResult<(RunOutcome, u32, Timestamp)> {
    let Failed { stop, calls, found, added, wake } = failed;
    let cause = std::error::Error::source(&stop).map(ToString::to_string);
    tracing::warn!(user = %user.id, reason = %stop, cause, calls, "archive run ended early");
    if matches!(stop, Stop::Spotify(SpotifyError::Forbidden { why: ForbiddenWhy::InsufficientScope }))
        && let Err(GrantError::Store(error)) = core.grants.scope_missing(&user.id).await
    {
        return Err(error);
    }
    let mut failures = 0;
    if let Some(id) = &work.source
        && let Some(mut read) = core.ports.sources.source(&user.id, id).await?
    {
        read.value.failures = read.value.failures.saturating_add(1);
        failures = read.value.failures;
        // A page that wrote meanwhile wins; the count is not worth a second try.
        let _ = core.ports.sources.put_source(&user.id, &read.value, read.version).await?;
    }
    let now = core.ports.clock.now();
    if let Some(alert) = stop.alert() {
        // Once a month at most, while it lasts.
        let month = now.strftime("%Y-%m");
        let what = format!("stopped/{:?}/{month}", alert.kind);
        let whom = Some(&user.id);
        alerting::raise(&core.ports, alert.kind, alert.severity, whom, &what, alert.text.to_owned()).await?;
    }
    let next = stop.next(now, failures);
    let next = wake.map_or(next, |wake| wake.max(later(now, std::time::Duration::from_secs(1))).min(next));
    let outcome = if found > 0 || added > 0 {
        RunOutcome::Worked { found, added, stopped: Some(stop.words()) }
    } else {
        RunOutcome::Failed { why: stop.words() }
    };
    Ok((outcome, calls, next))
}

/// A read playlist as the domain compares it.
fn reading(offset: u32, read: &ReadPlaylist) -> Reading {
    let entries = read.entries.iter().map(|track| track.as_ref().map(Track::identity)).collect();
    Reading { offset, entries, total: read.total }
}
