//! Where the installation stands, and what moving asks for.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::ids::{TrackUri, UserId};

use super::{MemoryStore, kept};
use crate::ports::{
    Alert, Appointment, CachedTrack, House, Spent, Standing, StoreResult, Version, Versioned, Written,
};

#[async_trait]
impl House for MemoryStore {
    async fn standing(&self) -> StoreResult<Versioned<Standing>> {
        let state = self.begin("read where the installation stands").await?;
        let open = || Versioned { value: Standing::default(), version: Version::NEW };
        Ok(state.standing.clone().unwrap_or_else(open))
    }

    async fn put_standing(&self, standing: &Standing, read: Version) -> StoreResult<Written> {
        let operation = "store where the installation stands";
        let mut state = self.begin(operation).await?;
        if state.standing.as_ref().map_or(Version::NEW, |known| known.version) != read {
            return Ok(Written::Conflict);
        }
        state.standing = Some(Versioned { value: kept(standing, operation)?, version: read.next() });
        Ok(Written::At(read.next()))
    }

    async fn appointments(&self, user: &UserId) -> StoreResult<Vec<Appointment>> {
        let state = self.begin("list appointments").await?;
        let theirs = state.due.iter().filter(|(work, _)| work.user == *user);
        Ok(theirs.map(|(work, entry)| entry.appointment(work)).collect())
    }

    async fn restore(&self, appointment: &Appointment) -> StoreResult<bool> {
        let operation = "restore an appointment";
        let mut state = self.begin(operation).await?;
        state.known(&appointment.work.user, operation)?;
        Ok(state.due.entry(appointment.work.clone()).or_default().restore(appointment))
    }

    async fn spent_at_least(&self, spent: &Spent) -> StoreResult<()> {
        let mut state = self.begin("count calls").await?;
        let calls = state.spent.entry((spent.slot, spent.purpose)).or_default();
        *calls = i64::from(spent.calls).max(*calls);
        Ok(())
    }

    async fn operators_alerts(&self) -> StoreResult<Vec<Alert>> {
        let state = self.begin("list alerts").await?;
        let mut alerts: Vec<_> =
            state.alerts.values().filter(|alert| alert.user.is_none()).cloned().collect();
        alerts.sort_by(|a, b| (b.at, &b.key).cmp(&(a.at, &a.key)));
        Ok(alerts)
    }

    async fn cached(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<CachedTrack>> {
        let state = self.begin("read cached tracks").await?;
        let cached = state.tracks.iter().filter(|(uri, (_, expires))| *expires > now && uris.contains(uri));
        let cached =
            cached.map(|(_, (track, expires))| CachedTrack { track: track.clone(), expires: *expires });
        Ok(cached.collect())
    }
}
