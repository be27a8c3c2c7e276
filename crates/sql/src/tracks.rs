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

#[async_trait]
impl Tracks for SqlStore {
    async fn tracks(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<Track>> {
        let operation = "read cached tracks";
        let mut uris: Vec<_> = uris.iter().map(TrackUri::as_str).collect();
        uris.sort_unstable();
        uris.dedup();
        let mut tracks = Vec::with_capacity(uris.len());
        for some in uris.chunks(AT_ONCE) {
            let mut query = QueryBuilder::<Sqlite>::new("SELECT doc FROM tracks WHERE expires > ");
            query.push_bind(text(now)).push(" AND uri IN (");
            let mut list = query.separated(", ");
            for uri in some {
                list.push_bind((*uri).to_owned());
            }
            query.push(")");
            let rows = query.build_query_as().fetch_all(&self.readers).await;
            let rows: Vec<(String,)> = rows.map_err(failed(operation))?;
            for (doc,) in rows {
                tracks.push(parsed(&doc, operation)?);
            }
        }
        Ok(tracks)
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
