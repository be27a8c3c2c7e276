//! The library: what a listener keeps, playlists above all.

use super::{Ask, Outcome, Reply};
use crate::state::{Listener, State};
use crate::weekly::Kind;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Most URIs of one call.
const BATCH: usize = 40;
const KINDS: &[&str] = &["track", "album", "episode", "show", "audiobook", "user", "playlist", "artist"];

fn uris(ask: &Ask) -> Result<Vec<String>, Reply> {
    let uris = ask.query.list("uris", BATCH)?;
    let good = |uri: &&str| {
        let mut parts = uri.split(':');
        parts.next() == Some("spotify")
            && parts.next().is_some_and(|kind| KINDS.contains(&kind))
            && parts.next().is_some_and(|id| !id.is_empty())
    };
    if !uris.iter().all(good) {
        return Err(Reply::bad_request("Invalid uri"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

fn writable_uris(ask: &Ask) -> Result<Vec<String>, Reply> {
    let uris = uris(ask)?;
    let playlists_only = uris.iter().all(|uri| playlist_id(uri).is_some());
    if playlists_only || ask.scopes.contains("user-library-modify") {
        Ok(uris)
    } else {
        Err(Reply::error(403, "Insufficient client scope"))
    }
}

fn playlist_id(uri: &str) -> Option<&str> {
    uri.strip_prefix("spotify:playlist:")
}

fn me<'a>(state: &'a mut State, ask: &Ask) -> Result<&'a mut Listener, Reply> {
    let me = ask.me()?;
    state.users.get_mut(me).ok_or_else(Reply::not_found)
}

/// Follows or unfollows a playlist, generated or not.
pub(crate) fn keep(state: &mut State, user: &str, playlist: &str, keep: bool, now: Timestamp) {
    let kind = state
        .generated(playlist)
        .filter(|generated| generated.user.id == user)
        .map(|generated| generated.kind);
    let Some(listener) = state.users.get_mut(user) else {
        return;
    };
    match kind {
        Some(Kind::DiscoverWeekly) => listener.user.discover_weekly.followed = keep,
        Some(Kind::ReleaseRadar) => listener.user.release_radar.followed = keep,
        None if keep => listener.shelve(playlist, now),
        None => listener.unshelve(playlist, now),
    }
}

fn set(state: &mut State, ask: &Ask, uri: &str, kept: bool, now: Timestamp) -> Result<(), Reply> {
    match playlist_id(uri) {
        Some(id) => keep(state, ask.me()?, id, kept, now),
        None if kept => {
            me(state, ask)?.saved.insert(uri.to_owned());
        }
        None => {
            me(state, ask)?.saved.remove(uri);
        }
    }
    Ok(())
}

pub(super) fn save(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    for uri in writable_uris(ask)? {
        set(state, ask, &uri, true, now)?;
    }
    Ok(Reply::empty(200))
}

pub(super) fn drop(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    for uri in writable_uris(ask)? {
        set(state, ask, &uri, false, now)?;
    }
    Ok(Reply::empty(200))
}

pub(super) fn contains(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let uris = uris(ask)?;
    let kept: Vec<bool> = uris.iter().map(|uri| has(state, ask, uri, now)).collect::<Result<_, _>>()?;
    Ok(Reply::json(200, &json!(kept)))
}

fn has(state: &mut State, ask: &Ask, uri: &str, now: Timestamp) -> Result<bool, Reply> {
    let lag = state.settings.lag.listing_ms;
    let as_of = state.read_at(now, lag);
    let user = ask.me()?.to_owned();
    let Some(id) = playlist_id(uri) else {
        return Ok(me(state, ask)?.saved.contains(uri));
    };
    if let Some(generated) = state.generated(id) {
        return Ok(generated.user.id == user && generated.settings().followed);
    }
    Ok(me(state, ask)?.shelves(id, as_of))
}

pub(super) fn follow(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    keep(state, ask.me()?, &ask.id, true, now);
    Ok(Reply::empty(200))
}

pub(super) fn unfollow(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    keep(state, ask.me()?, &ask.id, false, now);
    Ok(Reply::empty(200))
}

/// In the old dialect: whether each of the users named follows the playlist.
pub(super) fn follows(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let me = ask.me()?;
    let users = ask.query.get("ids").unwrap_or(me).to_owned();
    let follows: Vec<Value> = users
        .split(',')
        .map(|user| {
            let listener = state.users.get(user);
            json!(listener.is_some_and(|listener| listener.shelves(&ask.id, now)))
        })
        .collect();
    Ok(Reply::json(200, &json!(follows)))
}
