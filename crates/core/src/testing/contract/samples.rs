//! Documents of the archive with something in every corner.

use jiff::{SignedDuration, Timestamp};
use reprise_domain::archive::{
    Attempt, Expected, Fate, Found, Generation, Label, Plan, PlanKind, Rung, Source, SourceKind, Step,
    Target, TargetKey, TargetState,
};
use reprise_domain::identity::Identity;
use reprise_domain::ids::{PlaylistId, SnapshotId, SourceId, TrackUri, UserId};
use reprise_domain::time::Mark;
use reprise_domain::track::Track;

use super::noon;
use crate::ports::{Alert, AlertKind, Run, RunOutcome, Severity};

/// Characters that stores have tripped over: quotes, NUL, combining and right-to-left marks, emoji.
pub(in crate::testing) const UNUSUAL: &str =
    "o'Clock \"x\" \\ \u{0}\u{7f}\n\t e\u{301} \u{202e}עברית\u{202c} 片思い 🎧👩‍👩‍👧 %_;--";

pub(in crate::testing) fn uri(number: usize) -> TrackUri {
    format!("spotify:track:{number:022}").parse().unwrap()
}

pub(in crate::testing) fn source(id: &str) -> Source {
    Source::new(SourceId::new(id), SourceKind::DiscoverWeekly)
}

pub(in crate::testing) fn generation(number: u32) -> Generation {
    Generation::begin(number, Label::nearest(noon(), &jiff::tz::TimeZone::UTC), noon(), Expected::Read(30))
}

/// A generation with `tracks` tracks in every fate, in the middle of an add.
pub(in crate::testing) fn busy_generation(number: u32, tracks: usize) -> Generation {
    let mut generation = generation(number);
    let target = key("discover-weekly", 1);
    generation.tracks = (0..tracks)
        .map(|n| Found {
            identity: Identity::new(
                uri(n),
                "USRC17607839".parse().ok(),
                Some(210_000),
                UNUSUAL,
                ["Ω", UNUSUAL],
            ),
            rung: if n % 2 == 0 { Rung::Api } else { Rung::Pasted },
            at: noon(),
            fate: match n % 3 {
                0 => Fate::Pending,
                1 => Fate::Archived { target: target.clone(), at: noon() },
                _ => Fate::Refused,
            },
        })
        .collect();
    let over = Mark { wall: noon(), uptime_ms: u64::from(u32::MAX) + 1, boot: UNUSUAL.to_owned() };
    let plan = Plan {
        kind: PlanKind::Add,
        target,
        playlist: playlist(),
        uris: (0..tracks.min(100)).map(uri).collect(),
        position: Some(0),
        total_before: u32::MAX,
        snapshot_before: Some(SnapshotId::new(UNUSUAL)),
    };
    generation.step = Step::Planned { plan, attempt: Attempt { over }, sighting: None };
    generation
}

pub(in crate::testing) fn playlist() -> PlaylistId {
    "37i9dQZEVXcJZyENOWUFo7".parse().unwrap()
}

pub(in crate::testing) fn key(source_id: &str, volume: u32) -> TargetKey {
    TargetKey::new(&source(source_id), &generation(1), volume)
}

pub(in crate::testing) fn target(source_id: &str, volume: u32) -> Target {
    Target {
        key: key(source_id, volume),
        playlist: playlist(),
        name: "Discover Weekly Archive".to_owned(),
        state: TargetState::Open,
        total: None,
        snapshot: None,
        written: None,
        seen_in_library: noon(),
    }
}

pub(in crate::testing) fn run(at: Timestamp, source: &str) -> Run {
    Run {
        at,
        source: SourceId::new(source),
        calls: 3,
        outcome: RunOutcome::Worked { found: 30, added: 29, stopped: None },
    }
}

/// `noon()` and so many minutes.
pub(in crate::testing) fn minutes(minutes: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

pub(in crate::testing) fn track(number: usize) -> Track {
    Track {
        uri: uri(number),
        title: format!("{UNUSUAL} {number}"),
        artists: vec!["Ω".to_owned(), UNUSUAL.to_owned()],
        album: None,
        duration_ms: Some(210_000),
        isrc: "USRC17607839".parse().ok(),
        cover: Some("https://i.scdn.co/image/ab".to_owned()),
        explicit: true,
    }
}

pub(in crate::testing) fn alert(key: &str, user: Option<&UserId>, at: Timestamp) -> Alert {
    Alert {
        key: key.to_owned(),
        kind: AlertKind::WeekMissing,
        severity: Severity::Warning,
        user: user.cloned(),
        at,
        text: UNUSUAL.to_owned(),
        acknowledged: None,
    }
}
