//! `/` for a signed-in listener: the set of this week.

use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};

use crate::{
    paths,
    view::{
        Ctx, Here, form,
        layout::shell,
        model::{Cover, PlaylistLink, SetCount, WeekCard, WeekRef, WeekState},
        parts, sets, words,
    },
};

/// This week and what was kept before.
pub(crate) struct Home {
    /// None before anything was found.
    pub(crate) current: Option<CurrentSet>,
    pub(crate) outlook: Outlook,
    /// The latest weeks before this one; three are shown.
    pub(crate) last: Vec<WeekCard>,
    pub(crate) weeks: u32,
    pub(crate) complete_weeks: u32,
    pub(crate) tracks: u64,
    pub(crate) playlist: Option<PlaylistLink>,
}

/// The set of the current week.
pub(crate) struct CurrentSet {
    pub(crate) week: WeekRef,
    pub(crate) count: SetCount,
    /// Found tracks, in order.
    pub(crate) covers: Vec<Cover>,
    pub(crate) state: WeekState,
    /// Why it is not complete and how it gets there, for sets that are not.
    pub(crate) hint: Option<String>,
    /// Whether pasting the links would help.
    pub(crate) paste_helps: bool,
}

/// When Reprise looks next.
pub(crate) enum Outlook {
    /// `usual` says when the set usually changes for this listener ("Mondays, around 06:00").
    Next { at: Timestamp, usual: Option<String> },
    /// A check runs now.
    Running,
    /// No check is planned, and why.
    Paused { why: String },
    /// A set was due and none was seen.
    Late { due: Date, next: Timestamp },
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Home) -> Markup {
    let body = html! {
        @match &model.current {
            Some(set) => (current(ctx, set)),
            None => (first_run(ctx, &model.outlook)),
        }
        @if model.weeks > 0 { (figures(ctx, model)) }
        @if !model.last.is_empty() {
            section aria-labelledby="last" {
                (parts::section_heading("last", "Before that", &html! {
                    a href=(paths::ARCHIVE) { "all " (words::counted(model.weeks.into(), "week", "weeks")) }
                }))
                (sets::cards(&ctx.now, &model.last[..model.last.len().min(3)], sets::Level::Three))
            }
        }
    };
    shell(ctx, "This week", Here::Home, &body)
}

fn current(ctx: &Ctx, set: &CurrentSet) -> Markup {
    html! {
        section aria-labelledby="set" {
            div.heading {
                div {
                    p.eyebrow {
                        (words::week(&ctx.now, &set.week)) " · from "
                        time datetime=(set.week.from) { (words::day(&ctx.now, set.week.from)) }
                    }
                    h1 id="set" { "This week’s set" }
                }
                div.aside { (sets::count(&set.count)) }
            }
            (sets::places(&set.covers, set.count.of))
            @let state = sets::state(&ctx.now, &set.state);
            @if set.hint.is_some() || state.is_some() || set.paste_helps {
                p.under {
                    @if let Some(state) = &state { strong { (capital(state)) ". " } }
                    @if let Some(hint) = &set.hint { (hint) " " }
                    @if set.paste_helps {
                        "Quicker: in the desktop client open Discover Weekly, select all, copy, and "
                        a href={ (paths::ARCHIVE) "#paste" } { "paste the links here" } "."
                    }
                }
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn figures(ctx: &Ctx, model: &Home) -> Markup {
    html! {
        section aria-label="Your archive" {
            dl.figures.three {
                (parts::figure("Kept so far", &html! { (words::number(model.tracks)) }, &html! {
                    "tracks from " (words::counted(model.weeks.into(), "week", "weeks"))
                    @if let Some(link) = &model.playlist { ", " (parts::playlist(link, "open in Spotify")) }
                }))
                (parts::figure("Complete weeks",
                    &html! { (model.complete_weeks) span.of { " of " (model.weeks) } },
                    &html! { "had every track found and added" }))
                (outlook(ctx, &model.outlook))
            }
        }
    }
}

fn outlook(ctx: &Ctx, outlook: &Outlook) -> Markup {
    match outlook {
        Outlook::Next { at, usual } => parts::figure(
            "Next look",
            &html! { (words::distance(&ctx.now, *at)) },
            &html! {
                (words::moment(&ctx.now, *at))
                @if let Some(usual) = usual { "; new sets usually come " (usual) }
            },
        ),
        Outlook::Running => {
            parts::figure("Next look", &html! { "now" }, &html! { "a check is running; reload in a minute" })
        }
        Outlook::Paused { why } => parts::figure("Next look", &html! { "paused" }, &html! { (why) }),
        Outlook::Late { due, next } => parts::figure(
            "Next look",
            &html! { (words::distance(&ctx.now, *next)) },
            &html! { "a new set was expected " (words::day(&ctx.now, *due)) " and has not come" },
        ),
    }
}

fn first_run(ctx: &Ctx, outlook: &Outlook) -> Markup {
    html! {
        (parts::heading(&html! { "This week’s set" }, &html! {}))
        (sets::places(&[], 30))
        div.under.first {
            p {
                @match outlook {
                    Outlook::Running => "Reprise is looking at your Discover Weekly right now. Reload in a minute.",
                    Outlook::Next { at, .. } | Outlook::Late { next: at, .. } => {
                        "Nothing has been kept yet. The next look is " (words::distance(&ctx.now, *at))
                        " (" (words::moment(&ctx.now, *at)) ")."
                    }
                    Outlook::Paused { why } => { "Nothing has been kept yet, and looking is paused: " (why) "." }
                }
            }
            @if matches!(outlook, Outlook::Next { .. } | Outlook::Late { .. }) {
                p {
                    "Quicker, and the way where Spotify does not let Reprise read the list: in the desktop client "
                    "open Discover Weekly, select all, copy, and "
                    a href={ (paths::ARCHIVE) "#paste" } { "paste the links here" } "."
                }
            }
            p {
                "See what works on the " a href=(paths::STATUS) { "status page" }
                ", or say on the " a href=(paths::SETTINGS) { "settings page" }
                " how the archive should look."
            }
            @if matches!(outlook, Outlook::Next { .. } | Outlook::Late { .. }) {
                (form::post(ctx, paths::ARCHIVE_RUN, &[("return_to".into(), paths::HOME.into())], &html! {
                    button.primary type="submit" { "Look now" }
                }))
            }
        }
    }
}
