//! The handle on a simulation.

use crate::accounts::{authorize, token};
use crate::act::{self, Act, ActError, Done};
use crate::clock::{ClockMode, SimClock};
use crate::fault::{Fault, Ordered};
use crate::lock::lock;
use crate::log::{CountBy, LogEntry};
use crate::model::{Client, Settings, User, World};
use crate::state::State;
use crate::truth::{self, Truth};
use crate::weekly::{Generated, Kind};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How a simulation begins.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Every random choice follows from it.
    pub seed: u64,
    /// What the clock shows first.
    pub start: Timestamp,
    /// Whether time runs by itself.
    pub mode: ClockMode,
    /// What holds for the whole simulation; can be changed later.
    pub settings: Settings,
}

impl Default for SimConfig {
    /// Real time from now on, without lag or limits.
    #[expect(clippy::disallowed_methods, reason = "the one place where simulated time is tied to real time")]
    fn default() -> Self {
        Self { seed: 1, start: Timestamp::now(), mode: ClockMode::Real, settings: Settings::default() }
    }
}

/// A simulated Spotify; clones are handles on the same one.
#[derive(Debug, Clone)]
pub struct Sim {
    state: Arc<Mutex<State>>,
    clock: SimClock,
}

/// Tokens made without a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Access token, valid for an hour of simulated time.
    pub access: String,
    /// Refresh token.
    pub refresh: String,
}

impl Sim {
    /// A simulation without clients and users.
    pub fn new(config: SimConfig) -> Self {
        Self {
            clock: SimClock::new(config.start, config.mode),
            state: Arc::new(Mutex::new(State::new(config.seed, config.start, config.settings))),
        }
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> SimClock {
        self.clock.clone()
    }

    /// Looks at the state as of now: whatever was put off has happened.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.clock.spotify_now();
        let mut state = lock(&self.state);
        state.settle(now);
        act(&mut state, now)
    }

    /// Registers an app, in place of one of the same id.
    pub fn add_client(&self, client: Client) {
        self.with(|state, _| state.clients.insert(client.id.clone(), client));
    }

    /// From now on an app that was never registered is, when it first calls: with whatever secret it
    /// shows then, in this world.
    pub fn welcome_any_client(&self, world: World) {
        self.with(|state, _| state.any_client = Some(world));
    }

    /// Changes an app; `false`: there is none of that id.
    pub fn change_client(&self, id: &str, change: impl FnOnce(&mut Client)) -> bool {
        self.with(|state, _| state.clients.get_mut(id).map(change).is_some())
    }

    /// The apps, by id.
    pub fn clients(&self) -> Vec<Client> {
        self.with(|state, _| state.clients.values().cloned().collect())
    }

    /// Adds a user; one of the same id keeps what is theirs.
    pub fn add_user(&self, user: User) {
        self.with(|state, now| state.put_user(user, now));
    }

    /// Changes a user, but never the id; `false`: there is none of that id.
    pub fn change_user(&self, id: &str, change: impl FnOnce(&mut User)) -> bool {
        self.with(|state, now| {
            let Some(mut user) = state.users.get(id).map(|listener| listener.user.clone()) else {
                return false;
            };
            change(&mut user);
            id.clone_into(&mut user.id);
            state.put_user(user, now);
            true
        })
    }

    /// The users, by id.
    pub fn users(&self) -> Vec<User> {
        self.with(|state, _| {
            let users = state.users.values();
            users.map(|listener| listener.user.clone()).collect()
        })
    }

    /// Adds a handful of listeners to try things with, and an app `reprise-demo` with secret
    /// `reprise-demo-secret`.
    pub fn add_demo(&self, world: World) {
        self.add_client(Client::new("reprise-demo", "reprise-demo-secret", world));
        for (id, name, locale) in [
            ("ada", "Ada", "en"),
            ("björk", "Björk Ólafsdóttir", "en"),
            ("chen", "陳美玲", "zh-TW"),
            ("dmitri", "Дмитрий", "ru"),
            ("emil", "Emil", "de"),
        ] {
            self.add_user(User {
                display_name: Some(name.to_owned()),
                locale: locale.to_owned(),
                ..User::new(id)
            });
        }
    }

    /// What holds for the whole simulation.
    pub fn settings(&self) -> Settings {
        self.with(|state, _| state.settings.clone())
    }

    /// Changes what holds for the whole simulation.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|state, _| change(&mut state.settings));
    }

    /// Where faults are ordered.
    pub fn faults(&self) -> FaultDesk<'_> {
        FaultDesk(self)
    }

    /// Every call so far (the last 200,000).
    pub fn log(&self) -> Vec<LogEntry> {
        self.log_after(0)
    }

    /// Calls after the one of that number.
    pub fn log_after(&self, seq: u64) -> Vec<LogEntry> {
        self.with(|state, _| state.journal.after(seq))
    }

    /// How many calls there were since the last reset.
    pub fn counts(&self, by: CountBy) -> BTreeMap<String, u64> {
        self.with(|state, _| state.journal.counts(by))
    }

    /// Counts start from zero; the log goes on.
    pub fn reset_counts(&self) {
        self.with(|state, _| state.journal.reset_counts());
    }

    /// Web API calls of a developer account in the last 24 h, as the quota counts them.
    pub fn used_today(&self, developer: &str) -> usize {
        self.with(|state, now| state.meters.used_today(developer, now))
    }

    /// Forgets all calls that count towards limits.
    pub fn reset_limits(&self) {
        self.with(|state, _| state.meters.reset());
    }

    /// What is really true of a user; `None`: there is none of that id.
    pub fn truth(&self, user: &str) -> Option<Truth> {
        self.with(|state, now| truth::of(state, user, now))
    }

    /// Id of a user's Discover Weekly.
    pub fn discover_weekly_id(&self, user: &str) -> Option<String> {
        self.with(|state, _| {
            let listener = state.users.get(user)?;
            Some(Generated::new(Kind::DiscoverWeekly, &listener.user, state.seed).id())
        })
    }

    /// A listener does something in their own client.
    pub fn act(&self, user: &str, act: &Act) -> Result<Done, ActError> {
        self.with(|state, now| act::act(state, user, act, now))
    }

    /// What `GET /v1/me/player` answers; `None`: nothing is active.
    pub fn set_playing(&self, user: &str, playing: Option<Value>) -> bool {
        self.player(user, |player| player.playing = playing)
    }

    /// What comes next, as track objects.
    pub fn set_queue(&self, user: &str, queue: Vec<Value>) -> bool {
        self.player(user, |player| player.queue = queue)
    }

    /// What `recently-played` draws from: play history objects in any order.
    pub fn set_recently_played(&self, user: &str, plays: Vec<Value>) -> bool {
        self.player(user, |player| player.recent = plays)
    }

    fn player(&self, user: &str, change: impl FnOnce(&mut crate::player::Player)) -> bool {
        self.with(|state, _| {
            let listener = state.users.get_mut(user);
            listener.map(|known| change(&mut known.player)).is_some()
        })
    }

    /// The listener opens an authorize URL and agrees; answers the URL they are sent back to.
    /// What Spotify's page would say against it is the error.
    pub fn consent(&self, authorize_url: &str, user: &str) -> Result<String, String> {
        self.answer_consent(authorize_url, Some(user))
    }

    /// The listener opens an authorize URL and cancels.
    pub fn deny(&self, authorize_url: &str) -> Result<String, String> {
        self.answer_consent(authorize_url, None)
    }

    pub(crate) fn answer_consent(&self, url: &str, user: Option<&str>) -> Result<String, String> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        self.with(|state, now| {
            let request = authorize::check(state, query)?;
            match user {
                None => Ok(authorize::deny(&request)),
                Some(user) if !state.users.contains_key(user) => Err(format!("there is no user {user}")),
                Some(user) => Ok(authorize::agree(state, &request, user, now)),
            }
        })
    }

    /// Tokens of a user's fresh consent, without a browser; `None`: no such client or user.
    pub fn mint(&self, client: &str, user: &str, scopes: &[&str]) -> Option<Tokens> {
        self.with(|state, now| token::mint(state, client, user, scopes, now))
    }
}

/// Orders, lists and removes faults.
#[derive(Debug)]
pub struct FaultDesk<'a>(&'a Sim);

impl FaultDesk<'_> {
    /// Orders a fault; answers its number.
    pub fn add(&self, fault: Fault) -> u64 {
        self.0.with(|state, _| state.faults.add(fault))
    }

    /// The faults, and how often each fired.
    pub fn list(&self) -> Vec<Ordered> {
        self.0.with(|state, _| state.faults.list())
    }

    /// Removes a fault; `false`: there is none of that number.
    pub fn remove(&self, id: u64) -> bool {
        self.0.with(|state, _| state.faults.remove(id))
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.0.with(|state, _| state.faults.clear());
    }
}
