//! Looking at a source on every rung that applies, and what a find does to the ledger.

use std::time::Duration;

use jiff::Timestamp;
use reprise_domain::archive::{
    Access, Arrival, Event, Expected, Generation, Label, Relation, Rung, SourceKind, Step, relate,
};
use reprise_domain::identity::{Identity, Sameness};
use reprise_domain::ids::{PlaylistId, TrackUri};
use reprise_domain::time::{days, hours, later};
use reprise_domain::track::Track;

use super::discover::find_discover_weekly;
use super::running::{PURPOSE, Running};
use super::stop::Stop;
use crate::failpoint;
use crate::ports::{AlertKind, Severity, Version, Versioned};
use crate::spotify::{Entry, ForbiddenWhy, ItemsPage, SpotifyError};

/// Generations that a reading is compared with: a stale answer is never months old.
const RECENT: usize = 8;

/// A source that this app has never read, or not found, is tried again after this.
const NEVER_READ: Duration = days(30);

/// A source that was readable until lately is tried again after this: an error of Spotify's must not
/// cost a week.
const LATELY_READ: Duration = hours(20);

/// No playlist holds more items than this.
const LARGEST_PLAYLIST: u32 = 11_000;

/// Spotify shows at most so many items a page.
const PAGE: u32 = 50;

/// A page that fails is asked for again after a second, two, and four.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// What one rung brought.
pub(super) struct Finding {
    pub(super) rung: Rung,
    pub(super) tracks: Vec<Identity>,
    /// How many entries were read, unavailable ones included; only of a whole list.
    total: Option<u32>,
}

/// A playlist as it was read.
pub(super) struct ReadPlaylist {
    pub(super) entries: Vec<Option<Track>>,
    pub(super) total: u32,
}

impl ReadPlaylist {
    fn tracks(&self) -> Vec<Track> {
        self.entries.iter().flatten().cloned().collect()
    }
}

impl Running<'_> {
    /// Looks at the source and takes in what is found.
    pub(super) async fn look(&mut self) -> Result<(), Stop> {
        let before = self.source.value.checked;
        let arrivals = self.source.value.arrivals.clone();
        self.reopen().await?;
        let mut findings = self.arrived(&arrivals).await?;
        let look_at = self.source.value.look_at;
        let is_due = look_at.is_none_or(|at| at <= self.now());
        if is_due {
            findings.extend(self.read_source().await?);
        }
        let looked = is_due && !findings.is_empty();
        failpoint::pass("archive.read");
        let (mut joined, mut new_list, mut whole_list) = (0, false, false);
        for finding in findings {
            let is_whole = finding.rung.is_complete();
            let (count, is_new) = self.take_in(finding).await?;
            joined += count;
            new_list |= is_new;
            whole_list |= is_new && is_whole;
        }
        self.found += u32::try_from(joined).unwrap_or(u32::MAX);
        let now = self.now();
        self.update_source(|source| {
            source.arrivals.retain(|arrival| !arrivals.contains(arrival));
            if new_list {
                source.turn.new_seen(before.filter(|_| whole_list), now);
            } else if looked && joined == 0 && look_at.is_some() {
                // What a person asks for takes nothing from the allowance of the calendar.
                source.turn.nothing_new(now);
            }
            if looked {
                // Only what was really read tells that a new list was not there yet.
                source.checked = Some(now);
            }
            if is_due {
                source.look_at = Some(source.turn.next_look(now));
            }
        })
        .await?;
        failpoint::pass("archive.noted");
        self.alert_if_late(now).await
    }

    /// Puts back on the list of open generations what a run killed between two writes left off it.
    async fn reopen(&mut self) -> Result<(), Stop> {
        let recent =
            self.core.ports.ledger.generations(&self.user.id, &self.source.value.id, None, RECENT).await?;
        let left_off: Vec<u32> = recent
            .iter()
            .filter(|read| read.value.step != Step::Done)
            .map(|read| read.value.number)
            .filter(|number| !self.source.value.open.contains(number))
            .collect();
        if left_off.is_empty() {
            return Ok(());
        }
        self.update_source(|source| left_off.iter().for_each(|number| source.open(*number))).await
    }

    /// What a page or a command has handed in since the last run.
    async fn arrived(&self, arrivals: &[Arrival]) -> Result<Vec<Finding>, Stop> {
        let mut findings = Vec::new();
        for arrival in arrivals {
            let cached = self.core.ports.tracks.tracks(&arrival.tracks, self.now()).await?;
            let identity = |uri: &TrackUri| {
                let known = cached.iter().find(|track| track.uri == *uri);
                known.map_or_else(|| Identity::of_uri(uri.clone()), Track::identity)
            };
            findings.push(Finding {
                rung: arrival.rung,
                tracks: arrival.tracks.iter().map(identity).collect(),
                total: None,
            });
        }
        Ok(findings)
    }

    /// Reads the playlist itself where that is allowed, else the inbox.
    async fn read_source(&mut self) -> Result<Vec<Finding>, Stop> {
        let mut candidate = self.readable_playlist().await?;
        while let Some(playlist) = candidate.take() {
            match self.read_playlist(&playlist).await {
                Ok(read) => {
                    if self.source.value.access != Access::Readable {
                        self.update_source(|source| source.access = Access::Readable).await?;
                    }
                    let tracks = read.tracks();
                    self.remember(&tracks).await?;
                    let tracks = tracks.iter().map(Track::identity).collect();
                    return Ok(vec![Finding { rung: Rung::Api, tracks, total: Some(read.total) }]);
                }
                Err(Stop::Spotify(error)) if hides_the_list(&error) => {
                    candidate = self.moved_from(&playlist).await?;
                    if candidate.is_none() {
                        self.refused(self.source.value.access == Access::Readable).await?;
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        let Some(inbox) = self.source.value.inbox.clone() else { return Ok(Vec::new()) };
        match self.read_playlist(&inbox).await {
            Ok(read) => Ok(vec![self.copied(&read).await?]),
            Err(Stop::Spotify(error)) if hides_the_list(&error) => {
                let text = "The inbox playlist cannot be read. Choose another on the settings page, or paste the week's links.";
                self.alert(AlertKind::Refused, Severity::Warning, inbox.as_str(), text.to_owned()).await?;
                Ok(Vec::new())
            }
            Err(stop) => Err(stop),
        }
    }

    /// The playlist to read, if it is worth a call; looks for Discover Weekly where nobody has found
    /// it yet.
    async fn readable_playlist(&mut self) -> Result<Option<PlaylistId>, Stop> {
        let source = &self.source.value;
        let worth_trying = match source.access {
            Access::Unknown | Access::Readable => true,
            Access::Refused { at, lately_readable } => {
                self.now() >= later(at, if lately_readable { LATELY_READ } else { NEVER_READ })
            }
        };
        if !worth_trying || source.playlist.is_some() || source.kind != SourceKind::DiscoverWeekly {
            return Ok(source.playlist.clone().filter(|_| worth_trying));
        }
        let found = find_discover_weekly(&self.api, &self.token, PURPOSE).await?.map(|found| found.id);
        if found.is_some() {
            self.update_source(|source| source.playlist.clone_from(&found)).await?;
        } else {
            self.refused(false).await?;
        }
        Ok(found)
    }

    /// Where Discover Weekly is now, if Spotify gave it another id than the one we knew.
    async fn moved_from(&mut self, known: &PlaylistId) -> Result<Option<PlaylistId>, Stop> {
        if self.source.value.kind != SourceKind::DiscoverWeekly {
            return Ok(None);
        }
        let found = find_discover_weekly(&self.api, &self.token, PURPOSE).await?.map(|found| found.id);
        let moved = found.filter(|found| found != known);
        if moved.is_some() {
            self.update_source(|source| source.playlist.clone_from(&moved)).await?;
        }
        Ok(moved)
    }

    /// Notes that the list cannot be read for now.
    async fn refused(&mut self, lately_readable: bool) -> Result<(), Stop> {
        let at = self.now();
        self.update_source(|source| {
            let before = matches!(source.access, Access::Refused { lately_readable: true, .. });
            source.access = Access::Refused { at, lately_readable: lately_readable || before };
        })
        .await
    }

    /// What the listener has put into the inbox since it was drained last.
    async fn copied(&mut self, read: &ReadPlaylist) -> Result<Finding, Stop> {
        let tracks = read.tracks();
        self.remember(&tracks).await?;
        let mut undrained = Vec::new();
        for number in self.source.value.open.clone() {
            if let Some(generation) = self.generation(number).await? {
                undrained.extend(generation.value.drain);
            }
        }
        let tracks = tracks.iter().map(Track::identity);
        let tracks = tracks.filter(|identity| !undrained.contains(&identity.uri)).collect();
        Ok(Finding { rung: Rung::Copy, tracks, total: None })
    }

    /// Reads a whole playlist.
    pub(super) async fn read_playlist(&self, id: &PlaylistId) -> Result<ReadPlaylist, Stop> {
        let mut read = ReadPlaylist { entries: Vec::new(), total: 0 };
        loop {
            let offset = u32::try_from(read.entries.len()).unwrap_or(u32::MAX);
            let page = self.page(id, offset).await?;
            read.total = page.total;
            let is_last = !page.next || page.entries.is_empty() || offset > LARGEST_PLAYLIST;
            read.entries.extend(page.entries.into_iter().map(track_of));
            if is_last {
                return Ok(read);
            }
        }
    }

    /// Reads one page. Further pages are asked for again after a moment: what has been read so far is
    /// worth more than one call, and thirty pages in a row must not depend on thirty lucky answers.
    async fn page(&self, id: &PlaylistId, offset: u32) -> Result<ItemsPage, Stop> {
        let mut pause = Duration::from_secs(1);
        loop {
            let answer = self.api.playlist_items(&self.token, PURPOSE, id, offset, PAGE).await;
            match answer {
                Err(SpotifyError::Unavailable { retry_at: None, .. } | SpotifyError::Invalid { .. })
                    if offset > 0 && pause <= LONGEST_PAUSE =>
                {
                    self.core.ports.clock.sleep_until(later(self.now(), pause)).await;
                    pause *= 2;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Puts a find into the generation it belongs to; answers how many tracks were new, and whether
    /// a generation began that the calendar does not know of yet.
    pub(super) async fn take_in(&mut self, finding: Finding) -> Result<(usize, bool), Stop> {
        let now = self.now();
        let ledger = &self.core.ports.ledger;
        let recent = ledger.generations(&self.user.id, &self.source.value.id, None, RECENT).await?;
        let known: Vec<&Generation> = recent.iter().map(|read| &read.value).collect();
        let turn = &self.source.value.turn;
        let same_turn = known.first().is_some_and(|current| turn.is_same_week(current.first_seen, now));
        let (mut generation, is_new) = match relate(&finding.tracks, &known, finding.rung, same_turn) {
            Relation::Nothing => return Ok((0, false)),
            Relation::Of(number) => {
                let Some(read) = recent.into_iter().find(|read| read.value.number == number) else {
                    return Err(Stop::Superseded);
                };
                (read, false)
            }
            Relation::New => {
                (self.begin(&finding, known.first().map_or(0, |newest| newest.number), now), true)
            }
        };
        self.report_conflicts(&generation.value, &finding.tracks).await?;
        let stored = generation.value.clone();
        let value = &mut generation.value;
        if finding.rung == Rung::Copy {
            let uris = finding.tracks.iter().map(|identity| identity.uri.clone());
            value.drain.extend(uris.filter(|uri| !stored.drain.contains(uri)));
        }
        let joined = value.join(finding.tracks, finding.rung, now);
        let first_seen = value.first_seen;
        if let (Expected::Read(_), true) = (value.expected, finding.rung.is_complete()) {
            let seen = u32::try_from(value.tracks.len()).unwrap_or(u32::MAX);
            value.expected = Expected::Read(seen.max(value.expected.count()));
        }
        if value.step == Step::Done && !value.drain.is_empty() {
            value.step = value.step.clone().on(Event::NothingWaits)?;
        }
        if *value != stored || is_new {
            self.store(&mut generation).await?;
            failpoint::pass("archive.seen");
            let number = generation.value.number;
            self.update_source(|source| source.open(number)).await?;
        }
        // A run that died between the two writes has left the news of it to us.
        Ok((joined, !self.source.value.turn.has_noted(first_seen)))
    }

    fn begin(&self, finding: &Finding, newest: u32, now: Timestamp) -> Versioned<Generation> {
        let source = &self.source.value;
        let named_after = source.turn.named_after(now, finding.rung.is_complete());
        let label = Label::nearest(named_after, &self.zone());
        let expected = match finding.total {
            Some(total) => Expected::Read(total),
            None => Expected::Assumed(source.kind.assumed_size()),
        };
        let value = Generation::begin(newest + 1, label, now, expected);
        Versioned { value, version: Version::NEW }
    }

    /// Two tracks that share an ISRC and contradict each other count as different, and are named.
    async fn report_conflicts(&self, generation: &Generation, tracks: &[Identity]) -> Result<(), Stop> {
        for track in tracks {
            if generation.compare(track) == Sameness::Conflict {
                let text = format!(
                    "{} shares its ISRC with another track of {} but differs in length or words; both are archived.",
                    track.uri.link(),
                    generation.label
                );
                self.alert(AlertKind::IsrcConflict, Severity::Notice, track.uri.id(), text).await?;
            }
        }
        Ok(())
    }

    async fn alert_if_late(&mut self, now: Timestamp) -> Result<(), Stop> {
        // Asked on a copy first: only a change is worth a write.
        let mut asked = self.source.value.turn.clone();
        let is_late = asked.is_late(now);
        if asked != self.source.value.turn {
            self.update_source(|source| {
                source.turn.is_late(now);
            })
            .await?;
        }
        if !is_late {
            return Ok(());
        }
        let turn = self.source.value.turn.last(now);
        let label = Label::nearest(turn, &self.zone());
        let way_out = match self.source.value.access {
            Access::Readable => "Reprise keeps looking.",
            Access::Unknown | Access::Refused { .. } => {
                "Copy the list into your inbox playlist, or paste its links on the archive page."
            }
        };
        let title = self.source.value.kind.title();
        let text = format!("{title} of {label} has been seen nowhere yet. {way_out}");
        self.alert(AlertKind::WeekMissing, Severity::Warning, &format!("missing/{label}"), text).await
    }
}

/// The track an entry stands for: where Spotify shows a substitute and says so, the original.
pub(super) fn track_of(entry: Entry) -> Option<Track> {
    match entry {
        Entry::Track(item) => {
            let uri = item.linked_from.unwrap_or(item.track.uri);
            Some(Track { uri, ..item.track })
        }
        Entry::Local | Entry::Episode | Entry::Unavailable | Entry::Unreadable => None,
    }
}

/// Whether an error means that this app may not see the list, rather than that nothing works.
fn hides_the_list(error: &SpotifyError) -> bool {
    matches!(
        error,
        SpotifyError::NotFound
            | SpotifyError::Forbidden { why: ForbiddenWhy::NotYours | ForbiddenWhy::Other(_) }
    )
}
