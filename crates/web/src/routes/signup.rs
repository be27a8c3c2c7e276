//! `/signup/{invite}`: shows what will be agreed to. Looking at it changes nothing, however often a
//! chat application does.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reprise_core::onboard::{self, InviteState};
use reprise_core::spotify::scopes::Scope;

use crate::answer::{Failure, stranger};
use crate::pages::signup::{self, PasteBack, Signup, SignupState};
use crate::state::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/signup/{invite}", get(show))
}

async fn show(State(app): State<App>, Path(secret): Path<String>) -> Result<Response, Failure> {
    let state = match onboard::invite_state(&app.core, &secret).await? {
        InviteState::Valid(expires) => SignupState::Valid {
            expires: Some(expires),
            fields: vec![("invite".to_owned(), secret)],
            scopes: scopes(),
            paste_back: PasteBack::default(),
        },
        InviteState::Used => SignupState::Used,
        InviteState::Expired(expired) => SignupState::Expired(expired),
        InviteState::Unknown => SignupState::Unknown,
    };
    Ok(signup::page(&stranger(&app), &Signup { state, operator: None }).into_response())
}

/// What is asked for, in words.
fn scopes() -> Vec<signup::Scope> {
    let wanted = Scope::ALL.into_iter().map(|scope| signup::Scope {
        what: capital(scope.why()),
        why: scope.as_str().to_owned(),
        writes: matches!(scope, Scope::PlaylistModifyPublic | Scope::PlaylistModifyPrivate),
    });
    let name = signup::Scope {
        what: "Knows your name and account id".to_owned(),
        why: "so that your data stays yours".to_owned(),
        writes: false,
    };
    std::iter::once(name).chain(wanted).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
