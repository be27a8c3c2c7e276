//! Ground truth: what really is, without lag, worlds or refusals.

use crate::catalogue::Track;
use crate::playlist::{Change, Entry, Playlist, What};
use crate::state::{Listener, State};
use crate::weekly::{Generated, Generation, Kind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything true of one listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// User id.
    pub user: String,
    /// Discover Weekly since the user was added.
    pub discover_weekly: GeneratedTruth,
    /// Release Radar since the user was added.
    pub release_radar: GeneratedTruth,
    /// Playlists the user owns, by creation; unfollowed ones too.
    pub playlists: Vec<PlaylistTruth>,
}

/// A generated playlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedTruth {
    /// Id of the playlist.
    pub id: String,
    /// Localised name.
    pub name: String,
    /// Whether it is in the library.
    pub followed: bool,
    /// Generations so far, in order; a variant is an entry of its own after its generation.
    pub generations: Vec<GenerationTruth>,
}

/// What a generated playlist held for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationTruth {
    /// Weeks since Monday 1970-01-05; a variant has the number of its generation.
    pub number: i64,
    /// Whether this is a variant: less than half of the entries were replaced.
    pub varied: bool,
    /// First instant it showed.
    pub from: Timestamp,
    /// When it no longer showed; `None`: it still does.
    pub until: Option<Timestamp>,
    /// Entries, in order.
    pub entries: Vec<TrueEntry>,
}

/// What an entry really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueEntry {
    /// URI as stored, by which it is removed; `None` for a `null` entry.
    pub uri: Option<String>,
    /// URI as reads show it: differs where the track is relinked.
    pub shown_uri: Option<String>,
    /// Number of the recording: equal exactly for the same music. `None`: no track of the
    /// catalogue.
    pub recording: Option<u32>,
    /// Title.
    pub title: String,
    /// First artist.
    pub artist: String,
    /// ISRC as reads show it, right or wrong.
    pub isrc: Option<String>,
    /// Length.
    pub duration_ms: u64,
    /// When it was added; 1970 for generated playlists.
    pub added_at: Timestamp,
    /// User id; empty for generated playlists.
    pub added_by: String,
}

/// A playlist that the listener owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaylistTruth {
    /// Id of the playlist.
    pub id: String,
    /// Name.
    pub name: String,
    /// Description, if one was given.
    pub description: Option<String>,
    /// Whether it is public.
    pub public: bool,
    /// The current snapshot.
    pub snapshot_id: String,
    /// Whether it is in the owner's library.
    pub followed: bool,
    /// Entries, in order.
    pub items: Vec<TrueEntry>,
    /// Everything that was done to it.
    pub history: Vec<Change>,
}

pub(crate) fn of(state: &State, user: &str, now: Timestamp) -> Option<Truth> {
    let listener = state.users.get(user)?;
    let generated = |kind| {
        let weekly = Generated::new(kind, &listener.user, state.seed);
        generated(&weekly, listener.since, now)
    };
    let mut own: Vec<&Playlist> =
        state.playlists.values().filter(|playlist| playlist.owner == user).collect();
    own.sort_by_key(|playlist| (playlist.history[0].at, playlist.id.clone()));
    let playlists = own.into_iter().map(|playlist| owned(playlist, listener, now)).collect();
    Some(Truth {
        user: user.to_owned(),
        discover_weekly: generated(Kind::DiscoverWeekly),
        release_radar: generated(Kind::ReleaseRadar),
        playlists,
    })
}

fn generated(weekly: &Generated<'_>, since: Timestamp, now: Timestamp) -> GeneratedTruth {
    let mut shows: Vec<(Generation, Timestamp)> = Vec::new();
    for number in weekly.at(since).number..=weekly.at(now).number {
        let (turn, variant) = weekly.turns(number);
        for (varied, from) in [(false, Some(turn)), (true, variant)] {
            if let Some(from) = from.filter(|from| *from <= now) {
                shows.push((Generation { number, varied }, from));
            }
        }
    }
    let ends = shows.iter().skip(1).map(|(_, from)| Some(*from));
    let ends: Vec<Option<Timestamp>> = ends.chain([None]).collect();
    let generations = shows
        .iter()
        .zip(ends)
        .map(|((generation, from), until)| GenerationTruth {
            number: generation.number,
            varied: generation.varied,
            from: *from,
            until,
            entries: weekly
                .entries(*generation)
                .into_iter()
                .map(|what| entry(&Entry { what, added_at: Timestamp::UNIX_EPOCH, added_by: String::new() }))
                .collect(),
        })
        .collect();
    GeneratedTruth {
        id: weekly.id(),
        name: weekly.name().to_owned(),
        followed: weekly.settings().followed,
        generations,
    }
}

fn owned(playlist: &Playlist, listener: &Listener, now: Timestamp) -> PlaylistTruth {
    let version = playlist.now();
    PlaylistTruth {
        id: playlist.id.clone(),
        name: version.name.clone(),
        description: version.description.clone(),
        public: version.public,
        snapshot_id: playlist.snapshot(version.number),
        followed: listener.shelves(&playlist.id, now),
        items: version.entries.iter().map(entry).collect(),
        history: playlist.history.clone(),
    }
}

fn entry(entry: &Entry) -> TrueEntry {
    let bare = |title: &str, artist: &str, duration_ms| TrueEntry {
        uri: entry.what.uri(),
        shown_uri: entry.what.uri(),
        recording: None,
        title: title.to_owned(),
        artist: artist.to_owned(),
        isrc: None,
        duration_ms,
        added_at: entry.added_at,
        added_by: entry.added_by.clone(),
    };
    match &entry.what {
        What::Track(track) => {
            let shown: Track = track.shown();
            TrueEntry {
                shown_uri: Some(shown.uri()),
                recording: Some(track.recording),
                isrc: Some(track.isrc()),
                ..bare(&shown.title(), &shown.artist_name(), shown.duration_ms())
            }
        }
        What::Local(local) => bare(&local.title, &local.artist, u64::from(local.seconds) * 1_000),
        What::Null => bare("", "", 0),
    }
}
