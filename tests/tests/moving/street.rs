//! The binary on a street where time stands still: what it is told, and how it ends.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use reprise_core::moving;
use reprise_tests::process::binary;
use spotify_sim::{ClockMode, Sim, SimConfig, SimServer};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::homes::{Files, PASSPHRASE, START, Table};

/// What every run of the binary is told: a simulated Spotify whose time stands still, and a passphrase.
pub(crate) struct Street {
    pub(crate) sim: Sim,
    pub(crate) spotify: SimServer,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) enum End {
    Said(String),
    Complained(String),
    Killed,
}

impl Street {
    pub(crate) async fn new() -> Self {
        let sim = Sim::new(SimConfig {
            start: START.parse().unwrap(),
            mode: ClockMode::Pushed,
            ..SimConfig::default()
        });
        let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { sim, spotify }
    }

    pub(crate) fn common(&self) -> Vec<(String, String)> {
        let url = self.spotify.url();
        [
            ("SPOTIFY_CLIENT_ID", "street".to_owned()),
            ("SPOTIFY_CLIENT_SECRET", "CANARY-client-secret".to_owned()),
            ("SPOTIFY_API_URL", format!("{url}/v1")),
            ("SPOTIFY_ACCOUNTS_URL", url.clone()),
            ("REPRISE_TEST_CLOCK", url.clone()),
            ("REPRISE_BASE_URL", "http://127.0.0.1:0".to_owned()),
            ("REPRISE_EXPORT_PASSPHRASE", PASSPHRASE.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    pub(crate) fn files(&self, files: &Files) -> Vec<(String, String)> {
        let mut env = self.common();
        env.push(("REPRISE_DATA_DIR".to_owned(), files.dir.path().display().to_string()));
        env
    }

    pub(crate) fn table(&self, table: &Table) -> Vec<(String, String)> {
        let mut env = self.common();
        let more = [
            ("DATABASE_URL", "dynamodb:reprise"),
            ("REPRISE_KEY_ID", "key"),
            ("REPRISE_DEPLOYMENT", "stack"),
            ("AWS_ENDPOINT_URL", &table.door.url),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        env.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        env
    }
}

pub(crate) async fn run(env: &[(String, String)], args: &[&str]) -> End {
    let mut command = Command::new(binary());
    command.args(args).env_clear().envs(env.iter().cloned()).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!said.contains("CANARY"), "a token was said: {said}");
    match (output.status.success(), output.status.signal()) {
        (true, _) => End::Said(text(&output.stdout)),
        (false, Some(9)) => End::Killed,
        (false, Some(other)) => panic!("{args:?} died of {other}: {said}"),
        (false, None) => End::Complained(text(&output.stderr)),
    }
}

pub(crate) async fn ok(env: &[(String, String)], args: &[&str]) -> String {
    match run(env, args).await {
        End::Said(said) => said,
        other => panic!("{args:?}: {other:?}"),
    }
}

pub(crate) async fn refused(env: &[(String, String)], args: &[&str]) -> String {
    match run(env, args).await {
        End::Complained(said) => said,
        other => panic!("{args:?}: {other:?}"),
    }
}

pub(crate) fn killed_at(env: &[(String, String)], place: &str) -> Vec<(String, String)> {
    let mut env = env.to_vec();
    env.push(("REPRISE_TEST_KILL".to_owned(), place.to_owned()));
    env
}

/// Runs an export that stops the installation, and lets the minute pass that it waits for others.
pub(crate) async fn leave(sim: &Sim, env: &[(String, String)], file: &str) -> String {
    let mut child = Command::new(binary())
        .args(["export", "--all", file, "--disable"])
        .env_clear()
        .envs(env.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.contains("stops working now"), "{first}");
    sim.clock().advance_by(moving::UNDER_WAY, Duration::from_mins(1)).await.unwrap();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        said = said + &line + "\n";
    }
    assert!(child.wait().await.unwrap().success(), "{said}");
    said
}
