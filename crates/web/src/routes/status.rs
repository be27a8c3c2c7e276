//! `/status`: what works, what is spent, what ran.

mod figures;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;
use reprise_core::archive::work;
use reprise_core::checklist;

use crate::answer::{Failure, see_other};
use crate::pages::status::{self, model::Status};
use crate::paths;
use crate::request::{Me, Posted};
use crate::routes::archive::PATIENCE;
use crate::routes::desk::{self, Said, Word};
use crate::state::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(paths::STATUS, get(show))
        .route(paths::STATUS_CHECK, post(check))
        .route(paths::STATUS_RETRY, post(retry))
        .route(&paths::alert_ack("{id}"), post(acknowledge))
}

async fn show(State(app): State<App>, Me(user): Me, Query(said): Query<Said>) -> Result<Markup, Failure> {
    let consent = figures::consent(&app, &user).await?;
    let budget = figures::budget(&app).await?;
    let model = Status {
        checks: figures::checks(user.checklist.as_ref()),
        checked_at: user.checklist.as_ref().map(|list| list.at),
        runs: figures::runs(&app, &user).await?,
        next: figures::next(&app, &user, &consent, &budget).await?,
        consent,
        budget,
    };
    Ok(status::page(&desk::ctx(&app, &user, &said).await?, &model))
}

/// Runs the checklist, in a task that no closed window ends.
async fn check(State(app): State<App>, Posted { user, .. }: Posted) -> Result<Response, Failure> {
    let (core, id) = (Arc::clone(&app.core), user.id.clone());
    let run = app.core.ports.background.spawn(async move { checklist::run(&core, &id).await });
    let word = match tokio::time::timeout(PATIENCE, run).await {
        Err(_) => Word::Checking,
        Ok(Ok(Ok(_))) => Word::Checked,
        Ok(Ok(Err(checklist::ChecklistError::Grant(error)))) => return Err(error.into()),
        Ok(Ok(Err(error))) => return Err(Failure::internal(&error)),
        Ok(Err(error)) => return Err(Failure::internal(&error)),
    };
    Ok(see_other(&word.at(paths::STATUS)))
}

/// Lets a grant that Spotify called invalid be tried once more.
async fn retry(State(app): State<App>, Posted { user, .. }: Posted) -> Result<Response, Failure> {
    try_again(&app, &user.id).await?;
    Ok(see_other(&Word::Retried.at(paths::STATUS)))
}

/// Tries a grant again with the next look, which is due now.
pub(super) async fn try_again(app: &App, user: &reprise_domain::ids::UserId) -> Result<(), Failure> {
    let ports = &app.core.ports;
    app.core.grants.try_again(user).await?;
    for source in ports.sources.sources(user).await? {
        ports.due.schedule(&work(user, &source.value.id), ports.clock.now()).await?;
    }
    Ok(())
}

/// The listener has seen an alert of theirs; another's is not found.
async fn acknowledge(
    State(app): State<App>,
    Path(id): Path<String>,
    Posted { user, .. }: Posted,
) -> Result<Response, Failure> {
    let key = desk::alert_key(&id).ok_or(Failure::NotFound)?;
    let ports = &app.core.ports;
    if ports.alerts.acknowledge(&key, Some(&user.id), ports.clock.now()).await? {
        Ok(see_other(&Word::Noted.at(paths::STATUS)))
    } else {
        Err(Failure::NotFound)
    }
}
