//! Made-up listeners, weeks and tracks.

use jiff::{
    Timestamp, Zoned,
    civil::{Date, ISOWeekDate, Weekday, date},
    tz::TimeZone,
};

use crate::view::{
    Ctx, Viewer,
    model::{Check, CheckState, Cover, PlaylistLink, Rung, SetCount, WeekCard, WeekRef, WeekState},
};

/// Titles and artists of no real record, in several scripts.
pub(super) const TRACKS: [(&str, &str, &str); 15] = [
    ("Slow Harbour", "Mirelle Okafor", "Tidewater"),
    ("Glass Orchard", "The Tin Meridian", "Glass Orchard"),
    ("紙の灯り", "青木ジュン", "夜の図書館"),
    ("Northbound", "Vale & Ember", "Lines on a Map"),
    ("Кухонный свет", "Осенний Брандт", "Комната в июле"),
    ("Salt on the Window", "Lina Marsh", "Salt on the Window"),
    ("نافذة على البحر", "ليلى مرسى", "مدن بعيدة"),
    ("A Room in July", "Teodora Pike", "A Room in July"),
    (
        "Everything That We Meant to Say Before the Last Train Left the Station (Live at the Old Town Hall)",
        "Corvid Choir, Juniper Static, Osei Brandt",
        "Everything That We Meant to Say",
    ),
    ("작은 날씨", "코르비드", "작은 날씨"),
    ("Half a Mile of Rain", "Juniper Static", "Half a Mile"),
    ("Kitchen Light", "Osei Brandt", "Kitchen Light"),
    ("Δύο φεγγάρια", "Νεφέλη", "Νησιά"),
    ("Minor Weather", "Corvid Choir", "Minor Weather"),
    ("שיר לערב", "נועה גל", "ערב"),
];

/// The moment of every picture: Friday 20 November 2026, 10:12 in Berlin.
pub(super) fn now() -> Zoned {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    date(2026, 11, 20)
        .at(10, 12, 0, 0)
        .to_zoned(zone)
        .expect("a date of our own in a zone without a gap there")
}

/// So many minutes from now.
pub(super) fn after(minutes: i64) -> Timestamp {
    now().timestamp() + jiff::SignedDuration::from_mins(minutes)
}

/// So many days from now.
pub(super) fn days(days: i64) -> Timestamp {
    after(days * 24 * 60)
}

pub(super) fn listener() -> Ctx {
    Ctx {
        csrf: Some("made-up-token".to_owned()),
        viewer: Some(Viewer { name: "Listener".to_owned(), admin: true }),
        ..stranger()
    }
}

pub(super) fn stranger() -> Ctx {
    Ctx { now: now(), csrf: None, viewer: None, demo: false, notices: Vec::new(), flash: None }
}

pub(super) fn week(number: i8) -> WeekRef {
    week_of(2026, number)
}

pub(super) fn week_of(year: i16, number: i8) -> WeekRef {
    let week = ISOWeekDate::new(year, number, Weekday::Monday).expect("a week of our own");
    WeekRef { slug: format!("{year}-W{number:02}"), week, from: week.date(), source: None }
}

pub(super) fn monday(number: i8) -> Date {
    week(number).from
}

pub(super) fn count(found: &[(Rung, u32)], of: u32, assumed: bool) -> SetCount {
    SetCount { have: found.iter().map(|(_, n)| n).sum(), of, assumed, found: found.to_vec() }
}

pub(super) fn track_url(seed: u64) -> String {
    format!("https://open.spotify.com/track/{seed:022}")
}

pub(super) fn image(seed: u64) -> String {
    format!("/cover/{seed}")
}

pub(super) fn covers(first: u64, n: u64) -> Vec<Cover> {
    (first..first + n)
        .map(|seed| {
            let (title, artist, _) = track(seed);
            Cover {
                image: Some(image(seed)),
                alt: format!("{title} by {artist}"),
                href: Some(track_url(seed)),
            }
        })
        .collect()
}

pub(super) fn track(seed: u64) -> (&'static str, &'static str, &'static str) {
    let len = TRACKS.len() as u64;
    TRACKS[usize::try_from(seed % len).expect("smaller than the table")]
}

pub(super) fn card(number: i8, found: &[(Rung, u32)], of: u32) -> WeekCard {
    let first = u64::from(number.unsigned_abs()) * 40;
    WeekCard {
        week: week(number),
        count: count(found, of, false),
        covers: covers(first, 6),
        current: false,
        state: WeekState::Done,
    }
}

/// The latest weeks of a long archive.
pub(super) fn cards() -> Vec<WeekCard> {
    let mut latest = card(47, &[(Rung::Heard, 12), (Rung::Pasted, 7)], 30);
    latest.current = true;
    latest.count.assumed = true;
    latest.state = WeekState::Filling;
    let mut cards = vec![
        latest,
        card(46, &[(Rung::Copy, 30)], 30),
        card(45, &[(Rung::Copy, 30)], 30),
        card(44, &[(Rung::Heard, 24), (Rung::Pasted, 3)], 30),
        card(43, &[(Rung::Api, 30)], 30),
        card(42, &[(Rung::Api, 30)], 30),
    ];
    let mut radar = card(41, &[(Rung::Api, 28)], 28);
    radar.week.source = Some("Release Radar".to_owned());
    radar.week.slug = "release-radar-2026-W41".into();
    let mut gone = card(40, &[(Rung::Api, 30)], 30);
    for cover in &mut gone.covers {
        cover.image = None;
    }
    let mut old = card(50, &[(Rung::Pasted, 30)], 30);
    old.week = week_of(2025, 50);
    cards.extend([radar, gone, old]);
    cards
}

pub(super) fn playlist(name: &str) -> PlaylistLink {
    PlaylistLink {
        name: name.to_owned(),
        url: "https://open.spotify.com/playlist/0000000000000000000001".to_owned(),
    }
}

pub(super) fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn check(state: CheckState, what: &str, found: &str, todo: &str) -> Check {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Check { state, what: what.to_owned(), found: some(found), todo: some(todo) }
}
