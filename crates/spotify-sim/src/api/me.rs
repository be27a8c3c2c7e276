//! The user, and what they play.

use super::playlists::user_link;
use super::{Ask, Outcome, Reply};
use crate::model::World;
use crate::player::Player;
use crate::state::State;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn profile(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let view = state.view(ask);
    let listener = state.users.get(ask.me()?).ok_or_else(Reply::not_found)?;
    let user = &listener.user;
    let mut object = user_link(&view, &user.id);
    object["account_id"] = json!(user.account_id);
    object["display_name"] = json!(user.display_name);
    object["images"] = view.images(&user.account_id);
    if view.world == World::Extended {
        object["followers"] = json!({ "href": null, "total": 3 });
        if ask.scopes.contains("user-read-private") {
            object["country"] = json!(user.country);
            object["explicit_content"] = json!({ "filter_enabled": false, "filter_locked": false });
            object["product"] = json!(if user.premium { "premium" } else { "free" });
        }
        if ask.scopes.contains("user-read-email") {
            object["email"] = json!(user.email);
        }
    }
    Ok(Reply::json(200, &object))
}

pub(super) fn public_profile(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let view = state.view(ask);
    let listener = state.users.get(&ask.id).ok_or_else(Reply::not_found)?;
    let mut object = user_link(&view, &ask.id);
    object["display_name"] = json!(listener.user.display_name);
    object["images"] = view.images(&listener.user.account_id);
    object["followers"] = json!({ "href": null, "total": 3 });
    Ok(Reply::json(200, &object))
}

fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Player, Reply> {
    let listener = state.users.get(ask.me()?);
    Ok(&listener.ok_or_else(Reply::not_found)?.player)
}

pub(super) fn player(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    Ok(match &mine(state, ask)?.playing {
        Some(playing) => Reply::json(200, playing),
        None => Reply::empty(204),
    })
}

pub(super) fn currently_playing(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let Some(mut playing) = mine(state, ask)?.playing.clone() else {
        return Ok(Reply::empty(204));
    };
    if let Some(object) = playing.as_object_mut() {
        for only_of_player in ["device", "repeat_state", "shuffle_state", "smart_shuffle"] {
            object.remove(only_of_player);
        }
    }
    Ok(Reply::json(200, &playing))
}

pub(super) fn queue(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let player = mine(state, ask)?;
    let current = player.playing.as_ref().map(|playing| &playing["item"]);
    Ok(Reply::json(200, &json!({ "currently_playing": current, "queue": player.queue })))
}

/// Plays, by the instant in `played_at`; only the last 50 exist.
pub(super) fn recently_played(state: &mut State, ask: &Ask, _: Timestamp) -> Outcome {
    let limit = ask.query.limit(20, 50)?;
    let bound = |name: &str| match ask.query.get(name).map(str::parse::<i64>) {
        None => Ok(None),
        Some(Ok(ms)) => Ok(Some(ms)),
        Some(Err(_)) => Err(Reply::bad_request(&format!("Invalid {name}"))),
    };
    let (after, before) = (bound("after")?, bound("before")?);
    if after.is_some() && before.is_some() {
        return Err(Reply::bad_request("Cannot specify both before and after parameters"));
    }
    let mut plays: Vec<(i64, &Value)> = mine(state, ask)?
        .recent
        .iter()
        .filter_map(|play| {
            let at: Timestamp = play["played_at"].as_str()?.parse().ok()?;
            Some((at.as_millisecond(), play))
        })
        .collect();
    plays.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    plays.truncate(50);
    plays.retain(|(at, _)| after.is_none_or(|ms| *at > ms) && before.is_none_or(|ms| *at < ms));
    let more = plays.len() > limit;
    plays.truncate(limit);

    let path = "me/player/recently-played";
    let href = format!("{}/v1/{path}?limit={limit}", ask.base);
    let (Some((newest, _)), Some((oldest, _))) = (plays.first(), plays.last()) else {
        let empty = json!({ "href": href, "items": [], "limit": limit, "next": null, "cursors": null });
        return Ok(Reply::json(200, &empty));
    };
    let next = more.then(|| format!("{href}&before={oldest}"));
    let items: Vec<&Value> = plays.iter().map(|(_, play)| *play).collect();
    Ok(Reply::json(
        200,
        &json!({
            "href": href,
            "items": items,
            "limit": limit,
            "next": next,
            "cursors": { "after": newest.to_string(), "before": oldest.to_string() },
        }),
    ))
}
