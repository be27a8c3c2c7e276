//! What listeners and operators do to an archive: hand in tracks, change sources, adopt an existing
//! playlist, rebuild a deleted one, look before leaping.

use reprise_domain::archive::{
    Arrival, Fate, Generation, Relation, Rung, Source, SourceKind, Step, Target, TargetKey, TargetState,
    relate,
};
use reprise_domain::identity::Identity;
use reprise_domain::ids::{PlaylistId, SourceId, TrackUri, UserId};
use reprise_domain::track::Track;

use super::stop::Stop;
use super::{Running, Time, subject, work};
use crate::Core;
use crate::grants::MIN_TTL;
use crate::ports::{StoreError, Version, Written};
use crate::spotify::{Purpose, SpotifyError};

/// Why something could not be done to an archive.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ManageError {
    /// There is no such source.
    #[error("there is no such source")]
    NoSource,
    /// The playlist to adopt is somebody else's.
    #[error("that playlist is not the listener's own")]
    NotOwned,
    /// Spotify, the store or the grant stood in the way.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

impl From<StoreError> for ManageError {
    fn from(error: StoreError) -> Self {
        Self::Stopped(error.into())
    }
}

impl From<SpotifyError> for ManageError {
    fn from(error: SpotifyError) -> Self {
        Self::Stopped(error.into())
    }
}

/// Changes a source and has it looked at now.
pub async fn change_source(
    core: &Core,
    user: &UserId,
    id: &SourceId,
    change: impl Fn(&mut Source) + Send,
) -> Result<Source, ManageError> {
    loop {
        let mut read = core.ports.sources.source(user, id).await?.ok_or(ManageError::NoSource)?;
        change(&mut read.value);
        if let Written::At(_) = core.ports.sources.put_source(user, &read.value, read.version).await? {
            core.ports.due.schedule(&work(user, id), core.ports.clock.now()).await?;
            return Ok(read.value);
        }
    }
}

/// Adds a source, unless there is one with this id.
pub async fn add_source(
    core: &Core,
    user: &UserId,
    kind: SourceKind,
    playlist: Option<PlaylistId>,
) -> Result<SourceId, ManageError> {
    let id = match (kind, &playlist) {
        (SourceKind::DiscoverWeekly, _) => SourceId::new("discover-weekly"),
        (SourceKind::ReleaseRadar, _) => SourceId::new("release-radar"),
        (SourceKind::Playlist, Some(playlist)) => SourceId::new(format!("playlist-{}", playlist.as_str())),
        (SourceKind::Playlist, None) => return Err(ManageError::NoSource),
    };
    let mut source = Source::new(id.clone(), kind);
    source.playlist = playlist;
    // A conflict means that it is there already.
    let _ = core.ports.sources.put_source(user, &source, Version::NEW).await?;
    core.ports.due.schedule(&work(user, &id), core.ports.clock.now()).await?;
    Ok(id)
}

/// Hands in tracks found by other means than a reading; they are archived by the next run, which is
/// due at once.
pub async fn hand_in(
    core: &Core,
    user: &UserId,
    id: &SourceId,
    rung: Rung,
    tracks: &[TrackUri],
) -> Result<(), ManageError> {
    let arrival = Arrival { rung, at: core.ports.clock.now(), tracks: tracks.to_vec() };
    change_source(core, user, id, |source| source.arrivals.push(arrival.clone())).await.map(drop)
}

/// Makes an existing playlist of the listener's the archive from now on.
///
/// It is read once before the first add: what is in it already is not added again.
pub async fn adopt(
    core: &Core,
    user: &UserId,
    id: &SourceId,
    playlist: &PlaylistId,
) -> Result<Target, ManageError> {
    let read = core.ports.users.user(user).await?.ok_or(ManageError::NoSource)?;
    let source = core.ports.sources.source(user, id).await?.ok_or(ManageError::NoSource)?.value;
    let token = core.grants.access(user, MIN_TTL).await.map_err(Stop::from)?.access;
    let head = core.api.playlist(&token, Purpose::SignUp, playlist).await?;
    if head.owner.as_ref().is_some_and(|owner| *owner != read.value.spotify_id) {
        return Err(ManageError::NotOwned);
    }
    let newest = core.ports.ledger.generations(user, id, None, 1).await?;
    let now = core.ports.clock.now();
    let generation = newest.into_iter().next().map_or_else(
        || {
            let label = reprise_domain::archive::Label::nearest(now, &core.config.time_zone);
            Generation::begin(1, label, now, reprise_domain::archive::Expected::Assumed(0))
        },
        |read| read.value,
    );
    let family = TargetKey::new(&source, &generation, 1);
    let targets = core.ports.ledger.targets(user).await?;
    let volumes = targets.iter().filter(|read| read.value.key.family() == family.family());
    let volume = volumes.map(|read| read.value.key.volume()).max().unwrap_or(0) + 1;
    let target = Target {
        key: TargetKey::new(&source, &generation, volume),
        playlist: playlist.clone(),
        name: head.name,
        state: TargetState::Open,
        total: None,
        snapshot: None,
        written: None,
        seen_in_library: now,
    };
    match core.ports.ledger.put_target(user, &target, Version::NEW).await? {
        Written::At(_) => Ok(target),
        Written::Conflict => Err(Stop::Superseded.into()),
    }
}

/// Rebuilds a deleted archive: everything that was in it waits again, oldest first, for a new
/// playlist. What the listener had taken out stays out.
pub async fn rebuild(core: &Core, user: &UserId, id: &SourceId) -> Result<usize, ManageError> {
    let mut gone = Vec::new();
    for mut read in core.ports.ledger.targets(user).await? {
        if read.value.state == TargetState::Gone {
            read.value.state = TargetState::Replaced;
            let _ = core.ports.ledger.put_target(user, &read.value, read.version).await?;
        }
        if read.value.state == TargetState::Replaced {
            gone.push(read.value.key);
        }
    }
    let mut waiting = 0;
    let mut reopened = Vec::new();
    let generations = core.ports.ledger.generations(user, id, None, usize::MAX).await?;
    for mut read in generations.into_iter().rev() {
        let in_gone = |fate: &Fate| matches!(fate, Fate::Archived { target, .. } | Fate::Present { target } if gone.contains(target));
        let lost = read.value.tracks.iter_mut().filter(|found| in_gone(&found.fate));
        let count = lost.map(|found| found.fate = Fate::Pending).count();
        if count > 0 {
            read.value.step = Step::Seen;
            if let Written::At(_) =
                core.ports.ledger.put_generation(user, id, &read.value, read.version).await?
            {
                waiting += count;
                reopened.push(read.value.number);
            }
        }
    }
    change_source(core, user, id, |source| reopened.iter().for_each(|number| source.open(*number))).await?;
    Ok(waiting)
}

/// What a run would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// How the list was read; `None` if it could not be.
    pub rung: Option<Rung>,
    /// Whether it is a generation the ledger does not know.
    pub is_new: bool,
    /// What would be added, in order; titles where Spotify tells them.
    pub additions: Vec<(TrackUri, Option<String>)>,
    /// How many of its tracks the archive has already.
    pub known: usize,
}

/// Reads the source and says what a run would add, writing nothing anywhere.
pub async fn preview(core: &Core, user: &UserId, id: &SourceId) -> Result<Preview, ManageError> {
    let Some((user, source)) = subject(core, &work(user, id)).await? else {
        return Err(ManageError::NoSource);
    };
    let token = core.grants.access(&user.id, MIN_TTL).await.map_err(Stop::from)?.access;
    let time = Time { over: core.ports.clock.mark(), deadline: None };
    let mut running = Running::new(core, user, source, token, time);
    let mut rung = None;
    let mut tracks: Vec<(Identity, Option<String>)> = Vec::new();
    let source = running.source.value.clone();
    for (playlist, way) in [(source.playlist, Rung::Api), (source.inbox, Rung::Copy)] {
        let Some(playlist) = playlist.filter(|_| rung.is_none()) else { continue };
        match running.read_playlist(&playlist).await {
            Ok(read) => {
                rung = Some(way);
                let named = |track: &Track| {
                    (track.identity(), Some(format!("{} – {}", track.artists.join(", "), track.title)))
                };
                tracks.extend(read.entries.iter().flatten().map(named));
            }
            Err(Stop::Spotify(SpotifyError::NotFound | SpotifyError::Forbidden { .. })) => {}
            Err(stop) => return Err(stop.into()),
        }
    }
    for arrival in source.arrivals {
        rung = rung.or(Some(arrival.rung));
        tracks.extend(arrival.tracks.into_iter().map(|uri| (Identity::of_uri(uri), None)));
    }
    let ledger = running.whole_ledger().await?;
    let known: Vec<&Generation> = ledger.iter().take(8).collect();
    let identities: Vec<Identity> = tracks.iter().map(|(identity, _)| identity.clone()).collect();
    let is_new = relate(&identities, &known, rung.unwrap_or(Rung::Api), false) == Relation::New;
    let has = |identity: &Identity| {
        let mut all = ledger.iter().flat_map(|generation| &generation.tracks);
        all.any(|found| found.fate != Fate::Pending && found.identity.is_same(identity))
    };
    let total = tracks.len();
    let additions: Vec<_> = tracks
        .into_iter()
        .filter(|(identity, _)| !has(identity))
        .map(|(identity, title)| (identity.uri, title))
        .collect();
    Ok(Preview { rung, is_new, known: total - additions.len(), additions })
}
