//! Carrying everything away: from the ports into a file.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use reprise_domain::archive::Generation;
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::time::{days, earlier, later};
use reprise_domain::token::{GrantState, Reauth};

use super::record::{Begin, Counts, Listener, Owned, Plain, Record, Week, take_sealed};
use super::seal::{Passphrase, Sealer};
use super::{MoveError, Watch, change_standing};
use crate::ports::{Alert, Appointment, Claim, Grant, Sealed, Standing, StoreResult, User, Work};
use crate::vault::{Purpose, VaultError};
use crate::{Core, failpoint};

/// Requests that came just before an installation was closed have ended after this.
pub const UNDER_WAY: Duration = Duration::from_mins(1);

/// Reading one listener takes seconds; whoever waits for their work waits no longer than this.
const HOLD: Duration = Duration::from_mins(15);

/// Work that somebody holds is asked for again after this.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Listeners and weeks are read so many at a time: a week is some ten kilobytes.
const PAGE: usize = 20;

/// Alerts in one record.
const SOME: usize = 100;

/// Slots of the call budget that may not have been forgotten yet.
const COUNTED: Duration = days(7);

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// How much of each kind.
    pub counts: Counts,
    /// Whether this installation has stopped working.
    pub left: bool,
    /// Listeners whose stored tokens do not open: they are carried, and must connect Spotify again.
    pub without_token: Vec<UserId>,
}

/// Writes everything into a file that `passphrase` opens.
///
/// With `leave` the installation stops working first, for good. Without, it goes on: each listener's
/// work is held while their records are read, so that no run changes them half way.
pub async fn export(
    core: &Core,
    passphrase: &Passphrase,
    rounds: u32,
    leave: bool,
    to: &mut (dyn Write + Send),
    watch: Watch<'_>,
) -> Result<Packed, MoveError> {
    let left = close(core, leave).await?;
    let now = core.ports.clock.now();
    let mut packing = Packing {
        core,
        sealer: Sealer::begin(to, passphrase, rounds)?,
        packed: Packed { counts: Counts::default(), left, without_token: Vec::new() },
        watch,
    };
    let begin = Begin { at: now, deployment: core.config.deployment.clone(), left };
    packing.write(&Record::Begin(begin))?;
    let mut after: Option<UserId> = None;
    loop {
        let page = core.ports.users.users(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for user in &page {
            packing.listener(&user.id).await?;
        }
    }
    packing.shared().await?;
    packing.write(&Record::End(packing.packed.counts))?;
    Ok(packing.packed)
}

/// Closes the house if that is asked for; answers whether it is closed.
async fn close(core: &Core, leave: bool) -> Result<bool, MoveError> {
    let now = core.ports.clock.now();
    let standing = change_standing(core, |standing| match standing {
        Standing::Open { .. } if leave => Ok(Some(Standing::Left { since: now })),
        Standing::Open { .. } | Standing::Left { .. } => Ok(None),
        Standing::Arriving { .. } => Err(MoveError::Incomplete),
        Standing::Waiting { .. } => Err(MoveError::NeverOpened),
    });
    let Standing::Left { since } = standing.await? else { return Ok(false) };
    failpoint::pass("moving.left");
    // A form that was sent before may not have been stored yet.
    core.ports.clock.sleep_until(later(since, UNDER_WAY)).await;
    Ok(true)
}

struct Packing<'a> {
    core: &'a Core,
    sealer: Sealer<'a>,
    packed: Packed,
    watch: Watch<'a>,
}

impl Packing<'_> {
    fn write(&mut self, record: &Record) -> Result<(), MoveError> {
        self.sealer.write(record.bytes()?)?;
        self.packed.counts.add(record);
        Ok(())
    }

    /// Everything of one listener, between holding their work and giving it back.
    async fn listener(&mut self, id: &UserId) -> Result<(), MoveError> {
        let held = hold(self.core, id).await?;
        let calendar = held.iter().map(|held| held.appointment.clone()).collect();
        let written = self.records(id, calendar).await;
        let mut undisturbed = true;
        for Held { claim, appointment } in &held {
            undisturbed &= self.core.ports.due.finish(claim, appointment.at).await?;
        }
        // Erased meanwhile is not disturbed: there is nothing left to give back.
        if written? && !undisturbed && self.core.ports.users.user(id).await?.is_some() {
            return Err(MoveError::Disturbed { user: id.clone() });
        }
        failpoint::pass("moving.packed");
        (self.watch)(&self.packed.counts);
        Ok(())
    }

    /// Answers whether the listener is still there.
    async fn records(&mut self, id: &UserId, calendar: Vec<Appointment>) -> Result<bool, MoveError> {
        let ports = &self.core.ports;
        let Some(user) = ports.users.user(id).await?.map(|read| read.value) else { return Ok(false) };
        let listener = self.loosened(user).await?;
        self.write(&Record::Listener(Box::new(listener)))?;
        let owned = |value| Owned { user: id.clone(), value };
        for source in ports.sources.sources(id).await? {
            let source_id = source.value.id.clone();
            self.write(&Record::Source(owned(source.value)))?;
            self.weeks(id, &source_id).await?;
        }
        for target in ports.ledger.targets(id).await? {
            self.write(&Record::Playlist(Owned { user: id.clone(), value: target.value }))?;
        }
        let runs = ports.ledger.runs(id, usize::MAX).await?;
        if !runs.is_empty() {
            self.write(&Record::Runs(Owned { user: id.clone(), value: runs }))?;
        }
        let alerts = ports.alerts.alerts(Some(id), usize::MAX).await?;
        self.alerts(Some(id), &alerts)?;
        if !calendar.is_empty() {
            self.write(&Record::Calendar(Owned { user: id.clone(), value: calendar }))?;
        }
        Ok(true)
    }

    async fn weeks(&mut self, id: &UserId, source: &SourceId) -> Result<(), MoveError> {
        let mut before = None;
        loop {
            let page = self.core.ports.ledger.generations(id, source, before, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            before = Some(last.value.number);
            for week in page.into_iter().map(|read| read.value) {
                let cached = cached(self.core, &week).await?;
                let week = Week { user: id.clone(), source: source.clone(), value: week };
                self.write(&Record::Week(Box::new(week)))?;
                if let Some(cached) = cached {
                    self.write(&cached)?;
                }
            }
        }
    }

    /// A listener with their tokens out of our vault.
    async fn loosened(&mut self, user: User) -> Result<Listener, MoveError> {
        let grant = self.core.ports.tokens.grant(&user.id).await?.map(|read| read.value);
        let opened = match grant {
            Some(grant) => opened(self.core, &user.id, grant).await,
            None => Err(VaultError::Unopenable),
        };
        let (grant, refresh, access) = match opened {
            Ok(opened) => opened,
            // One damaged row must not keep everybody here.
            Err(VaultError::Unopenable) => {
                self.packed.without_token.push(user.id.clone());
                (no_grant(&user, self.core.ports.clock.now()), Plain::new(b""), None)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Listener { user, grant, refresh, access })
    }

    /// What belongs to nobody or to all, and sign-up links, which name who used them.
    async fn shared(&mut self) -> Result<(), MoveError> {
        let ports = &self.core.ports;
        let now = ports.clock.now();
        for invite in ports.invites.invites().await? {
            self.write(&Record::Invite(invite))?;
        }
        let alerts = ports.house.operators_alerts().await?;
        self.alerts(None, &alerts)?;
        let spent = ports.budget.spent(earlier(now, COUNTED)).await?;
        let locks = ports.budget.locks(now).await?;
        self.write(&Record::Budget { spent, locks })
    }

    fn alerts(&mut self, user: Option<&UserId>, alerts: &[Alert]) -> Result<(), MoveError> {
        for some in alerts.chunks(SOME) {
            self.write(&Record::Alerts { user: user.cloned(), alerts: some.to_vec() })?;
        }
        Ok(())
    }
}

/// What is cached of a week's tracks.
async fn cached(core: &Core, week: &Generation) -> StoreResult<Option<Record>> {
    let uris: Vec<_> = week.tracks.iter().map(|found| found.identity.uri.clone()).collect();
    let mut cached = core.ports.house.cached(&uris, core.ports.clock.now()).await?;
    cached.sort_by(|a, b| a.track.uri.cmp(&b.track.uri));
    Ok((!cached.is_empty()).then_some(Record::Tracks(cached)))
}

/// A grant without its tokens, and the tokens out of our vault.
async fn opened(
    core: &Core,
    user: &UserId,
    mut grant: Grant,
) -> Result<(Grant, Plain, Option<Plain>), VaultError> {
    let (refresh, access) = take_sealed(&mut grant);
    let refresh = Plain::new(&core.vault.open(user.as_str(), Purpose::RefreshToken, &refresh).await?);
    let access = match access {
        None => None,
        Some(access) => {
            Some(Plain::new(&core.vault.open(user.as_str(), Purpose::AccessToken, &access).await?))
        }
    };
    Ok((grant, refresh, access))
}

/// What stands for a grant that cannot be read: the listener must consent again.
fn no_grant(user: &User, now: Timestamp) -> Grant {
    Grant {
        refresh: Sealed(String::new()),
        state: GrantState::ReauthRequired { why: Reauth::Revoked, since: now, rechecked: true },
        scopes: Vec::new(),
        authorized_at: user.since,
        reauth_by: now,
        warned_days: None,
        lost: 0,
        unsure: false,
    }
}

/// A piece of work that waits for us, and how it stood on the calendar before.
struct Held {
    claim: Claim,
    appointment: Appointment,
}

/// Holds all work of a listener, waiting for runs under way.
async fn hold(core: &Core, user: &UserId) -> Result<Vec<Held>, MoveError> {
    let (due, clock) = (&core.ports.due, &core.ports.clock);
    if core.ports.users.user(user).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut all = vec![Work::grant(user)];
    all.extend(
        core.ports.sources.sources(user).await?.iter().map(|read| Work::archive(user, &read.value.id)),
    );
    let known = core.ports.house.appointments(user).await?;
    all.extend(known.into_iter().map(|known| known.work));
    all.sort();
    all.dedup();
    let mut held: Vec<Held> = Vec::new();
    for work in all {
        loop {
            let known = core.ports.house.appointments(user).await?;
            let before = known.into_iter().find(|known| known.work == work);
            let before = before.unwrap_or_else(|| Appointment { work: work.clone(), at: None, fence: 0 });
            if let Some(claim) = due.claim_now(&work, clock.now(), HOLD).await? {
                let fence = claim.fence;
                // Between the look and the claim somebody may have worked and set another time.
                if fence == before.fence + 1 {
                    held.push(Held { claim, appointment: Appointment { fence, ..before } });
                    break;
                }
                due.finish(&claim, Some(clock.now())).await?;
            } else {
                clock.sleep_until(later(clock.now(), ASK_AGAIN)).await;
            }
        }
    }
    Ok(held)
}
