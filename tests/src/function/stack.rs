//! A deployed stack on loopback: a simulated Spotify, an AWS of doubles, and functions with the settings
//! that the template gives them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spotify_sim::{ClockMode, Sim, SimConfig, SimServer, World};

use super::{Config, Function, WallClock, machine_clock};
use crate::cloud::{Cloud, Door, Waits};
use crate::process::Said;

/// What the app's secret is; nothing may ever say it.
const CLIENT_SECRET: &str = "CANARY-client-secret";

/// The functions' time-outs, as in the template.
const WEB: Duration = Duration::from_secs(30);
const DISPATCHER: Duration = Duration::from_mins(1);
const WORKER: Duration = Duration::from_mins(2);

/// Everything of one stack but its processes.
pub struct Stack {
    /// Spotify.
    pub sim: Sim,
    /// AWS.
    pub cloud: Cloud,
    /// All that any process said.
    pub said: Said,
    /// Settings of every function.
    pub env: Vec<(String, String)>,
    clock: WallClock,
    /// How long an event may really take, on a simulated clock.
    patience: Option<Duration>,
    _door: Door,
    _spotify: SimServer,
}

impl Stack {
    /// A stack before the DynamoDB at `dynamodb`, whose table is there already. Time is the simulator's
    /// where that is pushed, else everybody's own.
    pub async fn open(dynamodb: &str, world: World, config: SimConfig) -> Self {
        let is_pushed = config.mode == ClockMode::Pushed;
        let sim = Sim::new(config);
        sim.welcome_any_client(world);
        let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let cloud = Cloud::before(dynamodb, CLIENT_SECRET);
        let door = cloud.door(Waits::default()).await;
        let pairs = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "CANARY-access-key"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", &door.url),
            ("REPRISE_TABLE", "reprise"),
            ("REPRISE_DUE_PARTITIONS", "16"),
            ("REPRISE_KEY_ID", "arn:aws:kms:eu-central-1:1:key/1"),
            ("REPRISE_DEPLOYMENT", "reprise"),
            ("REPRISE_DAILY_CALLS", "100000"),
            ("REPRISE_BASE_URL", ""),
            ("REPRISE_SIGNUP", "open"),
            ("REPRISE_TEST_TIMEOUT_MS", "3000"),
            ("SPOTIFY_CLIENT_ID", "stack"),
            ("SPOTIFY_CLIENT_SECRET_PARAMETER", "/reprise/spotify-client-secret"),
            ("SPOTIFY_API_URL", &format!("{}/v1", spotify.url())),
            ("SPOTIFY_ACCOUNTS_URL", &spotify.url()),
        ];
        let mut env = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (clock, patience): (WallClock, _) = if is_pushed {
            env.push(("REPRISE_TEST_CLOCK".to_owned(), spotify.url()));
            let clock = sim.clock();
            (Arc::new(move || clock.now().as_millisecond()), Some(Duration::from_mins(1)))
        } else {
            (machine_clock(), None)
        };
        Self { sim, cloud, said: Said::default(), env, clock, patience, _door: door, _spotify: spotify }
    }

    /// The function behind the address.
    pub fn web(&self) -> Function {
        self.function("web", WEB, &[])
    }

    /// The function that ticks wake.
    pub fn dispatcher(&self) -> Function {
        self.function("archive", DISPATCHER, &[("REPRISE_QUEUE_URL", "http://127.0.0.1/queue")])
    }

    /// A function that messages wake.
    pub fn worker(&self) -> Function {
        self.function("archive", WORKER, &[])
    }

    fn function(&self, role: &str, time: Duration, more: &[(&str, &str)]) -> Function {
        let mut config = Config::new(self.env.clone(), time);
        config.set("REPRISE_ROLE", role);
        for (name, value) in more {
            config.set(name, value);
        }
        config.clock = Arc::clone(&self.clock);
        config.patience = self.patience.unwrap_or(time);
        Function::new(config, &self.said)
    }

    /// No secret in anything that was said.
    ///
    /// # Panics
    ///
    /// If there is one.
    pub fn assert_no_canary(&self) {
        self.said.assert_no_canary();
    }
}

/// What a schedule sends.
pub fn tick() -> Value {
    json!({
        "version": "0", "id": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "1",
        "time": "2026-11-16T06:00:00Z", "region": "eu-central-1",
        "resources": ["arn:aws:scheduler:eu-central-1:1:schedule/default/reprise-archive"], "detail": "{}",
    })
}

/// What SQS hands a function: messages with their ids and bodies.
pub fn batch<'a>(messages: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let records = messages.into_iter().map(|(id, body)| {
        json!({
            "messageId": id, "receiptHandle": "handle", "body": body, "messageAttributes": {},
            "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1" },
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:1:reprise",
            "awsRegion": "eu-central-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// The ids of messages that a worker wants to see again.
pub fn failures(answer: &Value) -> Vec<String> {
    let failures = answer["batchItemFailures"].as_array().expect("a worker answers for its batch");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap_or_default().to_owned()).collect()
}
