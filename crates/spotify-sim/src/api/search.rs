//! Search: by ISRC over the whole catalogue, by words over the music that somebody here has.

use super::paging::Page;
use super::{Ask, Outcome, Reply};
use crate::catalogue::{Edition, RECORDINGS, Track};
use crate::model::World;
use crate::playlist::What;
use crate::state::State;
use crate::weekly::{Generated, Kind};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Offset and limit may not reach beyond.
const REACH: usize = 1_000;

pub(super) fn search(state: &mut State, ask: &Ask, now: Timestamp) -> Outcome {
    let text = ask
        .query
        .get("q")
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Reply::bad_request("No search query"))?;
    let kinds = ask.query.get("type").ok_or_else(|| Reply::bad_request("Missing parameter type"))?;
    let page = match ask.world(state) {
        World::Development => Page::asked(ask, 5, 10)?,
        World::Extended => Page::asked(ask, 20, 50)?,
    };
    if page.offset + page.limit > REACH {
        return Err(Reply::bad_request("Invalid offset"));
    }
    let tracks = find(state, text, now);
    let view = state.view(ask);
    let mut found = Map::new();
    for kind in kinds.split(',') {
        let all: Vec<Value> = match kind {
            "track" => tracks.iter().map(|track| view.track(*track)).collect(),
            "album" => {
                let mut seen = BTreeSet::new();
                let albums = tracks.iter().map(|track| track.album());
                let albums = albums.filter(|album| seen.insert(album.id()));
                albums.map(|album| view.short_album(album)).collect()
            }
            "artist" => {
                let mut seen = BTreeSet::new();
                let artists = tracks.iter().map(|track| track.artist());
                let artists = artists.filter(|artist| seen.insert(artist.0));
                artists.map(|artist| view.artist(artist)).collect()
            }
            "playlist" | "show" | "episode" | "audiobook" => Vec::new(),
            _ => return Err(Reply::bad_request("Bad search type field")),
        };
        let object = page.object(ask, "search", all.len(), page.of(&all));
        found.insert(format!("{kind}s"), object);
    }
    Ok(Reply::json(200, &Value::Object(found)))
}

/// Tracks that match `isrc:…`, or all words of a query without its field names.
fn find(state: &State, text: &str, now: Timestamp) -> Vec<Track> {
    if let Some(isrc) = text.split_whitespace().find_map(|word| word.strip_prefix("isrc:")) {
        return by_isrc(&isrc.to_uppercase());
    }
    let plain = text.replace("track:", " ").replace("artist:", " ");
    let plain = plain.replace("album:", " ").replace('"', " ").to_lowercase();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let matches = |track: &Track| {
        let mut names = track.title();
        for artist in track.artists() {
            names.push(' ');
            names.push_str(&artist.name());
        }
        names.push(' ');
        names.push_str(&track.album().title());
        let names = names.to_lowercase();
        words.iter().all(|word| names.contains(word))
    };
    around(state, now).into_iter().filter(matches).collect()
}

fn by_isrc(isrc: &str) -> Vec<Track> {
    let number =
        |range: std::ops::Range<usize>| isrc.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let (Some(registrant), Some(rest)) = (number(3..5), number(7..12)) else {
        return Vec::new();
    };
    let recording = registrant * 100_000 + rest;
    let album = Track::new(recording);
    if recording >= RECORDINGS || album.isrc() != isrc {
        return Vec::new();
    }
    vec![album, album.edition(Edition::Single)]
}

/// Music in this week's generated playlists and in the listeners' own.
fn around(state: &State, now: Timestamp) -> BTreeSet<Track> {
    let own = state
        .playlists
        .values()
        .flat_map(|playlist| playlist.now().entries.iter().map(|entry| entry.what.clone()));
    let generated = state.users.values().flat_map(|listener| {
        let weekly = Generated::new(Kind::DiscoverWeekly, &listener.user, state.seed);
        weekly.entries(weekly.at(now))
    });
    own.chain(generated)
        .filter_map(|what| match what {
            What::Track(track) => Some(track.shown()),
            What::Local(_) | What::Null => None,
        })
        .collect()
}
