//! Sending an announced request, and finding out what became of one.

use jiff::Timestamp;
use reprise_domain::archive::{
    Event, Fate, Generation, LARGEST_BATCH, Plan, PlanKind, Sighting, Step, find_block, tally,
};
use reprise_domain::ids::{SnapshotId, TrackUri};

use super::read::track_of;
use super::reading;
use super::running::{PURPOSE, Running};
use super::stop::Stop;
use crate::failpoint;
use crate::ports::{AlertKind, Severity, Versioned};
use crate::spotify::{Effect, ForbiddenWhy, SpotifyError};

/// Nobody pastes so many dead links before the first living one.
const TOO_MANY_REFUSALS: usize = 8;

impl Running<'_> {
    /// Sends the request that we have just announced.
    pub(super) async fn send(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let Step::Planned { plan, .. } = generation.value.step.clone() else { return Ok(()) };
        let (api, token, id, uris) = (&self.api, &self.token, &plan.playlist, &plan.uris);
        let answer = match plan.kind {
            PlanKind::Add => api.add_items(token, PURPOSE, id, uris, plan.position).await,
            PlanKind::Replace => api.replace_items(token, PURPOSE, id, uris).await,
            PlanKind::Remove | PlanKind::Withdraw => api.remove_items(token, PURPOSE, id, uris, None).await,
        };
        match answer {
            Ok(snapshot) => {
                failpoint::pass("archive.sent");
                self.landed(generation, &plan, Some(snapshot)).await
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let now = self.mark();
                self.known_targets.retain(|key| *key != plan.target);
                self.step(generation, Event::GaveUp(now)).await?;
                Err(error.into())
            }
            Err(error) if plan.kind == PlanKind::Add && plan.position.is_some() => {
                // What was taken out to be put back once must not be forgotten, whatever refuses it now:
                // the next run looks, and adds what is missing.
                let now = self.mark();
                self.step(generation, Event::GaveUp(now)).await?;
                Err(error.into())
            }
            Err(SpotifyError::Invalid { what }) => self.refused_batch(generation, &plan, &what).await,
            Err(error) => {
                self.step(generation, Event::Refused).await?;
                Err(error.into())
            }
        }
    }

    /// Records that a request took effect.
    async fn landed(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: &Plan,
        snapshot: Option<SnapshotId>,
    ) -> Result<(), Stop> {
        if plan.kind == PlanKind::Remove {
            return self.put_back(generation, plan).await;
        }
        if plan.kind == PlanKind::Withdraw {
            self.settle_withdrawn(generation, plan).await?;
        } else {
            let at = self.now();
            self.settle_archived(generation, plan, &plan.uris, at);
        }
        generation.value.batch = LARGEST_BATCH;
        let landed = Event::Landed(self.mark());
        self.step(generation, landed).await?;
        failpoint::pass("archive.added");
        let count = u32::try_from(plan.uris.len()).unwrap_or(u32::MAX);
        let written = self.mark();
        self.update_target(plan, |target| {
            target.written = Some(written.clone());
            target.total = match plan.kind {
                PlanKind::Replace => Some(count),
                PlanKind::Add | PlanKind::Remove => Some(plan.total_before.saturating_add(count)),
                PlanKind::Withdraw => Some(plan.total_before.saturating_sub(count)),
            };
            target.snapshot.clone_from(&snapshot);
        })
        .await?;
        if snapshot.is_some() {
            self.known_targets.push(plan.target.clone());
        }
        Ok(())
    }

    fn settle_archived(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: &Plan,
        uris: &[TrackUri],
        at: Timestamp,
    ) {
        let before = generation.value.pending().count();
        // A mended doubling holds tracks of other generations, which are settled already.
        generation.value.settle(uris, &Fate::Archived { target: plan.target.clone(), at });
        let settled = before - generation.value.pending().count();
        self.added += u32::try_from(settled).unwrap_or(u32::MAX);
    }

    /// Spotify refuses a request outright: one of its tracks must be the cause. Halving the batch
    /// finds it without losing the others. Where one after the other is refused and none taken,
    /// it is not the tracks: they wait, and somebody is told.
    async fn refused_batch(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: &Plan,
        what: &str,
    ) -> Result<(), Stop> {
        tracing::warn!(user = %self.user.id, tracks = plan.uris.len(), what, "spotify refuses a batch");
        if plan.uris.len() == 1 {
            if generation.value.refused_without_exception() + 1 >= TOO_MANY_REFUSALS {
                generation.value.reconsider();
                generation.value.batch = LARGEST_BATCH;
                self.step(generation, Event::Refused).await?;
                let text = format!(
                    "Spotify takes no track for the archive playlist of {} ({what}). Nothing is lost: they wait in the ledger and are tried again. Please see whether you can add a track to that playlist by hand.",
                    generation.value.label
                );
                let about = format!("refused/{}", generation.value.label);
                self.alert(AlertKind::Refused, Severity::Warning, &about, text).await?;
                return Err(SpotifyError::Forbidden { why: ForbiddenWhy::Other(what.to_owned()) }.into());
            }
            generation.value.settle(&plan.uris, &Fate::Refused);
        }
        let half = u32::try_from(plan.uris.len() / 2).unwrap_or(1);
        generation.value.batch = half.max(1);
        self.step(generation, Event::Refused).await
    }

    /// Looks what became of an announced request whose outcome nobody knows.
    pub(super) async fn find_outcome(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let Step::Planned { plan, sighting: earlier, .. } = generation.value.step.clone() else {
            return Ok(());
        };
        if plan.kind == PlanKind::Replace {
            // What may be repeated is repeated.
            return self.announce(generation, plan).await;
        }
        let sighting = match self.sight(&plan).await {
            Err(Stop::Spotify(SpotifyError::Forbidden { why })) => {
                if let Some(mut target) = self.target(&plan.target).await? {
                    self.unverified(&mut target.value).await?;
                }
                return Err(SpotifyError::Forbidden { why }.into());
            }
            sighting => sighting?,
        };
        failpoint::pass("archive.looked");
        let agree = earlier
            .as_ref()
            .is_some_and(|earlier| earlier.present == sighting.present && earlier.total == sighting.total);
        if !agree {
            return self.step(generation, Event::Looked(sighting)).await;
        }
        match plan.kind {
            PlanKind::Remove if sighting.present.is_empty() => self.put_back(generation, &plan).await,
            PlanKind::Withdraw if sighting.present.is_empty() => self.landed(generation, &plan, None).await,
            PlanKind::Remove | PlanKind::Withdraw | PlanKind::Replace => {
                self.announce(generation, plan).await
            }
            PlanKind::Add => self.add_missing(generation, plan, &sighting).await,
        }
    }

    async fn add_missing(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: Plan,
        sighting: &Sighting,
    ) -> Result<(), Stop> {
        let missing: Vec<TrackUri> =
            plan.uris.iter().filter(|uri| !sighting.present.contains(uri)).cloned().collect();
        if missing.is_empty() {
            return self.landed(generation, &plan, None).await;
        }
        let at = self.now();
        self.settle_archived(generation, &plan, &sighting.present, at);
        let plan = Plan { uris: missing, total_before: sighting.total, snapshot_before: None, ..plan };
        self.announce(generation, plan).await
    }

    /// After a doubling was taken out, its tracks go back in once, where they stood first.
    async fn put_back(&mut self, generation: &mut Versioned<Generation>, plan: &Plan) -> Result<(), Stop> {
        let head = self.api.playlist(&self.token, PURPOSE, &plan.playlist).await?;
        let plan = Plan {
            kind: PlanKind::Add,
            total_before: head.total.unwrap_or(plan.total_before),
            snapshot_before: head.snapshot,
            ..plan.clone()
        };
        // Removal and return are two requests of one kind: the second is sent like the first.
        Box::pin(self.announce(generation, plan)).await
    }

    /// One look at the playlist for the planned tracks, with as few calls as tell for certain.
    async fn sight(&mut self, plan: &Plan) -> Result<Sighting, Stop> {
        let at = self.mark();
        let head = self.api.playlist(&self.token, PURPOSE, &plan.playlist).await?;
        let total = head.total.unwrap_or(0);
        let unchanged = plan.snapshot_before.is_some()
            && head.snapshot == plan.snapshot_before
            && total == plan.total_before;
        if unchanged && plan.kind == PlanKind::Add {
            return Ok(Sighting { at, present: Vec::new(), total });
        }
        let identities = self.identities(&plan.uris).await?;
        let count = u32::try_from(plan.uris.len()).unwrap_or(u32::MAX);
        let start = plan.position.unwrap_or(plan.total_before);
        if plan.kind == PlanKind::Add && total == plan.total_before.saturating_add(count) {
            let tail = self.read_stretch(plan, start, count).await?;
            if find_block(&identities, start, &tail) {
                return Ok(Sighting { at, present: plan.uris.clone(), total });
            }
        }
        let read = self.read_playlist(&plan.playlist).await?;
        let tally = tally(&identities, &reading(0, &read));
        let present = tally.present().map(|index| plan.uris[index].clone()).collect();
        Ok(Sighting { at, present, total: read.total })
    }

    /// Reads `count` items from `start` on, and remembers what they are called.
    pub(super) async fn read_stretch(
        &self,
        plan: &Plan,
        start: u32,
        count: u32,
    ) -> Result<reprise_domain::archive::Reading, Stop> {
        let mut read = reprise_domain::archive::Reading { offset: start, ..Default::default() };
        let mut tracks = Vec::new();
        while u32::try_from(read.entries.len()).unwrap_or(u32::MAX) < count {
            let done = u32::try_from(read.entries.len()).unwrap_or(u32::MAX);
            let page = self
                .api
                .playlist_items(&self.token, PURPOSE, &plan.playlist, start + done, (count - done).min(50))
                .await?;
            read.total = page.total;
            let is_last = page.entries.is_empty();
            read.entries.extend(page.entries.into_iter().map(|entry| {
                let track = track_of(entry)?;
                let identity = track.identity();
                tracks.push(track);
                Some(identity)
            }));
            if is_last {
                break;
            }
        }
        self.remember(&tracks).await?;
        Ok(read)
    }
}
