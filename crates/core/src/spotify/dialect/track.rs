//! Tracks, local files and episodes, wherever they occur.

use reprise_domain::ids::{Isrc, TrackUri};
use reprise_domain::track::Track;
use serde::Deserialize;
use serde_json::Value;

use super::super::catalogue::TrackItem;
use super::super::player::{Episode, LocalFile, Media};
use super::Unreadable;
use super::lenient::{self, Named};

/// What of a track is asked for where fields can be chosen.
pub(super) const FIELDS: &str = "album(images,name),artists(name),duration_ms,explicit,\
                                 external_ids(isrc),id,is_local,is_playable,linked_from(uri),\
                                 name,restrictions(reason),type,uri";

#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    uri: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    artists: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient::object")]
    album: Option<Album>,
    #[serde(default, deserialize_with = "lenient::object")]
    show: Option<Named>,
    #[serde(default, deserialize_with = "lenient::count")]
    duration_ms: Option<u32>,
    #[serde(default, deserialize_with = "lenient::field")]
    explicit: Option<bool>,
    #[serde(default, deserialize_with = "lenient::object")]
    external_ids: Option<ExternalIds>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_local: Option<bool>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_playable: Option<bool>,
    #[serde(default, deserialize_with = "lenient::object")]
    restrictions: Option<Restrictions>,
    #[serde(default, deserialize_with = "lenient::object")]
    linked_from: Option<Link>,
}

#[derive(Deserialize)]
struct Album {
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    images: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct ExternalIds {
    #[serde(default, deserialize_with = "lenient::text")]
    isrc: Option<String>,
}

/// Its reasons grow; that there is one is what counts.
#[derive(Deserialize)]
struct Restrictions {}

#[derive(Deserialize)]
struct Link {
    #[serde(default, deserialize_with = "lenient::text")]
    uri: Option<String>,
}

/// Reads one track of the catalogue.
pub fn track(body: &[u8]) -> Result<Track, Unreadable> {
    match media(lenient::json(body)?) {
        Media::Track(item) => Ok(item.track),
        Media::Local(_) | Media::Episode(_) | Media::Unreadable => Err(Unreadable::Lacks("track")),
    }
}

/// Tells what `value` is.
pub(super) fn media(value: Value) -> Media {
    let Some(wire) = lenient::shape::<Wire>(value) else { return Media::Unreadable };
    if wire.is_local == Some(true) || wire.has_prefix("spotify:local:") {
        return Media::Local(LocalFile {
            title: wire.name.unwrap_or_default(),
            artists: names(wire.artists),
            duration_ms: wire.duration_ms,
            uri: wire.uri,
        });
    }
    if wire.kind.as_deref() == Some("episode") || wire.has_prefix("spotify:episode:") {
        return Media::Episode(Episode {
            title: wire.name.unwrap_or_default(),
            show: wire.show.and_then(|show| show.name),
            duration_ms: wire.duration_ms,
            uri: wire.uri,
        });
    }
    wire.into_track().map_or(Media::Unreadable, Media::Track)
}

impl Wire {
    fn has_prefix(&self, prefix: &str) -> bool {
        self.uri.as_deref().is_some_and(|uri| uri.starts_with(prefix))
    }

    /// The URI, or where there is none, the id of what calls itself a track or nothing at all.
    fn track_uri(&self) -> Option<TrackUri> {
        if let Some(uri) = &self.uri {
            return uri.parse().ok();
        }
        if !matches!(self.kind.as_deref(), None | Some("track")) {
            return None;
        }
        self.id.as_ref()?.parse().ok()
    }

    fn into_track(self) -> Option<TrackItem> {
        let uri = self.track_uri()?;
        let (album, images) = self.album.map_or((None, None), |album| (album.name, album.images));
        let isrc = self.external_ids.and_then(|ids| ids.isrc);
        Some(TrackItem {
            track: Track {
                uri,
                title: self.name.unwrap_or_default(),
                artists: names(self.artists),
                album,
                duration_ms: self.duration_ms,
                isrc: isrc.and_then(|isrc| isrc.parse::<Isrc>().ok()),
                cover: lenient::picture(images),
                explicit: self.explicit.unwrap_or_default(),
            },
            playable: self.is_playable.unwrap_or(self.restrictions.is_none()),
            linked_from: self.linked_from.and_then(|link| link.uri?.parse().ok()),
        })
    }
}

fn names(entries: Option<Vec<Value>>) -> Vec<String> {
    let entries = entries.unwrap_or_default().into_iter().filter_map(lenient::shape::<Named>);
    entries.filter_map(|named| named.name).collect()
}
