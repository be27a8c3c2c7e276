//! The same as JSON, for the signed-in listener's own programs.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::Json;
use axum::routing::get;
use reprise_core::ports::User;
use reprise_domain::archive::{Expected, Source};
use reprise_domain::ids::TrackUri;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Failure, name_of, zone};
use crate::csrf;
use crate::request::{Me, body, has_type};
use crate::routes::settings::{self, Change};
use crate::routes::weeks::{Kept, Shelf};
use crate::state::App;

/// Weeks in one answer.
const PAGE: usize = 52;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/me", get(me))
        .route("/api/me/archive", get(archive))
        .route("/api/me/settings", get(read_settings).post(write_settings))
}

async fn me(State(app): State<App>, Me(user): Me) -> Result<Json<Value>, Failure> {
    let grant = app.core.ports.tokens.grant(&user.id).await?.map(|read| read.value);
    let consent = grant.map(|grant| {
        json!({
            "state": grant.state.name(), "authorized_at": grant.authorized_at,
            "reauth_by": grant.reauth_by, "scopes": grant.scopes,
        })
    });
    Ok(Json(json!({
        "id": user.id, "spotify_id": user.spotify_id, "name": name_of(&user), "role": user.role,
        "since": user.since, "time_zone": zone_name(&app, &user), "consent": consent,
        "checklist": user.checklist,
    })))
}

#[derive(Deserialize)]
struct Asked {
    /// From 1, the newest.
    #[serde(default)]
    page: String,
}

async fn archive(
    State(app): State<App>,
    Me(user): Me,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Failure> {
    let shelf = Shelf::load(&app, &user).await?;
    let page = asked.page.parse::<usize>().unwrap_or(1).max(1);
    let weeks = shelf.weeks.iter().skip((page - 1).saturating_mul(PAGE)).take(PAGE);
    let playlists = shelf.targets.iter().map(|target| {
        json!({
            "key": target.key, "id": target.playlist, "name": target.name, "state": target.state,
            "total": target.total,
        })
    });
    Ok(Json(json!({
        "page": page, "pages": shelf.weeks.len().div_ceil(PAGE).max(1),
        "weeks": weeks.map(|kept| week(&shelf, kept)).collect::<Vec<_>>(),
        "playlists": playlists.collect::<Vec<_>>(),
    })))
}

fn week(shelf: &Shelf, kept: &Kept) -> Value {
    let Kept { source, week } = kept;
    let tracks = week.tracks.iter().map(|found| {
        let mut track = json!({
            "uri": found.identity.uri, "link": TrackUri::link(&found.identity.uri),
            "rung": found.rung, "found_at": found.at,
        });
        if let (Some(track), Ok(Value::Object(fate))) =
            (track.as_object_mut(), serde_json::to_value(&found.fate))
        {
            track.extend(fate);
        }
        track
    });
    json!({
        "week": week.label, "slug": shelf.name(kept).slug, "source": source.id, "number": week.number,
        "first_seen": week.first_seen, "found": week.tracks.len(), "archived": week.archived(),
        "expected": week.expected.count(), "assumed": matches!(week.expected, Expected::Assumed(_)),
        "step": week.step.name(), "tracks": tracks.collect::<Vec<_>>(),
    })
}

async fn read_settings(State(app): State<App>, Me(user): Me) -> Result<Json<Value>, Failure> {
    let sources = app.core.ports.sources.sources(&user.id).await?;
    let sources: Vec<Value> = sources.iter().map(|read| source(&read.value)).collect();
    Ok(Json(json!({ "time_zone": zone_name(&app, &user), "sources": sources })))
}

fn source(source: &Source) -> Value {
    let settings = &source.settings;
    json!({
        "id": source.id, "kind": source.kind, "enabled": source.enabled, "style": settings.style,
        "name": settings.name, "week_name": settings.week_name, "public": settings.public,
        "mend": settings.mend, "playlist": source.playlist, "inbox": source.inbox,
        "checked": source.checked,
    })
}

/// Changes what is named; a cookie counts only beside this site's own `Origin`.
async fn write_settings(
    State(app): State<App>,
    Me(user): Me,
    request: Request,
) -> Result<Json<Value>, Failure> {
    if !csrf::is_own_script(&app.address, request.headers()) {
        return Err(Failure::StaleForm);
    }
    if !has_type(request.headers(), "application/json") {
        return Err(Failure::Invalid("JSON was expected.".to_owned()));
    }
    let change: Change = serde_json::from_slice(&body(request).await?)
        .map_err(|error| Failure::Invalid(format!("The JSON cannot be used: {error}.")))?;
    settings::apply(&app, &user, change).await?;
    let user = app.core.ports.users.user(&user.id).await?.ok_or(Failure::NotFound)?.value;
    read_settings(State(app), Me(user)).await
}

fn zone_name(app: &App, user: &User) -> String {
    zone(app, Some(user)).iana_name().unwrap_or("UTC").to_owned()
}
