//! A whole Reprise in memory beside a simulated Spotify, on one pushed clock.
#![allow(dead_code, reason = "every test binary lives in its own part of the house")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_core::onboard::{self, Arrived, FinishError, Returned, Started};
use reprise_core::ports::{
    AlertKind, CheckKind, CheckOutcome, Checklist, Clock, Role, Run, RunOutcome, User, WorkKind,
};
use reprise_core::spotify::{ClientSecret, http};
use reprise_core::testing::{MemoryStore, RecordingNotifier, TestKeyWrap};
use reprise_core::{Config, Core, Ports, Signup, SpotifyApp, archive, care, checklist, failpoint};
use reprise_domain::archive::{Generation, Rung, Source, Target};
use reprise_domain::ids::{PlaylistId, SourceId, TrackUri};
use reprise_domain::time::{Mark, later};
use spotify_sim::{Act, Client, ClockMode, PlaylistTruth, Sim, SimClock, SimConfig, SimServer, World};
use tokio::sync::Notify;

/// Monday 16 November 2026, six hours after the week turned.
pub(crate) const START: &str = "2026-11-16T06:00:00Z";

/// The id of the simulated app.
pub(crate) const APP: &str = "app";

/// Real time that a push of the simulated clock may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The simulator's clock; says when somebody waits for it.
struct Pushed {
    clock: SimClock,
    waiting: Arc<Notify>,
}

#[async_trait]
impl Clock for Pushed {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn mark(&self) -> Mark {
        let uptime_ms = u64::try_from(self.clock.uptime().as_millis()).unwrap();
        Mark { wall: self.clock.now(), uptime_ms, boot: self.clock.boot_id() }
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.waiting.notify_one();
        self.clock.sleep_until(at).await;
    }
}

/// Everything of one installation.
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) core: Arc<Core>,
    pub(crate) store: MemoryStore,
    pub(crate) notifier: Arc<RecordingNotifier>,
    waiting: Arc<Notify>,
    _server: SimServer,
}

impl House {
    pub(crate) async fn build(world: World) -> Self {
        Self::furnished(START, |client| client.world = world, |_| {}).await
    }

    /// A house that opens at `start`, with another app or other settings than usual.
    pub(crate) async fn furnished(
        start: &str,
        app: impl FnOnce(&mut Client),
        settings: impl FnOnce(&mut Config),
    ) -> Self {
        let start = start.parse().unwrap();
        let sim = Sim::new(SimConfig { seed: 7, start, mode: ClockMode::Pushed, ..SimConfig::default() });
        let mut client = Client::new(APP, "secret", World::Extended);
        app(&mut client);
        sim.add_client(client);
        let server = sim.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let store = MemoryStore::default();
        let notifier = Arc::new(RecordingNotifier::default());
        let waiting = Arc::new(Notify::new());
        let clock = Pushed { clock: sim.clock(), waiting: Arc::clone(&waiting) };
        let mut config = Config {
            deployment: "test".into(),
            base_url: "http://127.0.0.1:8080".parse().unwrap(),
            signup: Signup::Invite,
            daily_calls: 1500,
            time_zone: TimeZone::UTC,
        };
        settings(&mut config);
        let core = Arc::new(Self::core(clock, &server.url(), &store, &notifier, config));
        Self { sim, core, store, notifier, waiting, _server: server }
    }

    fn core(
        clock: Pushed,
        url: &str,
        store: &MemoryStore,
        notifier: &Arc<RecordingNotifier>,
        config: Config,
    ) -> Core {
        let ports = Ports::of(
            Arc::new(store.clone()),
            Arc::new(clock),
            Arc::new(TestKeyWrap::default()),
            Arc::<RecordingNotifier>::clone(notifier),
        );
        let app = SpotifyApp {
            client_id: APP.into(),
            client_secret: ClientSecret::new("secret"),
            api_url: format!("{url}/v1").parse().unwrap(),
            accounts_url: url.parse().unwrap(),
        };
        Core::new(ports, config, app, http::client(Duration::from_secs(5)).unwrap())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.sim.clock().now()
    }
}

/// Coming in.
impl House {
    /// A new sign-up link's secret.
    pub(crate) async fn invite(&self) -> String {
        let invite = onboard::invite(&self.core, Role::Listener, None, onboard::INVITE_LASTS).await.unwrap();
        invite.link.rsplit('/').next().unwrap().to_owned()
    }

    /// The browser comes back from Spotify, where `name` agreed.
    pub(crate) async fn finish(&self, started: &Started, name: &str) -> Result<Arrived, FinishError> {
        let location = self.sim.consent(started.authorize_url.as_str(), name).unwrap();
        let returned = Returned::parse(&location).unwrap();
        onboard::finish(&self.core, Some(&started.cookie.0), returned).await
    }

    /// Signs a simulated listener up through a link, and lets the checklist find their list.
    pub(crate) async fn sign_up(&self, name: &str) -> User {
        self.sign_up_from(name, None).await
    }

    /// Signs up a listener whose browser tells a time zone.
    pub(crate) async fn sign_up_from(&self, name: &str, zone: Option<&str>) -> User {
        let secret = self.invite().await;
        let started = onboard::start(&self.core, Some(&secret), None, None, zone).await.unwrap();
        let arrived = self.finish(&started, name).await.unwrap();
        assert!(arrived.is_new);
        checklist::run(&self.core, &arrived.user.id).await.unwrap();
        arrived.user
    }

    /// A listener who is signed up consents once more.
    pub(crate) async fn consent_again(&self, user: &User, name: &str) -> Result<Arrived, FinishError> {
        let again = Some(user.id.clone());
        let started = onboard::start(&self.core, None, again, None, None).await.unwrap();
        self.finish(&started, name).await
    }
}

/// Letting time pass.
impl House {
    /// Runs whatever is due until `until`, pushing time from one due instant to the next.
    pub(crate) async fn live_until(&self, until: Timestamp) {
        self.live_watched(until, |_| {}).await;
    }

    /// The same, and `watch` looks whenever something has run.
    pub(crate) async fn live_watched(&self, until: Timestamp, mut watch: impl FnMut(&Self)) {
        loop {
            while self.run_due().await > 0 {
                watch(self);
            }
            let mut next = until;
            for kind in [WorkKind::Archive, WorkKind::Grant] {
                if let Some(due) = self.core.ports.due.next_due(kind).await.unwrap() {
                    next = next.min(due);
                }
            }
            self.sim.clock().advance_to(next, PATIENCE).await.unwrap();
            if next >= until {
                return;
            }
        }
    }

    /// Runs what is due in a task of its own, which may die at a failpoint on the way.
    async fn run_due(&self) -> usize {
        let core = Arc::clone(&self.core);
        let mut ran = tokio::spawn(async move {
            archive::run_due(&core, 10).await.unwrap() + care::run_due(&core, 10).await.unwrap()
        });
        loop {
            tokio::select! {
                ran = &mut ran => return ran.unwrap_or_else(|died| {
                    let why = died.into_panic();
                    let at_failpoint =
                        why.downcast_ref::<&str>().is_some_and(|name| failpoint::NAMES.contains(name));
                    if !at_failpoint {
                        std::panic::resume_unwind(why);
                    }
                    1
                }),
                () = self.waiting.notified() => {
                    self.sim.clock().advance_by(Duration::from_secs(1), PATIENCE).await.unwrap();
                }
            }
        }
    }

    pub(crate) async fn live(&self, time: Duration) {
        self.live_until(later(self.now(), time)).await;
    }

    /// Looks at the listener's Discover Weekly now.
    pub(crate) async fn run(&self, user: &User) -> Run {
        archive::run_now(&self.core, &user.id, &weekly()).await.unwrap().unwrap()
    }
}

/// Asking what has become of things.
impl House {
    pub(crate) async fn source(&self, user: &User) -> Source {
        self.core.ports.sources.source(&user.id, &weekly()).await.unwrap().unwrap().value
    }

    pub(crate) async fn change_source(&self, user: &User, change: impl Fn(&mut Source) + Send) {
        archive::change_source(&self.core, &user.id, &weekly(), change).await.unwrap();
    }

    /// Every generation of the listener's Discover Weekly, oldest first.
    pub(crate) async fn generations(&self, user: &User) -> Vec<Generation> {
        let ledger = &self.core.ports.ledger;
        let read = ledger.generations(&user.id, &weekly(), None, usize::MAX).await.unwrap();
        read.into_iter().rev().map(|read| read.value).collect()
    }

    /// The playlists of the archive, in order of key.
    pub(crate) async fn targets(&self, user: &User) -> Vec<Target> {
        let read = self.core.ports.ledger.targets(&user.id).await.unwrap();
        read.into_iter().map(|read| read.value).collect()
    }

    /// What runs did, newest first.
    pub(crate) async fn runs(&self, user: &User) -> Vec<Run> {
        self.core.ports.ledger.runs(&user.id, 100).await.unwrap()
    }

    /// What the newest run's line on the status page says went wrong.
    pub(crate) async fn complaint(&self, user: &User) -> Option<String> {
        match self.runs(user).await.into_iter().next()?.outcome {
            RunOutcome::Failed { why } => Some(why),
            RunOutcome::Worked { stopped, .. } => stopped,
            RunOutcome::NothingNew => None,
        }
    }

    /// When the listener's Discover Weekly is looked after next.
    pub(crate) async fn due(&self, user: &User) -> Timestamp {
        let work = archive::work(&user.id, &weekly());
        self.core.ports.due.due_at(&work).await.unwrap().unwrap()
    }

    /// How long from now until then.
    pub(crate) async fn due_in(&self, user: &User) -> Duration {
        Duration::try_from(self.due(user).await.duration_since(self.now())).unwrap_or_default()
    }

    /// The alerts the listener was told, oldest first.
    pub(crate) fn told(&self, user: &User) -> Vec<(AlertKind, String)> {
        let theirs = self.notifier.told().into_iter().filter(|alert| alert.user.as_ref() == Some(&user.id));
        theirs.map(|alert| (alert.kind, alert.text)).collect()
    }

    pub(crate) async fn checklist(&self, user: &User) -> Checklist {
        checklist::run(&self.core, &user.id).await.unwrap()
    }

    /// One line of a new checklist.
    pub(crate) async fn line(&self, user: &User, kind: CheckKind) -> (CheckOutcome, String) {
        let checklist = self.checklist(user).await;
        let line = checklist.checks.into_iter().find(|check| check.kind == kind).unwrap();
        (line.outcome, line.detail)
    }

    /// Calls of the Web API after the log's entry `seq`, as `METHOD template`.
    pub(crate) fn calls_after(&self, seq: u64) -> Vec<String> {
        let calls = self.sim.log_after(seq).into_iter().map(|entry| entry.endpoint);
        calls.filter(|endpoint| endpoint.contains(" /v1/")).collect()
    }

    /// The number of the log's last entry.
    pub(crate) fn seq(&self) -> u64 {
        self.sim.log().last().map_or(0, |entry| entry.seq)
    }
}

/// The truth, as the simulated Spotify knows it.
impl House {
    /// The archive as it should be: every generation's recordings in order, each once.
    pub(crate) fn expected(&self, user: &str) -> Vec<u32> {
        let mut expected = Vec::new();
        let generations = self.sim.truth(user).unwrap().discover_weekly.generations;
        for entry in generations.iter().flat_map(|generation| &generation.entries) {
            if let Some(recording) = entry.recording.filter(|recording| !expected.contains(recording)) {
                expected.push(recording);
            }
        }
        expected
    }

    /// The listener's own playlists whose name begins so.
    pub(crate) fn playlists(&self, user: &str, name: &str) -> Vec<PlaylistTruth> {
        let truth = self.sim.truth(user).unwrap();
        truth.playlists.into_iter().filter(|playlist| playlist.name.starts_with(name)).collect()
    }

    /// The listener's one growing archive.
    pub(crate) fn archive(&self, user: &str) -> PlaylistTruth {
        let mut archives = self.playlists(user, "Discover Weekly Archive");
        assert_eq!(archives.len(), 1, "{user} has {} archives", archives.len());
        archives.remove(0)
    }

    /// The recordings in the listener's growing archive, as Spotify really has it.
    pub(crate) fn archived(&self, user: &str) -> Vec<u32> {
        let archives = self.playlists(user, "Discover Weekly Archive");
        assert!(archives.len() <= 1, "{user} has {} archives", archives.len());
        archives.first().map(recordings).unwrap_or_default()
    }

    /// What Discover Weekly shows now, as tracks.
    pub(crate) fn shown(&self, user: &str) -> Vec<TrackUri> {
        let generations = self.sim.truth(user).unwrap().discover_weekly.generations;
        let entries = &generations.last().unwrap().entries;
        entries.iter().filter_map(|entry| entry.uri.as_deref()?.parse().ok()).collect()
    }

    /// The listener makes a playlist.
    pub(crate) fn make(&self, user: &str, name: &str, uris: Vec<String>) -> PlaylistId {
        let made = self.sim.act(user, &Act::Create { name: name.to_owned(), uris }).unwrap();
        made.playlist.unwrap().parse().unwrap()
    }

    pub(crate) fn act(&self, user: &str, act: &Act) {
        self.sim.act(user, act).unwrap();
    }

    /// The listener pastes links.
    pub(crate) async fn paste(&self, user: &User, tracks: &[TrackUri]) {
        archive::hand_in(&self.core, &user.id, &weekly(), Rung::Pasted, tracks).await.unwrap();
    }
}

/// The source everybody has.
pub(crate) fn weekly() -> SourceId {
    SourceId::new("discover-weekly")
}

/// The recordings in a playlist, in order.
pub(crate) fn recordings(playlist: &PlaylistTruth) -> Vec<u32> {
    playlist.items.iter().filter_map(|item| item.recording).collect()
}
