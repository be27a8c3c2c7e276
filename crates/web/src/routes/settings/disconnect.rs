//! Disconnecting, and erasing everything at once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use reprise_core::onboard;
use reprise_core::ports::User;

use crate::answer::{Failure, stranger, with_cookie};
use crate::pages::disconnect::{self, Ageing, Disconnect};
use crate::pages::message::{self, Message};
use crate::request::{Me, Posted};
use crate::routes::desk::{self, Said};
use crate::routes::weeks::Shelf;
use crate::state::App;
use crate::view::words;

/// Copies that nobody erases by hand, and when they are gone.
const AGEING: [(&str, u32); 2] =
    [("Backups that the operator makes of the database", 35), ("Logs, which hold only your id", 14)];

pub(super) async fn ask(State(app): State<App>, Me(user): Me) -> Result<Markup, Failure> {
    page(&app, &user, None).await
}

async fn page(app: &App, user: &User, error: Option<String>) -> Result<Markup, Failure> {
    let shelf = Shelf::load(app, user).await?;
    let entries: usize = shelf.weeks.iter().map(|kept| kept.week.tracks.len()).sum();
    let archive = format!(
        "{} of {}: which tracks, when, and how they were found",
        words::counted(entries as u64, "archive entry", "archive entries"),
        words::counted(shelf.weeks.len() as u64, "week", "weeks"),
    );
    let mut stays: Vec<String> = shelf
        .playlists()
        .into_iter()
        .map(|playlist| format!("The playlist “{}”, in your Spotify account", playlist.name))
        .collect();
    stays.push("Reprise in Spotify’s list of your apps, until you remove it there".to_owned());
    let model = Disconnect {
        erased: vec![
            archive,
            "Your consent: the tokens, and every session that is signed in".to_owned(),
            "Your settings, your alerts and your name".to_owned(),
        ],
        ageing: AGEING.map(|(what, days)| Ageing { what: what.to_owned(), days }).into(),
        stays,
        error,
    };
    Ok(disconnect::page(&desk::ctx(app, user, &Said::default()).await?, &model))
}

pub(super) async fn leave(
    State(app): State<App>,
    Posted { user, fields }: Posted,
) -> Result<Response, Failure> {
    if !fields.ticked("confirm") {
        let error = "Tick the box first, so that nobody erases everything by a slip.".to_owned();
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&app, &user, Some(error)).await?).into_response());
    }
    let erased = onboard::leave(&app.core, &user.id).await?;
    let model = Message::Deleted {
        erased: erased.records.iter().map(|(kind, n)| words::erased(kind, *n)).collect(),
        ageing: AGEING.map(|(what, days)| format!("{what}: within {days} days")).into(),
    };
    let page = message::page(&stranger(&app), &model).into_response();
    Ok(with_cookie(page, app.address.end_session()))
}
