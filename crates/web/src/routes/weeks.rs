//! A listener's weeks out of the ledger, as the pages show them.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_core::ports::{RunOutcome, User};
use reprise_domain::archive::{
    Expected, Fate, Generation, Rung, Source, SourceKind, Step, Target, TargetState,
};
use reprise_domain::ids::{SourceId, TrackUri};
use reprise_domain::time::{hours, later};
use reprise_domain::token::GrantState;
use reprise_domain::track::Track;

use crate::answer::{Failure, zone};
use crate::state::App;
use crate::view::model::{self, Cover, PlaylistLink, SetCount, WeekCard, WeekRef, WeekState};

/// A list that should have changed is called late after this.
const LATE_AFTER: std::time::Duration = hours(48);

/// A card shows so many covers.
const COVERS: usize = 6;

/// Everything kept for one listener.
pub(super) struct Shelf {
    pub(super) sources: Vec<Source>,
    pub(super) targets: Vec<Target>,
    /// Newest first.
    pub(super) weeks: Vec<Kept>,
    now: Timestamp,
    zone: TimeZone,
    needs_consent: bool,
    /// Why the last run failed, by source.
    failed: HashMap<SourceId, String>,
}

/// One week, and the source it came from.
pub(super) struct Kept {
    pub(super) source: Source,
    pub(super) week: Generation,
}

impl Kept {
    /// Whether it is the newest week of Discover Weekly.
    pub(super) fn is_current(&self) -> bool {
        self.source.kind == SourceKind::DiscoverWeekly && self.week.number == self.source.newest
    }
}

impl Shelf {
    /// Reads all of `user`'s, and nobody else's.
    pub(super) async fn load(app: &App, user: &User) -> Result<Self, Failure> {
        let ports = &app.core.ports;
        let sources: Vec<Source> =
            ports.sources.sources(&user.id).await?.into_iter().map(|read| read.value).collect();
        let mut weeks = Vec::new();
        for source in &sources {
            let read = ports.ledger.generations(&user.id, &source.id, None, usize::MAX).await?;
            weeks.extend(read.into_iter().map(|read| Kept { source: source.clone(), week: read.value }));
        }
        weeks.sort_by_key(|kept| std::cmp::Reverse(kept.week.first_seen));
        let targets = ports.ledger.targets(&user.id).await?;
        let grant = ports.tokens.grant(&user.id).await?;
        Ok(Self {
            targets: targets.into_iter().map(|read| read.value).collect(),
            weeks,
            now: ports.clock.now(),
            zone: zone(app, Some(user)),
            needs_consent: grant.is_none_or(|grant| {
                matches!(grant.value.state, GrantState::ReauthRequired { .. } | GrantState::Disabled)
            }),
            failed: failures(app, user, &sources).await?,
            sources,
        })
    }

    /// The source that everybody has.
    pub(super) fn discover_weekly(&self) -> Option<&Source> {
        self.sources.iter().find(|source| source.kind == SourceKind::DiscoverWeekly)
    }

    /// The newest week of Discover Weekly.
    pub(super) fn current(&self) -> Option<&Kept> {
        self.weeks.iter().find(|kept| kept.is_current())
    }

    /// Whether a new list should have come and has not.
    pub(super) fn is_late(&self, source: &Source) -> bool {
        source.newest > 0
            && !source.turn.is_seen(self.now)
            && self.now >= later(source.turn.last(self.now), LATE_AFTER)
    }

    /// Whether nothing can be done until the listener consents again.
    pub(super) fn needs_consent(&self) -> bool {
        self.needs_consent
    }

    /// Metadata of these tracks, as far as the cache has it.
    pub(super) async fn metadata(
        app: &App,
        mut uris: Vec<TrackUri>,
    ) -> Result<HashMap<TrackUri, Track>, Failure> {
        uris.sort();
        uris.dedup();
        let ports = &app.core.ports;
        let known = ports.tracks.tracks(&uris, ports.clock.now()).await?;
        Ok(known.into_iter().map(|track| (track.uri.clone(), track)).collect())
    }

    /// The week's name; its slug is the label where that is enough to find it.
    pub(super) fn name(&self, kept: &Kept) -> WeekRef {
        let Kept { source, week } = kept;
        let is_weekly = source.kind == SourceKind::DiscoverWeekly;
        let twins = |other: &&Kept| other.source.id == source.id && other.week.label == week.label;
        let first = self.weeks.iter().rev().find(twins).map(|first| first.week.number);
        let slug = if is_weekly && first == Some(week.number) {
            week.label.to_string()
        } else {
            format!("{}.{}.{}", week.label, week.number, source.id)
        };
        WeekRef {
            slug,
            week: week.label.monday().iso_week_date(),
            from: week.first_seen.to_zoned(self.zone.clone()).date(),
            source: (!is_weekly).then(|| title(source)),
        }
    }

    /// The week of this slug.
    pub(super) fn find(&self, slug: &str) -> Option<usize> {
        self.weeks.iter().position(|kept| self.name(kept).slug == slug)
    }

    /// Where a week stands.
    pub(super) fn state(&self, kept: &Kept) -> WeekState {
        let Kept { source, week } = kept;
        let targets = self.targets_of(week);
        if targets.iter().any(|target| target.state == TargetState::Unverified) {
            return WeekState::Unverified;
        }
        if matches!(week.step, Step::Done | Step::Verified) && week.pending().next().is_none() {
            if kept.is_current() && self.is_late(source) {
                let due = source.turn.last(self.now).to_zoned(self.zone.clone()).date();
                return WeekState::Late { due };
            }
            let lacks = week.tracks.len() < week.expected.count() as usize;
            let is_open = matches!(week.expected, Expected::Assumed(_)) && lacks && kept.is_current();
            return if is_open { WeekState::Filling } else { WeekState::Done };
        }
        if self.needs_consent {
            return WeekState::Paused { why: "until you renew your consent at Spotify".to_owned() };
        }
        if self.targets.iter().any(|target| target.state == TargetState::Gone) {
            return WeekState::Paused { why: "the archive playlist is gone from your library".to_owned() };
        }
        if let Some(why) = self.failed.get(&source.id) {
            return WeekState::Failed { why: why.clone() };
        }
        WeekState::Working { doing: doing(&week.step).to_owned() }
    }

    fn targets_of(&self, week: &Generation) -> Vec<&Target> {
        let of = |target: &&Target| week.tracks.iter().any(|found| found.fate.target() == Some(&target.key));
        self.targets.iter().filter(of).collect()
    }

    /// The playlist in which a week's tracks are, the newest where there are several.
    pub(super) fn playlist(&self, week: &Generation) -> Option<PlaylistLink> {
        self.targets_of(week).into_iter().rfind(|target| is_there(target)).map(link)
    }

    /// The playlists that are there, newest first.
    pub(super) fn playlists(&self) -> Vec<PlaylistLink> {
        self.targets.iter().rev().filter(|target| is_there(target)).map(link).collect()
    }

    /// A week as a card.
    pub(super) fn card(&self, kept: &Kept, known: &HashMap<TrackUri, Track>) -> WeekCard {
        WeekCard {
            week: self.name(kept),
            count: count(&kept.week),
            covers: kept
                .week
                .tracks
                .iter()
                .take(COVERS)
                .map(|found| cover(&found.identity.uri, known))
                .collect(),
            current: kept.is_current(),
            state: self.state(kept),
        }
    }

    /// The tracks whose covers cards show.
    pub(super) fn on_cards(weeks: &[&Kept]) -> Vec<TrackUri> {
        let found = weeks.iter().flat_map(|kept| kept.week.tracks.iter().take(COVERS));
        found.map(|found| found.identity.uri.clone()).collect()
    }

    /// How many tracks were kept in all, each once.
    pub(super) fn total_tracks(&self) -> u64 {
        let kept =
            |fate: &Fate| matches!(fate, Fate::Archived { .. } | Fate::Present { .. } | Fate::Removed { .. });
        let all = self.weeks.iter().flat_map(|kept| &kept.week.tracks);
        all.filter(|found| kept(&found.fate)).count() as u64
    }
}

/// The tracks of a week.
pub(super) fn uris(week: &Generation) -> Vec<TrackUri> {
    week.tracks.iter().map(|found| found.identity.uri.clone()).collect()
}

/// Why the last run of each source failed, where it did.
async fn failures(app: &App, user: &User, sources: &[Source]) -> Result<HashMap<SourceId, String>, Failure> {
    if sources.iter().all(|source| source.failures == 0) {
        return Ok(HashMap::new());
    }
    let mut failed = HashMap::new();
    let mut seen: Vec<SourceId> = Vec::new();
    for run in app.core.ports.ledger.runs(&user.id, 20).await? {
        if seen.contains(&run.source) {
            continue;
        }
        seen.push(run.source.clone());
        if let RunOutcome::Failed { why } = run.outcome {
            failed.insert(run.source, why);
        }
    }
    Ok(failed)
}

fn is_there(target: &Target) -> bool {
    matches!(target.state, TargetState::Open | TargetState::Unverified)
}

fn link(target: &Target) -> PlaylistLink {
    PlaylistLink { name: target.name.clone(), url: target.playlist.link() }
}

/// What a source is called, by its archive where it has no name of its own.
pub(super) fn title(source: &Source) -> String {
    match source.kind {
        SourceKind::Playlist => source.settings.name.trim_end_matches(" Archive").to_owned(),
        kind => kind.title().to_owned(),
    }
}

/// "n of m".
pub(super) fn count(week: &Generation) -> SetCount {
    let have = u32::try_from(week.tracks.len()).unwrap_or(u32::MAX);
    let found = week.by_rung().into_iter();
    SetCount {
        have,
        of: week.expected.count().max(have),
        assumed: matches!(week.expected, Expected::Assumed(_)),
        found: found.map(|(way, n)| (rung(way), u32::try_from(n).unwrap_or(u32::MAX))).collect(),
    }
}

pub(super) fn rung(rung: Rung) -> model::Rung {
    match rung {
        Rung::Api => model::Rung::Api,
        Rung::Copy => model::Rung::Copy,
        Rung::Heard => model::Rung::Heard,
        Rung::Pasted => model::Rung::Pasted,
    }
}

/// A track's cover; where the cache has nothing, its link by id remains.
pub(super) fn cover(uri: &TrackUri, known: &HashMap<TrackUri, Track>) -> Cover {
    let track = known.get(uri);
    Cover {
        image: track.and_then(|track| track.cover.clone()),
        alt: track.map_or_else(|| "Details not known at present".to_owned(), in_words),
        href: Some(uri.link()),
    }
}

fn in_words(track: &Track) -> String {
    if track.artists.is_empty() {
        return track.title.clone();
    }
    format!("{} by {}", track.title, track.artists.join(", "))
}

fn doing(step: &Step) -> &'static str {
    match step {
        Step::Seen | Step::Target | Step::Done => "waits to be added",
        Step::Creating { .. } => "its playlist is being made",
        Step::Planned { .. } => "being added",
        Step::Added { .. } | Step::Verified => "added, about to be checked",
    }
}
