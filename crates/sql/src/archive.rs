//! Sources, generations, targets and runs.

use async_trait::async_trait;
use reprise_core::ports::{ArchiveLedger, RUNS_KEPT, Run, Sources, StoreResult, Version, Versioned, Written};
use reprise_domain::archive::{Generation, Source, Target, TargetKey};
use reprise_domain::ids::{SourceId, UserId};

use crate::SqlStore;
use crate::open::commit;
use crate::rows::{Key, Write, count, failed, get, json, list, parsed, text};

const SOURCE: Write = Write {
    operation: "store a source",
    insert: Some(
        "INSERT INTO sources (doc, version, user_id, id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    ),
    update: "UPDATE sources SET version = version + 1, doc = $1
             WHERE version = $2 AND user_id = $3 AND id = $4",
};

const GENERATION: Write = Write {
    operation: "store a generation",
    insert: Some(
        "INSERT INTO generations (doc, version, user_id, source_id, number) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    ),
    update: "UPDATE generations SET version = version + 1, doc = $1
             WHERE version = $2 AND user_id = $3 AND source_id = $4 AND number = $5",
};

const TARGET: Write = Write {
    operation: "store an archive playlist",
    insert: Some(
        "INSERT INTO targets (doc, version, user_id, id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    ),
    update: "UPDATE targets SET version = version + 1, doc = $1
             WHERE version = $2 AND user_id = $3 AND id = $4",
};

#[async_trait]
impl Sources for SqlStore {
    async fn source(&self, user: &UserId, id: &SourceId) -> StoreResult<Option<Versioned<Source>>> {
        let sql = "SELECT version, doc FROM sources WHERE user_id = $1 AND id = $2 LIMIT $3";
        let keys = [Key::Text(user.as_str()), Key::Text(id.as_str())];
        get(&self.readers, "read a source", sql, &keys).await
    }

    async fn sources(&self, user: &UserId) -> StoreResult<Vec<Versioned<Source>>> {
        let sql = "SELECT version, doc FROM sources WHERE user_id = $1 ORDER BY id LIMIT $2";
        list(&self.readers, "list sources", sql, &[Key::Text(user.as_str())], usize::MAX).await
    }

    async fn put_source(&self, user: &UserId, source: &Source, read: Version) -> StoreResult<Written> {
        let keys = [Key::Text(user.as_str()), Key::Text(source.id.as_str())];
        SOURCE.put(&self.writer, &keys, source, read).await
    }
}

#[async_trait]
impl ArchiveLedger for SqlStore {
    async fn generation(
        &self,
        user: &UserId,
        source: &SourceId,
        number: u32,
    ) -> StoreResult<Option<Versioned<Generation>>> {
        let sql = "SELECT version, doc FROM generations
                   WHERE user_id = $1 AND source_id = $2 AND number = $3 LIMIT $4";
        let keys = [Key::Text(user.as_str()), Key::Text(source.as_str()), Key::Number(number)];
        get(&self.readers, "read a generation", sql, &keys).await
    }

    async fn generations(
        &self,
        user: &UserId,
        source: &SourceId,
        before: Option<u32>,
        limit: usize,
    ) -> StoreResult<Vec<Versioned<Generation>>> {
        // `number <= before - 1`, so that no bound is needed where none is given.
        let Some(last) = before.map_or(Some(u32::MAX), |before| before.checked_sub(1)) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT version, doc FROM generations
                   WHERE user_id = $1 AND source_id = $2 AND number <= $3 ORDER BY number DESC LIMIT $4";
        let keys = [Key::Text(user.as_str()), Key::Text(source.as_str()), Key::Number(last)];
        list(&self.readers, "list generations", sql, &keys, limit).await
    }

    async fn put_generation(
        &self,
        user: &UserId,
        source: &SourceId,
        generation: &Generation,
        read: Version,
    ) -> StoreResult<Written> {
        let keys = [Key::Text(user.as_str()), Key::Text(source.as_str()), Key::Number(generation.number)];
        GENERATION.put(&self.writer, &keys, generation, read).await
    }

    async fn target(&self, user: &UserId, key: &TargetKey) -> StoreResult<Option<Versioned<Target>>> {
        let sql = "SELECT version, doc FROM targets WHERE user_id = $1 AND id = $2 LIMIT $3";
        let keys = [Key::Text(user.as_str()), Key::Text(key.as_str())];
        get(&self.readers, "read an archive playlist", sql, &keys).await
    }

    async fn targets(&self, user: &UserId) -> StoreResult<Vec<Versioned<Target>>> {
        let sql = "SELECT version, doc FROM targets WHERE user_id = $1 ORDER BY id LIMIT $2";
        list(&self.readers, "list archive playlists", sql, &[Key::Text(user.as_str())], usize::MAX).await
    }

    async fn put_target(&self, user: &UserId, target: &Target, read: Version) -> StoreResult<Written> {
        let keys = [Key::Text(user.as_str()), Key::Text(target.key.as_str())];
        TARGET.put(&self.writer, &keys, target, read).await
    }

    async fn log_run(&self, user: &UserId, run: &Run) -> StoreResult<()> {
        let operation = "note a run";
        let mut transaction = self.begin(operation).await?;
        let note = "INSERT INTO runs (user_id, at, source_id, doc) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (user_id, at, source_id) DO UPDATE SET doc = excluded.doc";
        sqlx::query(note)
            .bind(user.as_str())
            .bind(text(run.at))
            .bind(run.source.as_str())
            .bind(json(run, operation)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        let forget = "DELETE FROM runs WHERE user_id = $1 AND at <
                      (SELECT at FROM runs WHERE user_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)";
        sqlx::query(forget)
            .bind(user.as_str())
            .bind(count(RUNS_KEPT - 1))
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        commit(transaction, operation).await
    }

    async fn runs(&self, user: &UserId, limit: usize) -> StoreResult<Vec<Run>> {
        let operation = "list runs";
        let sql = "SELECT doc FROM runs WHERE user_id = $1 ORDER BY at DESC, source_id DESC LIMIT $2";
        let runs: Vec<(String,)> = sqlx::query_as(sql)
            .bind(user.as_str())
            .bind(count(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(operation))?;
        runs.iter().map(|(doc,)| parsed(doc, operation)).collect()
    }
}
