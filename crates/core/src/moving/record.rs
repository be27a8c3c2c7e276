//! What a sealed line holds, and how much of each kind there is.

use std::fmt;

use jiff::Timestamp;
use reprise_domain::archive::{Generation, Source, Target};
use reprise_domain::budget::Bucket;
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::token::GrantState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::MoveError;
use crate::ports::{Alert, Appointment, CachedTrack, Grant, Invite, Run, Sealed, Spent, User};

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "record")]
pub(super) enum Record {
    /// What the file is; always the first.
    Begin(Begin),
    /// A listener with their consent.
    Listener(Box<Listener>),
    /// A list that is read.
    Source(Owned<Source>),
    /// What it held for a while.
    Week(Box<Week>),
    /// A playlist of the archive.
    Playlist(Owned<Target>),
    /// What runs did.
    Runs(Owned<Vec<Run>>),
    /// A listener's alerts, or the operator's.
    Alerts { user: Option<UserId>, alerts: Vec<Alert> },
    /// A listener's part of the calendar.
    Calendar(Owned<Vec<Appointment>>),
    /// Cached names and covers of a week's tracks.
    Tracks(Vec<CachedTrack>),
    /// A sign-up link.
    Invite(Invite),
    /// Counted calls and lockouts.
    Budget { spent: Vec<Spent>, locks: Vec<(Bucket, Timestamp)> },
    /// How many there were of each; always the last.
    End(Counts),
}

const KINDS: [&str; 12] = [
    "begin", "listener", "source", "week", "playlist", "runs", "alerts", "calendar", "tracks", "invite",
    "budget", "end",
];

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// When it was begun.
    pub at: Timestamp,
    /// The installation's name in everything it sealed.
    pub deployment: String,
    /// Whether the installation stopped working before anything was read: the file is a move, not a
    /// copy.
    pub left: bool,
}

/// Something of a listener's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Owned<T> {
    pub(super) user: UserId,
    pub(super) value: T,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Week {
    pub(super) user: UserId,
    pub(super) source: SourceId,
    pub(super) value: Generation,
}

/// A token that is neither sealed by a vault nor yet by a file; never printed, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Plain(Zeroizing<String>);

impl Plain {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()))
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain")
    }
}

impl Serialize for Plain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Zeroizing::new(String::deserialize(deserializer)?)))
    }
}

/// A listener whose tokens are out of one vault and not yet in the next.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) user: User,
    /// The grant; where a sealed token was, there is nothing.
    pub(super) grant: Grant,
    pub(super) refresh: Plain,
    pub(super) access: Option<Plain>,
}

/// The grant's sealed tokens, taken out of it: the refresh token, and the access token if it has one.
pub(super) fn take_sealed(grant: &mut Grant) -> (Sealed, Option<Sealed>) {
    let empty = || Sealed(String::new());
    let refresh = std::mem::replace(&mut grant.refresh, empty());
    let access = match &mut grant.state {
        GrantState::Fresh { access, .. } => Some(std::mem::replace(access, empty())),
        GrantState::Stale
        | GrantState::Refreshing { .. }
        | GrantState::Backoff { .. }
        | GrantState::ReauthRequired { .. }
        | GrantState::Disabled => None,
    };
    (refresh, access)
}

/// How many records of each kind, in the words of summaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the kinds'")]
pub struct Counts {
    pub listeners: u64,
    pub sources: u64,
    pub weeks: u64,
    pub playlists: u64,
    pub runs: u64,
    pub alerts: u64,
    pub appointments: u64,
    pub tracks: u64,
    pub invitations: u64,
    pub call_counts: u64,
    pub lockouts: u64,
}

impl Counts {
    /// Each kind in words, with its count.
    pub fn words(&self) -> [(&'static str, u64); 11] {
        [
            ("listeners with their consent", self.listeners),
            ("sources", self.sources),
            ("weeks", self.weeks),
            ("archive playlists", self.playlists),
            ("runs", self.runs),
            ("alerts", self.alerts),
            ("appointments", self.appointments),
            ("cached tracks", self.tracks),
            ("invitations", self.invitations),
            ("counts of calls", self.call_counts),
            ("lockouts", self.lockouts),
        ]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.words().iter().map(|(_, count)| count).sum()
    }

    pub(super) fn add(&mut self, record: &Record) {
        fn many<T>(list: &[T]) -> u64 {
            list.len() as u64
        }
        match record {
            Record::Begin(_) | Record::End(_) => {}
            Record::Listener(_) => self.listeners += 1,
            Record::Source(_) => self.sources += 1,
            Record::Week(_) => self.weeks += 1,
            Record::Playlist(_) => self.playlists += 1,
            Record::Runs(runs) => self.runs += many(&runs.value),
            Record::Alerts { alerts, .. } => self.alerts += many(alerts),
            Record::Calendar(calendar) => self.appointments += many(&calendar.value),
            Record::Tracks(tracks) => self.tracks += many(tracks),
            Record::Invite(_) => self.invitations += 1,
            Record::Budget { spent, locks } => {
                self.call_counts += many(spent);
                self.lockouts += many(locks);
            }
        }
    }
}

impl Record {
    /// As JSON, in a buffer that is wiped and large enough for tokens not to be left behind by growing.
    pub(super) fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, MoveError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
        serde_json::to_writer(&mut *bytes, self).map_err(|error| MoveError::Write(error.into()))?;
        Ok(bytes)
    }

    /// Reads one; `line` is for the complaint.
    pub(super) fn parse(bytes: &[u8], line: u64) -> Result<Self, MoveError> {
        #[derive(Deserialize)]
        struct Peek {
            kind: String,
        }
        let strange = |error: serde_json::Error| MoveError::Strange { line, what: error.to_string() };
        let Peek { kind } = serde_json::from_slice(bytes).map_err(strange)?;
        if !KINDS.contains(&kind.as_str()) {
            return Err(MoveError::UnknownKind { line, kind });
        }
        let record: Self = serde_json::from_slice(bytes).map_err(strange)?;
        // A newer Reprise may keep more of a kind; what is not understood must not be dropped.
        let again = record.bytes()?;
        if *again != bytes {
            let (given, kept) = (serde_json::from_slice(bytes), serde_json::from_slice(&again));
            if let Some(what) = lost(&given.map_err(strange)?, &kept.map_err(strange)?) {
                return Err(MoveError::Strange { line, what: format!("{kind} has {what}") });
            }
        }
        Ok(record)
    }
}

/// The first thing of `given` that `kept` does not have.
fn lost(given: &Value, kept: &Value) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => given.iter().find_map(|(name, value)| {
            let Some(kept) = kept.get(name) else { return Some(name.clone()) };
            lost(value, kept).map(|what| format!("{name}.{what}"))
        }),
        (Value::Array(given), Value::Array(kept)) if given.len() == kept.len() => {
            given.iter().zip(kept).find_map(|(given, kept)| lost(given, kept))
        }
        (given, kept) => (given != kept).then(|| "another value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Record, MoveError> {
        Record::parse(text.as_bytes(), 7)
    }

    #[test]
    fn every_kind_is_known_by_its_name() {
        let text = include_str!("record.rs");
        let body = text.split("enum Record {").nth(1).unwrap().split("\n}").next().unwrap();
        let names = body.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
        let names: Vec<_> = names.map(|name| name.split([' ', '(']).next().unwrap().to_lowercase()).collect();
        assert_eq!(names, KINDS);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let kind = read(r#"{"kind":"play","record":{}}"#).unwrap_err();
        assert!(matches!(&kind, MoveError::UnknownKind { line: 7, kind } if kind == "play"), "{kind}");
        let begin = r#"{"kind":"begin","record":{"at":"2026-11-16T06:00:00Z","deployment":"a","left":true}}"#;
        assert!(matches!(read(begin), Ok(Record::Begin(_))));
        let more = read(&begin.replace("\"left\"", "\"mood\":\"good\",\"left\"")).unwrap_err();
        assert!(matches!(&more, MoveError::Strange { line: 7, what } if what.contains("mood")), "{more}");
        assert!(matches!(read(&begin.replace("2026", "twenty")), Err(MoveError::Strange { .. })));
    }

    #[test]
    fn what_an_older_one_did_not_write_is_filled_in() {
        let record = |more: &str| {
            format!(
                r#"{{"kind":"alerts","record":{{{more}"user":null,"alerts":[{{"key":"k","kind":"doubled","severity":"notice","user":null,"at":"2026-11-16T06:00:00Z","text":"t"}}]}}}}"#
            )
        };
        assert!(matches!(read(&record("")), Ok(Record::Alerts { .. })));
        assert!(read(&record("\"x\":null,")).is_err());
    }

    #[test]
    fn a_plain_token_is_not_printed() {
        assert_eq!(format!("{:?}", Plain::new(b"AQ-secret")), "Plain");
    }
}
