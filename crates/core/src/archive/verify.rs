//! Reading back what was added, and mending what came out double.

use std::time::Duration;

use reprise_domain::archive::{
    Event, Fate, Found, Generation, Plan, PlanKind, Reading, SETTLE, Step, Style, Target, TargetState,
    find_block, tally,
};
use reprise_domain::identity::Identity;
use reprise_domain::ids::TrackUri;

use super::running::{PURPOSE, Running};
use super::stop::Stop;
use crate::failpoint;
use crate::ports::{AlertKind, Severity, Versioned};
use crate::spotify::{Effect, SpotifyError};

impl Running<'_> {
    /// How long a reading of the target may not yet show what another generation has written since.
    pub(super) async fn settling(&self, generation: &Generation) -> Result<Duration, Stop> {
        let Step::Added { plan, .. } = &generation.step else { return Ok(Duration::ZERO) };
        let written = self.target(&plan.target).await?.and_then(|read| read.value.written);
        Ok(written.map_or(Duration::ZERO, |written| written.plus(SETTLE).since(&self.mark())))
    }

    /// Reads back an effect that is certain.
    pub(super) async fn verify(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let Step::Added { plan, .. } = generation.value.step.clone() else { return Ok(()) };
        let Some(mut target) = self.target(&plan.target).await?.map(|read| read.value) else {
            return self.step(generation, Event::Matched).await;
        };
        let start = match plan.kind {
            PlanKind::Replace => 0,
            PlanKind::Add | PlanKind::Remove => plan.position.unwrap_or(plan.total_before),
            // What was taken out has no place to look at; the total is compared before the next add.
            PlanKind::Withdraw => return self.step(generation, Event::Matched).await,
        };
        let count = u32::try_from(plan.uris.len()).unwrap_or(u32::MAX);
        let stretch = match self.read_stretch(&plan, start, count).await {
            Ok(stretch) => stretch,
            Err(Stop::Spotify(SpotifyError::Forbidden { .. })) => {
                self.unverified(&mut target).await?;
                return self.step(generation, Event::Matched).await;
            }
            Err(Stop::Spotify(SpotifyError::NotFound)) => {
                // The listener removed the whole playlist; the next generation will say so.
                return self.step(generation, Event::Matched).await;
            }
            Err(stop) => return Err(stop),
        };
        let wanted = self.identities(&plan.uris).await?;
        let in_place = find_block(&wanted, start, &stretch);
        if Self::describe(generation, &stretch) && self.withdraw_known(generation, &target).await? {
            return Ok(());
        }
        // What was put back in its old place is one piece of a mending: the rest is looked for.
        let is_put_back = plan.position.is_some();
        if in_place && target.total == Some(stretch.total) && !is_put_back {
            if target.state == TargetState::Unverified {
                target.state = TargetState::Open;
                self.put_target(&target).await?;
            }
        } else if self.read_target(generation, &mut target).await? {
            return Ok(());
        }
        self.step(generation, Event::Matched).await?;
        failpoint::pass("archive.verified");
        Ok(())
    }

    /// Tracks known by their links alone get their words from the reading; answers whether any did.
    fn describe(generation: &mut Versioned<Generation>, stretch: &Reading) -> bool {
        let mut described = false;
        for identity in stretch.entries.iter().flatten() {
            let bare =
                |found: &&mut Found| !found.identity.is_described() && found.identity.uri == identity.uri;
            if let Some(found) = generation.value.tracks.iter_mut().find(bare) {
                found.identity = identity.clone();
                described = true;
            }
        }
        described
    }

    /// Only a reading tells that a pasted link is a recording which the archive has under another
    /// id: it is taken out again. Answers whether that is announced.
    async fn withdraw_known(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: &Target,
    ) -> Result<bool, Stop> {
        if self.source.value.settings.style == Style::Weekly {
            return Ok(false);
        }
        let known = self.known_elsewhere(&generation.value, target).await?;
        if known.is_empty() {
            return Ok(false);
        }
        let plan = Plan {
            kind: PlanKind::Withdraw,
            target: target.key.clone(),
            playlist: target.playlist.clone(),
            uris: known.into_iter().map(|(uri, _)| uri).collect(),
            position: None,
            total_before: target.total.unwrap_or(0),
            snapshot_before: None,
        };
        self.announce(generation, plan).await?;
        Ok(true)
    }

    /// Archived tracks of a generation that an earlier one has brought to the same archive, each
    /// with that generation's number.
    async fn known_elsewhere(
        &mut self,
        generation: &Generation,
        target: &Target,
    ) -> Result<Vec<(TrackUri, u32)>, Stop> {
        let ledger = self.whole_ledger().await?;
        let others = ledger.iter().filter(|other| other.number < generation.number);
        let others: Vec<(u32, Identity)> = others
            .flat_map(|other| archived_in(other, target).into_iter().map(|identity| (other.number, identity)))
            .collect();
        let mut known = Vec::new();
        for identity in archived_in(generation, target) {
            let same = others.iter().find(|(_, other)| other.uri != identity.uri && other.is_same(&identity));
            if let Some((number, _)) = same {
                known.push((identity.uri, *number));
            }
        }
        Ok(known)
    }

    /// Records that tracks known from elsewhere were taken out.
    pub(super) async fn settle_withdrawn(
        &mut self,
        generation: &mut Versioned<Generation>,
        plan: &Plan,
    ) -> Result<(), Stop> {
        let Some(target) = self.target(&plan.target).await?.map(|read| read.value) else { return Ok(()) };
        for (uri, number) in self.known_elsewhere(&generation.value, &target).await? {
            if plan.uris.contains(&uri) {
                generation.value.settle(&[uri], &Fate::Earlier { generation: number });
            }
        }
        Ok(())
    }

    /// What follows verification: draining the inbox, and waking up again if more tracks wait.
    pub(super) async fn finish(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        if generation.value.pending().next().is_some() {
            return self.step(generation, Event::Woken).await;
        }
        self.drain(generation).await?;
        self.name_refused(&generation.value).await?;
        self.step(generation, Event::Finished).await?;
        failpoint::pass("archive.done");
        let number = generation.value.number;
        self.update_source(|source| source.close(number)).await
    }

    /// Tells which tracks Spotify took from nobody's hand.
    async fn name_refused(&self, generation: &Generation) -> Result<(), Stop> {
        let refused = generation.tracks.iter().filter(|found| found.fate == Fate::Refused);
        let links: Vec<String> = refused.map(|found| found.identity.uri.link()).collect();
        if links.is_empty() {
            return Ok(());
        }
        let text = format!(
            "Spotify does not let these tracks of {} into a playlist; they stay in the ledger: {}",
            generation.label,
            links.join(" ")
        );
        let about = format!("not-taken/{}/{}", generation.label, links.len());
        self.alert(AlertKind::Refused, Severity::Notice, &about, text).await
    }

    async fn drain(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let Some(inbox) = self.source.value.inbox.clone() else {
            generation.value.drain.clear();
            return Ok(());
        };
        while !generation.value.drain.is_empty() {
            let count = generation.value.drain.len().min(100);
            let uris: Vec<TrackUri> = generation.value.drain[..count].to_vec();
            match self.api.remove_items(&self.token, PURPOSE, &inbox, &uris, None).await {
                // An inbox that is gone, or that Spotify does not let us write, stays as it is.
                Ok(_)
                | Err(
                    SpotifyError::NotFound | SpotifyError::Forbidden { .. } | SpotifyError::Invalid { .. },
                ) => {}
                Err(error) => {
                    debug_assert!(matches!(error.effect(), Effect::None | Effect::Unknown));
                    return Err(error.into());
                }
            }
            failpoint::pass("archive.drained");
            generation.value.drain.drain(..count);
            self.store(generation).await?;
        }
        Ok(())
    }

    /// Archived tracks that are no longer in the target were removed by the listener.
    pub(super) async fn note_removals(
        &mut self,
        current: &mut Versioned<Generation>,
        target: &Target,
        reading: &Reading,
    ) -> Result<(), Stop> {
        let at = self.now();
        let affected: Vec<(u32, Vec<TrackUri>)> = self
            .whole_ledger()
            .await?
            .iter()
            .map(|generation| {
                let archived = archived_in(generation, target);
                let missing =
                    tally(&archived, reading).missing().map(|index| archived[index].uri.clone()).collect();
                (generation.number, missing)
            })
            .filter(|(_, missing): &(u32, Vec<TrackUri>)| !missing.is_empty())
            .collect();
        let removed = Fate::Removed { target: target.key.clone(), at };
        for (number, missing) in affected {
            if number == current.value.number {
                current.value.settle(&missing, &removed);
                self.store(current).await?;
            } else if let Some(mut generation) = self.generation(number).await? {
                generation.value.settle(&missing, &removed);
                self.store(&mut generation).await?;
            }
        }
        Ok(())
    }

    /// Takes out what stands more than once and puts it back once, if the listener allows; else says
    /// so. Answers whether the removal is announced.
    pub(super) async fn mend(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: &Target,
        reading: &Reading,
    ) -> Result<bool, Stop> {
        let archived: Vec<Identity> =
            self.whole_ledger().await?.iter().flat_map(|known| archived_in(known, target)).collect();
        let tally = tally(&archived, reading);
        let Some((position, run)) = tally.doubled_run() else { return Ok(false) };
        let doubled = tally.positions.iter().filter(|at| at.len() > 1).count();
        let uris: Vec<TrackUri> = run.iter().take(100).map(|index| archived[*index].uri.clone()).collect();
        let week = generation.value.label;
        let count = uris.len();
        if !self.source.value.settings.mend {
            let text = format!(
                "{doubled} tracks stand more than once in \"{}\". Reprise leaves them alone, as chosen in the settings.",
                target.name
            );
            self.alert(AlertKind::Doubled, Severity::Warning, &format!("doubled/{week}"), text).await?;
            return Ok(false);
        }
        let text =
            format!("{doubled} tracks stood more than once in \"{}\" and were put back once.", target.name);
        self.alert(AlertKind::Mended, Severity::Notice, &format!("mended/{week}"), text).await?;
        generation.value.mended += u32::try_from(count).unwrap_or(0);
        let plan = Plan {
            kind: PlanKind::Remove,
            target: target.key.clone(),
            playlist: target.playlist.clone(),
            uris,
            position: Some(position),
            total_before: reading.total,
            snapshot_before: None,
        };
        self.announce(generation, plan).await?;
        Ok(true)
    }
}

fn archived_in(generation: &Generation, target: &Target) -> Vec<Identity> {
    generation
        .tracks
        .iter()
        .filter(|found| matches!(&found.fate, Fate::Archived { target: key, .. } if *key == target.key))
        .map(|found| found.identity.clone())
        .collect()
}
