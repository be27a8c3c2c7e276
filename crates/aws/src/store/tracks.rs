//! The cache of Spotify's words and covers. DynamoDB drops what has expired when it finds the time;
//! until then an item is there, and a clock set back must not bring it to light again. So the
//! partition of tracks has a clock of its own, which only goes forward.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{CachedTrack, StoreResult, Tracks};
use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track;

use super::DynamoStore;
use super::change::Change;
use super::document::{Body, value};
use super::item::{Item, Read, instant, s, time_to_live};
use super::keys::{Key, TTL};

/// When a track is forgotten.
const EXPIRES: &str = "expires";

/// How far time has come.
const NOW: &str = "now";

impl DynamoStore {
    /// What is cached of these tracks and has not expired.
    pub(super) async fn read_tracks(
        &self,
        operation: &'static str,
        uris: &[TrackUri],
        now: Timestamp,
    ) -> StoreResult<Vec<CachedTrack>> {
        let wanted: BTreeMap<&str, Key> = uris.iter().map(|uri| (uri.as_str(), Key::track(uri))).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let keys = wanted.into_values().chain([Key::tracks_clock()]).collect();
        let items = self.glance_at(operation, keys).await?;
        let (mut now, mut found) = (now, Vec::with_capacity(items.len()));
        for item in &items {
            let read = Read::new(item, operation);
            match read.instant(EXPIRES)? {
                Some(expires) => found.push((item, expires)),
                None => now = now.max(read.instant(NOW)?.ok_or_else(|| read.odd(NOW))?),
            }
        }
        let fresh = found.into_iter().filter(|(_, expires)| *expires > now);
        fresh.map(|(item, expires)| Ok(CachedTrack { track: value(item, operation)?, expires })).collect()
    }
}

#[async_trait]
impl Tracks for DynamoStore {
    async fn tracks(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<Track>> {
        let cached = self.read_tracks("read cached tracks", uris, now).await?;
        Ok(cached.into_iter().map(|cached| cached.track).collect())
    }

    async fn put_tracks(&self, tracks: &[Track], now: Timestamp, expires: Timestamp) -> StoreResult<()> {
        let operation = "cache tracks";
        if tracks.is_empty() {
            return Ok(());
        }
        let forward = Change::of(Key::tracks_clock())
            .set(NOW, s(instant(now)))
            .only_if("attribute_not_exists(#now) OR #now < :now");
        let _ = forward.send(self, operation).await?;
        let mut items: BTreeMap<&str, Item> = BTreeMap::new();
        for track in tracks {
            let mut item = Key::track(&track.uri).into_item();
            let (name, document) = Body::of(track, operation)?.set;
            item.insert(name.to_owned(), document);
            item.insert(EXPIRES.to_owned(), s(instant(expires)));
            item.insert(TTL.to_owned(), time_to_live(expires));
            items.insert(track.uri.as_str(), item);
        }
        self.put_all(operation, items.into_values().collect()).await
    }
}
