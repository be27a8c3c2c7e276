//! Before there is a session: landing, sign-up, messages, errors.

use super::{
    super::data::{after, days, fields, listener, stranger},
    Add,
};
use crate::{
    pages::{
        error::{self, Error, ErrorKind},
        landing::{self, Door, Landing, Setup},
        message::{self, Message},
        signup::{self, PasteBack, Scope, Signup, SignupState},
    },
    view::Ctx,
};

pub(super) fn add(add: Add<'_>) {
    landings(add);
    signups(add);
    messages(add);
    errors(add);
}

fn demo() -> Ctx {
    Ctx { demo: true, ..stranger() }
}

fn setup(missing: &[&str]) -> Setup {
    Setup {
        redirect_uri: "http://127.0.0.1:8080/auth/spotify/callback".to_owned(),
        missing: missing.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn landings(add: Add<'_>) {
    let open = |signup_open| Landing {
        door: Door::Open { fields: fields(&[("return_to", "/")]), signup_open },
        setup: None,
        paste_back: Some(PasteBack::default()),
    };
    add("landing", landing::page(&stranger(), &open(false)));
    add("landing-open", landing::page(&stranger(), &open(true)));
    let model = Landing {
        door: Door::Demo {
            signup_link: Some("/signup/made-up".to_owned()),
            resident: Some(("Mira".to_owned(), fields(&[("listener", "mira")]))),
        },
        setup: Some(setup(&["SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"])),
        paste_back: None,
    };
    add("landing-demo", landing::page(&demo(), &model));
    let model = Landing {
        door: Door::Closed { problem: None },
        setup: Some(setup(&["SPOTIFY_CLIENT_SECRET"])),
        paste_back: None,
    };
    add("landing-setup", landing::page(&stranger(), &model));
    let model = Landing {
        door: Door::Closed {
            problem: Some(
                "Spotify does not accept the client secret: copy it again from the dashboard.".to_owned(),
            ),
        },
        setup: Some(setup(&[])),
        paste_back: None,
    };
    add("landing-setup-wrong", landing::page(&stranger(), &model));
}

fn scopes() -> Vec<Scope> {
    let scope = |what: &str, why: &str, writes| Scope { what: what.to_owned(), why: why.to_owned(), writes };
    vec![
        scope("Your name and account id", "so that your data stays yours", false),
        scope("Your playlists, private ones too", "to find Discover Weekly and your archive", false),
        scope("What you play and have played", "to know which tracks of the week you heard", false),
        scope(
            "Your playlists",
            "to make the archive and add each week’s tracks; nothing else is touched",
            true,
        ),
    ]
}

fn signups(add: Add<'_>) {
    let page = |ctx: &Ctx, state| signup::page(ctx, &Signup { state, operator: Some("Jonas".to_owned()) });
    let valid = |expires, paste_back| SignupState::Valid {
        expires,
        fields: fields(&[("invite", "made-up")]),
        scopes: scopes(),
        paste_back,
    };
    add("signup", page(&stranger(), valid(Some(days(5)), PasteBack::default())));
    add("signup-demo", page(&demo(), valid(Some(days(7)), PasteBack::default())));
    add("signup-open", page(&stranger(), valid(None, PasteBack::default())));
    let wrong = PasteBack {
        open: true,
        error: Some("That address holds no code. Copy the whole of it, from http to the end.".to_owned()),
        fields: fields(&[("invite", "made-up")]),
    };
    add("signup-paste-back", page(&stranger(), valid(Some(days(5)), wrong)));
    add("signup-used", page(&stranger(), SignupState::Used));
    add("signup-expired", page(&stranger(), SignupState::Expired(days(-3))));
    add("signup-unknown", page(&stranger(), SignupState::Unknown));
}

fn messages(add: Add<'_>) {
    let again = || fields(&[("invite", "made-up")]);
    add("message-logged-out", message::page(&stranger(), &Message::LoggedOut));
    let deleted = Message::Deleted {
        erased: vec![
            "1,437 archive entries of 49 weeks".to_owned(),
            "Your consent, the tokens and all sessions".to_owned(),
            "Your settings".to_owned(),
        ],
        ageing: vec![
            "Backups: within 35 days".to_owned(),
            "Logs, which hold only your id: within 14 days".to_owned(),
        ],
    };
    add("message-deleted", message::page(&stranger(), &deleted));
    add("message-denied", message::page(&stranger(), &Message::ConsentDenied { fields: again() }));
    let failed = Message::ConsentFailed {
        why: "It took longer than ten minutes, so the attempt was dropped.".to_owned(),
        fields: again(),
    };
    add("message-failed", message::page(&stranger(), &failed));
    add("message-not-invited", message::page(&stranger(), &Message::NotInvited));
    add("message-invite-gone", message::page(&stranger(), &Message::InviteGone));
    let other = Message::OtherAccount { expected: "Mira".to_owned() };
    add("message-other-account", message::page(&listener(), &other));
    add("message-disabled", message::page(&stranger(), &Message::Disabled));
}

fn errors(add: Add<'_>) {
    let page = |kind, detail: Option<&str>| {
        let model = Error { kind, detail: detail.map(str::to_owned), reference: Some("7f3a9c".to_owned()) };
        error::page(&listener(), &model)
    };
    add("error-400", page(ErrorKind::BadRequest, Some("The time zone “Mars/Olympus” is not known.")));
    add("error-403", page(ErrorKind::Forbidden, None));
    add("error-403-form", page(ErrorKind::StaleForm, None));
    add("error-404", page(ErrorKind::NotFound, None));
    let base_url = "http://127.0.0.1:8080".to_owned();
    add("error-421", page(ErrorKind::WrongHost { base_url }, None));
    let retry_at = Some(after(42));
    add("error-429", page(ErrorKind::TooMany { retry_at }, Some("Spotify has closed the door for a while.")));
    add("error-500", page(ErrorKind::Internal, None));
    add("error-503", page(ErrorKind::Unavailable, None));
    add("error-503-moved", page(ErrorKind::Moved, None));
}
