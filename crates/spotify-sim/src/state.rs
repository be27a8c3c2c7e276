//! Everything the simulated Spotify remembers.

use crate::accounts::Accounts;
use crate::api::{Ask, Reply};
use crate::catalogue::objects::View;
use crate::fault::Faults;
use crate::limit::Meters;
use crate::log::Journal;
use crate::model::{Client, Settings, User, World};
use crate::player::Player;
use crate::playlist::{Actor, Playlist, Version};
use crate::random;
use crate::weekly::{Generated, Kind};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) settings: Settings,
    pub(crate) clients: BTreeMap<String, Client>,
    /// The world of apps that were not registered, where any may come.
    pub(crate) any_client: Option<World>,
    pub(crate) users: BTreeMap<String, Listener>,
    pub(crate) playlists: HashMap<String, Playlist>,
    /// Whose generated playlist an id is.
    generated: HashMap<String, (String, Kind)>,
    pub(crate) accounts: Accounts,
    pub(crate) faults: Faults,
    pub(crate) meters: Meters,
    pub(crate) journal: Journal,
    /// Effects of calls that were given up, in no order.
    pending: Vec<(Timestamp, Ask)>,
    /// Makes ids and tokens differ between simulations of the same seed that begin at different
    /// times: what a caller kept of one must not be somebody else's in the next.
    salt: u64,
    drawn: u64,
}

/// A user and what is theirs.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) user: User,
    /// Since when the user is known: ground truth starts here.
    pub(crate) since: Timestamp,
    pub(crate) library: Vec<Shelved>,
    /// URIs other than playlists.
    pub(crate) saved: BTreeSet<String>,
    pub(crate) player: Player,
}

/// A playlist in a library, for a time.
#[derive(Debug, Clone)]
pub(crate) struct Shelved {
    pub(crate) playlist: String,
    pub(crate) since: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

impl Listener {
    pub(crate) fn shelves(&self, playlist: &str, as_of: Timestamp) -> bool {
        self.library.iter().any(|item| item.playlist == playlist && item.at(as_of))
    }

    pub(crate) fn shelve(&mut self, playlist: &str, now: Timestamp) {
        if !self.shelves(playlist, now) {
            self.library.push(Shelved { playlist: playlist.to_owned(), since: now, until: None });
        }
    }

    pub(crate) fn unshelve(&mut self, playlist: &str, now: Timestamp) {
        for item in &mut self.library {
            if item.playlist == playlist && item.until.is_none() {
                item.until = Some(now);
            }
        }
    }
}

impl Shelved {
    pub(crate) fn at(&self, instant: Timestamp) -> bool {
        self.since <= instant && self.until.is_none_or(|until| until > instant)
    }
}

impl State {
    /// Registers an app that calls for the first time, where any may come; its secret is the first
    /// it shows.
    pub(crate) fn welcome(&mut self, id: &str, secret: Option<&str>) {
        let Some(world) = self.any_client.filter(|_| !id.is_empty()) else { return };
        let client = self.clients.entry(id.to_owned()).or_insert_with(|| Client::new(id, "", world));
        if let (Some(""), Some(shown)) = (client.secret.as_deref(), secret) {
            client.secret = Some(shown.to_owned());
        }
    }

    pub(crate) fn new(seed: u64, start: Timestamp, settings: Settings) -> Self {
        Self {
            seed,
            salt: random::hash(&[seed, start.as_millisecond().unsigned_abs()]),
            settings,
            clients: BTreeMap::new(),
            any_client: None,
            users: BTreeMap::new(),
            playlists: HashMap::new(),
            generated: HashMap::new(),
            accounts: Accounts::default(),
            faults: Faults::default(),
            meters: Meters::default(),
            journal: Journal::default(),
            pending: Vec::new(),
            drawn: 0,
        }
    }

    /// A number never drawn before.
    pub(crate) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        random::hash(&[self.salt, self.drawn])
    }

    pub(crate) fn fresh_id(&mut self) -> String {
        let draw = self.draw();
        random::opaque_id(&[draw])
    }

    /// A secret with a recognisable beginning, so that leaks can be searched for.
    pub(crate) fn fresh_secret(&mut self, canary: &str) -> String {
        format!("{canary}{}{}", self.fresh_id(), self.fresh_id())
    }

    /// Adds a user or changes the settings of a known one.
    pub(crate) fn put_user(&mut self, mut user: User, now: Timestamp) {
        if user.account_id.is_empty() {
            let id = random::opaque_id(&[self.seed, random::hash_text(&user.id)]);
            user.account_id = format!("acc{}", &id[..19]);
        }
        for kind in [Kind::DiscoverWeekly, Kind::ReleaseRadar] {
            let id = Generated::new(kind, &user, self.seed).id();
            self.generated.insert(id, (user.id.clone(), kind));
        }
        if let Some(known) = self.users.get_mut(&user.id) {
            known.user = user;
        } else {
            let listener = Listener {
                user: user.clone(),
                since: now,
                library: Vec::new(),
                saved: BTreeSet::new(),
                player: Player::default(),
            };
            self.users.insert(user.id, listener);
        }
    }

    /// The generated playlist of that id.
    pub(crate) fn generated(&self, id: &str) -> Option<Generated<'_>> {
        let (user, kind) = self.generated.get(id)?;
        let listener = self.users.get(user)?;
        let generated = Generated::new(*kind, &listener.user, self.seed);
        (generated.id() == id).then_some(generated)
    }

    pub(crate) fn create_playlist(&mut self, owner: &str, by: Actor, first: Version) -> Option<String> {
        let id = self.fresh_id();
        let at = first.at;
        let playlist = Playlist::new(id.clone(), owner.to_owned(), first, by);
        self.users.get_mut(owner)?.shelve(&id, at);
        self.playlists.insert(id.clone(), playlist);
        Some(id)
    }

    /// The instant a read shows: now, or a random time before.
    pub(crate) fn read_at(&mut self, now: Timestamp, lag_ms: u32) -> Timestamp {
        if lag_ms == 0 {
            return now;
        }
        let behind = random::below(self.draw(), u64::from(lag_ms));
        now - SignedDuration::from_millis(i64::try_from(behind).unwrap_or(0))
    }

    /// Remembers a call whose effect comes later.
    pub(crate) fn put_off(&mut self, until: Timestamp, ask: Ask) {
        self.pending.push((until, ask));
    }

    /// Lets everything happen whose time has come.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some(next) = self
            .pending
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| *at <= now)
            .min_by_key(|(index, (at, _))| (*at, *index))
            .map(|(index, _)| index)
        {
            let (at, ask) = self.pending.remove(next);
            let reply: Reply = ask.run(self, at);
            tracing::debug!(endpoint = ask.endpoint.template, status = reply.status, "late effect");
        }
    }

    pub(crate) fn view<'a>(&self, ask: &'a Ask) -> View<'a> {
        View {
            base: &ask.base,
            world: self.clients.get(&ask.client).map(|client| client.world).unwrap_or_default(),
        }
    }
}

/// A new playlist's first version.
pub(crate) fn first_version(at: Timestamp, name: &str) -> Version {
    Version {
        at,
        number: 1,
        name: name.to_owned(),
        description: None,
        public: true,
        collaborative: false,
        cover: 0,
        entries: Arc::default(),
    }
}
