//! Work that is due.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Claim, Due, StoreError, StoreResult, Work, WorkKind};
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::time::later;
use sqlx::sqlite::SqliteExecutor;

use crate::SqlStore;
use crate::open::commit;
use crate::rows::{count, failed, instant, number, text};

/// How the table writes that work has no source.
pub(crate) const NO_SOURCE: &str = "";

pub(crate) fn source(work: &Work) -> &str {
    work.source.as_ref().map_or(NO_SOURCE, SourceId::as_str)
}

/// Takes one piece under a lease, if it is still as `$2` allows; what was wished for until then is
/// what this claim does.
const CLAIM_DUE: &str = "UPDATE due
    SET at = $1, held = TRUE, wish = CASE WHEN wish > $2 THEN wish END, fence = fence + 1
    WHERE kind = $3 AND user_id = $4 AND source_id = $5 AND at <= $2
    RETURNING fence";
const CLAIM_FREE: &str = "UPDATE due
    SET at = $1, held = TRUE, wish = CASE WHEN wish > $2 THEN wish END, fence = fence + 1
    WHERE kind = $3 AND user_id = $4 AND source_id = $5 AND (NOT held OR at <= $2)
    RETURNING fence";
const TAKE_OVER: &str = "UPDATE due
    SET at = $1, held = TRUE, wish = CASE WHEN wish > $2 THEN wish END, fence = fence + 1
    WHERE kind = $3 AND user_id = $4 AND source_id = $5 AND held AND fence = $6
    RETURNING fence";

async fn take(
    transaction: &mut sqlx::SqliteConnection,
    claim: &'static str,
    work: Work,
    now: Timestamp,
    lease: Duration,
) -> StoreResult<Option<Claim>> {
    let operation = "claim work";
    let until = later(now, lease);
    let taken: Option<(i64,)> = sqlx::query_as(claim)
        .bind(text(until))
        .bind(text(now))
        .bind(work.kind.name())
        .bind(work.user.as_str())
        .bind(source(&work))
        .fetch_optional(transaction)
        .await
        .map_err(failed(operation))?;
    let Some((fence,)) = taken else { return Ok(None) };
    let fence = u64::try_from(fence).map_err(|error| StoreError::new(operation, error))?;
    Ok(Some(Claim { work, until, fence }))
}

/// Puts work on the calendar, or moves it to an earlier time, as part of `operation`.
pub(crate) async fn schedule(
    executor: impl SqliteExecutor<'_>,
    operation: &'static str,
    work: &Work,
    at: Timestamp,
) -> StoreResult<()> {
    // Of an instant and none, the comparison is null and ELSE is taken.
    let sql = "INSERT INTO due (kind, user_id, source_id, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, user_id, source_id) DO UPDATE SET
            at = CASE WHEN due.held OR due.at <= excluded.at THEN due.at ELSE excluded.at END,
            wish = CASE WHEN NOT due.held OR due.wish <= excluded.at THEN due.wish ELSE excluded.at END";
    sqlx::query(sql)
        .bind(work.kind.name())
        .bind(work.user.as_str())
        .bind(source(work))
        .bind(text(at))
        .execute(executor)
        .await
        .map_err(failed(operation))?;
    Ok(())
}

#[async_trait]
impl Due for SqlStore {
    async fn schedule(&self, work: &Work, at: Timestamp) -> StoreResult<()> {
        schedule(&self.writer, "schedule work", work, at).await
    }

    async fn claim(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> StoreResult<Vec<Claim>> {
        let operation = "claim work";
        let sql = "SELECT user_id, source_id FROM due WHERE kind = $1 AND at <= $2
                   ORDER BY at, user_id, source_id LIMIT $3";
        let look = |now: String| sqlx::query_as(sql).bind(kind.name()).bind(now).bind(count(limit));
        // Most looks find nothing, and need not wait for the writer.
        let due: Vec<(String, String)> =
            look(text(now)).fetch_all(&self.readers).await.map_err(failed(operation))?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin(operation).await?;
        let due: Vec<(String, String)> =
            look(text(now)).fetch_all(&mut *transaction).await.map_err(failed(operation))?;
        let mut claims = Vec::with_capacity(due.len());
        for (user, source) in due {
            let source = (source != NO_SOURCE).then(|| SourceId::new(source));
            let work = Work { kind, user: UserId::new(user), source };
            claims.extend(take(&mut transaction, CLAIM_DUE, work, now, lease).await?);
        }
        commit(transaction, operation).await?;
        Ok(claims)
    }

    async fn claim_now(&self, work: &Work, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let operation = "claim work";
        let mut transaction = self.begin(operation).await?;
        let row = "INSERT INTO due (kind, user_id, source_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        sqlx::query(row)
            .bind(work.kind.name())
            .bind(work.user.as_str())
            .bind(source(work))
            .execute(&mut *transaction)
            .await
            .map_err(failed(operation))?;
        let claim = take(&mut transaction, CLAIM_FREE, work.clone(), now, lease).await?;
        commit(transaction, operation).await?;
        Ok(claim)
    }

    async fn take_over(&self, claim: &Claim, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let operation = "claim work";
        let until = later(now, lease);
        let taken: Option<(i64,)> = sqlx::query_as(TAKE_OVER)
            .bind(text(until))
            .bind(text(now))
            .bind(claim.work.kind.name())
            .bind(claim.work.user.as_str())
            .bind(source(&claim.work))
            .bind(number(claim.fence))
            .fetch_optional(&self.writer)
            .await
            .map_err(failed(operation))?;
        let Some((fence,)) = taken else { return Ok(None) };
        let fence = u64::try_from(fence).map_err(|error| StoreError::new(operation, error))?;
        Ok(Some(Claim { work: claim.work.clone(), until, fence }))
    }

    async fn finish(&self, claim: &Claim, next: Option<Timestamp>) -> StoreResult<bool> {
        let sql = "UPDATE due SET held = FALSE, wish = NULL,
                at = CASE WHEN wish IS NULL OR $1 < wish THEN $1 ELSE wish END
            WHERE kind = $2 AND user_id = $3 AND source_id = $4 AND held AND fence = $5";
        let finished = sqlx::query(sql)
            .bind(next.map(text))
            .bind(claim.work.kind.name())
            .bind(claim.work.user.as_str())
            .bind(source(&claim.work))
            .bind(number(claim.fence))
            .execute(&self.writer)
            .await
            .map_err(failed("finish work"))?;
        Ok(finished.rows_affected() == 1)
    }

    async fn next_due(&self, kind: WorkKind) -> StoreResult<Option<Timestamp>> {
        let operation = "look for due work";
        let (at,): (Option<String>,) = sqlx::query_as("SELECT MIN(at) FROM due WHERE kind = $1")
            .bind(kind.name())
            .fetch_one(&self.readers)
            .await
            .map_err(failed(operation))?;
        at.map(|at| instant(&at, operation)).transpose()
    }

    async fn due_at(&self, work: &Work) -> StoreResult<Option<Timestamp>> {
        let operation = "look for due work";
        let sql = "SELECT at FROM due WHERE kind = $1 AND user_id = $2 AND source_id = $3";
        let row: Option<(Option<String>,)> = sqlx::query_as(sql)
            .bind(work.kind.name())
            .bind(work.user.as_str())
            .bind(source(work))
            .fetch_optional(&self.readers)
            .await
            .map_err(failed(operation))?;
        row.and_then(|(at,)| at).map(|at| instant(&at, operation)).transpose()
    }
}
