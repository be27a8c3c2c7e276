//! The parts of a running Reprise, put together once by a binary.

use std::sync::Arc;

use jiff::tz::TimeZone;
use reqwest::Client;
use url::Url;

use crate::budget::CallBudget;
use crate::grants::Grants;
use crate::machine::Background;
use crate::ports::{
    Alerts, ArchiveLedger, Budget, Clock, DataKeys, Due, House, Invites, KeyWrap, Notifier, Sources, Tokens,
    Tracks, Users,
};
use crate::spotify::{Accounts, Api, ClientSecret};
use crate::vault::Vault;

/// Who may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signup {
    /// Whoever has a one-time link.
    Invite,
    /// Whoever comes.
    Open,
}

/// The operator's app at Spotify.
#[derive(Debug, Clone)]
pub struct SpotifyApp {
    /// Its public id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: ClientSecret,
    /// Where the Web API is, such as `https://api.spotify.com/v1`.
    pub api_url: Url,
    /// Where the accounts service is.
    pub accounts_url: Url,
}

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the installation in everything sealed.
    pub deployment: String,
    /// Where listeners reach it; its host is the only one answered.
    pub base_url: Url,
    /// Who may sign up.
    pub signup: Signup,
    /// Calls to Spotify a day.
    pub daily_calls: u32,
    /// The zone of listeners whose own is unknown.
    pub time_zone: TimeZone,
}

impl Config {
    /// The redirect URI to register at Spotify, to the letter.
    pub fn redirect_uri(&self) -> Url {
        let mut url = self.base_url.clone();
        url.set_path("/auth/spotify/callback");
        url
    }
}

/// Every port, as shared objects, and the tasks that no caller waits for.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Alerts to the outside.
    pub notifier: Arc<dyn Notifier>,
    /// The key that wraps data keys.
    pub key_wrap: Arc<dyn KeyWrap>,
    /// Listeners.
    pub users: Arc<dyn Users>,
    /// Sign-up links.
    pub invites: Arc<dyn Invites>,
    /// Grants.
    pub tokens: Arc<dyn Tokens>,
    /// Sources.
    pub sources: Arc<dyn Sources>,
    /// The archive's ledger.
    pub ledger: Arc<dyn ArchiveLedger>,
    /// Work that is due.
    pub due: Arc<dyn Due>,
    /// Wrapped data keys.
    pub data_keys: Arc<dyn DataKeys>,
    /// Cached metadata.
    pub tracks: Arc<dyn Tracks>,
    /// Counted calls.
    pub budget: Arc<dyn Budget>,
    /// Alerts raised.
    pub alerts: Arc<dyn Alerts>,
    /// Whether the installation works, and what moving it asks for.
    pub house: Arc<dyn House>,
    /// What goes on after whoever began it has gone.
    pub background: Background,
}

impl Ports {
    /// Ports where one store implements all that is stored.
    pub fn of<S>(
        store: Arc<S>,
        clock: Arc<dyn Clock>,
        key_wrap: Arc<dyn KeyWrap>,
        notifier: Arc<dyn Notifier>,
    ) -> Self
    where
        S: Users
            + Invites
            + Tokens
            + Sources
            + ArchiveLedger
            + Due
            + DataKeys
            + Tracks
            + Budget
            + Alerts
            + House
            + 'static,
    {
        Self {
            clock,
            notifier,
            key_wrap,
            users: store.clone(),
            invites: store.clone(),
            tokens: store.clone(),
            sources: store.clone(),
            ledger: store.clone(),
            due: store.clone(),
            data_keys: store.clone(),
            tracks: store.clone(),
            budget: store.clone(),
            alerts: store.clone(),
            house: store,
            background: Background::default(),
        }
    }
}

/// A running Reprise; the use cases are functions over it.
pub struct Core {
    /// The ports.
    pub ports: Ports,
    /// The operator's choices.
    pub config: Config,
    /// Seals and opens.
    pub vault: Arc<Vault>,
    /// Hands out access tokens.
    pub grants: Grants,
    /// Counts and rations calls.
    pub budget: Arc<CallBudget>,
    /// The accounts service.
    pub accounts: Accounts,
    /// The Web API.
    pub api: Api,
}

impl Core {
    /// Puts the parts together.
    pub fn new(ports: Ports, config: Config, app: SpotifyApp, http: Client) -> Self {
        let vault = Arc::new(Vault::new(
            config.deployment.clone(),
            Arc::clone(&ports.data_keys),
            Arc::clone(&ports.key_wrap),
        ));
        let clock = &ports.clock;
        let budget =
            Arc::new(CallBudget::new(Arc::clone(&ports.budget), Arc::clone(clock), config.daily_calls));
        let accounts = Accounts::new(
            http.clone(),
            app.accounts_url,
            &app.client_id,
            app.client_secret,
            Arc::clone(clock),
        );
        let api = Api::new(http, app.api_url, Arc::clone(clock), Arc::<CallBudget>::clone(&budget));
        let grants = Grants::new(
            Arc::clone(&ports.tokens),
            Arc::clone(&vault),
            accounts.clone(),
            Arc::clone(clock),
            ports.background.clone(),
        );
        Self { ports, config, vault, grants, budget, accounts, api }
    }

    /// The same parts, reached under another address.
    #[must_use]
    pub fn at(&self, base_url: Url) -> Self {
        Self {
            ports: self.ports.clone(),
            config: Config { base_url, ..self.config.clone() },
            vault: Arc::clone(&self.vault),
            grants: self.grants.clone(),
            budget: Arc::clone(&self.budget),
            accounts: self.accounts.clone(),
            api: self.api.clone(),
        }
    }
}
