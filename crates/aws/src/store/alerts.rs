//! What somebody should know, once: with the listener it concerns, and in one list for the operator.

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Alert, Alerts, StoreResult};
use reprise_domain::ids::UserId;

use super::DynamoStore;
use super::change::{Change, Outcome};
use super::document::{Body, value};
use super::item::{Item, Read, instant, s};
use super::keys::{ALERT_PREFIX, Key, LIST, LIST_INDEX, OPERATOR, PLACE, SK, listener};
use super::query::Query;

/// The list of all, in order of time.
const ALL: &str = "alerts";

/// When somebody has seen it; beside the document, so that seeing it costs one small write.
const SEEN: &str = "seen";

fn alert(item: &Item, operation: &'static str) -> StoreResult<Alert> {
    let acknowledged = Read::new(item, operation).instant(SEEN)?;
    Ok(Alert { acknowledged, ..value(item, operation)? })
}

fn newest_first(alerts: &mut [Alert]) {
    alerts.sort_by(|a, b| (b.at, &b.key, &b.user).cmp(&(a.at, &a.key, &a.user)));
}

impl DynamoStore {
    /// All under one partition, newest first.
    pub(super) async fn alerts_of(&self, operation: &'static str, pk: String) -> StoreResult<Vec<Alert>> {
        let theirs = Query::partition(pk).and("begins_with(#sk, :at)", ALERT_PREFIX);
        let items = theirs.items(self, operation, usize::MAX).await?;
        let mut alerts: Vec<Alert> =
            items.iter().map(|item| alert(item, operation)).collect::<StoreResult<_>>()?;
        newest_first(&mut alerts);
        Ok(alerts)
    }

    pub(super) async fn operators(&self, operation: &'static str) -> StoreResult<Vec<Alert>> {
        self.alerts_of(operation, OPERATOR.to_owned()).await
    }

    async fn see(&self, key: Key, at: Timestamp) -> StoreResult<bool> {
        let seen = Change::of(key)
            .set(SEEN, s(instant(at)))
            .only_if("attribute_exists(#pk) AND attribute_not_exists(#seen)");
        Ok(seen.send(self, "acknowledge an alert").await?.is_done())
    }
}

#[async_trait]
impl Alerts for DynamoStore {
    async fn raise(&self, alert: &Alert) -> StoreResult<bool> {
        let operation = "store an alert";
        let user = alert.user.as_ref();
        let whose = user.map_or("", UserId::as_str);
        let raised = Change::of(Key::alert(user, &alert.key))
            .document(Body::of(alert, operation)?)
            .set_or_remove(SEEN, alert.acknowledged.map(|at| s(instant(at))))
            .set(LIST, s(ALL))
            .set(PLACE, s(format!("{}#{}#{whose}", instant(alert.at), alert.key)))
            .create();
        let outcome = match user {
            Some(user) => self.create_theirs(operation, user, raised).await?,
            None => raised.send(self, operation).await?,
        };
        Ok(matches!(outcome, Outcome::Done))
    }

    async fn alerts(&self, user: Option<&UserId>, limit: usize) -> StoreResult<Vec<Alert>> {
        let operation = "list alerts";
        if let Some(user) = user {
            let mut alerts = self.alerts_of(operation, listener(user)).await?;
            alerts.truncate(limit);
            return Ok(alerts);
        }
        let all = Query::index(LIST_INDEX, LIST, s(ALL)).backwards();
        let items = self.listed(operation, all, limit).await?;
        let mut alerts: Vec<Alert> =
            items.iter().map(|item| alert(item, operation)).collect::<StoreResult<_>>()?;
        newest_first(&mut alerts);
        Ok(alerts)
    }

    async fn acknowledge(&self, key: &str, user: Option<&UserId>, at: Timestamp) -> StoreResult<bool> {
        if user.is_some() {
            return self.see(Key::alert(user, key), at).await;
        }
        // Whoever's it is: the list tells who has one of that name.
        let operation = "acknowledge an alert";
        let named = format!("{ALERT_PREFIX}{key}");
        let all = Query::index(LIST_INDEX, LIST, s(ALL)).items(self, operation, usize::MAX).await?;
        let mut seen = false;
        for item in &all {
            if Read::new(item, operation).needed(SK)? == named {
                seen |= self.see(Key::of(item, operation)?, at).await?;
            }
        }
        Ok(seen)
    }
}
