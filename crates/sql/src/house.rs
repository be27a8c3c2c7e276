//! Where the installation stands, and what moving asks for.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{
    Alert, Appointment, CachedTrack, House, Spent, Standing, StoreError, StoreResult, Version, Versioned,
    Work, WorkKind, Written,
};
use reprise_domain::ids::{SourceId, TrackUri, UserId};

use crate::SqlStore;
use crate::due::{NO_SOURCE, source};
use crate::rows::{Key, Write, failed, from_word, get, instant, number, parsed, text, word};
use crate::tracks;

/// The name of the one row.
const STANDING: Key<'_> = Key::Text("standing");

const WRITE: Write = Write {
    operation: "store where the installation stands",
    insert: Some("INSERT INTO house (doc, version, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
    update: "UPDATE house SET version = version + 1, doc = $1 WHERE version = $2 AND name = $3",
};

type Row = (String, String, Option<String>, i64);

fn appointment(user: &UserId, row: Row, operation: &'static str) -> StoreResult<Appointment> {
    let (kind, source, at, fence) = row;
    let kind: WorkKind = from_word(kind, operation)?;
    let source = (source != NO_SOURCE).then(|| SourceId::new(source));
    Ok(Appointment {
        work: Work { kind, user: user.clone(), source },
        at: at.map(|at| instant(&at, operation)).transpose()?,
        fence: u64::try_from(fence).map_err(|error| StoreError::new(operation, error))?,
    })
}

#[async_trait]
impl House for SqlStore {
    async fn standing(&self) -> StoreResult<Versioned<Standing>> {
        let sql = "SELECT version, doc FROM house WHERE name = $1 LIMIT $2";
        let stored = get(&self.readers, "read where the installation stands", sql, &[STANDING]).await?;
        Ok(stored.unwrap_or(Versioned { value: Standing::default(), version: Version::NEW }))
    }

    async fn put_standing(&self, standing: &Standing, read: Version) -> StoreResult<Written> {
        WRITE.put(&self.writer, &[STANDING], standing, read).await
    }

    async fn appointments(&self, user: &UserId) -> StoreResult<Vec<Appointment>> {
        let operation = "list appointments";
        let sql = "SELECT kind, source_id, CASE WHEN wish < at THEN wish ELSE at END, fence
                   FROM due WHERE user_id = $1";
        let rows: Vec<Row> = sqlx::query_as(sql)
            .bind(user.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed(operation))?;
        let appointments = rows.into_iter().map(|row| appointment(user, row, operation));
        let mut appointments = appointments.collect::<StoreResult<Vec<_>>>()?;
        appointments.sort_by(|a, b| a.work.cmp(&b.work));
        Ok(appointments)
    }

    async fn restore(&self, appointment: &Appointment) -> StoreResult<bool> {
        let sql = "INSERT INTO due (kind, user_id, source_id, at, fence) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (kind, user_id, source_id) DO UPDATE SET
                at = excluded.at, wish = NULL,
                fence = CASE WHEN due.fence > excluded.fence THEN due.fence ELSE excluded.fence END
            WHERE NOT due.held";
        let restored = sqlx::query(sql)
            .bind(appointment.work.kind.name())
            .bind(appointment.work.user.as_str())
            .bind(source(&appointment.work))
            .bind(appointment.at.map(text))
            .bind(number(appointment.fence))
            .execute(&self.writer)
            .await
            .map_err(failed("restore an appointment"))?;
        Ok(restored.rows_affected() == 1)
    }

    async fn spent_at_least(&self, spent: &Spent) -> StoreResult<()> {
        let operation = "count calls";
        let sql = "INSERT INTO spent (slot, purpose, calls) VALUES ($1, $2, $3)
                   ON CONFLICT (slot, purpose) DO UPDATE SET calls = excluded.calls
                   WHERE excluded.calls > spent.calls";
        sqlx::query(sql)
            .bind(text(spent.slot))
            .bind(word(&spent.purpose, operation)?)
            .bind(i64::from(spent.calls))
            .execute(&self.writer)
            .await
            .map_err(failed(operation))?;
        Ok(())
    }

    async fn operators_alerts(&self) -> StoreResult<Vec<Alert>> {
        let operation = "list alerts";
        let sql = "SELECT doc, acknowledged FROM alerts WHERE user_id IS NULL ORDER BY at DESC, id DESC";
        let rows: Vec<(String, Option<String>)> =
            sqlx::query_as(sql).fetch_all(&self.readers).await.map_err(failed(operation))?;
        let alert = |(doc, acknowledged): (String, Option<String>)| {
            let acknowledged = acknowledged.map(|at| instant(&at, operation)).transpose()?;
            Ok(Alert { acknowledged, ..parsed(&doc, operation)? })
        };
        rows.into_iter().map(alert).collect()
    }

    async fn cached(&self, uris: &[TrackUri], now: Timestamp) -> StoreResult<Vec<CachedTrack>> {
        let operation = "read cached tracks";
        let rows = tracks::rows(self, uris, now, operation).await?;
        let cached = |(doc, expires): (String, String)| {
            Ok(CachedTrack { track: parsed(&doc, operation)?, expires: instant(&expires, operation)? })
        };
        rows.into_iter().map(cached).collect()
    }
}
