//! The tracks of one week.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use maud::Markup;
use reprise_domain::archive::{Fate, Found, Step};
use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track as Known;

use crate::answer::Failure;
use crate::pages::week::{self, Track, TrackState, Week};
use crate::request::Me;
use crate::routes::desk::{self, Said};
use crate::routes::weeks::{self, Kept, Shelf};
use crate::state::App;
use crate::view::model::{self, StepKind, StepState, WeekRef, WeekState};

pub(super) async fn show(
    State(app): State<App>,
    Me(user): Me,
    Path(slug): Path<String>,
    Query(said): Query<Said>,
) -> Result<Markup, Failure> {
    let shelf = Shelf::load(&app, &user).await?;
    let at = shelf.find(&slug).ok_or(Failure::NotFound)?;
    let kept = &shelf.weeks[at];
    let known = Shelf::metadata(&app, weeks::uris(&kept.week)).await?;
    let same = |other: &&Kept| other.source.id == kept.source.id;
    let state = shelf.state(kept);
    let model = Week {
        this: shelf.name(kept),
        current: kept.is_current(),
        count: weeks::count(&kept.week),
        tracks: kept.week.tracks.iter().map(|found| track(&shelf, kept, found, &known)).collect(),
        steps: steps(&kept.week.step, &state, kept),
        playlist: shelf.playlist(&kept.week),
        // One that the listener wants left alone is told by its alert.
        doubled: (kept.week.mended > 0).then_some((kept.week.mended, true)),
        earlier: shelf.weeks[at + 1..].iter().find(same).map(|other| shelf.name(other)),
        later: shelf.weeks[..at].iter().rfind(same).map(|other| shelf.name(other)),
        state,
    };
    Ok(week::page(&desk::ctx(&app, &user, &said).await?, &model))
}

fn track(shelf: &Shelf, kept: &Kept, found: &Found, known: &HashMap<TrackUri, Known>) -> Track {
    let words = known.get(&found.identity.uri);
    let duration = words.and_then(|track| track.duration_ms).or(found.identity.duration_ms);
    Track {
        image: words.and_then(|track| track.cover.clone()),
        title: words.map(|track| track.title.clone()),
        artist: words.map(|track| track.artists.join(", ")),
        album: words.and_then(|track| track.album.clone()),
        length_ms: duration.map(u64::from),
        url: Some(found.identity.uri.link()),
        found: weeks::rung(found.rung),
        state: match &found.fate {
            Fate::Pending => TrackState::Waiting,
            Fate::Archived { at, .. } => TrackState::Added(*at),
            Fate::Earlier { generation } => match since(shelf, kept, *generation) {
                Some(since) => TrackState::Already { since },
                None => TrackState::There,
            },
            Fate::Present { .. } => TrackState::There,
            Fate::Removed { .. } => TrackState::RemovedByYou,
            Fate::Refused => TrackState::Unavailable,
        },
    }
}

fn since(shelf: &Shelf, kept: &Kept, number: u32) -> Option<WeekRef> {
    let that = |other: &&Kept| other.source.id == kept.source.id && other.week.number == number;
    shelf.weeks.iter().find(that).map(|other| shelf.name(other))
}

/// How far a week is, while it is not done.
fn steps(step: &Step, state: &WeekState, kept: &Kept) -> Vec<model::Step> {
    let now_at = match step {
        Step::Seen | Step::Creating { .. } => StepKind::Target,
        Step::Target => StepKind::Planned,
        Step::Planned { .. } => StepKind::Added,
        Step::Added { .. } => StepKind::Verified,
        Step::Verified | Step::Done => return Vec::new(),
    };
    let order = [StepKind::Seen, StepKind::Target, StepKind::Planned, StepKind::Added, StepKind::Verified];
    let place = order.iter().position(|kind| *kind == now_at).unwrap_or(0);
    let under_way = || match state {
        WeekState::Failed { why } => StepState::Failed(why.clone()),
        WeekState::Paused { why } => StepState::Now(Some(why.clone())),
        _ => StepState::Now(None),
    };
    let state = |index: usize| match index.cmp(&place) {
        std::cmp::Ordering::Less => StepState::Done((index == 0).then_some(kept.week.first_seen)),
        std::cmp::Ordering::Equal => under_way(),
        std::cmp::Ordering::Greater => StepState::Waiting,
    };
    (0..).zip(order).map(|(index, kind)| model::Step { kind, state: state(index) }).collect()
}
