//! Items of a playlist: reading, adding, replacing, reordering, removing.

use super::details::writable;
use super::paging::Page;
use super::playlists::{self, Shown, user_link};
use super::query::object;
use super::{Ask, Outcome, Reply, fields};
use crate::catalogue::Track;
use crate::catalogue::objects::View;
use crate::model::World;
use crate::playlist::{Entry, What};
use crate::state::State;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most URIs of one call.
const BATCH: usize = 100;
/// Items that come with a playlist itself.
const EMBEDDED: usize = 100;

/// Puts the first items into a playlist object, in the dialects of its world.
pub(super) fn embed(view: &View<'_>, ask: &Ask, shown: &Shown, playlist: &mut Value) {
    let first = Page { offset: 0, limit: EMBEDDED };
    let mut embedded = page(view, ask, shown, first, "items");
    playlist["items"] = embedded.clone();
    if view.world == World::Extended {
        for link in ["href", "next"] {
            if let Some(url) = embedded[link].as_str() {
                embedded[link] = json!(url.replace("/items?", "/tracks?"));
            }
        }
        playlist["tracks"] = embedded;
    }
}

/// A page of items; `dialect` is the last part of its path.
fn page(view: &View<'_>, ask: &Ask, shown: &Shown, page: Page, dialect: &str) -> Value {
    let entries = &shown.version.entries;
    let items: Vec<Value> = page.of(entries).iter().map(|entry| item(view, entry)).collect();
    let path = format!("playlists/{}/{dialect}", shown.id);
    page.object(ask, &path, entries.len(), &items)
}

fn item(view: &View<'_>, entry: &Entry) -> Value {
    let track = match &entry.what {
        What::Track(track) => view.track(*track),
        What::Local(local) => view.local_track(local),
        What::Null => Value::Null,
    };
    let whole_seconds = Timestamp::from_second(entry.added_at.as_second());
    let mut object = json!({
        "added_at": whole_seconds.unwrap_or_default().to_string(),
        "added_by": user_link(view, &entry.added_by),
        "is_local": matches!(entry.what, What::Local(_)),
        "primary_color": null,
        "video_thumbnail": { "url": null },
    });
    if view.world == World::Extended {
        object["track"] = track.clone();
    }
    object["item"] = track;
    object
}

pub(super) fn list(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let old = ask.endpoint.template.ends_with("/tracks");
    let asked = if old { Page::asked(ask, 100, 100)? } else { Page::asked(ask, 20, 50)? };
    let shown = playlists::read(state, ask, &ask.id, now)?;
    if !playlists::may_read_items(state, ask, &shown, now) {
        return Err(Reply::forbidden());
    }
    let dialect = if old { "tracks" } else { "items" };
    let found = page(&state.view(ask), ask, &shown, asked, dialect);
    Ok(Reply::json(200, &fields::filter(found, ask.query.get("fields"))))
}

/// URIs of a call: a query parameter, a field of the body or, in the old dialect, the body itself.
fn uris(ask: &Ask, body: &Value) -> Result<Option<Vec<Track>>, Reply> {
    let texts: Vec<&str> = match (ask.query.get("uris"), body) {
        (Some(list), _) => list.split(',').filter(|uri| !uri.is_empty()).collect(),
        (None, Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        (None, body) => match &body["uris"] {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            _ => return Ok(None),
        },
    };
    if texts.len() > BATCH {
        return Err(Reply::bad_request("You can add a maximum of 100 tracks per request."));
    }
    texts.into_iter().map(known).collect::<Result<_, _>>().map(Some)
}

fn known(uri: &str) -> Result<Track, Reply> {
    if !uri.starts_with("spotify:track:") {
        return Err(Reply::bad_request(&format!("Invalid track uri: {uri}")));
    }
    Track::from_uri(uri).ok_or_else(|| Reply::bad_request("Payload contains a non-existing ID"))
}

fn parsed(ask: &Ask) -> Result<Value, Reply> {
    match serde_json::from_slice(&ask.body) {
        Ok(list @ Value::Array(_)) => Ok(list),
        _ => object(&ask.body),
    }
}

fn entries(ask: &Ask, tracks: &[Track], now: Timestamp) -> Result<Vec<Entry>, Reply> {
    let me = ask.me()?;
    let entry = |track: &Track| Entry { what: What::Track(*track), added_at: now, added_by: me.to_owned() };
    Ok(tracks.iter().map(entry).collect())
}

fn uris_of(tracks: &[Track]) -> Vec<String> {
    tracks.iter().map(|track| track.uri()).collect()
}

pub(super) fn add(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let shown = writable(state, ask, now, true)?;
    let body = parsed(ask)?;
    let tracks = uris(ask, &body)?
        .filter(|tracks| !tracks.is_empty())
        .ok_or_else(|| Reply::bad_request("Missing required field: uris"))?;
    let length = shown.version.entries.len();
    if length + tracks.len() > state.settings.playlist_ceiling {
        let status = state.settings.ceiling_status;
        return Err(Reply::error(status, "Playlist size limit reached"));
    }
    let asked = ask.query.get("position").and_then(|text| text.parse().ok());
    let position = asked.or_else(|| body["position"].as_u64());
    let position = match position.map(usize::try_from) {
        None => length,
        Some(Ok(position)) if position <= length => position,
        Some(_) => return Err(Reply::bad_request("Index out of bounds.")),
    };
    let new = entries(ask, &tracks, now)?;
    snapshot(201, state, ask, now, "added", uris_of(&tracks), |list| {
        list.splice(position..position, new);
    })
}

pub(super) fn update(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let shown = writable(state, ask, now, true)?;
    let body = parsed(ask)?;
    check_snapshot(state, ask, &body)?;
    if let Some(tracks) = uris(ask, &body)? {
        let new = entries(ask, &tracks, now)?;
        return snapshot(200, state, ask, now, "replaced", uris_of(&tracks), |list| {
            *list = new;
        });
    }
    let number = |name: &str| body[name].as_u64().and_then(|n| usize::try_from(n).ok());
    let (Some(start), Some(before)) = (number("range_start"), number("insert_before")) else {
        return Err(Reply::bad_request("Missing required field: uris or range_start"));
    };
    let length = shown.version.entries.len();
    let end = start.saturating_add(number("range_length").unwrap_or(1));
    if end > length || before > length {
        return Err(Reply::bad_request("Index out of bounds."));
    }
    snapshot(200, state, ask, now, "reordered", Vec::new(), |list| {
        reorder(list, start, end, before);
    })
}

/// Moves `start..end` so that it stands before what was at `before`.
pub(crate) fn reorder<T>(list: &mut Vec<T>, start: usize, end: usize, before: usize) {
    let moved: Vec<T> = list.drain(start..end).collect();
    let at = match before {
        before if before >= end => before - moved.len(),
        before => before.min(start),
    };
    list.splice(at..at, moved);
}

pub(super) fn remove(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    writable(state, ask, now, true)?;
    let body = object(&ask.body)?;
    check_snapshot(state, ask, &body)?;
    let key = if ask.endpoint.template.ends_with("/tracks") { "tracks" } else { "items" };
    let wanted: BTreeSet<String> = body[key]
        .as_array()
        .ok_or_else(|| Reply::bad_request(&format!("Missing required field: {key}")))?
        .iter()
        .filter_map(|item| item["uri"].as_str().map(str::to_owned))
        .collect();
    if wanted.len() > BATCH {
        return Err(Reply::bad_request("You can remove a maximum of 100 tracks per request."));
    }
    let listed = wanted.iter().cloned().collect();
    snapshot(200, state, ask, now, "removed", listed, |list| {
        list.retain(|entry| entry.what.uri().is_none_or(|uri| !wanted.contains(&uri)));
    })
}

fn check_snapshot(state: &State, ask: &Ask, body: &Value) -> Result<(), Reply> {
    let playlist = state.playlists.get(&ask.id);
    match (body["snapshot_id"].as_str(), playlist) {
        (Some(snapshot), Some(playlist)) if !playlist.knows(snapshot) => {
            Err(Reply::bad_request("Invalid snapshot_id"))
        }
        _ => Ok(()),
    }
}

/// Changes the entries and answers the new snapshot.
fn snapshot(
    status: u16,
    state: &mut State,
    ask: &Ask,
    now: Timestamp,
    what: &str,
    uris: Vec<String>,
    edit: impl FnOnce(&mut Vec<Entry>),
) -> Outcome {
    let playlist = state.playlists.get_mut(&ask.id).ok_or_else(Reply::not_found)?;
    let snapshot = playlist.change(now, ask.actor(), what, uris, |version| {
        edit(Arc::make_mut(&mut version.entries));
    });
    Ok(Reply::json(status, &json!({ "snapshot_id": snapshot })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reordering_follows_the_documents_examples() {
        let check = |start: usize, end: usize, before: usize, expect: &str| {
            let mut list: Vec<char> = "0123456789".chars().collect();
            reorder(&mut list, start, end, before);
            assert_eq!(list.iter().collect::<String>(), expect);
        };
        check(0, 1, 10, "1234567890");
        check(9, 10, 0, "9012345678");
        check(8, 10, 0, "8901234567");
        check(1, 3, 5, "0341256789");
    }
}
