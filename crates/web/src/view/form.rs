//! Forms: every one posts, carries the session's token and works without a script.

use maud::{Markup, html};

use super::Ctx;

/// The hidden field that carries the session's token.
pub(crate) const CSRF: &str = "csrf";

/// The hidden field that carries the browser's zone, where a script could fill it.
pub(crate) const TIME_ZONE: &str = "time_zone";

/// A form with the token and `hidden` fields as given, around `body`.
pub(crate) fn post(ctx: &Ctx, action: &str, hidden: &[(String, String)], body: &Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            @if let Some(csrf) = &ctx.csrf { input type="hidden" name=(CSRF) value=(csrf); }
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            (body)
        }
    }
}

/// *Connect Spotify* and its kin: starts the consent, with the browser's zone as a hint.
pub(crate) fn connect(ctx: &Ctx, words: &str, hidden: &[(String, String)]) -> Markup {
    post(
        ctx,
        crate::paths::AUTH_START,
        hidden,
        &html! {
            input type="hidden" name=(TIME_ZONE) value="" data-zone;
            button.primary type="submit" { (words) }
        },
    )
}

/// One labelled input.
#[derive(Default)]
pub(crate) struct Field<'a> {
    /// Also the element's id.
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) value: &'a str,
    /// `text` where empty.
    pub(crate) kind: &'a str,
    pub(crate) placeholder: &'a str,
    /// What it is for, in a sentence.
    pub(crate) hint: &'a str,
    /// Why the value was not taken.
    pub(crate) error: Option<&'a str>,
    pub(crate) required: bool,
    /// Draws a text area of so many rows.
    pub(crate) rows: Option<u8>,
    /// Id of a `<datalist>` with proposals.
    pub(crate) list: Option<&'a str>,
}

/// Label, hint, input and error, tied together for assistive technology.
pub(crate) fn field(it: &Field<'_>) -> Markup {
    let hint_id = format!("{}-hint", it.name);
    let error_id = format!("{}-error", it.name);
    let mut described = Vec::new();
    if !it.hint.is_empty() {
        described.push(hint_id.as_str());
    }
    if it.error.is_some() {
        described.push(error_id.as_str());
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = it.error.map(|_| "true");
    let placeholder = (!it.placeholder.is_empty()).then_some(it.placeholder);
    let kind = if it.kind.is_empty() { "text" } else { it.kind };
    html! {
        div.field {
            label for=(it.name) { (it.label) }
            @if !it.hint.is_empty() { p.hint id=(hint_id) { (it.hint) } }
            @if let Some(rows) = it.rows {
                textarea id=(it.name) name=(it.name) rows=(rows) required[it.required]
                    placeholder=[placeholder] aria-describedby=[described.as_deref()]
                    aria-invalid=[invalid] spellcheck="false" autocapitalize="off" {
                    // A parser drops the first newline of a text area; this keeps the value's own.
                    "\n" (it.value)
                }
            } @else {
                input type=(kind) id=(it.name) name=(it.name) value=(it.value) required[it.required]
                    placeholder=[placeholder] aria-describedby=[described.as_deref()]
                    aria-invalid=[invalid] list=[it.list] spellcheck="false" autocapitalize="off"
                    autocomplete="off";
            }
            @if let Some(error) = it.error { p.wrong id=(error_id) { (error) } }
        }
    }
}

/// One box or one of several choices, with its sentence.
pub(crate) struct Choice<'a> {
    /// `checkbox` or `radio`.
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) checked: bool,
    pub(crate) required: bool,
}

/// A choice as a row whose whole width can be pressed.
pub(crate) fn choice(it: &Choice<'_>) -> Markup {
    let hint_id = format!("{}-{}-hint", it.name, it.value);
    html! {
        div.choice {
            label {
                input type=(it.kind) name=(it.name) value=(it.value) checked[it.checked]
                    required[it.required]
                    aria-describedby=[(!it.hint.is_empty()).then_some(&hint_id)];
                span { (it.label) }
            }
            @if !it.hint.is_empty() { p.hint id=(hint_id) { (it.hint) } }
        }
    }
}

/// A value to be copied elsewhere: shown whole, selected whole by a click, with a button where
/// scripts run.
pub(crate) fn copyable(id: &str, label: &str, value: &str) -> Markup {
    html! {
        div.copyable role="group" aria-label=(label) {
            code id=(id) { (value) }
            button.plain type="button" data-copy=(id) hidden { "Copy" span.unseen { " " (label) } }
        }
    }
}
