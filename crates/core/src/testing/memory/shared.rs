//! What belongs to the installation: data keys, cached tracks, the budget, alerts.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::budget::{Bucket, Purpose};
use reprise_domain::ids::{TrackUri, UserId};
use reprise_domain::track::Track;

use super::{MemoryStore, kept};
use crate::ports::{Alert, Alerts, Budget, DataKeys, Spent, StoreError, StoreResult, Tracks, WrappedKey};

#[async_trait]
impl DataKeys for MemoryStore {
    async fn data_key(&self, epoch: u32) -> StoreResult<Option<WrappedKey>> {
        Ok(self.begin("read a data key").await?.data_keys.get(&epoch).cloned())
    }

    async fn put_data_key(&self, key: &WrappedKey) -> StoreResult<WrappedKey> {
        let mut state = self.begin("store a data key").await?;
        Ok(state.data_keys.entry(key.epoch).or_insert_with(|| key.clone()).clone())
    }

    async fn newest_epoch(&self) -> StoreResult<Option<u32>> {
        Ok(self.begin("read the newest data key").await?.data_keys.keys().last().copied())
    }

    async fn data_keys(&self) -> StoreResult<Vec<WrappedKey>> {
        Ok(self.begin("list data keys").await?.data_keys.values().cloned().collect())
    }

    async fn rewrap_data_key(&self, key: &WrappedKey) -> StoreResult<()> {
        let operation = "replace a data key's wrapping";
        let mut state = self.begin(operation).await?;
        let Some(stored) = state.data_keys.get_mut(&key.epoch) else {
            return Err(StoreError::new(operation, format!("epoch {} has no key", key.epoch)));
        };
        *stored = key.clone();
        Ok(())
    }
}

#[async_trait]
impl Tracks for MemoryStore {
    async fn tracks(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<Track>> {
        let state = self.begin("read cached tracks").await?;
        let cached = state.tracks.iter().filter(|(uri, (_, expires))| *expires > now && uris.contains(uri));
        Ok(cached.map(|(_, (track, _))| track.clone()).collect())
    }

    async fn put_tracks(&self, tracks: &[Track], now: Timestamp, expires: Timestamp) -> StoreResult<()> {
        let operation = "cache tracks";
        let mut state = self.begin(operation).await?;
        state.tracks.retain(|_, (_, expires)| *expires > now);
        for track in tracks {
            state.tracks.insert(track.uri.clone(), (kept(track, operation)?, expires));
        }
        Ok(())
    }
}

#[async_trait]
impl Budget for MemoryStore {
    async fn spend(&self, slot: Timestamp, purpose: Purpose, calls: i32) -> StoreResult<()> {
        let mut state = self.begin("count calls").await?;
        *state.spent.entry((slot, purpose)).or_default() += i64::from(calls);
        Ok(())
    }

    async fn spent(&self, from: Timestamp) -> StoreResult<Vec<Spent>> {
        let state = self.begin("read the call budget").await?;
        let slots = state.spent.range((from, Purpose::ALL[0])..);
        let spent = |((slot, purpose), calls): (&(Timestamp, Purpose), &i64)| Spent {
            slot: *slot,
            purpose: *purpose,
            calls: u32::try_from((*calls).max(0)).unwrap_or(u32::MAX),
        };
        Ok(slots.map(spent).collect())
    }

    async fn lock(&self, bucket: Bucket, until: Timestamp) -> StoreResult<()> {
        let mut state = self.begin("lock a bucket").await?;
        let end = state.locks.entry(bucket).or_insert(until);
        *end = until.max(*end);
        Ok(())
    }

    async fn locks(&self, now: Timestamp) -> StoreResult<Vec<(Bucket, Timestamp)>> {
        let state = self.begin("read locked buckets").await?;
        Ok(state.locks.iter().filter(|(_, until)| **until > now).map(|(b, until)| (*b, *until)).collect())
    }
}

#[async_trait]
impl Alerts for MemoryStore {
    async fn raise(&self, alert: &Alert) -> StoreResult<bool> {
        let operation = "store an alert";
        let mut state = self.begin(operation).await?;
        if let Some(user) = &alert.user {
            state.known(user, operation)?;
        }
        let key = (alert.user.clone(), alert.key.clone());
        let is_new = !state.alerts.contains_key(&key);
        let alert = kept(alert, operation)?;
        state.alerts.entry(key).or_insert(alert);
        Ok(is_new)
    }

    async fn alerts(&self, user: Option<&UserId>, limit: usize) -> StoreResult<Vec<Alert>> {
        let state = self.begin("list alerts").await?;
        let shown = |alert: &&Alert| user.is_none() || alert.user.as_ref() == user;
        let mut alerts: Vec<_> = state.alerts.values().filter(shown).cloned().collect();
        alerts.sort_by(|a, b| (b.at, &b.key, &b.user).cmp(&(a.at, &a.key, &a.user)));
        alerts.truncate(limit);
        Ok(alerts)
    }

    async fn acknowledge(&self, key: &str, user: Option<&UserId>, at: Timestamp) -> StoreResult<bool> {
        let mut state = self.begin("acknowledge an alert").await?;
        let meant = |alert: &&mut Alert| {
            alert.key == key
                && alert.acknowledged.is_none()
                && (user.is_none() || alert.user.as_ref() == user)
        };
        let seen = state.alerts.values_mut().filter(meant).map(|alert| alert.acknowledged = Some(at));
        Ok(seen.count() > 0)
    }
}
