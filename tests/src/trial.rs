//! Months in seconds: a server that is killed and comes back, listeners who do their part, and the
//! simulator's own account of what should have come of it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use reprise_core::ports::{Alert, AlertKind, Alerts, ArchiveLedger, Sources, User, Users};
use reprise_domain::archive::{Generation, Step};
use reprise_domain::ids::SourceId;
use reprise_domain::time::{hours, later};
use reprise_sql::SqlStore;
use spotify_sim::{ClockMode, Sim, SimConfig, SimServer, World};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::listener::Listener;
use crate::process::{Said, Server, command};

/// Time is pushed in steps of this; after a kill the server is down for at most so long.
const STEP: Duration = Duration::from_mins(30);

/// A step takes at most so much real time before somebody is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

/// What kills have met so far.
#[derive(Debug, Default, Clone)]
pub struct Kills {
    /// Deaths by SIGKILL at each named place.
    pub at: BTreeMap<String, usize>,
    /// Deaths after which some generation stood between `Planned` and `Verified`.
    pub while_unverified: usize,
}

impl Kills {
    /// All deaths.
    pub fn total(&self) -> usize {
        self.at.values().sum()
    }
}

/// An installation on trial.
#[derive(Debug)]
pub struct Trial {
    /// Spotify.
    pub sim: Sim,
    /// All that any process said.
    pub said: Said,
    /// The kills.
    pub kills: Kills,
    server: Option<Server>,
    env: Vec<(String, String)>,
    armed: Option<String>,
    next_kills: VecDeque<(&'static str, u64)>,
    store: OnceCell<SqlStore>,
    dir: TempDir,
    _spotify: SimServer,
}

impl Trial {
    /// An empty installation beside a Spotify that serves every app in `world`.
    pub async fn begin(world: World, start: &str, seed: u64) -> Self {
        let start: Timestamp = start.parse().expect("an instant");
        let sim = Sim::new(SimConfig { seed, start, mode: ClockMode::Pushed, ..SimConfig::default() });
        sim.welcome_any_client(world);
        let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let dir = tempfile::tempdir().expect("a directory");
        let pairs = [
            ("SPOTIFY_CLIENT_ID", "trial"),
            ("SPOTIFY_CLIENT_SECRET", "CANARY-client-secret"),
            ("SPOTIFY_API_URL", &format!("{}/v1", spotify.url())),
            ("SPOTIFY_ACCOUNTS_URL", &spotify.url()),
            ("REPRISE_BASE_URL", "http://127.0.0.1:0"),
            ("REPRISE_DATA_DIR", &dir.path().display().to_string()),
            ("REPRISE_DAILY_CALLS", "100000"),
            ("REPRISE_TEST_CLOCK", &spotify.url()),
            ("REPRISE_TEST_TIMEOUT_MS", "3000"),
            ("RUST_LOG", "info"),
        ];
        let env = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self {
            sim,
            said: Said::default(),
            kills: Kills::default(),
            server: None,
            env,
            armed: None,
            next_kills: VecDeque::new(),
            store: OnceCell::new(),
            dir,
            _spotify: spotify,
        }
    }

    /// Changes a setting of the next server.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// What every process is told.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// Moves into an empty directory of its own; answers the one that was left.
    pub fn moves(&mut self) -> TempDir {
        let new = tempfile::tempdir().expect("a directory");
        self.set("REPRISE_DATA_DIR", &new.path().display().to_string());
        self.store = OnceCell::new();
        std::mem::replace(&mut self.dir, new)
    }

    /// A path beside the data.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Whoever starts next dies at these passes of named places, one death after the other.
    pub fn kill_at(&mut self, places: impl IntoIterator<Item = (&'static str, u64)>) {
        self.next_kills.extend(places);
    }

    /// How many ordered deaths are still to come.
    pub fn kills_to_come(&self) -> usize {
        self.next_kills.len() + usize::from(self.armed.is_some())
    }

    /// Forgets the deaths to come.
    pub async fn spare(&mut self) {
        self.next_kills.clear();
        self.stop("outside").await;
        self.armed = None;
    }

    fn arm_next(&mut self) {
        self.env.retain(|(name, _)| name != "REPRISE_TEST_KILL");
        self.armed = self.next_kills.pop_front().map(|(place, pass)| {
            self.env.push(("REPRISE_TEST_KILL".to_owned(), format!("{place}:{pass}")));
            place.to_owned()
        });
    }

    /// SIGKILL from outside, wherever the server is; nothing if none runs.
    pub async fn stop(&mut self, why: &str) {
        if let Some(server) = self.server.take() {
            server.kill().await;
            self.note_death(why).await;
        }
    }

    /// Where the server listens; starts one if none runs.
    pub async fn url(&mut self) -> String {
        loop {
            self.bury().await;
            if let Some(server) = &self.server {
                return server.url.clone();
            }
            if self.armed.is_none() {
                self.arm_next();
            }
            self.server = Server::start(&self.env, &self.said).await;
            if self.server.is_none() {
                // It died on the way up, at a place it passes before it listens.
                self.note_armed_death().await;
            }
        }
    }

    /// Memory of the running server in kilobytes.
    pub async fn resident_kb(&mut self) -> u64 {
        self.url().await;
        self.server.as_ref().and_then(Server::resident_kb).unwrap_or(0)
    }

    /// Runs a command beside the server; answers what it said.
    pub async fn run(&mut self, args: &[&str]) -> String {
        self.try_run(args).await.unwrap_or_else(|error| panic!("reprise {args:?}: {error}"))
    }

    /// Runs a command beside the server; answers what it said, or its complaint.
    pub async fn try_run(&mut self, args: &[&str]) -> Result<String, String> {
        let mut env = self.env.clone();
        env.retain(|(name, _)| name != "REPRISE_TEST_KILL" && name != "RUST_LOG");
        command(&env, args, &self.said).await
    }

    /// Writes a file beside the data; answers its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// A sign-up link, made on the command line.
    pub async fn invite(&mut self) -> String {
        let said = self.run(&["invite"]).await;
        let link = said.lines().next().unwrap_or_default();
        link.rsplit_once("/signup/").map(|(_, secret)| format!("/signup/{secret}")).expect("a link")
    }

    /// Signs a listener up, as often as it takes.
    pub async fn sign_up(&mut self, listener: &mut Listener) {
        let link = self.invite().await;
        for _ in 0..200 {
            let base = self.url().await;
            let name = listener.name.clone();
            let known = self.users().await.iter().any(|user| user.spotify_id.as_str() == name);
            let path = if known { "/" } else { link.as_str() };
            if listener.connect(&base, path, &self.sim).await.is_ok() {
                return;
            }
            self.bury().await;
            self.pass(Duration::from_mins(1)).await;
        }
        panic!("{} could not sign up", listener.name);
    }

    /// Lets time pass, restarting the server whenever it has died.
    pub async fn pass(&mut self, time: Duration) {
        let end = later(self.sim.clock().spotify_now(), time);
        self.url().await;
        loop {
            let now = self.sim.clock().spotify_now();
            if now >= end {
                return;
            }
            let to = later(now, STEP).min(end);
            // Wall and Spotify's clock differ by jumps; time is pushed by its difference.
            let by = Duration::try_from(to.duration_since(now)).unwrap_or(STEP);
            let pushed = self.sim.clock().advance_by(by, PATIENCE).await;
            self.bury().await;
            if let Err(stalled) = pushed {
                panic!("time stands still: {:?} busy\n{}", stalled.busy, tail(&self.said.text()));
            }
            self.url().await;
        }
    }

    /// Notices a server that has died by itself.
    async fn bury(&mut self) {
        // A dying server leaves the clock before it can be seen to be dead. Days would fly by unattended.
        if let (Some(server), true) = (&mut self.server, self.sim.clock().is_alone()) {
            server.gone().await;
        }
        let death = self.server.as_mut().and_then(Server::death);
        match death {
            None => {}
            Some(Some(9)) => {
                self.server = None;
                self.note_armed_death().await;
            }
            Some(other) => panic!("the server ended by itself ({other:?}):\n{}", tail(&self.said.text())),
        }
    }

    async fn note_armed_death(&mut self) {
        let place = self.armed.take();
        let place =
            place.unwrap_or_else(|| panic!("the server does not start:\n{}", tail(&self.said.text())));
        self.note_death(&place).await;
    }

    async fn note_death(&mut self, place: &str) {
        *self.kills.at.entry(place.to_owned()).or_default() += 1;
        let mut unverified = false;
        for (_, generation) in self.open_generations().await {
            unverified |= matches!(generation.step, Step::Planned { .. } | Step::Added { .. });
        }
        self.kills.while_unverified += usize::from(unverified);
    }

    /// The ledger, read beside the server as any other process may.
    async fn store(&self) -> Option<&SqlStore> {
        let file = self.dir.path().join("reprise.db");
        if !file.exists() {
            return None;
        }
        let open = || async { SqlStore::open(&format!("sqlite:{}", file.display())).await };
        Some(self.store.get_or_try_init(open).await.expect("the file opens after any death"))
    }

    /// Everybody who has signed up.
    pub async fn users(&self) -> Vec<User> {
        match self.store().await {
            Some(store) => store.users(None, 10_000).await.expect("users"),
            None => Vec::new(),
        }
    }

    /// A listener's alerts.
    pub async fn alerts(&self, user: &User) -> Vec<Alert> {
        let store = self.store().await.expect("a store");
        store.alerts(Some(&user.id), 1_000).await.expect("alerts")
    }

    /// When a listener was first warned that consent ends, among alerts since `since`.
    pub async fn warned_since(&self, user: &User, since: Timestamp) -> Option<Timestamp> {
        let alerts = self.alerts(user).await;
        let warnings = alerts.iter().filter(|alert| alert.kind == AlertKind::ConsentEnds && alert.at > since);
        warnings.map(|alert| alert.at).min()
    }

    /// Generations that are not done, of everybody.
    async fn open_generations(&self) -> Vec<(User, Generation)> {
        let Some(store) = self.store().await else { return Vec::new() };
        let mut open = Vec::new();
        for user in store.users(None, 10_000).await.expect("users") {
            for source in store.sources(&user.id).await.expect("sources") {
                for number in source.value.open {
                    let generation =
                        store.generation(&user.id, &source.value.id, number).await.expect("a generation");
                    open.extend(generation.map(|read| (user.clone(), read.value)));
                }
            }
        }
        open
    }

    /// Every generation of a listener's Discover Weekly, oldest first.
    pub async fn generations(&self, user: &User) -> Vec<Generation> {
        let store = self.store().await.expect("a store");
        let source = SourceId::new("discover-weekly");
        let read = store.generations(&user.id, &source, None, usize::MAX).await.expect("generations");
        read.into_iter().rev().map(|read| read.value).collect()
    }

    /// Recordings in a listener's growing archive, as Spotify really has it.
    pub fn archived(&self, user: &str) -> Vec<u32> {
        let truth = self.sim.truth(user).expect("a listener");
        let mut archives =
            truth.playlists.iter().filter(|playlist| playlist.name == "Discover Weekly Archive");
        let archive = archives.next();
        assert!(archives.next().is_none(), "{user} has two archives");
        archive
            .map(|archive| archive.items.iter().filter_map(|item| item.recording).collect())
            .unwrap_or_default()
    }

    /// Recordings that the API could have read, in order, each once.
    pub fn readable(&self, user: &str, from: Timestamp) -> Vec<u32> {
        let truth = self.sim.truth(user).expect("a listener");
        let mut recordings = Vec::new();
        for generation in &truth.discover_weekly.generations {
            if generation.until.is_none_or(|until| until > from) {
                let entries = generation.entries.iter().filter(|entry| entry.uri.is_some());
                append_new(&mut recordings, entries.filter_map(|entry| entry.recording));
            }
        }
        recordings
    }

    /// How far a listener's archive has come and what the last runs said, for a failed test to tell.
    pub async fn tell(&self, name: &str) -> String {
        let Some(store) = self.store().await else { return String::new() };
        let users = self.users().await;
        let Some(user) = users.iter().find(|user| user.spotify_id.as_str() == name) else {
            return String::new();
        };
        let mut told = format!("{name}:");
        for generation in self.generations(user).await {
            let _ = write!(told, " {}={}", generation.label, generation.step.name());
        }
        for run in store.runs(&user.id, 6).await.expect("runs") {
            let _ = write!(told, "\n  {} {} calls {:?}", run.at, run.calls, run.outcome);
        }
        told
    }

    /// When what is missing from an archive could have been read, and what the ledger knew then.
    pub async fn tell_missing(&self, name: &str, missing: &[u32]) -> String {
        let truth = self.sim.truth(name).expect("a listener");
        let mut told = String::new();
        for list in truth.discover_weekly.generations {
            let here = list
                .entries
                .iter()
                .filter_map(|entry| entry.recording)
                .filter(|it| missing.contains(it))
                .count();
            if here > 0 {
                let _ = write!(
                    told,
                    "\n  {here} of {} (varied {}) {} to {:?}",
                    list.number, list.varied, list.from, list.until
                );
            }
        }
        let users = self.users().await;
        if let Some(user) = users.iter().find(|user| user.spotify_id.as_str() == name) {
            for generation in self.generations(user).await {
                let _ = write!(
                    told,
                    "\n  {} first seen {} with {}",
                    generation.label,
                    generation.first_seen,
                    generation.tracks.len()
                );
            }
        }
        told
    }

    /// No secret in anything that was said.
    pub fn assert_no_canary(&self) {
        let said = self.said.text();
        for canary in ["BQsim-at-", "AQsim-rt-", "AQsim-code-", "CANARY-client-secret"] {
            assert!(!said.contains(canary), "{canary} was said");
        }
    }
}

/// Adds what is not there yet.
pub fn append_new(to: &mut Vec<u32>, more: impl IntoIterator<Item = u32>) {
    for recording in more {
        if !to.contains(&recording) {
            to.push(recording);
        }
    }
}

/// How an archive differs from what it should be.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Recordings that are not there.
    pub lost: usize,
    /// Recordings that are there too often.
    pub doubled: usize,
    /// Neighbours in the wrong order.
    pub out_of_order: usize,
}

/// Compares an archive with what it should be.
pub fn compare(expected: &[u32], archived: &[u32]) -> Difference {
    let place = |recording: &u32| expected.iter().position(|known| known == recording);
    let mut once = Vec::new();
    append_new(&mut once, archived.iter().copied());
    Difference {
        lost: expected.iter().filter(|recording| !archived.contains(recording)).count(),
        doubled: archived.len() - once.len(),
        out_of_order: once.windows(2).filter(|pair| place(&pair[0]) > place(&pair[1])).count(),
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// Two hours: enough for whatever is under way to settle.
pub const SETTLED: Duration = hours(2);
