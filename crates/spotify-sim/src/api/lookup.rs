//! Single things of the catalogue, and the batches of old.

use super::paging::Page;
use super::{Ask, Outcome, Reply};
use crate::catalogue::objects::View;
use crate::catalogue::{Album, Artist, Track};
use crate::model::World;
use crate::random::from_base62;
use crate::state::State;
use jiff::Timestamp;
use serde_json::{Value, json};

fn one(state: &State, ask: &Ask, find: impl Fn(&View<'_>, &str) -> Option<Value>) -> Outcome {
    if from_base62(&ask.id).is_none() {
        return Err(Reply::bad_request("Invalid base62 id"));
    }
    find(&state.view(ask), &ask.id).map(|object| Reply::json(200, &object)).ok_or_else(Reply::not_found)
}

fn many(
    state: &State,
    ask: &Ask,
    name: &str,
    most: usize,
    find: impl Fn(&View<'_>, &str) -> Option<Value>,
) -> Outcome {
    let view = state.view(ask);
    let found: Vec<Option<Value>> =
        ask.query.list("ids", most)?.into_iter().map(|id| find(&view, id)).collect();
    Ok(Reply::json(200, &json!({ name: found })))
}

fn find_track(view: &View<'_>, id: &str) -> Option<Value> {
    Track::from_id(id).map(|track| view.track(track))
}

fn find_album(view: &View<'_>, id: &str) -> Option<Value> {
    Album::from_id(id).map(|album| view.album(album))
}

fn find_artist(view: &View<'_>, id: &str) -> Option<Value> {
    Artist::from_id(id).map(|artist| view.artist(artist))
}

pub(super) fn track(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    one(state, ask, find_track)
}

pub(super) fn tracks(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    many(state, ask, "tracks", 50, find_track)
}

pub(super) fn album(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    one(state, ask, find_album)
}

pub(super) fn albums(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    many(state, ask, "albums", 20, find_album)
}

pub(super) fn artist(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    one(state, ask, find_artist)
}

pub(super) fn artists(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    many(state, ask, "artists", 50, find_artist)
}

pub(super) fn artist_albums(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let page = match ask.world(state) {
        World::Development => Page::asked(ask, 5, 10)?,
        World::Extended => Page::asked(ask, 20, 50)?,
    };
    let artist = Artist::from_id(&ask.id).ok_or_else(Reply::not_found)?;
    let albums = artist.albums();
    let view = state.view(ask);
    let items: Vec<Value> = page.of(&albums).iter().map(|album| view.short_album(*album)).collect();
    let path = format!("artists/{}/albums", ask.id);
    Ok(Reply::json(200, &page.object(ask, &path, albums.len(), &items)))
}
