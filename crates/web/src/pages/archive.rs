//! `/archive`: every week as a card.

use maud::{Markup, html};

use crate::{
    paths,
    view::{
        Ctx, Here, form,
        form::Field,
        layout::shell,
        model::{PlaylistLink, WeekCard},
        parts, sets, words,
    },
};

/// The archive of one listener.
pub(crate) struct Archive {
    /// Newest first.
    pub(crate) weeks: Vec<WeekCard>,
    /// Of the whole archive, not of this page.
    pub(crate) total_weeks: u32,
    pub(crate) total_tracks: u64,
    /// One playlist, or one a year or week by the chosen style; the newest first.
    pub(crate) playlists: Vec<PlaylistLink>,
    /// Address of the page with older weeks.
    pub(crate) older: Option<String>,
    /// Address of the page with newer weeks.
    pub(crate) newer: Option<String>,
    /// The paste box, where pasting is allowed.
    pub(crate) paste: Option<PasteBox>,
}

/// The box that takes track links.
#[derive(Default)]
pub(crate) struct PasteBox {
    /// What was pasted before, when it is shown again with an error.
    pub(crate) value: String,
    pub(crate) error: Option<String>,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Archive) -> Markup {
    let body = html! {
        (parts::heading(&html! { "Archive" }, &html! {
            @if model.total_weeks > 0 {
                strong { (words::number(model.total_tracks)) } " "
                (if model.total_tracks == 1 { "track" } else { "tracks" }) " in "
                (words::counted(model.total_weeks.into(), "week", "weeks"))
                @if let [link, ..] = model.playlists.as_slice() {
                    span.together { " · " (parts::playlist(link, "open in Spotify")) }
                }
            }
        }))
        @if model.weeks.is_empty() {
            (parts::empty("The first week is on its way", &html! {
                p {
                    "Each week of Discover Weekly will be a card here, with its covers and how its "
                    "tracks were found. When Reprise looks next stands on the "
                    a href=(paths::STATUS) { "status page" } "."
                }
                @if model.paste.is_some() {
                    p { "In a hurry? Paste this week’s links below." }
                }
            }))
        } @else {
            (sets::cards(&ctx.now, &model.weeks, sets::Level::Two))
            (pager(model))
        }
        @if let Some(paste) = &model.paste { (paste_box(ctx, paste)) }
        @if model.playlists.len() > 1 { (playlists(&model.playlists)) }
    };
    shell(ctx, "Archive", Here::Archive, &body)
}

fn pager(model: &Archive) -> Markup {
    html! {
        @if model.older.is_some() || model.newer.is_some() {
            nav.pager aria-label="Weeks" {
                @if let Some(href) = &model.newer { a rel="prev" href=(href) { "← Newer weeks" } }
                @if let Some(href) = &model.older { a.end rel="next" href=(href) { "Older weeks →" } }
            }
        }
    }
}

/// The form that takes pasted links; shown again by the paste page when something is wrong.
pub(crate) fn paste_box(ctx: &Ctx, paste: &PasteBox) -> Markup {
    html! {
        section.paste id="paste" aria-labelledby="paste-title" {
            (parts::section_heading("paste-title", "Paste this week’s tracks", &html! {}))
            div.two {
                ol.how {
                    li { "Open Discover Weekly in the Spotify desktop client." }
                    li { "Click a track, press " kbd { "Ctrl" } " " kbd { "A" } ", then "
                        kbd { "Ctrl" } " " kbd { "C" } " (on a Mac, " kbd { "⌘" } ")." }
                    li { "Paste here. You see what was understood before anything is added." }
                }
                (form::post(ctx, paths::ARCHIVE_PASTE, &[], &html! {
                    (form::field(&Field {
                        name: "tracks",
                        label: "Track links",
                        value: &paste.value,
                        hint: "One per line: links, or addresses such as spotify:track:…",
                        error: paste.error.as_deref(),
                        required: true,
                        rows: Some(6),
                        ..Field::default()
                    }))
                    button.plain type="submit" { "Check the links" }
                }))
            }
        }
    }
}

fn playlists(links: &[PlaylistLink]) -> Markup {
    html! {
        section aria-labelledby="playlists" {
            (parts::section_heading("playlists", "Playlists", &html! { (links.len()) " in your Spotify" }))
            ul.links {
                @for link in links {
                    li { a href=(link.url) rel="noreferrer" dir="auto" { (link.name) } }
                }
            }
        }
    }
}
