//! Settings, disconnecting, the operator's page.

use super::{
    super::data::{after, days, listener},
    Add,
};
use crate::{
    pages::{
        admin::{self, Admin, Alert, Fact, Invite, InviteState, Trouble, User},
        disconnect::{self, Ageing, Disconnect},
        settings::{
            self,
            model::{RungSetting, Settings, Style},
        },
    },
    view::{Ctx, model::Rung},
};

pub(super) fn add(add: Add<'_>) {
    let mut model = settings();
    let saved = Ctx { flash: Some("Settings saved.".to_owned()), ..listener() };
    add("settings", settings::page(&saved, &model));
    model.adopt = "https://open.spotify.com/album/0000000000000000000042".into();
    model.time_zone = "Mars/Olympus".into();
    model.errors = vec![
        ("adopt".to_owned(), "that is an album, not a playlist".to_owned()),
        ("time_zone".to_owned(), "“Mars/Olympus” is not a known time zone".to_owned()),
    ];
    model.gone = true;
    add("settings-errors", settings::page(&listener(), &model));
    let mut model = disconnecting();
    add("disconnect", disconnect::page(&listener(), &model));
    model.error = Some("Tick the box first, so that nobody erases everything by a slip.".to_owned());
    add("disconnect-unticked", disconnect::page(&listener(), &model));
    add("admin", admin::page(&listener(), &operator()));
    let empty = Admin {
        new_link: None,
        invite_error: None,
        invites: Vec::new(),
        users: Vec::new(),
        alerts: Vec::new(),
        setup: facts(),
    };
    add("admin-empty", admin::page(&listener(), &empty));
}

fn settings() -> Settings {
    let rung =
        |rung, on, blocked: Option<&str>| RungSetting { rung, on, blocked: blocked.map(str::to_owned) };
    Settings {
        style: Style::Growing,
        name_template: "Discover Weekly Archive".to_owned(),
        adopt: String::new(),
        source_url: String::new(),
        inbox_url: "https://open.spotify.com/playlist/0000000000000000000009".to_owned(),
        rungs: vec![
            rung(Rung::Api, true, Some("Your app may not do that at present; it is tried once a week.")),
            rung(Rung::Copy, true, None),
            rung(Rung::Heard, true, None),
            rung(Rung::Pasted, true, None),
        ],
        time_zone: "Europe/Berlin".to_owned(),
        time_zones: ["Europe/Berlin", "Pacific/Honolulu", "Asia/Kathmandu"].map(str::to_owned).into(),
        mend: true,
        gone: false,
        release_radar: true,
        sources: String::new(),
        errors: Vec::new(),
    }
}

fn disconnecting() -> Disconnect {
    let lines = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect();
    Disconnect {
        erased: lines(&[
            "1,437 archive entries of 49 weeks: which tracks, when, and how they were found",
            "Your consent: the tokens, and every session that is signed in",
            "Your settings and your name",
        ]),
        ageing: vec![
            Ageing { what: "Backups of the database".to_owned(), days: 35 },
            Ageing { what: "Work that could not be done and was set aside".to_owned(), days: 14 },
            Ageing { what: "Logs, which hold only your id".to_owned(), days: 14 },
        ],
        stays: lines(&[
            "The playlist “Discover Weekly Archive”, in your Spotify account",
            "Reprise in Spotify’s list of your apps, until you remove it there",
        ]),
        error: None,
    }
}

fn facts() -> Vec<Fact> {
    [
        ("Address", "http://127.0.0.1:8080", "as in REPRISE_BASE_URL"),
        (
            "Redirect URI",
            "http://127.0.0.1:8080/auth/spotify/callback",
            "must stand in the app’s settings at Spotify, letter by letter",
        ),
        ("Client id", "0a1b…9f", "the secret is set"),
        ("App may", "development", "five listeners, and no reading of Discover Weekly"),
        ("Calls a day", "1,500", "as in REPRISE_DAILY_CALLS"),
        ("Sign-up", "invite", "by link only"),
    ]
    .map(|(label, value, note)| Fact {
        label: label.to_owned(),
        value: value.to_owned(),
        note: note.to_owned(),
    })
    .into()
}

fn user(id: &str, name: &str, state: &str, trouble: Trouble) -> User {
    User {
        id: id.to_owned(),
        name: name.to_owned(),
        since: days(-39),
        state: state.to_owned(),
        trouble,
        weeks: 6,
        disabled: false,
        yourself: false,
    }
}

fn operator() -> Admin {
    let invite = |note: &str, state| Invite {
        id: "made-up".to_owned(),
        note: note.to_owned(),
        created: days(-2),
        state,
    };
    let mut you = user("u1", "Jonas", "archives well", Trouble::None);
    you.yourself = true;
    let mut off = user("u4", "ليلى", "", Trouble::None);
    off.disabled = true;
    Admin {
        new_link: Some("http://127.0.0.1:8080/signup/mAdE-uP-mAdE-uP-mAdE-uP".to_owned()),
        invite_error: None,
        invites: vec![
            invite("Mira", InviteState::Open { expires: days(5) }),
            invite("", InviteState::Used { at: days(-1), by: "Teodora".to_owned() }),
            invite("Osei", InviteState::Expired),
        ],
        users: vec![
            you,
            user("u2", "Teodora", "archives well", Trouble::None),
            user("u3", "青木ジュン", "must renew the consent", Trouble::Retry),
            off,
        ],
        alerts: vec![
            Alert {
                id: "a1".to_owned(),
                at: after(-300),
                text: "Week 47 of 青木ジュン has been seen nowhere, although it is Wednesday.".to_owned(),
            },
            Alert {
                id: "a2".to_owned(),
                at: days(-2),
                text: "The consent of Teodora ends in 14 days.".to_owned(),
            },
        ],
        setup: facts(),
    }
}
