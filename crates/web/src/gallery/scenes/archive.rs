//! This week, the archive, a week, a paste.

use super::{
    super::data::{
        after, card, cards, count, covers, days, fields, image, listener, monday, playlist, track, track_url,
        week,
    },
    Add,
};
use crate::{
    pages::{
        archive::{self, Archive, PasteBox},
        home::{self, CurrentSet, Home, Outlook},
        paste::{self, Paste, WrongLine},
        week::{self as week_page, Track, TrackState, Week},
    },
    view::{
        Ctx, Notice, NoticeAction,
        model::{Rung, Step, StepKind, StepState, WeekState},
    },
};

pub(super) fn add(add: Add<'_>) {
    homes(add);
    archives(add);
    weeks(add);
    pastes(add);
}

fn filling() -> CurrentSet {
    CurrentSet {
        week: week(47),
        count: count(&[(Rung::Heard, 12), (Rung::Pasted, 7)], 30, true),
        covers: covers(1880, 19),
        state: WeekState::Filling,
        hint: Some(
            "Your Spotify app may not read Discover Weekly, so the set fills as you listen.".to_owned(),
        ),
        paste_helps: true,
    }
}

fn home(current: Option<CurrentSet>, outlook: Outlook) -> Home {
    Home {
        current,
        outlook,
        last: cards().into_iter().skip(1).take(3).collect(),
        weeks: 49,
        complete_weeks: 46,
        tracks: 1437,
        playlist: Some(playlist("Discover Weekly Archive")),
    }
}

fn next() -> Outlook {
    Outlook::Next { at: after(2 * 24 * 60 + 1200), usual: Some("on Mondays around 06:00".to_owned()) }
}

fn homes(add: Add<'_>) {
    add("home", home::page(&listener(), &home(Some(filling()), next())));
    let whole = CurrentSet {
        week: week(47),
        count: count(&[(Rung::Api, 30)], 30, false),
        covers: covers(1880, 30),
        state: WeekState::Done,
        hint: None,
        paste_helps: false,
    };
    let demo = Ctx { demo: true, ..listener() };
    add("home-complete-demo", home::page(&demo, &home(Some(whole), next())));
    let mut first = home(None, Outlook::Running);
    first.last.clear();
    first.weeks = 0;
    add("home-first", home::page(&listener(), &first));
    first.outlook = Outlook::Next { at: after(12), usual: None };
    add("home-first-next", home::page(&listener(), &first));
    let warned = Ctx {
        notices: vec![
            Notice {
                text: "Spotify ended your consent, so nothing can be archived until you renew it.".to_owned(),
                urgent: true,
                action: Some(NoticeAction::Connect {
                    words: "Renew at Spotify".to_owned(),
                    fields: fields(&[("return_to", "/")]),
                }),
            },
            Notice {
                text: "Two tracks of week 46 were doubled from outside and taken out again.".to_owned(),
                urgent: false,
                action: Some(NoticeAction::Post {
                    words: "Done".to_owned(),
                    action: "/status/alerts/made-up/ack".to_owned(),
                }),
            },
            Notice {
                text: "Two weeks are waiting to be looked at.".to_owned(),
                urgent: false,
                action: Some(NoticeAction::Link {
                    words: "See the status".to_owned(),
                    href: "/status".to_owned(),
                }),
            },
        ],
        ..listener()
    };
    let mut paused = filling();
    paused.state = WeekState::Paused { why: "your consent has ended".to_owned() };
    paused.hint = Some("What was found so far is safe.".to_owned());
    let why = "until you renew your consent at Spotify".to_owned();
    add("home-paused", home::page(&warned, &home(Some(paused), Outlook::Paused { why })));
    let mut late = filling();
    late.week = week(46);
    late.state = WeekState::Late { due: monday(47) };
    late.hint = Some("Spotify has shown no new set since then. Reprise looks every few hours.".to_owned());
    late.paste_helps = false;
    let outlook = Outlook::Late { due: monday(47), next: after(95) };
    let soon = Ctx {
        notices: vec![Notice {
            text: "Your consent at Spotify ends in 12 days.".to_owned(),
            urgent: false,
            action: Some(NoticeAction::Connect { words: "Renew now".to_owned(), fields: Vec::new() }),
        }],
        ..listener()
    };
    add("home-late", home::page(&soon, &home(Some(late), outlook)));
}

fn archives(add: Add<'_>) {
    let mut model = Archive {
        weeks: cards(),
        total_weeks: 49,
        total_tracks: 1437,
        playlists: vec![playlist("Discover Weekly Archive")],
        older: Some("/archive?before=2025-W50".to_owned()),
        newer: None,
        paste: Some(PasteBox::default()),
    };
    add("archive", archive::page(&listener(), &model));
    let states = [
        WeekState::Late { due: monday(47) },
        WeekState::Working { doing: "being added".to_owned() },
        WeekState::Failed { why: "Spotify did not answer".to_owned() },
        WeekState::Unverified,
        WeekState::Paused { why: "consent has ended".to_owned() },
    ];
    for (card, state) in model.weeks.iter_mut().zip(states) {
        card.state = state;
    }
    model.weeks.truncate(5);
    model.weeks[1].covers.truncate(4);
    model.playlists =
        ["Discover Weekly 2026", "Discover Weekly 2025", "Discover Weekly 2024"].map(playlist).into();
    model.older = None;
    add("archive-states", archive::page(&listener(), &model));
    let three = Archive {
        weeks: vec![
            card(47, &[(Rung::Api, 30)], 30),
            card(46, &[(Rung::Api, 30)], 30),
            card(45, &[(Rung::Api, 30)], 30),
        ],
        total_weeks: 3,
        total_tracks: 90,
        playlists: vec![playlist("Discover Weekly Archive")],
        older: None,
        newer: None,
        paste: None,
    };
    add("archive-demo", archive::page(&Ctx { demo: true, ..listener() }, &three));
    let empty = Archive {
        weeks: Vec::new(),
        total_weeks: 0,
        total_tracks: 0,
        playlists: Vec::new(),
        older: None,
        newer: None,
        paste: Some(PasteBox::default()),
    };
    add("archive-empty", archive::page(&listener(), &empty));
}

fn tracks(n: u64, state: impl Fn(u64) -> TrackState) -> Vec<Track> {
    (0..n)
        .map(|i| {
            let seed = 1880 + i;
            let (title, artist, album) = track(seed);
            Track {
                image: Some(image(seed)),
                title: Some(title.to_owned()),
                artist: Some(artist.to_owned()),
                album: Some(album.to_owned()),
                length_ms: Some(150_000 + (i * 37_123) % 190_000),
                url: Some(track_url(seed)),
                found: if i % 3 == 0 { Rung::Pasted } else { Rung::Heard },
                state: state(i),
            }
        })
        .collect()
}

fn week_model() -> Week {
    let mut tracks = tracks(19, |i| match i {
        4 => TrackState::Already { since: week(31) },
        6 => TrackState::There,
        7 => TrackState::RemovedByYou,
        9 => TrackState::Unavailable,
        17.. => TrackState::Waiting,
        _ => TrackState::Added(days(-4)),
    });
    // One whose metadata has not come yet.
    tracks.push(Track {
        image: None,
        title: None,
        artist: None,
        album: None,
        length_ms: None,
        url: Some(track_url(7)),
        found: Rung::Pasted,
        state: TrackState::Waiting,
    });
    Week {
        this: week(47),
        current: true,
        count: count(&[(Rung::Heard, 12), (Rung::Pasted, 8)], 30, true),
        state: WeekState::Filling,
        tracks,
        steps: Vec::new(),
        playlist: Some(playlist("Discover Weekly Archive")),
        doubled: None,
        earlier: Some(week(46)),
        later: None,
    }
}

fn steps(at: StepKind, state: StepState) -> Vec<Step> {
    let mut steps: Vec<_> =
        [StepKind::Seen, StepKind::Target, StepKind::Planned, StepKind::Added, StepKind::Verified]
            .into_iter()
            .map(|kind| Step { kind, state: StepState::Waiting })
            .collect();
    let here = steps.iter().position(|step| step.kind == at).unwrap_or(0);
    for step in &mut steps[..here] {
        step.state = StepState::Done(Some(after(-14)));
    }
    steps[here].state = state;
    steps
}

fn weeks(add: Add<'_>) {
    let mut model = week_model();
    add("week", week_page::page(&listener(), &model));
    model.state = WeekState::Working { doing: "being added".to_owned() };
    model.steps = steps(StepKind::Added, StepState::Now(Some("looks again in a minute".to_owned())));
    add("week-working", week_page::page(&listener(), &model));
    model.state = WeekState::Failed { why: "Spotify did not answer".to_owned() };
    model.steps = steps(StepKind::Target, StepState::Failed("no answer, next try today, 11:00".to_owned()));
    add("week-failed", week_page::page(&listener(), &model));
    model.steps = steps(StepKind::Verified, StepState::Now(None));
    model.state = WeekState::Unverified;
    add("week-unverified", week_page::page(&listener(), &model));
    model.state = WeekState::Done;
    model.steps = Vec::new();
    model.doubled = Some((3, false));
    model.later = Some(week(48));
    add("week-doubled", week_page::page(&listener(), &model));
    model.tracks.clear();
    model.doubled = None;
    model.count = count(&[], 30, true);
    add("week-empty", week_page::page(&listener(), &model));
}

fn pastes(add: Add<'_>) {
    let wrong =
        |number, text: &str, why: &str| WrongLine { number, text: text.to_owned(), why: why.to_owned() };
    let mut model = Paste {
        week: week(47),
        fresh: 11,
        known: 19,
        repeated: 2,
        wrong: vec![
            wrong(14, "https://open.spotify.com/album/0000000000000000000042", "an album, not a track"),
            wrong(31, "grocery list: milk, bread, coffee", "no link"),
        ],
        covers: covers(1899, 11),
        fields: fields(&[("paste", "made-up")]),
        doubt: None,
        text: "https://open.spotify.com/album/0000000000000000000042\ngrocery list: milk, bread, coffee"
            .to_owned(),
    };
    add("paste", paste::page(&listener(), &model));
    model.wrong.clear();
    model.known = 0;
    model.repeated = 0;
    model.doubt =
        Some("Most of these tracks are in older weeks already. Is this really this week’s list?".to_owned());
    add("paste-doubt", paste::page(&listener(), &model));
    model.fresh = 0;
    model.covers.clear();
    model.doubt = None;
    model.wrong = vec![wrong(1, "grocery list: milk, bread, coffee", "no link")];
    add("paste-nothing", paste::page(&listener(), &model));
}
