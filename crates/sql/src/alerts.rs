//! What somebody should know, once.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Alert, Alerts, StoreResult};
use reprise_domain::ids::UserId;

use crate::SqlStore;
use crate::rows::{count, failed, instant, json, parsed, text};

#[async_trait]
impl Alerts for SqlStore {
    async fn raise(&self, alert: &Alert) -> StoreResult<bool> {
        let operation = "store an alert";
        let sql = "INSERT INTO alerts (user_id, id, at, acknowledged, doc) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let raised = sqlx::query(sql)
            .bind(alert.user.as_ref().map(UserId::as_str))
            .bind(&alert.key)
            .bind(text(alert.at))
            .bind(alert.acknowledged.map(text))
            .bind(json(alert, operation)?)
            .execute(&self.writer)
            .await
            .map_err(failed(operation))?;
        Ok(raised.rows_affected() == 1)
    }

    async fn alerts(&self, user: Option<&UserId>, limit: usize) -> StoreResult<Vec<Alert>> {
        let operation = "list alerts";
        let sql = "SELECT doc, acknowledged FROM alerts WHERE $1 IS NULL OR user_id = $1
                   ORDER BY at DESC, id DESC, user_id DESC LIMIT $2";
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(sql)
            .bind(user.map(UserId::as_str))
            .bind(count(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(operation))?;
        let alert = |(doc, acknowledged): (String, Option<String>)| {
            let acknowledged = acknowledged.map(|at| instant(&at, operation)).transpose()?;
            Ok(Alert { acknowledged, ..parsed(&doc, operation)? })
        };
        rows.into_iter().map(alert).collect()
    }

    async fn acknowledge(&self, key: &str, user: Option<&UserId>, at: Timestamp) -> StoreResult<bool> {
        let sql = "UPDATE alerts SET acknowledged = $1
                   WHERE id = $2 AND ($3 IS NULL OR user_id = $3) AND acknowledged IS NULL";
        let seen = sqlx::query(sql)
            .bind(text(at))
            .bind(key)
            .bind(user.map(UserId::as_str))
            .execute(&self.writer)
            .await
            .map_err(failed("acknowledge an alert"))?;
        Ok(seen.rows_affected() > 0)
    }
}
