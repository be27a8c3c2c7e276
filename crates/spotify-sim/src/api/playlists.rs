//! Playlists: listing, reading, creating.

use super::paging::Page;
use super::query::object;
use super::{Ask, Outcome, Reply, details, fields, items};
use crate::catalogue::objects::View;
use crate::model::{Refusal, World};
use crate::playlist::{Entry, Version};
use crate::state::{Listener, State, first_version};
use crate::weekly::{Generated, Kind};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// A playlist as one read shows it, whoever made it.
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) snapshot: String,
    pub(crate) version: Version,
}

/// Reads a playlist by id, behind by the lag; refuses generated ones to development mode.
pub(crate) fn read(state: &mut State, ask: &Ask, id: &str, now: Timestamp) -> Result<Shown, Reply> {
    if let Some(generated) = state.generated(id) {
        if ask.world(state) == World::Development {
            return Err(match ask.client(state)?.generated_refusal {
                Refusal::NotFound => Reply::not_found(),
                Refusal::Forbidden => Reply::forbidden(),
            });
        }
        return Ok(show_generated(&generated, now));
    }
    let lag = state.settings.lag.playlist_ms;
    let as_of = state.read_at(now, lag);
    let playlist = state.playlists.get(id).ok_or_else(Reply::not_found)?;
    let version = playlist.as_of(as_of).clone();
    Ok(Shown {
        id: playlist.id.clone(),
        owner: playlist.owner.clone(),
        snapshot: playlist.snapshot(version.number),
        version,
    })
}

pub(crate) fn show_generated(generated: &Generated<'_>, now: Timestamp) -> Shown {
    let generation = generated.at(now);
    let entry = |what| Entry { what, added_at: Timestamp::UNIX_EPOCH, added_by: String::new() };
    let entries = generated.entries(generation).into_iter().map(entry);
    Shown {
        id: generated.id(),
        owner: "spotify".to_owned(),
        snapshot: generated.snapshot(generation),
        version: Version {
            description: Some("Made for you every week.".to_owned()),
            entries: Arc::new(entries.collect()),
            ..first_version(now, generated.name())
        },
    }
}

/// Whether a user may see the items in development mode, and may write: owner or collaborator.
pub(crate) fn works_on(state: &State, shown: &Shown, user: &str, now: Timestamp) -> bool {
    shown.owner == user
        || (shown.version.collaborative
            && state.users.get(user).is_some_and(|listener| listener.shelves(&shown.id, now)))
}

pub(super) fn get(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let shown = read(state, ask, &ask.id, now)?;
    let with_items = may_read_items(state, ask, &shown, now);
    let view = state.view(ask);
    let mut playlist = summary(state, &view, &shown);
    playlist["followers"] = json!({ "href": null, "total": 0 });
    if with_items {
        items::embed(&view, ask, &shown, &mut playlist);
    } else {
        let object = playlist.as_object_mut().expect("a summary is an object");
        object.remove("items");
        object.remove("tracks");
    }
    Ok(Reply::json(200, &fields::filter(playlist, ask.query.get("fields"))))
}

/// In development mode, only owners and collaborators see items, and some ids not even those.
pub(super) fn may_read_items(state: &State, ask: &Ask, shown: &Shown, now: Timestamp) -> bool {
    let Some(client) = state.clients.get(&ask.client) else {
        return false;
    };
    client.world == World::Extended
        || (!client.own_items_forbidden
            && ask.user.as_deref().is_some_and(|user| works_on(state, shown, user, now)))
}

pub(super) fn mine(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    list(state, ask, ask.me()?, "me/playlists", now)
}

pub(super) fn of_user(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let path = format!("users/{}/playlists", ask.id);
    list(state, ask, &ask.id, &path, now)
}

fn list(state: &mut State, ask: &Ask, user: &str, path: &str, now: Timestamp) -> Outcome {
    let page = Page::asked(ask, 20, 50)?;
    let lag = state.settings.lag.listing_ms;
    let as_of = state.read_at(now, lag);
    let client = ask.client(state)?;
    let hidden = client.world == World::Development;
    let as_null = client.generated_as_null;
    let view = state.view(ask);
    let listener = state.users.get(user).ok_or_else(Reply::not_found)?;

    let mut rows: Vec<Option<Value>> = Vec::new();
    for kind in [Kind::DiscoverWeekly, Kind::ReleaseRadar] {
        let generated = Generated::new(kind, &listener.user, state.seed);
        if generated.settings().followed {
            let shown = (!hidden).then(|| show_generated(&generated, now));
            rows.push(shown.map(|shown| summary(state, &view, &shown)));
        }
    }
    for shown in shelf(state, listener, as_of) {
        rows.push(Some(summary(state, &view, &shown)));
    }
    let total = rows.len();
    let items: Vec<Value> = page
        .of(&rows)
        .iter()
        .filter(|row| row.is_some() || as_null)
        .map(|row| row.clone().unwrap_or(Value::Null))
        .collect();
    Ok(Reply::json(200, &page.object(ask, path, total, &items)))
}

/// Playlists of a library, the latest first.
fn shelf(state: &State, listener: &Listener, as_of: Timestamp) -> Vec<Shown> {
    listener
        .library
        .iter()
        .rev()
        .filter(|item| item.at(as_of))
        .filter_map(|item| {
            let playlist = state.playlists.get(&item.playlist)?;
            let version = playlist.as_of(as_of).clone();
            Some(Shown {
                id: playlist.id.clone(),
                owner: playlist.owner.clone(),
                snapshot: playlist.snapshot(version.number),
                version,
            })
        })
        .collect()
}

pub(super) fn create(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let me = ask.me()?.to_owned();
    if !ask.id.is_empty() && ask.id != me {
        return Err(Reply::error(403, "You cannot create a playlist for another user"));
    }
    let body = object(&ask.body)?;
    if body["name"].as_str().is_none_or(|name| name.trim().is_empty()) {
        return Err(Reply::bad_request("Missing required field: name"));
    }
    let mut first = first_version(now, "");
    let mut wish = body.clone();
    if wish["description"].as_str() == Some("") {
        wish.as_object_mut().expect("a body is an object").remove("description");
    }
    details::edit(state, ask, &mut first, &wish)?;
    let private = body["public"].as_bool() == Some(false);
    details::scope_for(ask, !private)?;
    let id = state.create_playlist(&me, ask.actor(), first).ok_or_else(Reply::not_found)?;
    let playlist = &state.playlists[&id];
    let shown =
        Shown { id: id.clone(), owner: me, snapshot: playlist.snapshot(1), version: playlist.now().clone() };
    let view = state.view(ask);
    let mut object = summary(state, &view, &shown);
    object["followers"] = json!({ "href": null, "total": 0 });
    items::embed(&view, ask, &shown, &mut object);
    let location = view.href(&format!("playlists/{id}"));
    Ok(Reply::json(201, &object).header("location", location))
}

/// A playlist without its items, as in lists.
fn summary(state: &State, view: &View<'_>, shown: &Shown) -> Value {
    let Shown { id, version, .. } = shown;
    let refs = |dialect: &str| {
        json!({
            "href": view.href(&format!("playlists/{id}/{dialect}")),
            "total": version.entries.len(),
        })
    };
    let owner = state.users.get(&shown.owner);
    let owner_name = match shown.owner.as_str() {
        "spotify" => Some("Spotify"),
        _ => owner.and_then(|listener| listener.user.display_name.as_deref()),
    };
    let mut owner = user_link(view, &shown.owner);
    owner["display_name"] = json!(owner_name);
    let mut object = json!({
        "collaborative": version.collaborative,
        "description": version.description.as_deref().unwrap_or_default(),
        "external_urls": { "spotify": format!("https://open.spotify.com/playlist/{id}") },
        "href": view.href(&format!("playlists/{id}")),
        "id": id,
        "images": details::covers(view, shown),
        "items": refs("items"),
        "name": version.name,
        "owner": owner,
        "primary_color": null,
        "public": version.public,
        "snapshot_id": shown.snapshot,
        "type": "playlist",
        "uri": format!("spotify:playlist:{id}"),
    });
    if view.world == World::Extended {
        object["tracks"] = refs("tracks");
    }
    object
}

pub(crate) fn user_link(view: &View<'_>, id: &str) -> Value {
    json!({
        "external_urls": { "spotify": format!("https://open.spotify.com/user/{id}") },
        "href": view.href(&format!("users/{id}")),
        "id": id,
        "type": "user",
        "uri": format!("spotify:user:{id}"),
    })
}
