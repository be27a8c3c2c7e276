//! A plain answer after something was done, or not done.

use maud::{Markup, html};

use crate::{
    paths,
    view::{Ctx, Here, form, layout::shell, parts},
};

/// What happened.
pub(crate) enum Message {
    LoggedOut,
    /// What was erased and what ages out ("Backups: within 35 days").
    Deleted {
        erased: Vec<String>,
        ageing: Vec<String>,
    },
    /// The listener said no at Spotify; the hidden fields start it again.
    ConsentDenied {
        fields: Vec<(String, String)>,
    },
    /// The sign-in could not be finished, and why.
    ConsentFailed {
        why: String,
        fields: Vec<(String, String)>,
    },
    /// Signed in at Spotify with an account that is not known here.
    NotInvited,
    /// The sign-up link was used up or withdrawn, or expired, while the listener was at Spotify.
    InviteGone,
    /// Consent was renewed under another Spotify account than this listener's.
    OtherAccount {
        expected: String,
    },
    /// The operator has switched the account off.
    Disabled,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Message) -> Markup {
    let title = title(model);
    let body = html! {
        div.narrow.plainly {
            (parts::repeat_sign())
            h1 { (title) }
            (text(ctx, model))
        }
    };
    shell(ctx, title, Here::Elsewhere, &body)
}

fn title(model: &Message) -> &'static str {
    match model {
        Message::LoggedOut => "You are logged out",
        Message::Deleted { .. } => "Everything is erased",
        Message::ConsentDenied { .. } => "You said no, and nothing happened",
        Message::ConsentFailed { .. } => "The sign-in did not work",
        Message::NotInvited => "You are not on the list yet",
        Message::InviteGone => "The sign-up link is gone",
        Message::OtherAccount { .. } => "That was another Spotify account",
        Message::Disabled => "This account is switched off",
    }
}

fn text(ctx: &Ctx, model: &Message) -> Markup {
    html! {
        @match model {
            Message::LoggedOut => {
                p.lead { "Your archive goes on by itself. Come back whenever you like." }
                (home("Sign in again"))
            }
            Message::Deleted { erased, ageing } => {
                p.lead { "Reprise has forgotten you. Your playlists are still in your Spotify account." }
                ul.rows { @for it in erased { li { (it) } } }
                @if !ageing.is_empty() {
                    h2 { "Copies that age out on their own" }
                    ul.rows { @for it in ageing { li { (it) } } }
                }
                p.soft {
                    "To end the consent at Spotify as well, remove Reprise at "
                    a href="https://www.spotify.com/account/apps/" rel="noreferrer" { "your apps" } "."
                }
            }
            Message::ConsentDenied { fields } => {
                p.lead { "Reprise has read nothing and kept nothing. Your sign-up link still works." }
                (form::connect(ctx, "Try again", fields))
            }
            Message::ConsentFailed { why, fields } => {
                p.lead { (why) }
                p { "Nothing was changed, and a sign-up link that you used still works." }
                (form::connect(ctx, "Try again", fields))
            }
            Message::NotInvited => {
                p.lead { "Nobody with this Spotify account has signed up here." }
                p { "Open the sign-up link that you were sent, or ask whoever runs this Reprise for one." }
                (home("Back to the start"))
            }
            Message::InviteGone => {
                p.lead { "It was used, withdrawn or expired while you were at Spotify." }
                p { "Nothing was kept. Ask whoever sent it for a new one." }
                (home("Back to the start"))
            }
            Message::OtherAccount { expected } => {
                p.lead { "You are signed in here as " bdi { (expected) } ", but agreed at Spotify with another account." }
                p { "Nothing was changed. Log out at Spotify, then renew the consent with the right account." }
                (home("Back to the start"))
            }
            Message::Disabled => {
                p.lead { "The operator has switched it off. What was archived is still in your Spotify account." }
            }
        }
    }
}

fn home(words: &str) -> Markup {
    html! { p.buttons { a.plain href=(paths::HOME) { (words) } } }
}
