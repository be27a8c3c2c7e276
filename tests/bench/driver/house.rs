//! An installation of the measured binary beside a Spotify whose time is pushed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reprise_core::ports::{ArchiveLedger, Sources, Users};
use reprise_domain::archive::Step;
use reprise_domain::ids::SourceId;
use reprise_domain::time::later;
use reprise_sql::SqlStore;
use reprise_tests::listener::Listener;
use reprise_tests::process::{Said, Server};
use spotify_sim::{ClockMode, Sim, SimConfig, SimServer, World};
use tempfile::TempDir;

use crate::proc;
use crate::spent::{Spent, counted};

/// A stretch of pushed time takes at most so much real time.
const PATIENCE: Duration = Duration::from_mins(10);

/// So many listeners sign up at once.
const AT_ONCE: usize = 8;

/// An installation.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) spotify: SimServer,
    binary: PathBuf,
    env: Vec<(String, String)>,
    said: Said,
    server: Option<Server>,
    dir: TempDir,
}

impl House {
    pub(crate) async fn build(binary: &Path, under: &Path, start: &str, seed: u64) -> Self {
        let start: Timestamp = start.parse().expect("an instant");
        let sim = Sim::new(SimConfig { seed, start, mode: ClockMode::Pushed, ..SimConfig::default() });
        sim.welcome_any_client(World::Extended);
        let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let dir = tempfile::tempdir_in(under).expect("a directory");
        let mut env = environment(&spotify.url(), dir.path());
        env.push(("REPRISE_TEST_CLOCK".to_owned(), spotify.url()));
        let mut house =
            Self { sim, spotify, binary: binary.to_owned(), env, said: Said::default(), server: None, dir };
        house.restart().await;
        house
    }

    /// Starts the server anew; answers how long it took until it listened.
    pub(crate) async fn restart(&mut self) -> Duration {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
        let began = Instant::now();
        self.server = Server::start_from(&self.binary, &self.env, &self.said).await;
        assert!(self.server.is_some(), "the server does not start:\n{}", self.said.text());
        began.elapsed()
    }

    fn url(&self) -> &str {
        &self.server.as_ref().expect("a server").url
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.as_ref().and_then(Server::pid).expect("a running server")
    }

    /// Listeners sign up, or in again and so renew their consent, through pages as browsers do; ends
    /// when all that followed is done.
    pub(crate) async fn sign_in(&mut self, names: &[String]) -> Spent {
        let listeners = names.len();
        self.sim.reset_counts();
        let meter = self.meter();
        for some in names.chunks(AT_ONCE) {
            let mut some: Vec<Listener> = some.iter().map(|name| Listener::new(name)).collect();
            let all = some.iter_mut().map(|listener| listener.connect(self.url(), "/", &self.sim));
            for connected in futures::future::join_all(all).await {
                connected.expect("a consent");
            }
        }
        self.sim.clock().advance_by(Duration::ZERO, PATIENCE).await.expect("time moves");
        self.spent(&meter, listeners)
    }

    /// Pushes time until `to`, or notices that it is later.
    pub(crate) async fn pass_until(&mut self, to: Timestamp) {
        self.sim.clock().advance_to(to, PATIENCE).await.expect("time moves");
    }

    /// Pushes time on and measures what the listeners' work in it takes.
    pub(crate) async fn measure(&mut self, time: Duration, listeners: usize) -> Spent {
        self.sim.reset_counts();
        let meter = self.meter();
        let to = later(self.sim.clock().now(), time);
        self.pass_until(to).await;
        self.spent(&meter, listeners)
    }

    fn meter(&self) -> (Instant, f64, f64) {
        (Instant::now(), proc::cpu_ms(self.pid()), proc::cpu_ms(std::process::id()))
    }

    fn spent(&self, (began, cpu, spotify_cpu): &(Instant, f64, f64), listeners: usize) -> Spent {
        let wall = began.elapsed();
        let (calls, refreshes) = counted(&self.sim);
        Spent {
            listeners: crate::count(listeners),
            wall,
            cpu_ms: proc::cpu_ms(self.pid()) - *cpu,
            spotify_cpu_ms: proc::cpu_ms(std::process::id()) - *spotify_cpu,
            calls,
            refreshes,
        }
    }

    /// Makes sure that nobody's week is unfinished, in the ledger and in truth.
    pub(crate) async fn assert_all_done(&self) {
        let file = self.dir.path().join("reprise.db");
        let store = SqlStore::open(&format!("sqlite:{}", file.display())).await.expect("the ledger");
        let source = SourceId::new("discover-weekly");
        for user in store.users(None, 100_000).await.expect("users") {
            let read = store.source(&user.id, &source).await.expect("a source").expect("a source");
            let newest = store.generations(&user.id, &source, None, 1).await.expect("generations");
            let newest = newest.first().map(|read| &read.value);
            let done = newest.is_some_and(|generation| matches!(generation.step, Step::Done));
            assert!(done && read.value.open.is_empty(), "{} is not done: {newest:?}", user.spotify_id);
        }
        store.close().await;
    }
}

/// Makes sure that the newest list of each listener stands in their archive; answers its mean length.
pub(crate) fn assert_archived(sim: &Sim, names: &[String]) -> f64 {
    let mut held = 0;
    for name in names {
        let truth = sim.truth(name).expect("a listener");
        let mut archives = truth.playlists.iter().filter(|list| list.name == "Discover Weekly Archive");
        let archive = archives.next().unwrap_or_else(|| panic!("{name} has no archive"));
        assert!(archives.next().is_none(), "{name} has two archives");
        let newest = truth.discover_weekly.generations.last().expect("a list");
        for entry in &newest.entries {
            let is_there = archive.items.iter().any(|item| item.recording == entry.recording);
            assert!(is_there, "{name} misses {}", entry.title);
        }
        held += archive.items.len();
    }
    crate::count(held) / crate::count(names.len())
}

/// The environment of a measured server.
pub(crate) fn environment(spotify: &str, data: &Path) -> Vec<(String, String)> {
    let pairs = [
        ("SPOTIFY_CLIENT_ID", "bench"),
        ("SPOTIFY_CLIENT_SECRET", "bench-secret"),
        ("SPOTIFY_API_URL", &format!("{spotify}/v1")),
        ("SPOTIFY_ACCOUNTS_URL", spotify),
        ("REPRISE_BASE_URL", "http://127.0.0.1:0"),
        ("REPRISE_DATA_DIR", &data.display().to_string()),
        ("REPRISE_DAILY_CALLS", "100000000"),
        ("REPRISE_SIGNUP", "open"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
