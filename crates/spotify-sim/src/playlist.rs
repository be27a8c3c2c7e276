//! Playlists that listeners own: every write makes a version, so that reads can be behind.

use crate::catalogue::Track;
use crate::catalogue::objects::LocalFile;
use crate::random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long old versions are kept for late reads.
const KEPT: SignedDuration = SignedDuration::from_mins(15);

/// What an entry of a playlist points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Track(Track),
    Local(LocalFile),
    /// Something that is no more.
    Null,
}

impl What {
    pub(crate) fn uri(&self) -> Option<String> {
        match self {
            Self::Track(track) => Some(track.uri()),
            Self::Local(local) => Some(local.uri()),
            Self::Null => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) what: What,
    pub(crate) added_at: Timestamp,
    /// Id of a user; empty where Spotify did it.
    pub(crate) added_by: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) at: Timestamp,
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) public: bool,
    pub(crate) collaborative: bool,
    /// Counts the covers uploaded.
    pub(crate) cover: u32,
    pub(crate) entries: Arc<Vec<Entry>>,
}

/// Who changed a playlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An app, by client id, through the Web API.
    App(String),
    /// The listener, in a Spotify client.
    Listener(String),
}

/// What was done to a playlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it took effect.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// `created`, `added`, `removed`, `replaced`, `reordered` or `changed` (its details).
    pub what: String,
    /// The URIs concerned, in order.
    pub uris: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Playlist {
    pub(crate) id: String,
    pub(crate) owner: String,
    versions: VecDeque<Version>,
    pub(crate) history: Vec<Change>,
}

impl Playlist {
    pub(crate) fn new(id: String, owner: String, first: Version, by: Actor) -> Self {
        let created = Change { at: first.at, by, what: "created".to_owned(), uris: Vec::new() };
        Self { id, owner, versions: VecDeque::from([first]), history: vec![created] }
    }

    /// The truth.
    pub(crate) fn now(&self) -> &Version {
        self.versions.back().expect("a playlist has a version")
    }

    /// What a read that is behind shows.
    pub(crate) fn as_of(&self, instant: Timestamp) -> &Version {
        self.versions
            .iter()
            .rev()
            .find(|version| version.at <= instant)
            .unwrap_or_else(|| self.versions.front().expect("a playlist has a version"))
    }

    /// Makes a version and notes it in the history.
    pub(crate) fn change(
        &mut self,
        at: Timestamp,
        by: Actor,
        what: &str,
        uris: Vec<String>,
        edit: impl FnOnce(&mut Version),
    ) -> String {
        let mut next = self.now().clone();
        next.at = at;
        next.number += 1;
        edit(&mut next);
        self.versions.push_back(next);
        while self.versions.len() > 2 && self.versions[1].at < at - KEPT {
            self.versions.pop_front();
        }
        self.history.push(Change { at, by, what: what.to_owned(), uris });
        self.snapshot(self.now().number)
    }

    pub(crate) fn snapshot(&self, number: u32) -> String {
        let mut bytes = number.to_be_bytes().to_vec();
        let sign = random::hash(&[random::hash_text(&self.id), u64::from(number)]);
        bytes.extend(sign.to_be_bytes());
        bytes.extend(random::mix(sign).to_be_bytes());
        STANDARD.encode(bytes)
    }

    /// Whether this playlist ever had that snapshot.
    pub(crate) fn knows(&self, snapshot: &str) -> bool {
        STANDARD
            .decode(snapshot)
            .ok()
            .and_then(|bytes| Some(u32::from_be_bytes(*bytes.first_chunk()?)))
            .is_some_and(|number| number <= self.now().number && self.snapshot(number) == snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn playlist() -> Playlist {
        let first = Version {
            at: at(0),
            number: 1,
            name: "Archive".to_owned(),
            description: None,
            public: true,
            collaborative: false,
            cover: 0,
            entries: Arc::default(),
        };
        let ada = Actor::Listener("ada".to_owned());
        Playlist::new("3cEYpjA9oz9GiPac4AsH4n".to_owned(), "ada".to_owned(), first, ada)
    }

    fn rename(playlist: &mut Playlist, second: i64, name: &str) -> String {
        let app = Actor::App("app".to_owned());
        playlist.change(at(second), app, "changed", Vec::new(), |version| {
            name.clone_into(&mut version.name);
        })
    }

    #[test]
    fn a_late_read_shows_the_old_version() {
        let mut playlist = playlist();
        let before = playlist.snapshot(1);
        let after = rename(&mut playlist, 100, "New");
        assert_ne!(before, after);
        assert_eq!(playlist.as_of(at(99)).name, "Archive");
        assert_eq!(playlist.as_of(at(100)).name, "New");
        assert!(playlist.knows(&before) && playlist.knows(&after));
        assert!(!playlist.knows("AAAA"));
    }

    #[test]
    fn old_versions_are_let_go_but_never_the_last() {
        let mut playlist = playlist();
        for n in 1..100 {
            rename(&mut playlist, n * 3_600, "x");
        }
        assert!(playlist.versions.len() <= 3);
        assert_eq!(playlist.now().number, 100);
        assert_eq!(playlist.history.len(), 100);
    }
}
