//! `/`: this week for a listener, the door for everybody else.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use maud::Markup;
use reprise_core::archive::work;
use reprise_core::onboard::{self, InviteState};
use reprise_core::ports::User;
use reprise_domain::archive::Source;
use serde::Deserialize;

use crate::answer::{Failure, stranger, zone};
use crate::pages::home::{self, CurrentSet, Home, Outlook};
use crate::pages::landing::{self, Door, Landing, Setup};
use crate::pages::signup::PasteBack;
use crate::paths;
use crate::request::Visitor;
use crate::routes::desk::{self, Said};
use crate::routes::weeks::{self, Shelf};
use crate::state::App;
use crate::view::model::WeekState;

/// A set is looked for again within this of being due.
const AT_ONCE: std::time::Duration = std::time::Duration::from_secs(5);

pub(super) fn router() -> Router<App> {
    Router::new().route(paths::HOME, get(show))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    return_to: Option<String>,
}

async fn show(
    State(app): State<App>,
    Visitor(visitor): Visitor,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    let page = if let Some(user) = visitor {
        this_week(&app, &user, &said).await?
    } else {
        landing(&app, asked.return_to.as_deref(), PasteBack::default()).await?
    };
    Ok(page.into_response())
}

/// The landing page.
pub(super) async fn landing(
    app: &App,
    return_to: Option<&str>,
    paste_back: PasteBack,
) -> Result<Markup, Failure> {
    let core = &app.core;
    let return_to = return_to.and_then(onboard::local_path).unwrap_or(paths::HOME);
    let fields = vec![("return_to".to_owned(), return_to.to_owned())];
    let is_connected = app.setup.has_credentials || app.demo.is_some();
    let mut door = Door::Open { fields: fields.clone(), signup_open: onboard::is_open(core) };
    if let Some(demo) = &app.demo {
        let signup_link = match &demo.signup_link {
            Some(link) => usable(app, link).await?.then(|| link.clone()),
            None => None,
        };
        let resident = demo.resident.clone().map(|name| (name, fields));
        if signup_link.is_some() || resident.is_some() {
            door = Door::Demo { signup_link, resident };
        }
    } else if !is_connected {
        door = Door::Closed { problem: app.setup.problem.clone() };
    }
    let setup = (app.demo.is_some() || !is_connected).then(|| Setup {
        redirect_uri: core.config.redirect_uri().into(),
        missing: app.setup.missing.clone(),
    });
    let model = Landing { door, setup, paste_back: is_connected.then_some(paste_back) };
    Ok(landing::page(&stranger(app), &model))
}

/// Whether the demo's link still opens the door.
async fn usable(app: &App, link: &str) -> Result<bool, Failure> {
    let secret = link.rsplit('/').next().unwrap_or_default();
    Ok(matches!(onboard::invite_state(&app.core, secret).await?, InviteState::Valid(_)))
}

async fn this_week(app: &App, user: &User, said: &Said) -> Result<Markup, Failure> {
    let shelf = Shelf::load(app, user).await?;
    let current = shelf.current();
    let before: Vec<_> = shelf.weeks.iter().filter(|kept| !kept.is_current()).take(3).collect();
    let mut shown = Shelf::on_cards(&before);
    shown.extend(current.map(|kept| weeks::uris(&kept.week)).unwrap_or_default());
    let known = Shelf::metadata(app, shown).await?;
    let set = current.map(|kept| {
        let state = shelf.state(kept);
        let count = weeks::count(&kept.week);
        let is_filling = state == WeekState::Filling;
        CurrentSet {
            week: shelf.name(kept),
            covers: kept.week.tracks.iter().map(|found| weeks::cover(&found.identity.uri, &known)).collect(),
            paste_helps: is_filling && count.have < count.of,
            hint: is_filling.then(|| "Spotify does not let this app read the whole list.".to_owned()),
            count,
            state,
        }
    });
    let complete = shelf.weeks.iter().filter(|kept| {
        kept.week.tracks.len() >= kept.week.expected.count() as usize && shelf.state(kept) == WeekState::Done
    });
    let model = Home {
        current: set,
        outlook: outlook(app, user, &shelf).await?,
        last: before.into_iter().map(|kept| shelf.card(kept, &known)).collect(),
        weeks: u32::try_from(shelf.weeks.len()).unwrap_or(u32::MAX),
        complete_weeks: u32::try_from(complete.count()).unwrap_or(u32::MAX),
        tracks: shelf.total_tracks(),
        playlist: shelf.playlists().into_iter().next(),
    };
    Ok(home::page(&desk::ctx(app, user, said).await?, &model))
}

/// When Discover Weekly is looked at next.
async fn outlook(app: &App, user: &User, shelf: &Shelf) -> Result<Outlook, Failure> {
    let paused = |why: &str| Ok(Outlook::Paused { why: why.to_owned() });
    let Some(source) = shelf.discover_weekly() else { return paused("there is nothing to look at") };
    if !source.enabled {
        return paused("Discover Weekly is switched off in the settings");
    }
    if shelf.needs_consent() {
        return paused("until you renew your consent at Spotify");
    }
    let Some(at) = app.core.ports.due.due_at(&work(&user.id, &source.id)).await? else {
        return paused("nothing is planned");
    };
    let now = app.core.ports.clock.now();
    if at <= reprise_domain::time::later(now, AT_ONCE) {
        return Ok(Outlook::Running);
    }
    if shelf.is_late(source) {
        let due = source.turn.last(now).to_zoned(zone(app, Some(user))).date();
        return Ok(Outlook::Late { due, next: at });
    }
    Ok(Outlook::Next { at, usual: usual(app, user, source, now) })
}

/// "on Mondays around 06:00", once a list has been seen.
pub(super) fn usual(app: &App, user: &User, source: &Source, now: Timestamp) -> Option<String> {
    let turn = source.turn.last(now).to_zoned(zone(app, Some(user)));
    (source.newest > 0).then(|| turn.strftime("on %As around %H:%M").to_string())
}
