//! One run under way: whose, with what token, until when; and the writes every step shares.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_domain::archive::{Event, Generation, Plan, REQUEST_TIMEOUT, SETTLE, Source, Target, TargetKey};
use reprise_domain::identity::Identity;
use reprise_domain::ids::TrackUri;
use reprise_domain::time::{Mark, days, later};
use reprise_domain::track::Track;

use super::stop::Stop;
use crate::Core;
use crate::deadline::Deadline;
use crate::ports::{AlertKind, Clock, Severity, User, Version, Versioned, Written};
use crate::spotify::{AccessToken, Api, Call, CallGate, CallOutcome, Effect, Purpose, SpotifyError};
use crate::{alerting, people};

/// Every call of a run is the archive's.
pub(super) const PURPOSE: Purpose = Purpose::Archive;

/// Cached metadata is kept this long.
const METADATA_DAYS: u64 = 90;

/// How long a run may go on.
#[derive(Debug, Clone)]
pub(super) struct Time {
    /// End of our lease.
    pub(super) over: Mark,
    /// When we may be killed, where that is known.
    pub(super) deadline: Option<Deadline>,
}

/// Counts the calls of one run on their way to the budget, and ends them in time.
pub(super) struct Counted {
    budget: Arc<dyn CallGate>,
    calls: AtomicU32,
    clock: Arc<dyn Clock>,
    deadline: Option<Deadline>,
    out_of_time: AtomicBool,
}

#[async_trait]
impl CallGate for Counted {
    async fn admit(&self, call: &Call) -> Result<(), SpotifyError> {
        if self.deadline.as_ref().is_some_and(|deadline| !deadline.allows_more(&self.clock.mark())) {
            self.out_of_time.store(true, Ordering::Relaxed);
            return Err(SpotifyError::Unavailable {
                why: "the time for this run is over".into(),
                effect: Effect::None,
                retry_at: None,
            });
        }
        self.budget.admit(call).await?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn settled(&self, call: &Call, outcome: &CallOutcome) {
        self.budget.settled(call, outcome).await;
    }
}

/// A run under way.
pub(super) struct Running<'a> {
    pub(super) core: &'a Core,
    pub(super) api: Api,
    counted: Arc<Counted>,
    pub(super) user: User,
    pub(super) source: Versioned<Source>,
    pub(super) token: AccessToken,
    /// End of our lease.
    pub(super) over: Mark,
    /// Generations loaded so far, newest first; `None` until the whole ledger is.
    pub(super) ledger: Option<Vec<Generation>>,
    /// Targets whose content is known from this run's own requests.
    pub(super) known_targets: Vec<TargetKey>,
    /// Tracks new to the ledger.
    pub(super) found: u32,
    /// Tracks whose adding was confirmed.
    pub(super) added: u32,
    /// The earliest instant at which a step can go on.
    pub(super) wake: Option<Timestamp>,
}

impl<'a> Running<'a> {
    pub(super) fn new(
        core: &'a Core,
        user: User,
        source: Versioned<Source>,
        token: AccessToken,
        time: Time,
    ) -> Self {
        let Time { over, deadline } = time;
        let counted = Arc::new(Counted {
            budget: Arc::clone(&core.budget) as _,
            calls: AtomicU32::new(0),
            clock: Arc::clone(&core.ports.clock),
            deadline,
            out_of_time: AtomicBool::new(false),
        });
        Self {
            core,
            api: core.api.with_gate(Arc::clone(&counted) as _),
            counted,
            user,
            source,
            token,
            over,
            ledger: None,
            known_targets: Vec::new(),
            found: 0,
            added: 0,
            wake: None,
        }
    }

    pub(super) fn calls(&self) -> u32 {
        self.counted.calls.load(Ordering::Relaxed)
    }

    /// Whether a call was refused because it could have outlasted us.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.counted.out_of_time.load(Ordering::Relaxed)
    }

    pub(super) fn mark(&self) -> Mark {
        self.core.ports.clock.mark()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.core.ports.clock.now()
    }

    /// The listener's zone, else the operator's.
    pub(super) fn zone(&self) -> TimeZone {
        people::zone(self.core, &self.user)
    }

    /// Asks to be run again in `wait`.
    pub(super) fn wake_in(&mut self, wait: std::time::Duration) {
        let at = later(self.now(), wait);
        self.wake = Some(self.wake.map_or(at, |earlier| earlier.min(at)));
    }

    /// Refuses to send what could not be known to have settled before somebody else may take over, or
    /// what could outlast us.
    pub(super) fn may_send(&self) -> Result<(), Stop> {
        let now = self.mark();
        let in_time = self.counted.deadline.as_ref().is_none_or(|deadline| deadline.allows_more(&now));
        let settles = self.over.since(&now) >= REQUEST_TIMEOUT + SETTLE;
        if in_time && settles { Ok(()) } else { Err(Stop::LeaseEnding) }
    }

    /// Changes the source, taking in what a page wrote meanwhile.
    pub(super) async fn update_source(&mut self, change: impl Fn(&mut Source) + Send) -> Result<(), Stop> {
        let sources = &self.core.ports.sources;
        loop {
            change(&mut self.source.value);
            match sources.put_source(&self.user.id, &self.source.value, self.source.version).await? {
                Written::At(version) => {
                    self.source.version = version;
                    return Ok(());
                }
                Written::Conflict => {
                    let id = self.source.value.id.clone();
                    self.source = sources.source(&self.user.id, &id).await?.ok_or(Stop::Superseded)?;
                }
            }
        }
    }

    pub(super) async fn generation(&self, number: u32) -> Result<Option<Versioned<Generation>>, Stop> {
        Ok(self.core.ports.ledger.generation(&self.user.id, &self.source.value.id, number).await?)
    }

    /// Stores a generation; nobody else writes it while we hold the lease.
    pub(super) async fn store(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let ledger = &self.core.ports.ledger;
        let source = &self.source.value.id;
        match ledger.put_generation(&self.user.id, source, &generation.value, generation.version).await? {
            Written::At(version) => generation.version = version,
            Written::Conflict => return Err(Stop::Superseded),
        }
        if let Some(known) = &mut self.ledger {
            match known.iter_mut().find(|known| known.number == generation.value.number) {
                Some(known) => known.clone_from(&generation.value),
                None => known.insert(0, generation.value.clone()),
            }
        }
        Ok(())
    }

    /// Applies an event to a generation's step and stores it.
    pub(super) async fn step(
        &mut self,
        generation: &mut Versioned<Generation>,
        event: Event,
    ) -> Result<(), Stop> {
        generation.value.step = generation.value.step.clone().on(event)?;
        self.store(generation).await
    }

    /// The source's whole ledger, newest first; read once a run.
    pub(super) async fn whole_ledger(&mut self) -> Result<&[Generation], Stop> {
        if self.ledger.is_none() {
            let read = self
                .core
                .ports
                .ledger
                .generations(&self.user.id, &self.source.value.id, None, usize::MAX)
                .await?;
            self.ledger = Some(read.into_iter().map(|read| read.value).collect());
        }
        Ok(self.ledger.as_deref().unwrap_or_default())
    }

    /// The identities of a plan's tracks, as far as the ledger knows more than their URIs.
    pub(super) async fn identities(&mut self, uris: &[TrackUri]) -> Result<Vec<Identity>, Stop> {
        let ledger = self.whole_ledger().await?;
        let known = |uri: &TrackUri| {
            ledger
                .iter()
                .flat_map(|generation| &generation.tracks)
                .find(|found| found.identity.uri == *uri)
                .map_or_else(|| Identity::of_uri(uri.clone()), |found| found.identity.clone())
        };
        Ok(uris.iter().map(known).collect())
    }

    pub(super) async fn target(&self, key: &TargetKey) -> Result<Option<Versioned<Target>>, Stop> {
        Ok(self.core.ports.ledger.target(&self.user.id, key).await?)
    }

    /// Stores a target as we know it now.
    pub(super) async fn put_target(&self, target: &Target) -> Result<(), Stop> {
        let ledger = &self.core.ports.ledger;
        loop {
            let read = ledger.target(&self.user.id, &target.key).await?;
            let version = read.map_or(Version::NEW, |read| read.version);
            if let Written::At(_) = ledger.put_target(&self.user.id, target, version).await? {
                return Ok(());
            }
        }
    }

    /// Changes a target if it is (still) the plan's playlist.
    pub(super) async fn update_target(
        &self,
        plan: &Plan,
        change: impl Fn(&mut Target) + Send,
    ) -> Result<(), Stop> {
        if let Some(mut target) = self.target(&plan.target).await?
            && target.value.playlist == plan.playlist
        {
            change(&mut target.value);
            self.put_target(&target.value).await?;
        }
        Ok(())
    }

    /// Caches what Spotify said of tracks, where that is news, or what is cached ends soon.
    ///
    /// A list is looked at a dozen times before it turns, and a store on AWS takes ten times as much for
    /// a write as for a look at what is there.
    pub(super) async fn remember(&self, tracks: &[Track]) -> Result<(), Stop> {
        let ports = &self.core.ports;
        let now = self.now();
        let uris: Vec<TrackUri> = tracks.iter().map(|track| track.uri.clone()).collect();
        let cached = ports.house.cached(&uris, now).await?;
        let soon = later(now, days(METADATA_DAYS / 2));
        let lasting = cached.iter().filter(|cached| cached.expires > soon);
        let known: HashMap<&TrackUri, &Track> =
            lasting.map(|cached| (&cached.track.uri, &cached.track)).collect();
        let news = tracks.iter().filter(|track| known.get(&track.uri) != Some(track));
        let news: Vec<Track> = news.cloned().collect();
        if news.is_empty() {
            return Ok(());
        }
        Ok(ports.tracks.put_tracks(&news, now, later(now, days(METADATA_DAYS))).await?)
    }

    /// Tells somebody, once per `what`.
    pub(super) async fn alert(
        &self,
        kind: AlertKind,
        severity: Severity,
        what: &str,
        text: String,
    ) -> Result<(), Stop> {
        let key = format!("{}/{what}", self.source.value.id);
        Ok(alerting::raise(&self.core.ports, kind, severity, Some(&self.user.id), &key, text).await?)
    }
}
