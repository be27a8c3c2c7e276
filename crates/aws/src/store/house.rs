//! Where the installation stands, and what moving asks for.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{
    Alert, Appointment, CachedTrack, House, Spent, Standing, StoreResult, Version, Versioned, Written,
};
use reprise_domain::ids::{TrackUri, UserId};

use super::DynamoStore;
use super::change::Change;
use super::document::Body;
use super::keys::Key;

#[async_trait]
impl House for DynamoStore {
    async fn standing(&self) -> StoreResult<Versioned<Standing>> {
        let stored = self.document("read where the installation stands", Key::standing()).await?;
        Ok(stored.unwrap_or_else(|| Versioned { value: Standing::default(), version: Version::NEW }))
    }

    async fn put_standing(&self, standing: &Standing, read: Version) -> StoreResult<Written> {
        let operation = "store where the installation stands";
        let change = Change::of(Key::standing()).document(Body::of(standing, operation)?).under(read);
        Ok(change.send(self, operation).await?.written(read))
    }

    async fn appointments(&self, user: &UserId) -> StoreResult<Vec<Appointment>> {
        self.appointments_of(user).await
    }

    async fn restore(&self, appointment: &Appointment) -> StoreResult<bool> {
        self.restore_appointment(appointment).await
    }

    async fn spent_at_least(&self, spent: &Spent) -> StoreResult<()> {
        self.count_at_least(spent).await
    }

    async fn operators_alerts(&self) -> StoreResult<Vec<Alert>> {
        self.operators("list alerts").await
    }

    async fn cached(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<CachedTrack>> {
        self.read_tracks("read cached tracks", uris, now).await
    }
}
