//! What the listener sees: plain forms that work without scripts.

use super::authorize::Request;
use crate::state::State;
use maud::{DOCTYPE, Markup, html};

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;padding:0 1rem;\
color:#16213e;background:#fbfaf7}fieldset{border:1px solid #bbb;margin:1.5rem 0;padding:.75rem 1rem}\
label{display:block;padding:.25rem 0}button{font:inherit;padding:.5rem 1.5rem;margin-right:.75rem;\
border:1px solid #16213e;border-radius:2rem;background:#fff;cursor:pointer}\
button[value=agree]{background:#16213e;color:#fff}.note{color:#666;font-size:.85em}";

/// Up to so many users are all shown.
const FEW: usize = 12;
/// Up to so many are suggested.
const MANY: usize = 500;

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                // No request for a picture that is not there.
                link rel="icon" href="data:,";
                title { (title) }
                style { (STYLE) }
            }
            body { main { (body) } }
        }
    }
}

/// Who is signed in, what the app may do, yes or no.
pub(crate) fn consent(state: &State, request: &Request) -> Markup {
    let body = html! {
        h1 { "Simulated Spotify" }
        p { strong { (request.client) } " would like to:" }
        ul {
            @for scope in &request.scopes { li { (in_words(scope)) } }
            li { "See your name and profile picture" }
        }
        form method="post" action="/authorize" {
            input type="hidden" name="query" value=(request.query);
            fieldset {
                legend { "Signed in as" }
                @if state.users.len() > FEW {
                    label { "User " input name="user" list="users" required; }
                    datalist id="users" {
                        @for id in state.users.keys().take(MANY) { option value=(id) {} }
                    }
                } @else { @for (n, listener) in state.users.values().enumerate() {
                    @let user = &listener.user;
                    label {
                        input type="radio" name="user" value=(user.id) required checked[n == 0];
                        " " (user.display_name.as_deref().unwrap_or(&user.id))
                        " " span class="note" { (user.id) }
                    }
                } }
                @if state.users.is_empty() { p { "There are no users yet." } }
            }
            button type="submit" name="answer" value="agree" { "Agree" }
            button type="submit" name="answer" value="cancel" formnovalidate { "Cancel" }
        }
        p class="note" {
            "You will be sent back to " (request.redirect_uri)
            ". Nothing here is real: no account, no music, no password."
        }
    };
    page("Agree? – simulated Spotify", &body)
}

/// What is wrong with a request.
pub(crate) fn refused(why: &str) -> Markup {
    page("Error – simulated Spotify", &html! { h1 { "Error" } p { (why) } })
}

fn in_words(scope: &str) -> &str {
    match scope {
        "playlist-read-private" => "See your private playlists",
        "playlist-read-collaborative" => "See your collaborative playlists",
        "playlist-modify-public" => "Create and change your public playlists",
        "playlist-modify-private" => "Create and change your private playlists",
        "ugc-image-upload" => "Upload pictures for your playlists",
        "user-read-playback-state" => "See what you are playing, and on which devices",
        "user-read-currently-playing" => "See what you are playing",
        "user-read-recently-played" => "See what you have recently played",
        "user-top-read" => "See your top artists and tracks",
        "user-library-read" => "See what you have saved",
        "user-library-modify" => "Change what you have saved",
        "user-read-private" => "See your subscription",
        "user-read-email" => "See your mail address",
        "user-modify-playback-state" => "Control what you are playing",
        "user-follow-read" => "See whom you follow",
        "user-follow-modify" => "Change whom you follow",
        other => other,
    }
}
