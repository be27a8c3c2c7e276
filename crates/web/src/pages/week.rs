//! `/archive/{week}`: the tracks of one week.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    paths,
    view::{
        Ctx, Here, form,
        layout::shell,
        model::{PlaylistLink, Rung, SetCount, Step, WeekRef, WeekState},
        parts, sets, words,
    },
};

/// One archived week.
pub(crate) struct Week {
    pub(crate) this: WeekRef,
    pub(crate) current: bool,
    pub(crate) count: SetCount,
    pub(crate) state: WeekState,
    pub(crate) tracks: Vec<Track>,
    /// Shown while the week is not done.
    pub(crate) steps: Vec<Step>,
    pub(crate) playlist: Option<PlaylistLink>,
    /// A copy from outside was found: how many tracks, and whether it is mended.
    pub(crate) doubled: Option<(u32, bool)>,
    pub(crate) earlier: Option<WeekRef>,
    pub(crate) later: Option<WeekRef>,
}

/// One track of the set.
pub(crate) struct Track {
    pub(crate) image: Option<String>,
    /// None while only the id is known.
    pub(crate) title: Option<String>,
    pub(crate) artist: Option<String>,
    pub(crate) album: Option<String>,
    pub(crate) length_ms: Option<u64>,
    /// The track at Spotify.
    pub(crate) url: Option<String>,
    pub(crate) found: Rung,
    pub(crate) state: TrackState,
}

/// What became of a track.
pub(crate) enum TrackState {
    Added(Timestamp),
    /// It came in an earlier week.
    Already {
        since: WeekRef,
    },
    /// It was in the playlist before Reprise came.
    There,
    RemovedByYou,
    Unavailable,
    Waiting,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Week) -> Markup {
    let title = words::week(&ctx.now, &model.this);
    let body = html! {
        p.crumb { a href=(paths::ARCHIVE) { "← Archive" } }
        (parts::heading(&html! {
            (title) @if model.current { span.now { " · now" } }
        }, &html! {
            (sets::count(&model.count))
            @if let Some(link) = &model.playlist { span.together { " · " (parts::playlist(link, "open in Spotify")) } }
        }))
        p.sub {
            bdi { (model.this.source.as_deref().unwrap_or("Discover Weekly")) } ", from "
            time datetime=(model.this.from) { (words::day(&ctx.now, model.this.from)) }
            @if let Some(state) = sets::state(&ctx.now, &model.state) { " · " strong { (state) } }
        }
        (trouble(ctx, model))
        @if model.tracks.is_empty() {
            (parts::empty("No track is known yet", &html! {
                p { "The set of this week was noticed, but its tracks could not be seen. "
                    a href={ (paths::ARCHIVE) "#paste" } { "Paste the links" }
                    " to fill it at once." }
            }))
        } @else {
            ol.tracks aria-label="Tracks" {
                @for (place, track) in (1_usize..).zip(&model.tracks) { (row(ctx, place, track)) }
            }
            (legend(model))
        }
        (neighbours(ctx, model))
    };
    shell(ctx, &title, Here::Archive, &body)
}

fn trouble(ctx: &Ctx, model: &Week) -> Markup {
    let hidden = [("week".to_owned(), model.this.slug.clone())];
    html! {
        @if model.state == WeekState::Unverified {
            div.decide {
                p {
                    "Spotify took the tracks, but the playlist cannot be read back, so nobody can say "
                    "whether they are there once or twice. Look at it in Spotify, then decide."
                }
                (form::post(ctx, paths::ARCHIVE_RUN, &hidden, &html! {
                    button.primary type="submit" name="decision" value="accept" { "They are there" }
                    button.plain type="submit" name="decision" value="add" { "They are missing: add them" }
                }))
            }
        }
        @if matches!(model.state, WeekState::Failed { .. }) {
            div.decide {
                p { "Nothing is lost: the next look takes up where this one stopped." }
                (form::post(ctx, paths::ARCHIVE_RUN, &hidden, &html! {
                    button.primary type="submit" name="decision" value="retry" { "Try again now" }
                }))
            }
        }
        @if let Some((tracks, mended)) = model.doubled {
            p.decide {
                (words::counted(tracks.into(), "track was", "tracks were"))
                " in the playlist twice, because Spotify carried out a request long after it had failed. "
                @if mended { "Reprise took the second copies out again." }
                @else {
                    "Reprise may not touch them; you can allow it under "
                    a href={ (paths::SETTINGS) "#permissions" } { "settings" } "."
                }
            }
        }
        @if !model.steps.is_empty() {
            section.tight aria-label="Progress" { (parts::steps(&ctx.now, &model.steps)) }
        }
    }
}

fn row(ctx: &Ctx, place: usize, track: &Track) -> Markup {
    let title = track.title.as_deref().unwrap_or("Title not known yet");
    html! {
        li.gone[matches!(track.state, TrackState::RemovedByYou | TrackState::Unavailable)] {
            span.place aria-hidden="true" { (place) }
            (sets::picture(track.image.as_deref(), "", 48))
            span.title.unknown[track.title.is_none()] dir="auto" {
                @if let Some(url) = &track.url { a href=(url) rel="noreferrer" { (title) } }
                @else { (title) }
            }
            span.artist dir="auto" { (track.artist.as_deref().unwrap_or("")) }
            span.album dir="auto" { (track.album.as_deref().unwrap_or("")) }
            span.outcome { (outcome(ctx, track)) }
            span.length { (track.length_ms.map(words::length).unwrap_or_default()) }
        }
    }
}

fn outcome(ctx: &Ctx, track: &Track) -> Markup {
    let found = track.found.word();
    html! {
        @match &track.state {
            TrackState::Added(at) => { (found) ", added " (words::date(&ctx.now, *at)) }
            TrackState::Already { since } => {
                (found) ", yours since "
                a href=(paths::week(&since.slug)) { (words::week(&ctx.now, since).to_lowercase()) }
            }
            TrackState::There => { (found) ", in the playlist before" }
            TrackState::RemovedByYou => { (found) ", you removed it" }
            TrackState::Unavailable => { (found) ", not available at Spotify" }
            TrackState::Waiting => { (found) ", waits to be added" }
        }
    }
}

fn legend(model: &Week) -> Markup {
    html! {
        dl.legend {
            @for rung in Rung::ALL {
                @if model.tracks.iter().any(|track| track.found == rung) {
                    div { dt { (rung.word()) } dd { (rung.meaning()) } }
                }
            }
            @if model.count.assumed {
                div { dt { "assumed" } dd {
                    "The playlist could not be read, so nobody knows how many tracks it has; thirty is usual."
                } }
            }
        }
    }
}

fn neighbours(ctx: &Ctx, model: &Week) -> Markup {
    html! {
        @if model.earlier.is_some() || model.later.is_some() {
            nav.pager aria-label="Other weeks" {
                @if let Some(week) = &model.earlier {
                    a rel="prev" href=(paths::week(&week.slug)) { "← " (words::week(&ctx.now, week)) }
                }
                @if let Some(week) = &model.later {
                    a.end rel="next" href=(paths::week(&week.slug)) { (words::week(&ctx.now, week)) " →" }
                }
            }
        }
    }
}
