//! What a listener is told of a paste before it counts, and what they say of tracks that could not
//! be read back.

use reprise_domain::archive::{
    Event, Expected, Fate, Generation, Label, PlanKind, Relation, Rung, Step, TargetState, relate,
};
use reprise_domain::identity::{Identity, Sameness};
use reprise_domain::ids::{SourceId, TrackUri, UserId};
use reprise_domain::track::Track;

use super::manage::{ManageError, change_source};
use super::stop::Stop;
use crate::ports::{Versioned, Written};
use crate::{Core, people};

/// Generations that a paste is compared with.
const RECENT: usize = 8;

/// What a paste means.
#[derive(Debug, Clone)]
pub struct Understood {
    /// The generation it would join, or begin.
    pub generation: Generation,
    /// Whether it begins it.
    pub is_new: bool,
    /// The tracks that the generation does not have yet.
    pub fresh: Vec<TrackUri>,
}

/// Says what handing in `tracks` would do, changing nothing.
pub async fn understand(
    core: &Core,
    user: &UserId,
    id: &SourceId,
    tracks: &[TrackUri],
) -> Result<Understood, ManageError> {
    let ports = &core.ports;
    let listener = ports.users.user(user).await?.ok_or(ManageError::NoSource)?.value;
    let source = ports.sources.source(user, id).await?.ok_or(ManageError::NoSource)?.value;
    let now = ports.clock.now();
    let cached = ports.tracks.tracks(tracks, now).await?;
    let identity = |uri: &TrackUri| {
        let known = cached.iter().find(|track| track.uri == *uri);
        known.map_or_else(|| Identity::of_uri(uri.clone()), Track::identity)
    };
    let identities: Vec<Identity> = tracks.iter().map(identity).collect();
    let recent = ports.ledger.generations(user, id, None, RECENT).await?;
    let known: Vec<&Generation> = recent.iter().map(|read| &read.value).collect();
    let turn = &source.turn;
    let same_turn = known.first().is_some_and(|current| turn.is_same_week(current.first_seen, now));
    let joined = match relate(&identities, &known, Rung::Pasted, same_turn) {
        Relation::Of(number) => known.iter().copied().find(|known| known.number == number).cloned(),
        Relation::New | Relation::Nothing => None,
    };
    let is_new = joined.is_none();
    let generation = joined.unwrap_or_else(|| {
        let label = Label::nearest(turn.named_after(now, false), &people::zone(core, &listener));
        let number = known.first().map_or(1, |newest| newest.number + 1);
        Generation::begin(number, label, now, Expected::Assumed(source.kind.assumed_size()))
    });
    let is_fresh = |identity: &Identity| generation.compare(identity) != Sameness::Same;
    let fresh = identities.into_iter().filter(is_fresh).map(|identity| identity.uri).collect();
    Ok(Understood { generation, is_new, fresh })
}

/// What a listener saw in a playlist that cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The tracks are there.
    There,
    /// They are not; they are added again.
    Missing,
}

/// Takes a listener's word for tracks of a generation that could not be read back.
pub async fn decide(
    core: &Core,
    user: &UserId,
    id: &SourceId,
    number: u32,
    verdict: Verdict,
) -> Result<(), ManageError> {
    let ledger = &core.ports.ledger;
    let mut read = ledger.generation(user, id, number).await?.ok_or(ManageError::NoSource)?;
    let targets = ledger.targets(user).await?.into_iter();
    let unverified: Vec<Versioned<_>> =
        targets.filter(|target| target.value.state == TargetState::Unverified).collect();
    if let Step::Planned { plan, attempt, .. } = read.value.step.clone() {
        // A request whose outcome only the listener can see, once it can no longer change.
        let doubted = unverified.into_iter().find(|known| known.value.key == plan.target);
        let now = core.ports.clock.mark();
        let Some(mut target) = doubted.filter(|_| attempt.unsettled_for(&now).is_zero()) else {
            return Ok(());
        };
        let event = match verdict {
            Verdict::There => Event::Landed(now.clone()),
            Verdict::Missing => Event::Refused,
        };
        read.value.step = read.value.step.on(event).map_err(Stop::from)?;
        if verdict == Verdict::There && plan.kind == PlanKind::Add {
            let archived = Fate::Archived { target: plan.target.clone(), at: now.wall };
            read.value.settle(&plan.uris, &archived);
            let count = u32::try_from(plan.uris.len()).unwrap_or(u32::MAX);
            target.value.total = Some(plan.total_before.saturating_add(count));
            let _ = ledger.put_target(user, &target.value, target.version).await?;
        }
        if let Written::At(_) = ledger.put_generation(user, id, &read.value, read.version).await? {
            change_source(core, user, id, |source| source.open(number)).await?;
        }
        return Ok(());
    }
    match verdict {
        Verdict::There => {
            for mut target in unverified {
                let holds =
                    read.value.tracks.iter().any(|found| found.fate.target() == Some(&target.value.key));
                if holds {
                    target.value.state = TargetState::Open;
                    // Whoever wrote meanwhile knows more.
                    let _ = ledger.put_target(user, &target.value, target.version).await?;
                }
            }
        }
        Verdict::Missing if read.value.step == Step::Done => {
            let doubted = |fate: &Fate| {
                matches!(fate, Fate::Archived { target, .. }
                    if unverified.iter().any(|known| known.value.key == *target))
            };
            for found in read.value.tracks.iter_mut().filter(|found| doubted(&found.fate)) {
                found.fate = Fate::Pending;
            }
            if read.value.pending().next().is_some() {
                read.value.step = Step::Seen;
                let _ = ledger.put_generation(user, id, &read.value, read.version).await?;
                change_source(core, user, id, |source| source.open(number)).await?;
            }
        }
        Verdict::Missing => {}
    }
    Ok(())
}
