//! Due work on its way through a queue: a dispatcher claims it and hands it on, workers take it over.
//!
//! Ticks and messages may come late, twice or at once. The claim decides: what is claimed is handed on
//! once, what was handed on is taken over once, and whoever dies leaves a lease that ends.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::future::{FutureExt, join_all};
use futures::stream::{FuturesOrdered, StreamExt};
use reprise_domain::archive::RUN_LEASE;

use crate::deadline::Deadline;
use crate::ports::{Claim, Clock, Due, Queue, Run, StoreResult, WorkKind};
use crate::{Core, archive, care, failpoint};

/// So long may a claim lie in the queue before its work is due again.
///
/// Long enough for a message that comes back from a worker who died with it (after six times a
/// worker's time-out of two minutes), and not longer than the time between two ticks, so that what was
/// lost on the way is found one tick later.
const HAND_OVER_LEASE: Duration = Duration::from_mins(15);

/// So much is claimed at once: enough for a queue's requests to go side by side, little enough to be
/// handed on well before a dispatcher's time is over.
const BATCH: usize = 250;

/// So many pieces of work are done at once; each waits for Spotify most of the time.
const AT_ONCE: usize = 8;

/// What a tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Pieces of work claimed.
    pub claimed: usize,
    /// Of these, handed on; the rest is due again soon.
    pub handed_on: usize,
    /// Whether time was over before everything was claimed; the next tick goes on.
    pub is_cut_short: bool,
}

/// Claims all work of these kinds that is due and hands it on, until none is left or time is nearly
/// over.
///
/// Where the queue fails, what it did not take is given back, due as it was.
pub async fn dispatch(
    due: &dyn Due,
    clock: &dyn Clock,
    queue: &dyn Queue,
    kinds: &[WorkKind],
    deadline: &Deadline,
) -> StoreResult<Dispatched> {
    let mut done = Dispatched::default();
    // What was claimed goes out while more is claimed.
    let mut outgoing = Vec::new();
    for kind in kinds {
        let mut claims = due.claims(*kind, clock.now(), HAND_OVER_LEASE, BATCH);
        loop {
            if !deadline.allows_more(&clock.mark()) {
                done.is_cut_short = true;
                break;
            }
            let (claimed, handed_on) = futures::join!(claims.next(), hand_on(queue, &outgoing));
            let claimed = claimed.unwrap_or_else(|| Ok(Vec::new()));
            let claimed = match (claimed, handed_on) {
                (Ok(claimed), Ok(count)) => {
                    done.handed_on += count;
                    claimed
                }
                (claimed, handed_on) => {
                    let rest = claimed.as_ref().map_or(&[][..], Vec::as_slice);
                    if handed_on.is_err() {
                        give_back(due, clock, &outgoing).await;
                    }
                    give_back(due, clock, rest).await;
                    return Err(handed_on.and(claimed.map(drop)).expect_err("one of them failed"));
                }
            };
            failpoint::pass("dispatch.claimed");
            done.claimed += claimed.len();
            outgoing = claimed;
            if outgoing.is_empty() {
                break;
            }
        }
    }
    match hand_on(queue, &outgoing).await {
        Ok(count) => done.handed_on += count,
        Err(error) => {
            give_back(due, clock, &outgoing).await;
            return Err(error);
        }
    }
    if done.handed_on < done.claimed {
        let missing = done.claimed - done.handed_on;
        tracing::warn!(
            missing,
            "the queue did not take all claims; they are due again when their lease ends"
        );
    }
    Ok(done)
}

async fn hand_on(queue: &dyn Queue, claims: &[Claim]) -> StoreResult<usize> {
    if claims.is_empty() {
        return Ok(0);
    }
    let count = queue.hand_on(claims).await?;
    failpoint::pass("dispatch.handed-on");
    Ok(count)
}

/// Puts claimed work back as due. A message that went out all the same is then worth nothing.
async fn give_back(due: &dyn Due, clock: &dyn Clock, claims: &[Claim]) {
    let now = clock.now();
    let given = join_all(claims.iter().map(|claim| due.finish(claim, Some(now)))).await;
    let failed = given.iter().filter(|given| given.is_err()).count();
    if failed > 0 {
        tracing::warn!(failed, "claims could not be given back; they are due again when their lease ends");
    }
}

/// What became of a claim that was handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The work was done, and comes back when it is due; an archive's run says what it did.
    Done(Option<Run>),
    /// Somebody else has done it, or will: the message was late, or came twice.
    NotOurs,
    /// There was no time left to begin it; whoever gets the claim next may.
    NotBegun,
    /// It could not be done, or not to its end; it is due again when its lease ends.
    Failed {
        /// Why.
        why: String,
    },
}

/// Takes over the claims and does their work side by side, as far as the deadline allows; answers in
/// their order.
pub async fn work(core: &Core, claims: &[Claim], deadline: &Deadline) -> Vec<Ended> {
    let mut ended = Vec::with_capacity(claims.len());
    let mut waiting = claims.iter();
    let mut under_way = FuturesOrdered::new();
    loop {
        let free = AT_ONCE - under_way.len();
        under_way.extend(waiting.by_ref().take(free).map(|claim| one(core, claim, deadline)));
        match under_way.next().await {
            Some(one) => ended.push(one),
            None => return ended,
        }
    }
}

async fn one(core: &Core, claim: &Claim, deadline: &Deadline) -> Ended {
    let clock = &core.ports.clock;
    if !deadline.allows_more(&clock.mark()) {
        return Ended::NotBegun;
    }
    let lease = match claim.work.kind {
        WorkKind::Archive => RUN_LEASE,
        WorkKind::Grant => care::LEASE,
    };
    let ours = match core.ports.due.take_over(claim, clock.now(), lease).await {
        Ok(Some(ours)) => ours,
        Ok(None) => return Ended::NotOurs,
        Err(error) => return failed(claim, chain(&error)),
    };
    failpoint::pass("work.taken");
    // Requests end in time by themselves; this is for a store or a key that does not answer.
    let left = deadline.left(&clock.mark());
    let doing = AssertUnwindSafe(run(core, &ours, deadline)).catch_unwind();
    match tokio::time::timeout(left, doing).await {
        Ok(Ok(Ok(run))) => Ended::Done(run),
        Ok(Ok(Err(error))) => failed(claim, chain(&error)),
        Ok(Err(panic)) => failed(claim, format!("it panicked: {}", words(panic.as_ref()))),
        Err(_) => failed(claim, "its time was over".to_owned()),
    }
}

async fn run(core: &Core, claim: &Claim, deadline: &Deadline) -> StoreResult<Option<Run>> {
    match claim.work.kind {
        WorkKind::Archive => archive::run_before(core, claim, Some(deadline)).await,
        WorkKind::Grant => care::run(core, claim).await.map(|()| None),
    }
}

fn failed(claim: &Claim, why: String) -> Ended {
    let work = &claim.work;
    tracing::error!(user = %work.user, kind = work.kind.name(), error = why, "claimed work could not be done");
    Ended::Failed { why }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    said
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
