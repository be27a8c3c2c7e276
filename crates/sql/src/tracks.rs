//! Cached metadata.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{StoreResult, Tracks};
use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track;
use sqlx::{QueryBuilder, Sqlite};

use crate::SqlStore;
use crate::open::commit;
use crate::rows::{failed, json, parsed, text};

/// Far fewer than the parameters a statement may have.
const AT_ONCE: usize = 500;

/// What is cached of these tracks: documents, each with its end.
pub(crate) async fn rows(
    store: &SqlStore,
    uris: &[TrackUri],
    now: Timestamp,
    operation: &'static str,
) -> StoreResult<Vec<(String, String)>> {
    let mut uris: Vec<_> = uris.iter().map(TrackUri::as_str).collect();
    uris.sort_unstable();
    uris.dedup();
    let mut cached = Vec::with_capacity(uris.len());
    for some in uris.chunks(AT_ONCE) {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT doc, expires FROM tracks WHERE expires > ");
        query.push_bind(text(now)).push(" AND uri IN (");
        let mut list = query.separated(", ");
        for uri in some {
            list.push_bind((*uri).to_owned());
        }
        query.push(")");
        let rows = query.build_query_as().fetch_all(&store.readers).await;
        cached.append(&mut rows.map_err(failed(operation))?);
    }
    Ok(cached)
}

#[async_trait]
impl Tracks for SqlStore {
    async fn tracks(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<Track>> {
        let operation = "read cached tracks";
        let rows = rows(self, uris, now, operation).await?;
        rows.iter().map(|(doc, _)| parsed(doc, operation)).collect()
    }

    async fn put_tracks(&self, tracks: &[Track], now: Timestamp, expires: Timestamp) -> StoreResult<()> {
        let operation = "cache tracks";
        let mut transaction = self.begin(operation).await?;
        sqlx::query("DELETE FROM tracks WHERE expires <= $1")
            .bind(text(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        let cache = "INSERT INTO tracks (uri, expires, doc) VALUES ($1, $2, $3)
                     ON CONFLICT (uri) DO UPDATE SET expires = excluded.expires, doc = excluded.doc";
        for track in tracks {
            sqlx::query(cache)
                .bind(track.uri.as_str())
                .bind(text(expires))
                .bind(json(track, operation)?)
                .execute(&mut *transaction)
                .await
                .map_err(failed(operation))?;
        }
        commit(transaction, operation).await
    }
}
