//! The plain script as a child process.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spotify_sim::{Client, Sim, World};

use crate::proc;
use crate::spent::{Spent, counted};

const SCOPES: [&str; 3] = ["playlist-read-private", "playlist-modify-private", "playlist-modify-public"];

/// The script, and where it finds its logins.
#[derive(Debug)]
pub(crate) struct Plain<'a> {
    pub(crate) python: &'a Path,
    pub(crate) script: &'a Path,
    pub(crate) logins: PathBuf,
    pub(crate) spotify: String,
}

/// One run of the script.
#[derive(Debug)]
pub(crate) struct Ran {
    /// From its start until its first listener's turn.
    pub(crate) startup: Duration,
    /// Memory at that moment, and the most until the end, in kilobytes.
    pub(crate) idle_kb: f64,
    pub(crate) peak_kb: f64,
    pub(crate) spent: Spent,
}

impl Plain<'_> {
    /// Runs it for some listeners, with logins whose access token has run out, as a week later it has.
    pub(crate) fn run(&self, sim: &Sim, names: &[String], threads: usize) -> Ran {
        self.log_in(sim, names);
        sim.reset_counts();
        let began = Instant::now();
        let mut child = Command::new(self.python)
            .arg(self.script)
            .args([self.spotify.as_str(), &self.logins.display().to_string()])
            .args(["--threads", &threads.to_string()])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = said(&mut lines, "ready");
        let startup = began.elapsed();
        let turn = Instant::now();
        let spotify_before = proc::cpu_ms(std::process::id());
        let done = said(&mut lines, "done");
        let (calls, refreshes) = counted(sim);
        let spent = Spent {
            listeners: crate::count(names.len()),
            wall: turn.elapsed(),
            cpu_ms: number(&done, "cpu_ms") - number(&ready, "cpu_ms"),
            spotify_cpu_ms: proc::cpu_ms(std::process::id()) - spotify_before,
            calls,
            refreshes,
        };
        assert!(child.wait().expect("it ends").success(), "the plain script failed");
        Ran { startup, idle_kb: number(&ready, "rss_kb"), peak_kb: number(&done, "peak_kb"), spent }
    }

    fn log_in(&self, sim: &Sim, names: &[String]) {
        sim.add_client(Client::new("plain", "plain-secret", World::Extended));
        let _ = std::fs::remove_dir_all(&self.logins);
        std::fs::create_dir_all(&self.logins).expect("a directory");
        for name in names {
            let tokens = sim.mint("plain", name, &SCOPES).expect("a listener");
            let login = json!({
                "access_token": tokens.access, "refresh_token": tokens.refresh, "token_type": "Bearer",
                "scope": SCOPES.join(" "), "expires_in": 3600, "expires_at": 0,
            });
            std::fs::write(self.logins.join(format!("{name}.json")), login.to_string()).expect("a file");
        }
    }
}

fn said(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> Value {
    let line = lines.next().and_then(Result::ok).unwrap_or_default();
    let told = line.strip_prefix(word).unwrap_or_else(|| panic!("the script ended before {word}"));
    serde_json::from_str(told).expect("JSON")
}

fn number(told: &Value, name: &str) -> f64 {
    told[name].as_f64().expect("a number")
}
