//! Alerts to the outside: the log always, a webhook where the operator names one.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use serde_json::json;
use url::Url;

use super::Background;
use crate::ports::{Alert, Notifier, Severity};
use crate::spotify::http::{self, ClientError};

/// A webhook that does not answer in time is given up.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Logs every alert, and posts it.
pub struct Announcer {
    webhook: Option<(Client, Url)>,
    background: Background,
}

impl Announcer {
    /// Posts to `webhook`, if there is one, in the background.
    pub fn new(webhook: Option<Url>, background: Background) -> Result<Self, ClientError> {
        let webhook = match webhook {
            Some(url) => Some((http::client(TIMEOUT)?, url)),
            None => None,
        };
        Ok(Self { webhook, background })
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
        // A slow webhook delays no run.
        self.background.spawn(async move {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::State;
    use axum::routing::post;
    use jiff::Timestamp;
    use tokio::sync::mpsc;

    use super::*;
    use crate::ports::AlertKind;

    fn alert() -> Alert {
        Alert {
            key: "operator/x".into(),
            kind: AlertKind::WeekMissing,
            severity: Severity::Warning,
            user: None,
            at: Timestamp::UNIX_EPOCH,
            text: "Discover Weekly of 2026-W47 has been seen nowhere yet.".into(),
            acknowledged: None,
        }
    }

    #[tokio::test]
    async fn a_webhook_gets_one_body_that_discord_slack_and_ntfy_understand() {
        let (tell, mut heard) = mpsc::unbounded_channel();
        let take = |State(tell): State<Arc<mpsc::UnboundedSender<String>>>, body: String| async move {
            let _ = tell.send(body);
        };
        let app = Router::new().route("/hook", post(take)).with_state(Arc::new(tell));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let background = Background::default();
        let announcer = Announcer::new(Some(url.parse().unwrap()), background.clone()).unwrap();
        announcer.notify(&alert()).await;
        background.idle().await;
        let body: serde_json::Value = serde_json::from_str(&heard.recv().await.unwrap()).unwrap();
        assert_eq!(body["message"], alert().text);
        for field in ["content", "text"] {
            assert_eq!(body[field], format!("Reprise: {}", alert().text), "{field}");
        }
    }

    #[tokio::test]
    async fn a_webhook_that_is_gone_delays_nothing() {
        let announcer =
            Announcer::new(Some("http://127.0.0.1:9/gone".parse().unwrap()), Background::default()).unwrap();
        announcer.notify(&alert()).await;
    }
}
