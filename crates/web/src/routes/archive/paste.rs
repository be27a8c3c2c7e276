//! Pasted links: shown as understood first, handed in on a second press.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use reprise_core::archive;
use reprise_domain::archive::Rung;
use reprise_domain::ids::{SourceId, TrackUri};
use reprise_domain::paste::{self as text, Unrecognised};

use crate::answer::{Failure, see_other, zone};
use crate::pages::paste::{self, Paste, WrongLine};
use crate::paths;
use crate::request::Posted;
use crate::routes::desk::{self, Said, Word};
use crate::routes::weeks::{self, Shelf};
use crate::state::App;
use crate::view::model::WeekRef;

/// A weekly list is never longer; whatever is pasted beyond is another list.
const MOST: usize = 500;

/// The fields that carry a checked paste.
const TRACKS: &str = "tracks";

/// Says what was understood; nothing is kept yet.
pub(super) async fn check(
    State(app): State<App>,
    Posted { user, fields }: Posted,
) -> Result<Markup, Failure> {
    let pasted = text::parse(fields.text(TRACKS));
    if pasted.tracks.len() > MOST {
        return Err(Failure::Invalid(format!(
            "Those are {} tracks; a week has about thirty.",
            pasted.tracks.len()
        )));
    }
    let source = weekly(&app, &user.id).await?;
    let understood = archive::understand(&app.core, &user.id, &source, &pasted.tracks).await?;
    let week = &understood.generation;
    let known = Shelf::metadata(&app, pasted.tracks.clone()).await?;
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let model = Paste {
        week: WeekRef {
            slug: week.label.to_string(),
            week: week.label.monday().iso_week_date(),
            from: week.first_seen.to_zoned(zone(&app, Some(&user))).date(),
            source: None,
        },
        fresh: length(understood.fresh.len()),
        known: length(pasted.tracks.len() - understood.fresh.len()),
        repeated: length(pasted.repeated),
        doubt: doubt(&pasted.tracks, week.expected.count(), understood.is_new),
        covers: pasted.tracks.iter().map(|uri| weeks::cover(uri, &known)).collect(),
        // All of them: whether a list is new shows in its whole.
        fields: vec![(TRACKS.to_owned(), joined(&pasted.tracks))],
        wrong: pasted.unrecognised.into_iter().map(wrong).collect(),
        text: fields.text(TRACKS).to_owned(),
    };
    Ok(paste::page(&desk::ctx(&app, &user, &Said::default()).await?, &model))
}

/// Hands the tracks in; the next run, due at once, archives them.
pub(super) async fn confirm(
    State(app): State<App>,
    Posted { user, fields }: Posted,
) -> Result<Response, Failure> {
    let tracks = text::parse(fields.text(TRACKS)).tracks;
    if tracks.is_empty() || tracks.len() > MOST {
        return Err(Failure::Invalid("There is no track in it.".to_owned()));
    }
    let source = weekly(&app, &user.id).await?;
    archive::hand_in(&app.core, &user.id, &source, Rung::Pasted, &tracks).await?;
    Ok(see_other(&Word::Pasted.at(paths::ARCHIVE)).into_response())
}

/// The source that pastes belong to.
async fn weekly(app: &App, user: &reprise_domain::ids::UserId) -> Result<SourceId, Failure> {
    let id = reprise_domain::archive::Source::discover_weekly().id;
    let source = app.core.ports.sources.source(user, &id).await?.ok_or(Failure::NotFound)?;
    if source.value.enabled { Ok(id) } else { Err(Failure::NotFound) }
}

fn joined(tracks: &[TrackUri]) -> String {
    tracks.iter().map(TrackUri::as_str).collect::<Vec<_>>().join("\n")
}

fn doubt(tracks: &[TrackUri], of: u32, is_new: bool) -> Option<String> {
    let n = tracks.len();
    if n > of.max(30) as usize {
        return Some(format!("These are {n} tracks; Discover Weekly has {of}. Did you copy another list?"));
    }
    (is_new && (1..10).contains(&n)).then(|| {
        format!("Only {n} of about {of} tracks. The rest can be pasted later; it joins the same week.")
    })
}

fn wrong(word: Unrecognised) -> WrongLine {
    let why = match word.text.as_str() {
        text if text.contains("album") => "an album, not a track",
        text if text.contains("playlist") => "a playlist, not a track",
        text if text.contains("artist") => "an artist, not a track",
        text if text.contains("episode") || text.contains("show") => "a podcast, not a track",
        text if text.contains("local") => "a file of your own, which Spotify has no link for",
        _ => "no track link",
    };
    WrongLine { number: u32::try_from(word.line).unwrap_or(u32::MAX), text: word.text, why: why.to_owned() }
}
