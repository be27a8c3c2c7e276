//! `/` for those who are not signed in.

use maud::{Markup, html};

use crate::{
    pages::signup::{PasteBack, paste_back_box},
    view::{Ctx, Here, form, layout::shell, parts, staff::staff},
};

/// What the landing page offers.
pub(crate) struct Landing {
    pub(crate) door: Door,
    /// How to connect a Spotify app, while there is none: always with a closed door, and in the demo.
    pub(crate) setup: Option<Setup>,
    /// For known listeners whose browser runs on another machine.
    pub(crate) paste_back: Option<PasteBack>,
}

/// How one gets in.
pub(crate) enum Door {
    /// Known listeners sign in; new ones need a link, or may sign up where that is open.
    Open {
        /// Hidden fields of the start form, as given (`return_to`, `invite`…).
        fields: Vec<(String, String)>,
        signup_open: bool,
    },
    /// The demo's sign-up link and the listener who is already there.
    Demo {
        signup_link: Option<String>,
        /// The start form for the listener with past weeks; their name and hidden fields.
        resident: Option<(String, Vec<(String, String)>)>,
    },
    /// The operator has to finish the set-up first; what Spotify or our own check said.
    Closed { problem: Option<String> },
}

/// What an operator needs to connect a real Spotify app.
pub(crate) struct Setup {
    /// To be pasted, letter by letter, into the app's settings at Spotify.
    pub(crate) redirect_uri: String,
    /// Names of settings that have no value yet.
    pub(crate) missing: Vec<String>,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Landing) -> Markup {
    let body = html! {
        div.hero {
            div {
                h1 { "Keep the music that Spotify forgets" }
                p.lead {
                    "Every Monday, Discover Weekly replaces thirty songs. Reprise puts each week "
                    "into a playlist of your own, every track exactly once."
                }
                (door(ctx, &model.door))
            }
            (staff())
        }
        @if !matches!(model.door, Door::Closed { .. }) { (promises()) }
        @if let Some(setup) = &model.setup { (steps(setup)) }
        @if let Some(paste_back) = &model.paste_back { (paste_back_box(ctx, paste_back)) }
    };
    shell(ctx, "Keep the music that Spotify forgets", Here::Elsewhere, &body)
}

fn door(ctx: &Ctx, door: &Door) -> Markup {
    html! {
        @match door {
            Door::Open { fields, signup_open } => {
                (form::connect(ctx, "Sign in with Spotify", fields))
                @if *signup_open {
                    p.soft { "New here? The same button makes your account: sign-up is open." }
                } @else {
                    p.soft {
                        "New here? Ask whoever runs this Reprise for a sign-up link. "
                        "If you have been here before, just sign in."
                    }
                }
            }
            Door::Demo { signup_link, resident } => {
                @if let Some(link) = signup_link {
                    p { a.primary href=(link) { "Sign up as a new listener" } }
                }
                @if let Some((name, fields)) = resident {
                    (form::post(ctx, crate::paths::AUTH_START, fields, &html! {
                        button.plain type="submit" { span { "Sign in as " bdi { (name) } } }
                    }))
                    p.soft { bdi { (name) } " has three weeks in the archive already." }
                }
            }
            Door::Closed { problem } => {
                p.wrong role="status" {
                    @if let Some(problem) = problem { (problem) }
                    @else { "Nearly there: this Reprise is not connected to Spotify yet." }
                }
            }
        }
    }
}

fn promises() -> Markup {
    html! {
        section aria-label="What Reprise does" {
            dl.figures.three {
                (parts::figure("Your part", &html! { "One link" },
                    &html! { "Connect Spotify once. After that the archive fills on its own." }))
                (parts::figure("Each track", &html! { "Once" },
                    &html! { "Never twice, never lost, and never put back after you remove it." }))
                (parts::figure("Your data", &html! { "Yours" },
                    &html! { "Only you see it here, and one button erases all of it." }))
            }
        }
    }
}

fn steps(setup: &Setup) -> Markup {
    html! {
        section aria-labelledby="setup" {
            (parts::section_heading("setup", "Connect a Spotify app of your own", &html! {
                "about five minutes"
            }))
            ol.guide {
                li {
                    h3 { "Create an app" }
                    p {
                        "Open the " a href="https://developer.spotify.com/dashboard" rel="noreferrer" {
                            "Spotify developer dashboard"
                        } ", log in with a Premium account and press " b { "Create app" } "."
                    }
                }
                li {
                    h3 { "Paste this redirect URI" }
                    p { "Letter by letter, without a slash at the end. Tick " b { "Web API" } "." }
                    (form::copyable("redirect-uri", "the redirect URI", &setup.redirect_uri))
                }
                li {
                    h3 { "Let your listeners in" }
                    p {
                        "Under " b { "User Management" }
                        ", add the Spotify e-mail of each listener, your own included."
                    }
                }
                li {
                    h3 { "Hand the credentials to Reprise" }
                    p {
                        "Put the app’s client ID and client secret into " code { ".env" }
                        " and start Reprise again."
                    }
                    @if !setup.missing.is_empty() {
                        p { "Still missing: "
                            @for (i, name) in setup.missing.iter().enumerate() {
                                @if i > 0 { ", " } code { (name) }
                            } "."
                        }
                    }
                }
            }
        }
    }
}
