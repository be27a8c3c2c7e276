//! The player and its history.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::player::{Device, Media, PlayContext, Played, PlayerState, PlayingKind, RecentPage};
use super::lenient::{self, shape};
use super::{Unreadable, track};

#[derive(Deserialize)]
struct Player {
    #[serde(default, deserialize_with = "lenient::millis")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_playing: Option<bool>,
    #[serde(default, deserialize_with = "lenient::count")]
    progress_ms: Option<u32>,
    #[serde(default, deserialize_with = "lenient::text")]
    currently_playing_type: Option<String>,
    #[serde(default)]
    item: Value,
    #[serde(default, deserialize_with = "lenient::object")]
    context: Option<Context>,
    #[serde(default, deserialize_with = "lenient::object")]
    device: Option<WireDevice>,
    #[serde(default, deserialize_with = "lenient::text")]
    repeat_state: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    shuffle_state: Option<bool>,
    #[serde(default, deserialize_with = "lenient::field")]
    smart_shuffle: Option<bool>,
    #[serde(default, deserialize_with = "lenient::object")]
    actions: Option<Actions>,
}

#[derive(Deserialize)]
struct Context {
    #[serde(default, deserialize_with = "lenient::text")]
    uri: Option<String>,
    #[serde(default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<String>,
}

impl Context {
    fn read(self) -> Option<PlayContext> {
        Some(PlayContext { uri: self.uri?, kind: self.kind })
    }
}

#[derive(Deserialize)]
struct WireDevice {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_private_session: Option<bool>,
    #[serde(default, deserialize_with = "lenient::field")]
    is_restricted: Option<bool>,
    #[serde(default, deserialize_with = "lenient::count")]
    volume_percent: Option<u32>,
    #[serde(default, deserialize_with = "lenient::field")]
    supports_volume: Option<bool>,
}

#[derive(Deserialize)]
struct Actions {
    #[serde(default, deserialize_with = "lenient::field")]
    disallows: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct History {
    #[serde(default, deserialize_with = "lenient::list")]
    items: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient::text")]
    next: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    cursors: Option<Cursors>,
}

#[derive(Default, Deserialize)]
struct Cursors {
    #[serde(default, deserialize_with = "lenient::millis")]
    after: Option<i64>,
    #[serde(default, deserialize_with = "lenient::millis")]
    before: Option<i64>,
}

#[derive(Deserialize)]
struct Play {
    /// Both dialects, up to now.
    #[serde(default)]
    track: Value,
    /// What the new dialect says everywhere else.
    #[serde(default)]
    item: Value,
    #[serde(default, deserialize_with = "lenient::text")]
    played_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    context: Option<Context>,
}

/// Reads the state of a player that was seen at `observed_at`.
pub fn player(body: &[u8], observed_at: Timestamp) -> Result<PlayerState, Unreadable> {
    let wire: Player = lenient::body(body)?;
    let item = (!wire.item.is_null()).then(|| track::media(wire.item));
    let kind = match wire.currently_playing_type.as_deref() {
        Some("track") => PlayingKind::Track,
        Some("episode") => PlayingKind::Episode,
        Some("ad") => PlayingKind::Ad,
        _ => PlayingKind::Unknown,
    };
    let disallows = wire.actions.and_then(|actions| actions.disallows).unwrap_or_default();
    Ok(PlayerState {
        observed_at,
        changed_at: wire.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        is_playing: wire.is_playing.unwrap_or_default(),
        progress_ms: wire.progress_ms,
        kind,
        item,
        context: wire.context.and_then(Context::read),
        device: wire.device.map(WireDevice::read),
        repeat: wire.repeat_state,
        shuffle: wire.shuffle_state,
        smart_shuffle: wire.smart_shuffle,
        disallows: disallows
            .into_iter()
            .filter_map(|(name, is_so)| (is_so == Value::Bool(true)).then_some(name))
            .collect(),
    })
}

impl WireDevice {
    fn read(self) -> Device {
        Device {
            id: self.id,
            name: self.name,
            kind: self.kind,
            is_active: self.is_active.unwrap_or_default(),
            is_private_session: self.is_private_session.unwrap_or_default(),
            is_restricted: self.is_restricted.unwrap_or_default(),
            volume_percent: self.volume_percent,
            supports_volume: self.supports_volume,
        }
    }
}

/// Reads a page of the history.
pub fn recently_played(body: &[u8]) -> Result<RecentPage, Unreadable> {
    let page: History = lenient::body(body)?;
    let entries = page.items.ok_or(Unreadable::Lacks("list of plays"))?;
    let count = entries.len();
    let plays: Vec<Played> = entries.into_iter().filter_map(play).collect();
    let cursors = page.cursors.unwrap_or_default();
    Ok(RecentPage {
        unreadable: u32::try_from(count - plays.len()).unwrap_or(u32::MAX),
        plays,
        next: page.next.is_some(),
        after_ms: cursors.after,
        before_ms: cursors.before,
    })
}

fn play(value: Value) -> Option<Played> {
    let wire: Play = shape(value)?;
    let media = match track::media(if wire.track.is_null() { wire.item } else { wire.track }) {
        Media::Unreadable => return None,
        media => media,
    };
    Some(Played {
        media,
        played_at: wire.played_at?.parse().ok()?,
        context: wire.context.and_then(Context::read),
    })
}
