//! The clock of a simulator in another process: it pushes time, we say when we are idle.
//!
//! The simulator moves time only while every process is idle, and to the next alarm at most, so a
//! year passes in seconds and nothing is ever late.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_domain::time::{Mark, days};
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use url::Url;

use crate::ports::Clock;
use crate::spotify::http::{self, ClientError};

/// What the simulator says of its clocks.
#[derive(Debug, Clone, Deserialize)]
struct Reading {
    seq: u64,
    wall_ms: i64,
    uptime_ms: u64,
    boot_id: String,
}

/// Why a simulator's clock cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum NoClock {
    /// There is no HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The simulator does not answer, or says no.
    #[error("the test clock does not answer")]
    Silent(#[from] reqwest::Error),
    /// What it says is no time.
    #[error("the test clock at {0} tells no time")]
    Ended(Url),
}

/// Follows a simulator; ends the process when the simulator is gone.
pub struct SimulatedClock {
    http: Client,
    base: Url,
    process: String,
    latest: watch::Receiver<Reading>,
}

impl SimulatedClock {
    /// Takes part in the simulator's time from now on.
    pub async fn follow(base: &Url) -> Result<Arc<Self>, NoClock> {
        // The stream lives as long as we do.
        let http = http::client(days(365))?;
        let process = format!("reprise-{}", std::process::id());
        let mut watch_url = base.clone();
        watch_url.set_path("/_sim/clock/watch");
        watch_url.query_pairs_mut().append_pair("process", &process);
        let mut stream = http.get(watch_url).send().await?.error_for_status()?;
        let mut lines = Lines::default();
        let first = loop {
            let chunk = stream.chunk().await?.ok_or_else(|| NoClock::Ended(base.clone()))?;
            if let Some(reading) = lines.newest(&chunk) {
                break reading;
            }
        };
        let (tell, latest) = watch::channel(first);
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = stream.chunk().await {
                if let Some(reading) = lines.newest(&chunk) {
                    tell.send_replace(reading);
                }
            }
            // Without its clock a test's process would stand still for ever.
            std::process::exit(3);
        });
        Ok(Arc::new(Self { http, base: base.clone(), process, latest }))
    }

    /// Says that something other than time has woken us, before anybody hears of it.
    pub async fn busy(&self) {
        self.post("/_sim/clock/busy", &json!({ "process": self.process })).await;
    }

    /// Says that only something other than time will wake us.
    pub async fn idle(&self) {
        self.post("/_sim/clock/sleep", &json!({ "process": self.process, "until_ms": null })).await;
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> Option<serde_json::Value> {
        let url = self.base.join(path).ok()?;
        let answer = self.http.post(url).json(body).send().await.ok()?;
        answer.json().await.ok()
    }
}

/// Whole lines out of chunks.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn newest(&mut self, chunk: &[u8]) -> Option<Reading> {
        self.0.extend_from_slice(chunk);
        let end = self.0.iter().rposition(|byte| *byte == b'\n')?;
        let whole: Vec<u8> = self.0.drain(..=end).collect();
        whole.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice(line).ok())
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.latest.borrow().wall_ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn mark(&self) -> Mark {
        let reading = self.latest.borrow().clone();
        let wall = Timestamp::from_millisecond(reading.wall_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        Mark { wall, uptime_ms: reading.uptime_ms, boot: reading.boot_id }
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut latest = self.latest.clone();
        loop {
            let seen = latest.borrow_and_update().seq;
            if self.now() >= at {
                return;
            }
            let body = json!({ "process": self.process, "until_ms": at.as_millisecond(), "seq": seen });
            let due = self.post("/_sim/clock/sleep", &body).await.and_then(|answer| answer["due"].as_bool());
            if due != Some(true) && latest.changed().await.is_err() {
                return;
            }
            if due == Some(true) && latest.borrow().seq == seen {
                // Time has moved, and the line that says so is on its way.
                let _ = latest.changed().await;
            }
        }
    }
}
