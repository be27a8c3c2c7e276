//! Metrics in the embedded format of `CloudWatch`: a line of JSON among the logs.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::ports::{Alert, AlertKind, Budget, Notifier, Spent, StoreResult};
use reprise_domain::budget::{Bucket, Purpose};
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "Reprise";

/// What is counted. The names are the template's, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Lists seen nowhere by Wednesday.
    WeeksMissing,
    /// Times that Spotify has locked us out for longer than moments.
    QuotaLockouts,
    /// Listeners told to consent again, soon or now.
    ReconsentDue,
    /// Pieces of work that were done.
    RunsDone,
    /// Pieces of work that were not, or not to their end; they are tried again.
    RunsFailed,
    /// Calls to Spotify's Web API.
    SpotifyCalls,
}

impl Metric {
    const ALL: [Self; 6] = [
        Self::WeeksMissing,
        Self::QuotaLockouts,
        Self::ReconsentDue,
        Self::RunsDone,
        Self::RunsFailed,
        Self::SpotifyCalls,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::WeeksMissing => "WeeksMissing",
            Self::QuotaLockouts => "QuotaLockouts",
            Self::ReconsentDue => "ReconsentDue",
            Self::RunsDone => "RunsDone",
            Self::RunsFailed => "RunsFailed",
            Self::SpotifyCalls => "SpotifyCalls",
        }
    }
}

/// Counts since the last line was written.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicI64; Metric::ALL.len()]);

impl Tally {
    pub(crate) fn add(&self, metric: Metric, count: i64) {
        self.0[metric as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// Writes what was counted since the last time, if anything was.
    pub(crate) fn write(&self, deployment: &str, at: Timestamp) {
        if let Some(line) = self.line(deployment, at) {
            // Nobody is left to tell if standard output is gone.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    fn line(&self, deployment: &str, at: Timestamp) -> Option<Value> {
        let counted = Metric::ALL.map(|metric| (metric, self.0[metric as usize].swap(0, Ordering::Relaxed)));
        let counted: Vec<_> = counted.into_iter().filter(|(_, count)| *count != 0).collect();
        if counted.is_empty() {
            return None;
        }
        let names: Vec<_> =
            counted.iter().map(|(metric, _)| json!({ "Name": metric.name(), "Unit": "Count" })).collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": at.as_millisecond(),
                "CloudWatchMetrics": [
                    { "Namespace": NAMESPACE, "Dimensions": [["Deployment"]], "Metrics": names }
                ],
            }),
        );
        line.insert("Deployment".to_owned(), deployment.into());
        line.extend(counted.into_iter().map(|(metric, count)| (metric.name().to_owned(), count.into())));
        Some(Value::Object(line))
    }
}

/// Tells alerts on, and counts those that the operator's alarms wait for.
pub(crate) struct CountedAlerts {
    pub(crate) inner: Arc<dyn Notifier>,
    pub(crate) tally: Arc<Tally>,
}

#[async_trait]
impl Notifier for CountedAlerts {
    async fn notify(&self, alert: &Alert) {
        match alert.kind {
            AlertKind::WeekMissing => self.tally.add(Metric::WeeksMissing, 1),
            AlertKind::ConsentEnds | AlertKind::ConsentNeeded => self.tally.add(Metric::ReconsentDue, 1),
            _ => {}
        }
        self.inner.notify(alert).await;
    }
}

/// Counts calls and lockouts on their way to the store.
pub(crate) struct CountedCalls {
    pub(crate) inner: Arc<dyn Budget>,
    pub(crate) tally: Arc<Tally>,
}

#[async_trait]
impl Budget for CountedCalls {
    async fn spend(&self, slot: Timestamp, purpose: Purpose, calls: i32) -> StoreResult<()> {
        self.inner.spend(slot, purpose, calls).await?;
        self.tally.add(Metric::SpotifyCalls, calls.into());
        Ok(())
    }

    async fn spent(&self, from: Timestamp) -> StoreResult<Vec<Spent>> {
        self.inner.spent(from).await
    }

    async fn lock(&self, bucket: Bucket, until: Timestamp) -> StoreResult<()> {
        self.tally.add(Metric::QuotaLockouts, 1);
        self.inner.lock(bucket, until).await
    }

    async fn locks(&self, now: Timestamp) -> StoreResult<Vec<(Bucket, Timestamp)>> {
        self.inner.locks(now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_what_was_counted_once_and_nothing_else() {
        let tally = Tally::default();
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        assert_eq!(tally.line("stack", at), None);
        tally.add(Metric::RunsDone, 2);
        tally.add(Metric::RunsDone, 1);
        tally.add(Metric::SpotifyCalls, 7);
        let line = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_123_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Reprise",
                    "Dimensions": [["Deployment"]],
                    "Metrics": [
                        { "Name": "RunsDone", "Unit": "Count" },
                        { "Name": "SpotifyCalls", "Unit": "Count" },
                    ],
                }],
            },
            "Deployment": "stack",
            "RunsDone": 3,
            "SpotifyCalls": 7,
        });
        assert_eq!(tally.line("stack", at), Some(line));
        assert_eq!(tally.line("stack", at), None);
    }
}
