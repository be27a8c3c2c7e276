//! Processes that refresh one grant step by step, each step when it is told to.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::grants::{GrantError, Grants, MIN_TTL};
use reprise_core::machine::Background;
use reprise_core::ports::{Admission, Clock, Grant, StoreResult, Tokens, Users, Version, Versioned, Written};
use reprise_core::spotify::{Accounts, ClientSecret, http};
use reprise_core::testing::{MemoryStore, TestClock, TestKeyWrap, sample};
use reprise_core::vault::{Purpose, Vault};
use reprise_domain::ids::UserId;
use reprise_domain::time::Mark;
use reprise_domain::token::GrantState;
use spotify_sim::{Client, Rotation, Sim, SimConfig, SimServer, User, World};
use tokio::sync::{mpsc, oneshot};

/// What a process is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Read,
    Announce,
    Ask,
    Record,
    Sleep,
}

/// What a process reports.
#[derive(Debug)]
pub(crate) enum Report {
    /// It waits to be let on.
    At(Stage, oneshot::Sender<()>),
    /// It has a token, or a reason why not.
    Done,
}

type Reports = mpsc::UnboundedSender<(usize, Report)>;

/// Where a process waits; one whose gate is never opened is as good as dead.
#[derive(Clone)]
struct Gate {
    process: usize,
    reports: Reports,
}

impl Gate {
    async fn pass(&self, stage: Stage) {
        let (open, opened) = oneshot::channel();
        let _ = self.reports.send((self.process, Report::At(stage, open)));
        if opened.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The store of one process.
struct Gated {
    store: MemoryStore,
    gate: Gate,
}

#[async_trait]
impl Tokens for Gated {
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>> {
        self.gate.pass(Stage::Read).await;
        self.store.grant(user).await
    }

    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written> {
        let announces = matches!(grant.state, GrantState::Refreshing { .. });
        self.gate.pass(if announces { Stage::Announce } else { Stage::Record }).await;
        let written = self.store.put_grant(user, grant, read).await?;
        if announces && matches!(written, Written::At(_)) {
            self.gate.pass(Stage::Ask).await;
        }
        Ok(written)
    }
}

/// The clock of one process.
struct Drowsy {
    clock: TestClock,
    gate: Gate,
}

#[async_trait]
impl Clock for Drowsy {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn mark(&self) -> Mark {
        self.clock.mark()
    }

    async fn sleep_until(&self, _: Timestamp) {
        self.gate.pass(Stage::Sleep).await;
    }
}

/// An accounts service, and installations that share nothing but it.
pub(crate) struct Service {
    pub(crate) sim: Sim,
    http: reqwest::Client,
    server: SimServer,
    users: usize,
}

impl Service {
    pub(crate) async fn open(rotation: Rotation) -> Self {
        let sim = Sim::new(SimConfig { seed: 3, ..SimConfig::default() });
        sim.add_client(Client { rotation, ..Client::new("app", "secret", World::Development) });
        let server = sim.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { sim, http: http::client(Duration::from_secs(20)).unwrap(), server, users: 0 }
    }

    /// One listener of a new installation, whose access token is to be fetched.
    pub(crate) async fn listener(&mut self) -> Installation {
        self.users += 1;
        let name = format!("u{}", self.users);
        self.sim.add_user(User::new(&name));
        let tokens = self.sim.mint("app", &name, &["playlist-read-private"]).unwrap();
        let (store, clock) = (MemoryStore::new(), TestClock::default());
        let wrap = Arc::new(TestKeyWrap::default());
        let mut installation = Installation {
            user: UserId::new(format!("user-{name}")),
            name,
            store,
            clock,
            wrap,
            accounts: (self.http.clone(), self.server.url()),
        };
        let now = installation.clock.now();
        let vault = installation.vault();
        let sealed =
            vault.seal(installation.user.as_str(), Purpose::RefreshToken, tokens.refresh.as_bytes(), now);
        let grant = Grant { refresh: sealed.await.unwrap(), ..sample::grant(&installation.name, now) };
        let admission = Admission { grant, ..sample::admission(&installation.name, now) };
        let admitted = installation.store.admit(&admission).await.unwrap();
        assert!(matches!(admitted, reprise_core::ports::Admitted::Welcome(_)));
        installation.user = admission.user.id;
        installation
    }

    /// Requests for a token of this listener, with the status each got.
    pub(crate) fn asked(&self, listener: &Installation) -> Vec<Option<u16>> {
        let log = self.sim.log().into_iter().rev().take(200).collect::<Vec<_>>();
        let theirs = log.into_iter().rev().filter(|entry| entry.user.as_ref() == Some(&listener.name));
        theirs.map(|entry| entry.status).collect()
    }
}

/// One installation with one listener.
pub(crate) struct Installation {
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) store: MemoryStore,
    pub(crate) clock: TestClock,
    wrap: Arc<TestKeyWrap>,
    accounts: (reqwest::Client, String),
}

impl Installation {
    fn vault(&self) -> Arc<Vault> {
        Arc::new(Vault::new("test", Arc::new(self.store.clone()), Arc::clone(&self.wrap) as _))
    }

    fn accounts(&self, clock: Arc<dyn Clock>) -> Accounts {
        let (http, url) = &self.accounts;
        Accounts::new(http.clone(), url.parse().unwrap(), "app", ClientSecret::new("secret"), clock)
    }

    /// A process over its own way to the store.
    pub(crate) fn over(&self, tokens: Arc<dyn Tokens>) -> Grants {
        let clock = Arc::new(self.clock.clone());
        Grants::new(
            tokens,
            self.vault(),
            self.accounts(Arc::clone(&clock) as _),
            clock,
            Background::default(),
        )
    }

    /// A process that nobody holds up.
    pub(crate) fn process(&self) -> Grants {
        self.over(Arc::new(self.store.clone()))
    }

    /// A process that asks at every step; it starts at once.
    pub(crate) fn gated(&self, process: usize, reports: &Reports) {
        let gate = Gate { process, reports: reports.clone() };
        let tokens = Gated { store: self.store.clone(), gate: gate.clone() };
        let clock = Arc::new(Drowsy { clock: self.clock.clone(), gate: gate.clone() });
        let accounts = self.accounts(Arc::clone(&clock) as _);
        let grants = Grants::new(Arc::new(tokens), self.vault(), accounts, clock, Background::default());
        let user = self.user.clone();
        tokio::spawn(async move {
            // What it got is looked at in the store, as whoever comes later does.
            let _ = grants.access(&user, MIN_TTL).await;
            let _ = gate.reports.send((process, Report::Done));
        });
    }

    pub(crate) async fn grant(&self) -> Grant {
        self.store.grant(&self.user).await.unwrap().unwrap().value
    }

    /// Whether a process that comes later gets a token, and after it another: the refresh token that
    /// is stored works.
    pub(crate) async fn is_usable(&self) -> Result<(), GrantError> {
        let process = self.process();
        let issued = process.access(&self.user, MIN_TTL).await?;
        process.rejected(&self.user, &issued.access).await?;
        process.access(&self.user, MIN_TTL).await.map(drop)
    }
}
