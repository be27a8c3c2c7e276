//! Playlists, listings of them, and their items.

use reprise_domain::ids::{PlaylistId, SnapshotId, SpotifyUserId};
use serde::Deserialize;
use serde_json::Value;

use super::super::player::Media;
use super::super::playlists::{Entry, ItemsPage, Page, PlaylistHead, PlaylistSummary};
use super::lenient::{self, shape};
use super::{Unreadable, track};

/// What of a page of items is asked for, in the words of both dialects.
pub(in super::super) fn item_fields() -> String {
    let fields = track::FIELDS;
    format!("items(is_local,item({fields}),track({fields})),next,total")
}

/// A page of any listing.
#[derive(Deserialize)]
struct Paging {
    #[serde(default, deserialize_with = "lenient::list")]
    items: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient::count")]
    total: Option<u32>,
    #[serde(default, deserialize_with = "lenient::text")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Playlist {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    owner: Option<Owner>,
    /// New dialect.
    #[serde(default, deserialize_with = "lenient::object")]
    items: Option<Contents>,
    /// Old dialect.
    #[serde(default, deserialize_with = "lenient::object")]
    tracks: Option<Contents>,
    #[serde(default, deserialize_with = "lenient::text")]
    snapshot_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    public: Option<bool>,
    #[serde(default, deserialize_with = "lenient::field")]
    collaborative: Option<bool>,
}

#[derive(Deserialize)]
struct Owner {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    display_name: Option<String>,
}

/// The reference to, or the first page of, a playlist's items.
#[derive(Deserialize)]
struct Contents {
    #[serde(default, deserialize_with = "lenient::count")]
    total: Option<u32>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default, deserialize_with = "lenient::field")]
    is_local: Option<bool>,
    /// New dialect.
    #[serde(default)]
    item: Value,
    /// Old dialect.
    #[serde(default)]
    track: Value,
}

#[derive(Deserialize)]
struct Snapshot {
    #[serde(default, deserialize_with = "lenient::text")]
    snapshot_id: Option<String>,
}

/// Reads a page of playlists; `None` stands for an entry that is `null` or has no usable id.
pub fn playlists(body: &[u8]) -> Result<Page<Option<PlaylistSummary>>, Unreadable> {
    let page: Paging = lenient::body(body)?;
    let entries = page.items.ok_or(Unreadable::Lacks("list of playlists"))?;
    Ok(Page {
        items: entries.into_iter().map(|entry| shape::<Playlist>(entry)?.into_summary()).collect(),
        total: page.total.ok_or(Unreadable::Lacks("total of playlists"))?,
        next: page.next.is_some(),
    })
}

/// Reads a playlist without its items; `asked` stands in for an id that the answer lacks.
pub fn playlist(body: &[u8], asked: Option<&PlaylistId>) -> Result<PlaylistHead, Unreadable> {
    let mut wire: Playlist = lenient::body(body)?;
    let readable = wire.items.is_some() || wire.tracks.is_some();
    if let Some(asked) = asked {
        wire.id = Some(asked.as_str().to_owned());
    }
    let summary = wire.into_summary().ok_or(Unreadable::Lacks("playlist id"))?;
    Ok(PlaylistHead {
        id: summary.id,
        name: summary.name,
        description: summary.description,
        owner: summary.owner,
        owner_name: summary.owner_name,
        total: summary.total,
        readable,
        snapshot: summary.snapshot,
        public: summary.public,
        collaborative: summary.collaborative,
    })
}

impl Playlist {
    fn into_summary(self) -> Option<PlaylistSummary> {
        let id = self.id?.parse().ok()?;
        let (owner, owner_name) = self.owner.map_or((None, None), |owner| (owner.id, owner.display_name));
        Some(PlaylistSummary {
            id,
            name: self.name.unwrap_or_default(),
            description: self.description,
            owner: owner.map(SpotifyUserId::new),
            owner_name,
            total: self.items.or(self.tracks).and_then(|contents| contents.total),
            snapshot: self.snapshot_id.map(SnapshotId::new),
            public: self.public,
            collaborative: self.collaborative.unwrap_or_default(),
        })
    }
}

/// Reads a page of a playlist's items; its first entry is at `offset`.
pub fn items(body: &[u8], offset: u32) -> Result<ItemsPage, Unreadable> {
    let page: Paging = lenient::body(body)?;
    let entries = page.items.ok_or(Unreadable::Lacks("list of items"))?;
    Ok(ItemsPage {
        offset,
        entries: entries.into_iter().map(entry).collect(),
        total: page.total.ok_or(Unreadable::Lacks("total of items"))?,
        next: page.next.is_some(),
    })
}

fn entry(value: Value) -> Entry {
    if value.is_null() {
        return Entry::Unavailable;
    }
    let Some(wire) = shape::<Place>(value) else { return Entry::Unreadable };
    let content = if wire.item.is_null() { wire.track } else { wire.item };
    let is_local = wire.is_local == Some(true);
    if content.is_null() {
        return if is_local { Entry::Local } else { Entry::Unavailable };
    }
    match track::media(content) {
        Media::Track(_) | Media::Unreadable if is_local => Entry::Local,
        Media::Track(item) => Entry::Track(item),
        Media::Local(_) => Entry::Local,
        Media::Episode(_) => Entry::Episode,
        Media::Unreadable => Entry::Unreadable,
    }
}

/// Reads the version that a change made.
pub fn snapshot(body: &[u8]) -> Result<SnapshotId, Unreadable> {
    let wire: Snapshot = lenient::body(body)?;
    wire.snapshot_id.map(SnapshotId::new).ok_or(Unreadable::Lacks("snapshot id"))
}

/// Reads a list of truth values.
pub fn flags(body: &[u8]) -> Result<Vec<bool>, Unreadable> {
    // A flag that is none leaves open which URI it belongs to, so nothing is forgiven here.
    serde_json::from_value(lenient::json(body)?).map_err(|_| Unreadable::Lacks("list of booleans"))
}
