//! `GET /settings/disconnect`: what will be erased, before it is.

use maud::{Markup, html};

use crate::{
    paths,
    view::{Ctx, Here, form, form::Choice, layout::shell, words},
};

/// What there is to erase.
pub(crate) struct Disconnect {
    /// What is erased at once: "1,437 archive entries in 49 weeks".
    pub(crate) erased: Vec<String>,
    /// Copies that age out on their own.
    pub(crate) ageing: Vec<Ageing>,
    /// What stays, and where.
    pub(crate) stays: Vec<String>,
    /// Set when the box was not ticked.
    pub(crate) error: Option<String>,
}

/// Copies that nobody erases by hand.
pub(crate) struct Ageing {
    /// "Backups of the database".
    pub(crate) what: String,
    pub(crate) days: u32,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Disconnect) -> Markup {
    let body = html! {
        p.crumb { a href=(paths::SETTINGS) { "← Settings" } }
        div.narrow {
            h1 { "Disconnect and delete" }
            p.lead { "This cannot be undone. Reprise stops at once, and:" }
            h2 { "Erased at once" }
            ul.rows { @for it in &model.erased { li { (it) } } }
            @if !model.ageing.is_empty() {
                h2 { "Gone a little later" }
                p.soft { "Copies that nobody edits; they age out on their own." }
                ul.rows.ages {
                    @for it in &model.ageing {
                        li { span { (it.what) } span.soft { "within " (words::counted(it.days.into(), "day", "days")) } }
                    }
                }
            }
            h2 { "Stays with you" }
            ul.rows { @for it in &model.stays { li { (it) } } }
            (form::post(ctx, paths::DISCONNECT, &[], &html! {
                @if let Some(error) = &model.error { p.wrong role="alert" { (error) } }
                (form::choice(&Choice {
                    kind: "checkbox", name: "confirm", value: "yes",
                    label: "I want all of this erased", hint: "", checked: false, required: true,
                }))
                div.buttons {
                    button.danger type="submit" { "Disconnect and delete" }
                    a.plain href=(paths::SETTINGS) { "Keep everything" }
                }
            }))
        }
    };
    shell(ctx, "Disconnect and delete", Here::Settings, &body)
}
