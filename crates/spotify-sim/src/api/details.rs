//! Name, description, visibility and cover of a playlist.

use super::playlists::{self, Shown};
use super::query::object;
use super::{Ask, Outcome, Reply};
use crate::catalogue::objects::View;
use crate::playlist::{Version, What};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

const NAME_MOST: usize = 100;
const DESCRIPTION_MOST: usize = 300;
const COVER_MOST: usize = 256 * 1024;

/// Who may write to a playlist; answers the true state of it.
pub(super) fn writable(
    state: &State,
    ask: &Ask,
    now: Timestamp,
    collaborators: bool,
) -> Result<Shown, Reply> {
    if state.generated(&ask.id).is_some() {
        return Err(Reply::forbidden());
    }
    let playlist = state.playlists.get(&ask.id).ok_or_else(Reply::not_found)?;
    let version = playlist.now().clone();
    let shown = Shown {
        id: playlist.id.clone(),
        owner: playlist.owner.clone(),
        snapshot: playlist.snapshot(version.number),
        version,
    };
    let me = ask.me()?;
    let may = if collaborators { playlists::works_on(state, &shown, me, now) } else { shown.owner == me };
    if !may {
        return Err(Reply::error(403, "You cannot change a playlist you don't own."));
    }
    scope_for(ask, shown.version.public)?;
    Ok(shown)
}

/// Public playlists need one scope, private ones another.
pub(super) fn scope_for(ask: &Ask, public: bool) -> Result<(), Reply> {
    let [for_public, for_private] = super::endpoint::MODIFY;
    let needed = if public { for_public } else { for_private };
    if ask.scopes.contains(needed) { Ok(()) } else { Err(Reply::error(403, "Insufficient client scope")) }
}

/// Applies the details in a body, with the limits that live tests found.
pub(super) fn edit(state: &State, ask: &Ask, version: &mut Version, body: &Value) -> Result<(), Reply> {
    if let Some(name) = body["name"].as_str() {
        if name.is_empty() {
            return Err(Reply::bad_request("Attribute name is empty"));
        }
        if name.chars().count() > NAME_MOST {
            return Err(Reply::error(500, "Server error"));
        }
        name.clone_into(&mut version.name);
    }
    if let Some(text) = body["description"].as_str() {
        if text.is_empty() {
            return Err(Reply::bad_request("Attribute description is empty"));
        }
        if text.chars().count() > DESCRIPTION_MOST || text.contains(['\n', '\r', '<', '>']) {
            return Err(Reply::error(500, "Server error"));
        }
        version.description = Some(text.to_owned());
    }
    let public = body["public"].as_bool();
    let collaborative = body["collaborative"].as_bool().unwrap_or(false);
    if collaborative && public.unwrap_or(version.public) {
        return Err(Reply::bad_request("Collaborative playlists can only be private"));
    }
    if let Some(public) = public
        && !ask.client(state)?.public_ignored
    {
        version.public = public;
    }
    if let Some(collaborative) = body["collaborative"].as_bool() {
        version.collaborative = collaborative;
    }
    Ok(())
}

pub(super) fn change(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let mut next = writable(state, ask, now, false)?.version;
    edit(state, ask, &mut next, &object(&ask.body)?)?;
    if let Some(playlist) = state.playlists.get_mut(&ask.id) {
        playlist.change(now, ask.actor(), "changed", Vec::new(), |version| {
            version.name = next.name;
            version.description = next.description;
            version.public = next.public;
            version.collaborative = next.collaborative;
        });
    }
    Ok(Reply::empty(200))
}

/// The uploaded cover, else the first track's.
pub(super) fn covers(view: &View<'_>, shown: &Shown) -> Value {
    if shown.version.cover > 0 {
        return view.images(&format!("{}-{}", shown.id, shown.version.cover));
    }
    let first = shown.version.entries.iter().find_map(|entry| match &entry.what {
        What::Track(track) => Some(track.shown()),
        What::Local(_) | What::Null => None,
    });
    match first {
        Some(track) => view.images(&track.album().id()),
        None => json!([]),
    }
}

pub(super) fn images(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let shown = playlists::read(state, ask, &ask.id, now)?;
    Ok(Reply::json(200, &covers(&state.view(ask), &shown)))
}

pub(super) fn upload(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    writable(state, ask, now, false)?;
    if ask.body.len() > COVER_MOST {
        return Err(Reply::error(413, "Image too large"));
    }
    let jpeg = STANDARD.decode(&ask.body).unwrap_or_default();
    if !jpeg.starts_with(&[0xff, 0xd8]) {
        return Err(Reply::bad_request("Invalid image"));
    }
    if let Some(playlist) = state.playlists.get_mut(&ask.id) {
        playlist.change(now, ask.actor(), "changed", Vec::new(), |version| {
            version.cover += 1;
        });
    }
    Ok(Reply::empty(202))
}
