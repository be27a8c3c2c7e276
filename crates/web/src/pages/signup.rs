//! `/signup/{invite}`: what will be read and written, and the button.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    paths,
    view::{Ctx, Here, form, form::Field, layout::shell, staff::staff, words},
};

/// The sign-up page.
pub(crate) struct Signup {
    pub(crate) state: SignupState,
    /// Who runs this Reprise, where the operator says so.
    pub(crate) operator: Option<String>,
}

/// Whether the link still opens the door.
pub(crate) enum SignupState {
    Valid {
        /// None where sign-up is open to everyone.
        expires: Option<Timestamp>,
        /// Hidden fields of the start form, as given.
        fields: Vec<(String, String)>,
        scopes: Vec<Scope>,
        paste_back: PasteBack,
    },
    Used,
    Expired(Timestamp),
    Unknown,
}

/// One thing that Reprise asks for.
pub(crate) struct Scope {
    /// "See your playlists".
    pub(crate) what: String,
    /// "to find Discover Weekly and your archive".
    pub(crate) why: String,
    /// Whether it lets Reprise change something.
    pub(crate) writes: bool,
}

/// The box for a redirect that could not reach this machine.
#[derive(Default)]
pub(crate) struct PasteBack {
    /// Shown opened, after an error or on headless installs.
    pub(crate) open: bool,
    pub(crate) error: Option<String>,
    /// Hidden fields, as given.
    pub(crate) fields: Vec<(String, String)>,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Signup) -> Markup {
    let body = html! {
        @match &model.state {
            SignupState::Valid { expires, fields, scopes, paste_back } => {
                (invitation(ctx, model, *expires, fields))
                (reads_and_writes(scopes))
                (paste_back_box(ctx, paste_back))
            }
            SignupState::Used => (closed(
                "This link has been used",
                "Each sign-up link opens the door once. If it was you who used it, just sign in; \
                 if not, ask for a new one.",
            )),
            SignupState::Expired(at) => (closed(
                "This link has expired",
                &format!(
                    "It was good until {}. Ask whoever sent it for a new one.",
                    words::day(&ctx.now, at.to_zoned(ctx.now.time_zone().clone()).date()),
                ),
            )),
            SignupState::Unknown => (closed(
                "This link is not known here",
                "Perhaps a part of it was lost on the way. Copy the whole link again, \
                 or ask for a new one.",
            )),
        }
    };
    shell(ctx, "Sign up", Here::Elsewhere, &body)
}

fn invitation(ctx: &Ctx, model: &Signup, expires: Option<Timestamp>, fields: &[(String, String)]) -> Markup {
    html! {
        div.hero {
            div {
                h1 { "Every week of Discover Weekly, kept" }
                p.lead {
                    @if let Some(operator) = &model.operator { bdi { (operator) } " invites you. " }
                    "Connect your Spotify account once. From then on each week’s tracks are added to a "
                    "playlist of yours, exactly once, and there is nothing more to do."
                }
                (form::connect(ctx, "Connect Spotify", fields))
                p.soft {
                    "You are sent to Spotify, agree there, and come back. "
                    @if let Some(at) = expires { "This link works once, until " (words::date(&ctx.now, at)) "." }
                    @else { "Sign-up is open here." }
                }
            }
            (staff())
        }
    }
}

fn reads_and_writes(scopes: &[Scope]) -> Markup {
    html! {
        section aria-labelledby="scopes" {
            div.heading {
                h2 id="scopes" { "What you agree to" }
            }
            div.two {
                (list("Reprise reads", scopes.iter().filter(|scope| !scope.writes)))
                (list("Reprise changes", scopes.iter().filter(|scope| scope.writes)))
            }
            p.under {
                "Only you see your data here. You can disconnect and delete everything at any time, under "
                "settings; and Spotify lists Reprise among your apps, where you can remove it too."
            }
        }
    }
}

fn list<'a>(title: &str, scopes: impl Iterator<Item = &'a Scope>) -> Markup {
    html! {
        div {
            h3 { (title) }
            ul.rows {
                @for scope in scopes {
                    li { p.what { (scope.what) } p.soft { (scope.why) } }
                }
            }
        }
    }
}

/// The form for the address on which a browser ended that could not reach this machine.
pub(crate) fn paste_back_box(ctx: &Ctx, model: &PasteBack) -> Markup {
    html! {
        details.fold open[model.open] id="paste-back" {
            summary { "Your browser ended on an address that can’t be reached?" }
            div.narrow {
                p {
                    "That happens when Reprise runs on another machine than your browser. "
                    "Copy the whole address from the browser’s address bar and paste it here."
                }
                (form::post(ctx, paths::AUTH_PASTE_BACK, &model.fields, &html! {
                    (form::field(&Field {
                        name: "redirect_url",
                        label: "The address",
                        kind: "url",
                        placeholder: "http://127.0.0.1:8080/auth/spotify/callback?code=…",
                        hint: "It is used once and kept nowhere.",
                        error: model.error.as_deref(),
                        required: true,
                        ..Field::default()
                    }))
                    button.plain type="submit" { "Finish signing up" }
                }))
            }
        }
    }
}

fn closed(title: &str, text: &str) -> Markup {
    html! {
        div.narrow {
            h1 { (title) }
            p.lead { (text) }
            p { a.plain href=(paths::HOME) { "Sign in" } }
        }
    }
}
