//! Alerts to the outside: the log always, a webhook where the operator names one.

use std::time::Duration;

use async_trait::async_trait;
use reprise_core::ports::{Alert, Notifier, Severity};
use reqwest::Client;
use serde_json::json;
use url::Url;

/// A webhook that does not answer in time is given up.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Logs every alert, and posts it.
pub(crate) struct Announcer {
    webhook: Option<(Client, Url)>,
}

impl Announcer {
    pub(crate) fn new(webhook: Option<Url>) -> anyhow::Result<Self> {
        let webhook = match webhook {
            Some(url) => Some((reprise_core::spotify::http::client(TIMEOUT)?, url)),
            None => None,
        };
        Ok(Self { webhook })
    }
}

#[async_trait]
impl Notifier for Announcer {
    async fn notify(&self, alert: &Alert) {
        let whom = alert.user.as_ref().map_or("operator", |user| user.as_str());
        match alert.severity {
            Severity::Notice => tracing::info!(user = whom, kind = ?alert.kind, "{}", alert.text),
            Severity::Warning | Severity::Critical => {
                tracing::warn!(user = whom, kind = ?alert.kind, "{}", alert.text);
            }
        }
        let Some((http, url)) = self.webhook.clone() else { return };
        let body = body(alert);
        // In a task of its own: a slow webhook delays no run.
        tokio::spawn(async move {
            let answer =
                http.post(url).json(&body).send().await.and_then(reqwest::Response::error_for_status);
            if let Err(error) = answer {
                // The URL of a webhook is a secret.
                tracing::warn!(error = %error.without_url(), "the webhook did not take an alert");
            }
        });
    }
}

/// One body that Discord (`content`), Slack (`text`) and ntfy (`message`, `title`) each understand.
fn body(alert: &Alert) -> serde_json::Value {
    let priority = match alert.severity {
        Severity::Notice => 3,
        Severity::Warning => 4,
        Severity::Critical => 5,
    };
    json!({
        "content": format!("Reprise: {}", alert.text),
        "text": format!("Reprise: {}", alert.text),
        "title": "Reprise",
        "message": alert.text,
        "priority": priority,
        "kind": alert.kind,
    })
}
