//! Every week as a card.

use axum::extract::{Query, State};
use maud::Markup;
use serde::Deserialize;

use crate::answer::Failure;
use crate::pages::archive::{self, Archive, PasteBox};
use crate::paths;
use crate::request::Me;
use crate::routes::desk::{self, Said};
use crate::routes::weeks::Shelf;
use crate::state::App;

/// Cards on a page: half a year.
const PAGE: usize = 26;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// From 1, the newest.
    #[serde(default)]
    page: String,
}

pub(super) async fn show(
    State(app): State<App>,
    Me(user): Me,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> Result<Markup, Failure> {
    let shelf = Shelf::load(&app, &user).await?;
    let page = asked.page.parse().unwrap_or(1).clamp(1, shelf.weeks.len().div_ceil(PAGE).max(1));
    let shown: Vec<_> = shelf.weeks.iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let known = Shelf::metadata(&app, Shelf::on_cards(&shown)).await?;
    let address = |page: usize| format!("{}?page={page}", paths::ARCHIVE);
    let model = Archive {
        weeks: shown.into_iter().map(|kept| shelf.card(kept, &known)).collect(),
        total_weeks: u32::try_from(shelf.weeks.len()).unwrap_or(u32::MAX),
        total_tracks: shelf.total_tracks(),
        playlists: shelf.playlists(),
        older: (page * PAGE < shelf.weeks.len()).then(|| address(page + 1)),
        newer: (page > 1).then(|| address(page - 1)),
        paste: shelf.discover_weekly().is_some_and(|source| source.enabled).then(PasteBox::default),
    };
    Ok(archive::page(&desk::ctx(&app, &user, &said).await?, &model))
}
