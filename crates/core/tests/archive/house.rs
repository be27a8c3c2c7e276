//! A whole Reprise in memory beside a simulated Spotify, on one pushed clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_core::onboard::{self, Returned};
use reprise_core::ports::{Clock, Role, User, WorkKind};
use reprise_core::spotify::{ClientSecret, http};
use reprise_core::testing::{MemoryStore, RecordingNotifier, TestKeyWrap};
use reprise_core::{Config, Core, Ports, Signup, SpotifyApp, archive, care};
use reprise_domain::archive::Generation;
use reprise_domain::ids::SourceId;
use reprise_domain::time::{Mark, later};
use spotify_sim::{Client, ClockMode, Sim, SimClock, SimConfig, SimServer, World};
use tokio::sync::Notify;

/// Monday 16 November 2026, six hours after the week turned.
pub(crate) const START: &str = "2026-11-16T06:00:00Z";

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

pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) core: Arc<Core>,
    pub(crate) notifier: Arc<RecordingNotifier>,
    waiting: Arc<Notify>,
    _server: SimServer,
}

impl House {
    pub(crate) async fn build(world: World) -> Self {
        let start = START.parse().unwrap();
        let sim = Sim::new(SimConfig { seed: 7, start, mode: ClockMode::Pushed, ..SimConfig::default() });
        sim.add_client(Client::new("app", "secret", world));
        let server = sim.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let store = MemoryStore::default();
        let notifier = Arc::new(RecordingNotifier::default());
        let waiting = Arc::new(Notify::new());
        let clock = Pushed { clock: sim.clock(), waiting: Arc::clone(&waiting) };
        let core = Arc::new(Self::core(clock, &server.url(), &store, &notifier));
        Self { sim, core, notifier, waiting, _server: server }
    }

    fn core(clock: Pushed, url: &str, store: &MemoryStore, notifier: &Arc<RecordingNotifier>) -> Core {
        let wrap = Arc::new(TestKeyWrap::default());
        let ports = Ports::of(
            Arc::new(store.clone()),
            Arc::new(clock),
            wrap,
            Arc::<RecordingNotifier>::clone(notifier),
        );
        let config = Config {
            deployment: "test".into(),
            base_url: "http://127.0.0.1:8080".parse().unwrap(),
            signup: Signup::Invite,
            daily_calls: 1500,
            time_zone: TimeZone::UTC,
        };
        let app = SpotifyApp {
            client_id: "app".into(),
            client_secret: ClientSecret::new("secret"),
            api_url: format!("{url}/v1").parse().unwrap(),
            accounts_url: url.parse().unwrap(),
        };
        Core::new(ports, config, app, http::client(Duration::from_secs(5)).unwrap())
    }

    /// Signs a simulated listener up through a link.
    pub(crate) async fn sign_up(&self, name: &str) -> User {
        let invite = onboard::invite(&self.core, Role::Listener, None, onboard::INVITE_LASTS).await.unwrap();
        let secret = invite.link.rsplit('/').next().unwrap();
        let started = onboard::start(&self.core, Some(secret), None, None, None).await.unwrap();
        let location = self.sim.consent(started.authorize_url.as_str(), name).unwrap();
        let returned = Returned::parse(&location).unwrap();
        let arrived = onboard::finish(&self.core, Some(&started.cookie.0), returned).await.unwrap();
        assert!(arrived.is_new);
        reprise_core::checklist::run(&self.core, &arrived.user.id).await.unwrap();
        arrived.user
    }

    /// Runs whatever is due until `until`, pushing time from one due instant to the next.
    pub(crate) async fn live_until(&self, until: Timestamp) {
        loop {
            while self.run_due().await > 0 {}
            let mut next = until;
            for kind in [WorkKind::Archive, WorkKind::Grant] {
                if let Some(due) = self.core.ports.due.next_due(kind).await.unwrap() {
                    next = next.min(due);
                }
            }
            self.sim.clock().advance_to(next, Duration::from_secs(20)).await.unwrap();
            if next >= until {
                return;
            }
        }
    }

    /// Runs what is due in a task of its own, which may die on the way.
    async fn run_due(&self) -> usize {
        let core = Arc::clone(&self.core);
        let mut ran = tokio::spawn(async move {
            archive::run_due(&core, 10).await.unwrap() + care::run_due(&core, 10).await.unwrap()
        });
        loop {
            tokio::select! {
                ran = &mut ran => return ran.unwrap_or(1),
                () = self.waiting.notified() => {
                    self.sim.clock().advance_by(Duration::from_secs(1), Duration::from_secs(20)).await.unwrap();
                }
            }
        }
    }

    pub(crate) async fn live(&self, time: Duration) {
        self.live_until(later(self.sim.clock().now(), time)).await;
    }

    /// Every generation of the listener's Discover Weekly, oldest first.
    pub(crate) async fn generations(&self, user: &User) -> Vec<Generation> {
        let source = SourceId::new("discover-weekly");
        let ledger = &self.core.ports.ledger;
        let read = ledger.generations(&user.id, &source, None, usize::MAX).await.unwrap();
        read.into_iter().rev().map(|read| read.value).collect()
    }

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

    /// The recordings in the listener's growing archive, as Spotify really has it.
    pub(crate) fn archived(&self, user: &str) -> Vec<u32> {
        let truth = self.sim.truth(user).unwrap();
        let archives: Vec<_> =
            truth.playlists.iter().filter(|playlist| playlist.name == "Discover Weekly Archive").collect();
        assert!(archives.len() <= 1, "{user} has {} archives", archives.len());
        archives.iter().flat_map(|archive| &archive.items).filter_map(|item| item.recording).collect()
    }
}
