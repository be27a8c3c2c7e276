//! The catalogue in the words of the Web API, in both worlds.

use super::{Album, Artist, Edition, Track};
use crate::model::World;
use serde_json::{Value, json};

/// For whom an object is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// Scheme and host under which the caller knows us.
    pub(crate) base: &'a str,
    pub(crate) world: World,
}

impl View<'_> {
    pub(crate) fn href(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.base)
    }

    fn extended(&self) -> bool {
        self.world == World::Extended
    }

    fn link(&self, kind: &str, id: &str) -> Value {
        json!({
            "external_urls": { "spotify": format!("https://open.spotify.com/{kind}/{id}") },
            "href": self.href(&format!("{kind}s/{id}")),
            "id": id,
            "type": kind,
            "uri": format!("spotify:{kind}:{id}"),
        })
    }

    pub(crate) fn images(&self, id: &str) -> Value {
        let image = |size: u32| {
            json!({
                "url": format!("{}/_sim/cover/{id}?size={size}", self.base),
                "height": size,
                "width": size,
            })
        };
        json!([image(640), image(300), image(64)])
    }

    pub(crate) fn artist(&self, artist: Artist) -> Value {
        let mut object = self.short_artist(artist);
        object["genres"] = json!([]);
        object["images"] = self.images(&artist.id());
        if self.extended() {
            object["followers"] = json!({ "href": null, "total": 1_000 + artist.0 * 7 });
            object["popularity"] = json!(artist.0 % 90);
        }
        object
    }

    fn short_artist(&self, artist: Artist) -> Value {
        let mut object = self.link("artist", &artist.id());
        object["name"] = json!(artist.name());
        object
    }

    pub(crate) fn short_album(&self, album: Album) -> Value {
        let mut object = self.link("album", &album.id());
        let (year, month, day) = album.released();
        object["album_type"] = json!(match album {
            Album::Long(_) => "album",
            Album::Single(_) => "single",
        });
        object["artists"] = json!([self.short_artist(album.artist())]);
        object["images"] = self.images(&album.id());
        object["name"] = json!(album.title());
        object["release_date"] = json!(format!("{year}-{month:02}-{day:02}"));
        object["release_date_precision"] = json!("day");
        object["total_tracks"] = json!(album.tracks().len());
        if self.extended() {
            object["available_markets"] = json!(MARKETS);
        }
        object
    }

    pub(crate) fn album(&self, album: Album) -> Value {
        let mut object = self.short_album(album);
        let tracks: Vec<Value> = album.tracks().into_iter().map(|track| self.short_track(track)).collect();
        object["tracks"] = json!({
            "href": self.href(&format!("albums/{}/tracks", album.id())),
            "items": tracks,
            "limit": 50, "next": null, "offset": 0, "previous": null, "total": tracks.len(),
        });
        object["copyrights"] = json!([{ "text": "Simulated Records", "type": "C" }]);
        object["external_ids"] = json!({ "upc": "000000000000" });
        object["genres"] = json!([]);
        if self.extended() {
            object["label"] = json!("Simulated Records");
            object["popularity"] = json!(40);
        }
        object
    }

    /// Without album and external ids, as albums list their tracks.
    fn short_track(&self, track: Track) -> Value {
        let shown = track.shown();
        let mut object = self.link("track", &shown.id());
        let artists: Vec<Value> =
            shown.artists().into_iter().map(|artist| self.short_artist(artist)).collect();
        object["artists"] = json!(artists);
        object["disc_number"] = json!(1);
        object["duration_ms"] = json!(shown.duration_ms());
        object["explicit"] = json!(shown.explicit());
        object["is_local"] = json!(false);
        object["is_playable"] = json!(shown.edition != Edition::Unavailable);
        object["name"] = json!(shown.title());
        object["preview_url"] = Value::Null;
        object["track_number"] = json!(shown.number_on_album());
        if shown.edition == Edition::Unavailable {
            object["restrictions"] = json!({ "reason": "market" });
        }
        if self.extended() && track != shown {
            object["linked_from"] = self.link("track", &track.id());
        }
        object
    }

    pub(crate) fn track(&self, track: Track) -> Value {
        let mut object = self.short_track(track);
        object["album"] = self.short_album(track.shown().album());
        object["external_ids"] = json!({ "isrc": track.isrc() });
        if self.extended() {
            object["popularity"] = json!(track.recording % 90);
        }
        object
    }

    /// A file of the listener's own: no id, and nothing but its tags.
    pub(crate) fn local_track(&self, local: &LocalFile) -> Value {
        let mut object = json!({
            "album": {
                "album_type": null, "artists": [], "external_urls": {}, "href": null, "id": null,
                "images": [], "name": local.album, "release_date": null,
                "release_date_precision": null, "type": "album", "uri": null,
            },
            "artists": [{
                "external_urls": {}, "href": null, "id": null, "name": local.artist,
                "type": "artist", "uri": null,
            }],
            "disc_number": 0,
            "duration_ms": u64::from(local.seconds) * 1_000,
            "explicit": false,
            "external_ids": {},
            "external_urls": {},
            "href": null,
            "id": null,
            "is_local": true,
            "name": local.title,
            "preview_url": null,
            "track_number": 0,
            "type": "track",
            "uri": local.uri(),
        });
        if self.extended() {
            object["available_markets"] = json!([]);
            object["popularity"] = json!(0);
        }
        object
    }
}

const MARKETS: &[&str] = &["DE", "FR", "GB", "JP", "US"];

/// Tags of a file that only the listener has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalFile {
    pub(crate) artist: String,
    pub(crate) album: String,
    pub(crate) title: String,
    pub(crate) seconds: u32,
}

impl LocalFile {
    pub(crate) fn uri(&self) -> String {
        let encode =
            |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        format!(
            "spotify:local:{}:{}:{}:{}",
            encode(&self.artist),
            encode(&self.album),
            encode(&self.title),
            self.seconds
        )
    }
}
