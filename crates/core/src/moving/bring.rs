//! One record against what is here: absent, the same, or in conflict.

use std::fmt::Debug;

use jiff::Timestamp;
use reprise_domain::ids::UserId;

use super::MoveError;
use super::record::{Listener, Plain, Record, take_sealed};
use crate::Core;
use crate::ports::{
    Admission, Admitted, Alert, Appointment, CachedTrack, Grant, Run, Version, Versioned, Written,
};
use crate::vault::{Purpose, VaultError};
use reprise_domain::token::GrantState;

/// What is here of a record.
pub(super) enum Presence {
    /// So much of it, just as it is in the file; the rest is not here, or is since now.
    Here(u64),
    /// Something else, named.
    Differs(String),
}

impl Presence {
    fn of(is_here: bool) -> Self {
        Self::Here(u64::from(is_here))
    }

    /// One document beside the one that stands in its place.
    fn compare<T: PartialEq>(record: &T, here: Option<&Versioned<T>>, what: impl FnOnce() -> String) -> Self {
        match here {
            None => Self::of(false),
            Some(here) if here.value == *record => Self::of(true),
            Some(_) => Self::Differs(what()),
        }
    }
}

/// Compares a record with what is here, and writes nothing.
pub(super) async fn look(core: &Core, record: &Record) -> Result<Presence, MoveError> {
    let ports = &core.ports;
    Ok(match record {
        // One of either within the file is its own kind of damage, and found by its place.
        Record::Begin(_) | Record::End(_) => Presence::Differs("the beginning or end of a file".to_owned()),
        Record::Listener(listener) => look_listener(core, listener).await?,
        Record::Source(source) => {
            let here = ports.sources.source(&source.user, &source.value.id).await?;
            Presence::compare(&source.value, here.as_ref(), || {
                format!("the source {} of listener {}", source.value.id, source.user)
            })
        }
        Record::Week(week) => {
            let here = ports.ledger.generation(&week.user, &week.source, week.value.number).await?;
            Presence::compare(&week.value, here.as_ref(), || {
                format!(
                    "the week {} (number {}) of {} of listener {}",
                    week.value.label, week.value.number, week.source, week.user
                )
            })
        }
        Record::Playlist(playlist) => {
            let here = ports.ledger.target(&playlist.user, &playlist.value.key).await?;
            Presence::compare(&playlist.value, here.as_ref(), || {
                format!("the archive playlist {} of listener {}", playlist.value.key, playlist.user)
            })
        }
        Record::Runs(runs) => {
            let here = ports.ledger.runs(&runs.user, usize::MAX).await?;
            among(
                &runs.value,
                &here,
                |run| (run.at, run.source.clone()),
                |run| format!("the run of {} on {} for listener {}", run.at, run.source, runs.user),
            )
        }
        Record::Alerts { user, alerts } => {
            let here = alerts_here(core, user.as_ref()).await?;
            among(alerts, &here, |alert| alert.key.clone(), |alert| format!("the alert {:?}", alert.key))
        }
        Record::Invite(invite) => {
            let here = ports.invites.invite(&invite.hash).await?;
            let here = here.map(|value| Versioned { value, version: Version::NEW });
            // The hash is no secret, but nobody knows a link by it.
            Presence::compare(invite, here.as_ref(), || format!("the sign-up link made {}", invite.created))
        }
        // These move by themselves, and what is here is as good.
        Record::Calendar(_) | Record::Tracks(_) | Record::Budget { .. } => Presence::of(false),
    })
}

/// Stores a record unless it is here.
pub(super) async fn bring(core: &Core, record: &Record, now: Timestamp) -> Result<Presence, MoveError> {
    let ports = &core.ports;
    let stored = match record {
        Record::Begin(_) | Record::End(_) => true,
        Record::Listener(listener) => bring_listener(core, listener, now).await?,
        Record::Source(source) => {
            created(ports.sources.put_source(&source.user, &source.value, Version::NEW).await?)
        }
        Record::Week(week) => {
            let put = ports.ledger.put_generation(&week.user, &week.source, &week.value, Version::NEW);
            created(put.await?)
        }
        Record::Playlist(playlist) => {
            created(ports.ledger.put_target(&playlist.user, &playlist.value, Version::NEW).await?)
        }
        Record::Runs(runs) => return bring_runs(core, &runs.user, &runs.value).await,
        Record::Alerts { user, alerts } => return bring_alerts(core, user.as_ref(), alerts).await,
        Record::Calendar(calendar) => return bring_calendar(core, &calendar.value).await,
        Record::Tracks(tracks) => return bring_tracks(core, tracks, now).await,
        Record::Invite(invite) => {
            let is_new = ports.invites.invite(&invite.hash).await?.is_none();
            if is_new {
                ports.invites.create_invite(invite).await?;
            }
            is_new
        }
        Record::Budget { spent, locks } => {
            for spent in spent {
                ports.house.spent_at_least(spent).await?;
            }
            for (bucket, until) in locks {
                ports.budget.lock(*bucket, *until).await?;
            }
            true
        }
    };
    if stored { Ok(Presence::of(false)) } else { look(core, record).await }
}

fn created(written: Written) -> bool {
    written != Written::Conflict
}

/// A list of a record beside the list that is here.
fn among<T: PartialEq + Debug, K: PartialEq>(
    given: &[T],
    here: &[T],
    key: impl Fn(&T) -> K,
    what: impl Fn(&T) -> String,
) -> Presence {
    let mut count = 0;
    for given in given {
        match here.iter().find(|here| key(here) == key(given)) {
            None => {}
            Some(here) if here == given => count += 1,
            Some(_) => return Presence::Differs(what(given)),
        }
    }
    Presence::Here(count)
}

async fn alerts_here(core: &Core, user: Option<&UserId>) -> Result<Vec<Alert>, MoveError> {
    let alerts = &core.ports.alerts;
    Ok(match user {
        Some(_) => alerts.alerts(user, usize::MAX).await?,
        None => core.ports.house.operators_alerts().await?,
    })
}

async fn look_listener(core: &Core, listener: &Listener) -> Result<Presence, MoveError> {
    let users = &core.ports.users;
    let Listener { user, .. } = listener;
    let Some(here) = users.user(&user.id).await?.map(|read| read.value) else {
        let known = users.user_by_account(user.account.as_ref(), &user.spotify_id).await?;
        return Ok(known.map_or(Presence::of(false), |known| taken(listener, &known.value.id)));
    };
    if here != *user {
        return Ok(Presence::Differs(format!("the listener {} ({})", user.id, user.spotify_id)));
    }
    let grant = core.ports.tokens.grant(&user.id).await?.map(|read| read.value);
    let is_same = match grant {
        Some(grant) => is_same_grant(core, listener, grant).await?,
        None => false,
    };
    if is_same {
        return Ok(Presence::of(true));
    }
    Ok(Presence::Differs(format!("the consent of listener {} ({})", user.id, user.spotify_id)))
}

fn taken(listener: &Listener, by: &UserId) -> Presence {
    let Listener { user, .. } = listener;
    Presence::Differs(format!(
        "the listener {} ({}): their Spotify account is here as listener {by}",
        user.id, user.spotify_id
    ))
}

/// Whether the same tokens lie under the seals.
async fn is_same_grant(core: &Core, listener: &Listener, mut here: Grant) -> Result<bool, VaultError> {
    let (refresh, access) = take_sealed(&mut here);
    if here != listener.grant || access.is_some() != listener.access.is_some() {
        return Ok(false);
    }
    let owner = listener.user.id.as_str();
    let given =
        [(Purpose::RefreshToken, Some(&listener.refresh)), (Purpose::AccessToken, listener.access.as_ref())];
    for ((purpose, given), sealed) in given.into_iter().zip([Some(refresh), access]) {
        let (Some(given), Some(sealed)) = (given, sealed) else { continue };
        match core.vault.open(owner, purpose, &sealed).await {
            Ok(token) if *token == given.expose() => {}
            Ok(_) | Err(VaultError::Unopenable) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Creates a listener with their tokens in our vault; answers whether they are new.
async fn bring_listener(core: &Core, listener: &Listener, now: Timestamp) -> Result<bool, MoveError> {
    let Listener { user, grant, refresh, access } = listener;
    if core.ports.users.user(&user.id).await?.is_some() {
        return Ok(false);
    }
    let seal = |purpose, token: &Plain| {
        let token = token.clone();
        async move { core.vault.seal(user.id.as_str(), purpose, token.expose(), now).await }
    };
    let mut grant = Grant { refresh: seal(Purpose::RefreshToken, refresh).await?, ..grant.clone() };
    if let (GrantState::Fresh { access: place, .. }, Some(access)) = (&mut grant.state, access) {
        *place = seal(Purpose::AccessToken, access).await?;
    }
    let admission = Admission { user: user.clone(), grant, invite: None, at: now };
    match core.ports.users.admit(&admission).await? {
        Admitted::Welcome(_) => Ok(true),
        // Told by the look that follows.
        Admitted::AlreadyKnown(_) | Admitted::InviteGone => Ok(false),
    }
}

async fn bring_runs(core: &Core, user: &UserId, runs: &[Run]) -> Result<Presence, MoveError> {
    let ledger = &core.ports.ledger;
    let here = ledger.runs(user, usize::MAX).await?;
    let mut already = 0;
    for run in runs {
        if here.contains(run) {
            already += 1;
        } else {
            ledger.log_run(user, run).await?;
        }
    }
    Ok(Presence::Here(already))
}

async fn bring_alerts(core: &Core, user: Option<&UserId>, alerts: &[Alert]) -> Result<Presence, MoveError> {
    let mut already = 0;
    for alert in alerts {
        already += u64::from(!core.ports.alerts.raise(alert).await?);
    }
    if already == 0 {
        return Ok(Presence::Here(0));
    }
    let here = alerts_here(core, user).await?;
    let what = |alert: &Alert| format!("the alert {:?}", alert.key);
    Ok(match among(alerts, &here, |alert| alert.key.clone(), what) {
        Presence::Here(_) => Presence::Here(already),
        differs @ Presence::Differs(_) => differs,
    })
}

async fn bring_calendar(core: &Core, appointments: &[Appointment]) -> Result<Presence, MoveError> {
    for appointment in appointments {
        // Held work is put on the calendar again by whoever holds it.
        core.ports.house.restore(appointment).await?;
    }
    Ok(Presence::Here(0))
}

async fn bring_tracks(core: &Core, tracks: &[CachedTrack], now: Timestamp) -> Result<Presence, MoveError> {
    let uris: Vec<_> = tracks.iter().map(|cached| cached.track.uri.clone()).collect();
    let here = core.ports.tracks.tracks(&uris, now).await?;
    let is_new = |cached: &&CachedTrack| {
        cached.expires > now && !here.iter().any(|known| known.uri == cached.track.uri)
    };
    let mut new: Vec<_> = tracks.iter().filter(is_new).cloned().collect();
    new.sort_by_key(|cached| cached.expires);
    for some in new.chunk_by(|a, b| a.expires == b.expires) {
        let tracks: Vec<_> = some.iter().map(|cached| cached.track.clone()).collect();
        core.ports.tracks.put_tracks(&tracks, now, some[0].expires).await?;
    }
    Ok(Presence::Here(0))
}
