//! What went wrong, where, and what to do.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    paths,
    view::{Ctx, Here, layout::shell, parts, words},
};

/// An answer that is not what was asked for.
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    /// What exactly, where the kind alone does not say it.
    pub(crate) detail: Option<String>,
    /// The request's id in the log.
    pub(crate) reference: Option<String>,
}

/// The kinds, by HTTP status.
pub(crate) enum ErrorKind {
    /// 400: the request could not be understood.
    BadRequest,
    /// 403: not for this viewer.
    Forbidden,
    /// 403: the form was too old or came from elsewhere.
    StaleForm,
    /// 404.
    NotFound,
    /// 421: asked under another host name; names the right address.
    WrongHost { base_url: String },
    /// 429: Spotify, or Reprise itself, asks to wait.
    TooMany { retry_at: Option<Timestamp> },
    /// 500.
    Internal,
    /// 503: Spotify does not answer.
    Unavailable,
    /// 503: the installation is being moved, or has moved.
    Moved,
}

impl ErrorKind {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden | Self::StaleForm => 403,
            Self::NotFound => 404,
            Self::WrongHost { .. } => 421,
            Self::TooMany { .. } => 429,
            Self::Internal => 500,
            Self::Unavailable | Self::Moved => 503,
        }
    }
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Error) -> Markup {
    let (title, todo) = words_for(ctx, &model.kind);
    let body = html! {
        div.narrow.plainly {
            (parts::repeat_sign())
            h1 { (title) }
            @if let Some(detail) = &model.detail { p.lead { (detail) } }
            p { (todo) }
            p.buttons {
                @if let ErrorKind::WrongHost { base_url } = &model.kind {
                    a.primary href=(base_url) { "Open Reprise" }
                } @else { a.plain href=(paths::HOME) { "Back to the start" } }
            }
            p.fine {
                "Error " (model.kind.status())
                @if let Some(reference) = &model.reference { ", noted in the log as " code { (reference) } }
                "."
            }
        }
    };
    shell(ctx, title, Here::Elsewhere, &body)
}

fn words_for(ctx: &Ctx, kind: &ErrorKind) -> (&'static str, Markup) {
    match kind {
        ErrorKind::BadRequest => (
            "That could not be understood",
            html! { "Go back, look at what you entered, and try again. Nothing was changed." },
        ),
        ErrorKind::Forbidden => (
            "This is not yours to open",
            html! { "The page belongs to somebody else, or to the operator. Are you signed in with the right account?" },
        ),
        ErrorKind::StaleForm => (
            "The form was too old",
            html! { "For your safety a form works only from a page opened in this session. Go back, reload the page, and send it again. Nothing was changed." },
        ),
        ErrorKind::NotFound => (
            "There is nothing here",
            html! { "The address may be mistyped, or what was here is gone. Your weeks are in the archive." },
        ),
        ErrorKind::WrongHost { base_url } => (
            "This is not Reprise’s address",
            html! { "Reprise answers only at " code { (base_url) } ". The operator can change that with " code { "REPRISE_BASE_URL" } "." },
        ),
        ErrorKind::TooMany { retry_at } => (
            "Too many requests",
            html! {
                "Nothing is lost. "
                @match retry_at {
                    Some(at) => { "Try again " (words::moment(&ctx.now, *at)) ", " (words::distance(&ctx.now, *at)) "." }
                    None => "Try again in a minute.",
                }
            },
        ),
        ErrorKind::Internal => (
            "Something broke on our side",
            html! { "It was noted in the log. The archive is safe: every step is written down before it is taken. Try again in a minute." },
        ),
        ErrorKind::Unavailable => (
            "Spotify does not answer",
            html! { "That usually passes within minutes. Reprise keeps trying by itself; you need not." },
        ),
        ErrorKind::Moved => (
            "Reprise is moving house",
            html! { "Nothing was changed, and nothing is lost: everything goes along. The operator knows the new address, and when it is ready; there you sign in with Spotify as always." },
        ),
    }
}
