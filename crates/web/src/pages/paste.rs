//! What was understood of pasted links, before anything is added.

use maud::{Markup, html};

use crate::{
    pages::archive::{PasteBox, paste_box},
    paths,
    view::{
        Ctx, Here, form,
        layout::shell,
        model::{Cover, WeekRef},
        parts, sets, words,
    },
};

/// The paste as understood.
pub(crate) struct Paste {
    /// The week the tracks would join.
    pub(crate) week: WeekRef,
    /// Recognised and new for this week.
    pub(crate) fresh: u32,
    /// Recognised, but this week has them already.
    pub(crate) known: u32,
    /// Pasted more than once.
    pub(crate) repeated: u32,
    /// Lines that are no track.
    pub(crate) wrong: Vec<WrongLine>,
    /// Covers of the recognised tracks, as far as they are known.
    pub(crate) covers: Vec<Cover>,
    /// Hidden fields that carry the recognised tracks to the confirmation.
    pub(crate) fields: Vec<(String, String)>,
    /// Set where the tracks look like another list than Discover Weekly.
    pub(crate) doubt: Option<String>,
    /// The whole text, to be mended.
    pub(crate) text: String,
}

/// A line that was not understood.
pub(crate) struct WrongLine {
    /// Counted from one.
    pub(crate) number: u32,
    /// Its beginning.
    pub(crate) text: String,
    /// "an album, not a track".
    pub(crate) why: String,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Paste) -> Markup {
    let week = words::week(&ctx.now, &model.week);
    let recognised = model.fresh + model.known;
    let body = html! {
        p.crumb { a href=(paths::ARCHIVE) { "← Archive" } }
        h1 {
            @if recognised == 0 { "No track was recognised" }
            @else { (words::counted(recognised.into(), "track", "tracks")) " recognised" }
        }
        p.lead {
            @if recognised == 0 {
                "Nothing was added. Track links look like "
                code { "https://open.spotify.com/track/…" } "."
            } @else {
                @if model.fresh == 0 { "All of them are in " (week.to_lowercase()) " already: there is nothing to add." }
                @else if model.known == 0 { "All of them are new to " (week.to_lowercase()) "." }
                @else {
                    (model.fresh) (if model.fresh == 1 { " is" } else { " are" }) " new to " (week.to_lowercase())
                    "; " (model.known) (if model.known == 1 { " is" } else { " are" }) " there already."
                }
                @if model.repeated > 0 {
                    " " (words::counted(model.repeated.into(), "line was", "lines were"))
                    " repeated and counted once."
                }
            }
        }
        @if let Some(doubt) = &model.doubt { p.decide { (doubt) } }
        @if !model.covers.is_empty() { (sets::places(&model.covers, 0)) }
        @if model.fresh > 0 {
            (form::post(ctx, paths::ARCHIVE_PASTE_CONFIRM, &model.fields, &html! {
                div.buttons {
                    button.primary type="submit" {
                        "Add " (words::counted(model.fresh.into(), "track", "tracks")) " to " (week.to_lowercase())
                    }
                    a.plain href={ (paths::ARCHIVE) "#paste" } { "Cancel" }
                }
            }))
        }
        @if !model.wrong.is_empty() { (wrong(&model.wrong)) }
        @if recognised == 0 || !model.wrong.is_empty() {
            (paste_box(ctx, &PasteBox { value: model.text.clone(), error: None }))
        }
    };
    shell(ctx, "Paste", Here::Archive, &body)
}

fn wrong(lines: &[WrongLine]) -> Markup {
    html! {
        section aria-labelledby="wrong" {
            (parts::section_heading("wrong", "Not understood", &html! {
                (words::counted(lines.len() as u64, "line", "lines"))
            }))
            ul.rows.lines {
                @for line in lines {
                    li {
                        span.number { "line " (line.number) }
                        code dir="auto" { (line.text) }
                        span.soft { (line.why) }
                    }
                }
            }
        }
    }
}
