//! Sets of tracks: covers, places, cards, "n of m".

use jiff::Zoned;
use maud::{Markup, html};

use super::{
    model::{Cover, SetCount, WeekCard, WeekState},
    words,
};
use crate::paths;

/// A cover, uncropped; without a picture, an empty place of the same size.
///
/// `alt` is empty where the title stands beside it.
pub(crate) fn picture(image: Option<&str>, alt: &str, side: u16) -> Markup {
    html! {
        @if let Some(src) = image {
            img.cover src=(src) alt=(alt) width=(side) height=(side) loading="lazy" decoding="async";
        } @else if alt.is_empty() {
            span.cover.none {}
        } @else {
            span.cover.none role="img" aria-label=(alt) title=(alt) {}
        }
    }
}

/// The set of a week as a grid of its places: found ones as covers, missing ones empty.
pub(crate) fn places(covers: &[Cover], of: u32) -> Markup {
    let missing = usize::try_from(of)
        .unwrap_or(usize::MAX)
        .saturating_sub(covers.len())
        // A source may be any playlist; nobody reads thousands of empty places.
        .min(200);
    html! {
        ul.places {
            @for cover in covers {
                li {
                    @if let Some(href) = &cover.href {
                        a href=(href) rel="noreferrer" title=(cover.alt) {
                            (picture(cover.image.as_deref(), &cover.alt, 104))
                        }
                    } @else {
                        (picture(cover.image.as_deref(), &cover.alt, 104))
                    }
                }
            }
            @for _ in 0..missing { li aria-hidden="true" { span.cover.none {} } }
        }
    }
}

/// "19 of 30 assumed · 12 heard, 7 pasted".
pub(crate) fn count(count: &SetCount) -> Markup {
    let found = words::found(count);
    html! {
        strong { (count.have) } " of " (count.of)
        @if count.assumed {
            " " abbr title="The playlist could not be read, so the usual thirty is assumed" { "assumed" }
        }
        @if !found.is_empty() { " · " (found) }
    }
}

/// Weeks as cards, with headings of the level that the page's outline asks for.
pub(crate) fn cards(now: &Zoned, weeks: &[WeekCard], level: Level) -> Markup {
    html! { ul.weeks.latest[level == Level::Three] { @for week in weeks { (card(now, week, level)) } } }
}

/// The level of a card's heading.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Two,
    Three,
}

/// A week as a card: six covers, its name, "n of m", since when.
fn card(now: &Zoned, card: &WeekCard, level: Level) -> Markup {
    let title = html! {
        (words::week(now, &card.week))
        @if card.current { span.now { " · now" } }
    };
    let gaps = 6_usize.saturating_sub(card.covers.len());
    html! {
        li.week {
            a href=(paths::week(&card.week.slug)) {
                span.six aria-hidden="true" {
                    @for cover in card.covers.iter().take(6) {
                        (picture(cover.image.as_deref(), "", 104))
                    }
                    @for _ in 0..gaps { span.cover.none {} }
                }
                @if level == Level::Two { h2 { (title) } } @else { h3 { (title) } }
            }
            p { (count(&card.count)) }
            // That a set fills is told by "n of m" already.
            @if card.state != WeekState::Filling {
                @if let Some(state) = state(now, &card.state) { p.state { (state) } }
            }
            p.fine {
                @if let Some(source) = &card.week.source { bdi { (source) } ", " }
                "from " time datetime=(card.week.from) { (words::day(now, card.week.from)) }
            }
        }
    }
}

/// Where a week stands, in words; nothing where all is well.
pub(crate) fn state(now: &Zoned, state: &WeekState) -> Option<String> {
    Some(match state {
        WeekState::Done => return None,
        WeekState::Filling => "still filling".to_owned(),
        WeekState::Working { doing } => doing.clone(),
        WeekState::Late { due } => format!("late: expected {}", words::day(now, *due)),
        WeekState::Failed { why } => format!("stopped: {why}"),
        WeekState::Unverified => "added, but not checked".to_owned(),
        WeekState::Paused { why } => format!("paused: {why}"),
    })
}
