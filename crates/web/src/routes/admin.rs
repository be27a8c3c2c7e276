//! `/admin`: invites, listeners, alerts, set-up; the operator's alone.

mod overview;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::Markup;
use reprise_core::ports::{InviteHash, Role, User};
use reprise_core::{onboard, people};
use reprise_domain::ids::UserId;
use reprise_domain::time::days;

use crate::answer::{Failure, see_other};
use crate::pages::admin;
use crate::paths;
use crate::request::{Operator, Ordered};
use crate::routes::desk::{self, Said, Word};
use crate::routes::status;
use crate::state::App;

/// A note on an invite is no longer than a name.
const LONGEST_NOTE: usize = 80;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(paths::ADMIN, get(show))
        .route(paths::ADMIN_INVITES, post(invite))
        .route(&paths::admin_invite_revoke("{id}"), post(revoke))
        .route(&paths::admin_user_disable("{id}"), post(switch))
        .route(&paths::admin_user_retry("{id}"), post(retry))
        .route(&paths::admin_alert_ack("{id}"), post(acknowledge))
}

async fn show(
    State(app): State<App>,
    Operator(user): Operator,
    Query(said): Query<Said>,
) -> Result<Markup, Failure> {
    let model = overview::load(&app, &user).await?;
    Ok(admin::page(&desk::ctx(&app, &user, &said).await?, &model))
}

/// Makes a link and shows it, this once.
async fn invite(State(app): State<App>, Ordered { user, fields }: Ordered) -> Result<Response, Failure> {
    let note = fields.filled("note").map(str::to_owned);
    let too_long = note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE);
    let lasts = match fields.text("days") {
        "1" => days(1),
        "30" => days(30),
        _ => onboard::INVITE_LASTS,
    };
    let made = if too_long {
        None
    } else {
        Some(onboard::invite(&app.core, Role::Listener, note, lasts).await?.link)
    };
    let mut model = overview::load(&app, &user).await?;
    model.new_link = made;
    model.invite_error = too_long.then(|| format!("At most {LONGEST_NOTE} characters."));
    let status = if too_long { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = admin::page(&desk::ctx(&app, &user, &Said::default()).await?, &model);
    Ok((status, page).into_response())
}

async fn revoke(State(app): State<App>, Path(id): Path<String>, _: Ordered) -> Result<Response, Failure> {
    if app.core.ports.invites.revoke_invite(&InviteHash(id)).await? {
        Ok(see_other(&Word::Revoked.at(paths::ADMIN)))
    } else {
        Err(Failure::NotFound)
    }
}

/// Switches a listener off or on again.
async fn switch(
    State(app): State<App>,
    Path(id): Path<String>,
    Ordered { user, fields }: Ordered,
) -> Result<Response, Failure> {
    let other = other(&app, &id).await?;
    if other.id == user.id {
        return Err(Failure::Invalid("You cannot switch yourself off.".to_owned()));
    }
    let disabled = match fields.text("disabled") {
        "yes" => true,
        "no" => false,
        _ => return Err(Failure::Invalid("On or off?".to_owned())),
    };
    people::switch(&app.core, &other.id, disabled).await?;
    Ok(see_other(&(if disabled { Word::Disabled } else { Word::Enabled }).at(paths::ADMIN)))
}

async fn retry(State(app): State<App>, Path(id): Path<String>, _: Ordered) -> Result<Response, Failure> {
    let other = other(&app, &id).await?;
    status::try_again(&app, &other.id).await?;
    Ok(see_other(&Word::Retried.at(paths::ADMIN)))
}

async fn other(app: &App, id: &str) -> Result<User, Failure> {
    let read = app.core.ports.users.user(&UserId::new(id)).await?;
    read.map(|read| read.value).ok_or(Failure::NotFound)
}

async fn acknowledge(
    State(app): State<App>,
    Path(id): Path<String>,
    _: Ordered,
) -> Result<Response, Failure> {
    let key = desk::alert_key(&id).ok_or(Failure::NotFound)?;
    let ports = &app.core.ports;
    if ports.alerts.acknowledge(&key, None, ports.clock.now()).await? {
        Ok(see_other(&Word::Noted.at(paths::ADMIN)))
    } else {
        Err(Failure::NotFound)
    }
}
