//! Apps and listeners, and what listeners do.

use super::{No, absent, each, patched, wrong};
use crate::act::Act;
use crate::model::{Client, User, World};
use crate::sim::Sim;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Sim> {
    Router::new()
        .route("/_sim/clients", get(clients).post(add_clients))
        .route("/_sim/clients/{id}", get(client).patch(change_client))
        .route("/_sim/users", get(users).post(add_users))
        .route("/_sim/users/{id}", get(user).patch(change_user))
        .route("/_sim/users/{id}/act", post(act))
        .route("/_sim/users/{id}/player", put(set_player))
        .route("/_sim/demo", post(demo))
        .route("/_sim/consent", post(consent))
}

async fn clients(State(sim): State<Sim>) -> Json<Vec<Client>> {
    Json(sim.clients())
}

fn find_client(sim: &Sim, id: &str) -> Result<Client, No> {
    let found = sim.clients().into_iter().find(|client| client.id == id);
    found.ok_or_else(|| absent(&format!("client {id}")))
}

async fn client(State(sim): State<Sim>, Path(id): Path<String>) -> Result<Json<Client>, No> {
    find_client(&sim, &id).map(Json)
}

async fn add_clients(State(sim): State<Sim>, Json(body): Json<Value>) -> Result<Json<Vec<Client>>, No> {
    let clients: Vec<Client> = each(body)?;
    for client in &clients {
        sim.add_client(client.clone());
    }
    Ok(Json(clients))
}

async fn change_client(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(patch): Json<Value>,
) -> Result<Json<Client>, No> {
    let client: Client = patched(&find_client(&sim, &id)?, patch)?;
    if client.id != id {
        return Err(wrong("an id cannot be changed"));
    }
    sim.add_client(client.clone());
    Ok(Json(client))
}

async fn users(State(sim): State<Sim>) -> Json<Vec<User>> {
    Json(sim.users())
}

fn find_user(sim: &Sim, id: &str) -> Result<User, No> {
    let found = sim.users().into_iter().find(|user| user.id == id);
    found.ok_or_else(|| absent(&format!("user {id}")))
}

async fn user(State(sim): State<Sim>, Path(id): Path<String>) -> Result<Json<User>, No> {
    find_user(&sim, &id).map(Json)
}

/// Many alike: `count` users `{prefix}1`, `{prefix}2`, …
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crowd {
    count: u32,
    prefix: String,
    #[serde(default)]
    like: Value,
}

async fn add_users(State(sim): State<Sim>, Json(body): Json<Value>) -> Result<Json<Value>, No> {
    let users: Vec<User> = if body.get("count").is_some() {
        crowd(&serde_json::from_value(body).map_err(wrong)?)?
    } else {
        each::<Value>(body)?
            .into_iter()
            .map(|each| {
                let id = each["id"].as_str().unwrap_or("listener").to_owned();
                patched(&User::new(&id), each)
            })
            .collect::<Result<_, _>>()?
    };
    let ids: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    for user in users {
        sim.add_user(user);
    }
    Ok(Json(json!({ "added": ids })))
}

fn crowd(crowd: &Crowd) -> Result<Vec<User>, No> {
    (1..=crowd.count)
        .map(|n| {
            let user = User::new(&format!("{}{n}", crowd.prefix));
            match &crowd.like {
                Value::Null => Ok(user),
                like => patched(&user, like.clone()),
            }
        })
        .collect()
}

async fn change_user(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(patch): Json<Value>,
) -> Result<Json<User>, No> {
    let user: User = patched(&find_user(&sim, &id)?, patch)?;
    if user.id != id {
        return Err(wrong("an id cannot be changed"));
    }
    sim.add_user(user.clone());
    Ok(Json(user))
}

async fn act(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<Response, No> {
    let act: Act = serde_json::from_value(body).map_err(wrong)?;
    sim.act(&id, &act).map(|done| Json(done).into_response()).map_err(wrong)
}

/// What is left out stays as it is.
#[expect(clippy::option_option, reason = "absent, null and a value differ here")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPlayer {
    #[serde(default, deserialize_with = "given")]
    playing: Option<Option<Value>>,
    queue: Option<Vec<Value>>,
    recently_played: Option<Vec<Value>>,
}

/// Tells `null` from a field left out.
#[expect(clippy::option_option, reason = "absent, null and a value differ here")]
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Value>>, D::Error> {
    Option::<Value>::deserialize(from).map(Some)
}

async fn set_player(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, No> {
    let player: SetPlayer = serde_json::from_value(body).map_err(wrong)?;
    find_user(&sim, &id)?;
    if let Some(playing) = player.playing {
        sim.set_playing(&id, playing);
    }
    if let Some(queue) = player.queue {
        sim.set_queue(&id, queue);
    }
    if let Some(plays) = player.recently_played {
        sim.set_recently_played(&id, plays);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Demo {
    #[serde(default)]
    world: World,
}

async fn demo(State(sim): State<Sim>, Query(demo): Query<Demo>) -> StatusCode {
    sim.add_demo(demo.world);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    authorize_url: String,
    user: Option<String>,
    #[serde(default)]
    deny: bool,
}

async fn consent(State(sim): State<Sim>, Json(consent): Json<Consent>) -> Result<Json<Value>, No> {
    let user = consent.user.as_deref().filter(|_| !consent.deny);
    if user.is_none() && !consent.deny {
        return Err(wrong("name a user, or deny"));
    }
    sim.answer_consent(&consent.authorize_url, user)
        .map(|location| Json(json!({ "location": location })))
        .map_err(wrong)
}
