//! From waiting tracks to an announced request: which are new to the archive, where they go, and
//! what the playlist holds before.

use std::time::Duration;

use reprise_domain::archive::{
    Attempt, Event, Fate, Found, Generation, Plan, PlanKind, ROLL_OVER_AT, SETTLE, Step, Style, Target,
    TargetKey, TargetState, tally,
};
use reprise_domain::ids::TrackUri;
use reprise_domain::time::{days, later};

use super::running::{PURPOSE, Running};
use super::stop::Stop;
use crate::ports::{AlertKind, Severity, Versioned};
use crate::spotify::SpotifyError;

/// Whether the archive is still in the listener's library is asked this often.
const LIBRARY_CHECK_DAYS: u64 = 30;

impl Running<'_> {
    /// Takes a generation from `Seen` or `Target` to an announced request, or to `Verified` if
    /// nothing of it waits. Answers `false` if it must wait first.
    pub(super) async fn plan(&mut self, generation: &mut Versioned<Generation>) -> Result<bool, Stop> {
        let key = self.target_key(&generation.value, 1);
        if self.source.value.settings.style != Style::Weekly {
            self.settle_known(generation, &key).await?;
        }
        if generation.value.pending().next().is_none() {
            return self.step(generation, Event::NothingWaits).await.map(|()| true);
        }
        let Some(mut target) = self.open_target(generation, &key).await? else {
            return self.create_target(generation).await.map(|()| true);
        };
        if let Some(wait) = self.unsettled(&target) {
            self.wake_in(wait);
            return Ok(false);
        }
        if generation.value.step == Step::Seen {
            self.step(generation, Event::TargetKnown).await?;
        }
        if !self.known_targets.contains(&target.key)
            && self.compare_with_ledger(generation, &mut target).await?
        {
            // A doubling goes first: its removal is announced.
            return Ok(true);
        }
        if !has_room(&target, &generation.value) {
            // Only the reading has told how much is in it.
            return self.create_target(generation).await.map(|()| true);
        }
        let plan = self.additions(&generation.value, &target);
        if plan.uris.is_empty() {
            self.step(generation, Event::NothingWaits).await?;
        } else {
            self.announce(generation, plan).await?;
        }
        Ok(true)
    }

    /// How long a reading of the target may still show it as it was before our last write.
    fn unsettled(&self, target: &Target) -> Option<Duration> {
        if self.known_targets.contains(&target.key) {
            return None;
        }
        let settled = target.written.as_ref()?.plus(SETTLE);
        Some(settled.since(&self.mark())).filter(|wait| !wait.is_zero())
    }

    pub(super) fn target_key(&self, generation: &Generation, volume: u32) -> TargetKey {
        TargetKey::new(&self.source.value, generation, volume)
    }

    /// Announces a request in the ledger; it is sent by whoever reads the announcement first, which
    /// is us.
    pub(super) async fn announce(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: Plan,
    ) -> Result<(), Stop> {
        self.may_send()?;
        let attempt = Attempt { over: self.over.clone() };
        self.step(generation, Event::Announced { plan, attempt }).await?;
        crate::failpoint::pass("archive.planned");
        self.send(generation).await
    }

    /// Marks waiting tracks that an earlier generation has brought to the same archive.
    async fn settle_known(
        &mut self,
        generation: &mut Versioned<Generation>,
        key: &TargetKey,
    ) -> Result<(), Stop> {
        let number = generation.value.number;
        let ledger = self.whole_ledger().await?;
        let archived: Vec<(u32, &Found)> = ledger
            .iter()
            .filter(|other| other.number != number)
            .flat_map(|other| other.tracks.iter().map(|found| (other.number, found)))
            .filter(|(_, found)| found.fate.target().is_some_and(|target| target.family() == key.family()))
            .collect();
        let mut known = Vec::new();
        for found in generation.value.pending() {
            let same = archived.iter().find(|(_, other)| other.identity.is_same(&found.identity));
            if let Some((generation, _)) = same {
                known.push((found.identity.uri.clone(), Fate::Earlier { generation: *generation }));
            }
        }
        if known.is_empty() {
            return Ok(());
        }
        for (uri, fate) in known {
            generation.value.settle(&[uri], &fate);
        }
        self.store(generation).await
    }

    /// The newest volume of the archive, if it exists and has room.
    async fn open_target(
        &self,
        generation: &Versioned<Generation>,
        key: &TargetKey,
    ) -> Result<Option<Target>, Stop> {
        let targets = self.core.ports.ledger.targets(&self.user.id).await?;
        let newest = targets
            .into_iter()
            .map(|read| read.value)
            .filter(|target| target.key.family() == key.family())
            .max_by_key(|target| target.key.volume());
        let Some(target) = newest else { return Ok(None) };
        match target.state {
            TargetState::Open | TargetState::Unverified => {}
            TargetState::Gone => return Err(Stop::ArchiveGone),
            TargetState::Replaced => return Ok(None),
        }
        Ok(has_room(&target, &generation.value).then_some(target))
    }

    /// Asks Spotify how many items the target holds; if not as many as the ledger says, reads all of
    /// it. Answers whether that led to another announcement.
    async fn compare_with_ledger(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: &mut Target,
    ) -> Result<bool, Stop> {
        self.check_library(target).await?;
        let head = match self.api.playlist(&self.token, PURPOSE, &target.playlist).await {
            Ok(head) => head,
            Err(SpotifyError::NotFound) => return Err(self.gone(target).await?),
            Err(error) => return Err(error.into()),
        };
        if let (Some(total), true) = (head.total, head.total == target.total) {
            target.total = Some(total);
            target.snapshot = head.snapshot;
            return Ok(false);
        }
        self.read_target(generation, target).await
    }

    /// Reads all of a target and squares the ledger with it: waiting tracks that are there, archived
    /// ones that were removed, and doublings. Answers whether a doubling is being mended.
    pub(super) async fn read_target(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: &mut Target,
    ) -> Result<bool, Stop> {
        let read = match self.read_playlist(&target.playlist).await {
            Err(Stop::Spotify(SpotifyError::Forbidden { .. })) => {
                self.unverified(target).await?;
                return Ok(false);
            }
            read => read?,
        };
        let reading = super::reading(0, &read);
        target.total = Some(read.total);
        // Reads may lag: the version belongs to what the next head shows, not to this reading.
        target.snapshot = None;
        self.put_target(target).await?;
        self.settle_present(generation, target, &reading).await?;
        self.note_removals(generation, target, &reading).await?;
        self.mend(generation, target, &reading).await
    }

    async fn settle_present(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: &Target,
        reading: &reprise_domain::archive::Reading,
    ) -> Result<(), Stop> {
        let pending: Vec<_> = generation.value.pending().map(|found| found.identity.clone()).collect();
        let uris: Vec<TrackUri> =
            tally(&pending, reading).present().map(|index| pending[index].uri.clone()).collect();
        if uris.is_empty() {
            return Ok(());
        }
        generation.value.settle(&uris, &Fate::Present { target: target.key.clone() });
        self.store(generation).await
    }

    /// Waiting tracks as a request: all that one request may carry.
    fn additions(&self, generation: &Generation, target: &Target) -> Plan {
        let pending = generation.pending().map(|found| found.identity.uri.clone());
        let batch = usize::try_from(generation.batch).unwrap_or(1);
        let is_new = target.total == Some(0);
        let kind = match self.source.value.settings.style {
            // Its own playlist, still empty: making these its content may be repeated at will.
            Style::Weekly if is_new => PlanKind::Replace,
            Style::Growing | Style::Yearly | Style::Weekly => PlanKind::Add,
        };
        Plan {
            kind,
            target: target.key.clone(),
            playlist: target.playlist.clone(),
            uris: pending.take(batch).collect(),
            position: None,
            total_before: target.total.unwrap_or(0),
            snapshot_before: target.snapshot.clone(),
        }
    }

    async fn check_library(&mut self, target: &mut Target) -> Result<(), Stop> {
        let now = self.now();
        if now < later(target.seen_in_library, days(LIBRARY_CHECK_DAYS)) {
            return Ok(());
        }
        match self.api.in_library(&self.token, PURPOSE, &[target.playlist.uri()]).await {
            Ok(flags) if flags.first() == Some(&false) => return Err(self.gone(target).await?),
            // Not every app may ask; the next head tells as well.
            Ok(_) | Err(SpotifyError::Forbidden { .. } | SpotifyError::NotFound) => {
                target.seen_in_library = now;
            }
            Err(error) => return Err(error.into()),
        }
        self.put_target(target).await
    }

    async fn gone(&self, target: &mut Target) -> Result<Stop, Stop> {
        target.state = TargetState::Gone;
        self.put_target(target).await?;
        Ok(Stop::ArchiveGone)
    }

    pub(super) async fn unverified(&self, target: &mut Target) -> Result<(), Stop> {
        if target.state != TargetState::Unverified {
            target.state = TargetState::Unverified;
            self.put_target(target).await?;
        }
        let text = format!(
            "Spotify lets Reprise write the playlist \"{}\" but not read it, so what is in it cannot be checked.",
            target.name
        );
        self.alert(AlertKind::Unverified, Severity::Warning, target.playlist.as_str(), text).await
    }
}

/// Whether all that waits fits into a playlist, as far as its size is known.
fn has_room(target: &Target, generation: &Generation) -> bool {
    let waiting = u32::try_from(generation.pending().count()).unwrap_or(u32::MAX);
    waiting == 0 || target.total.unwrap_or(0).saturating_add(waiting) <= ROLL_OVER_AT
}
