//! A writer killed in the middle of a transaction leaves only whole ones behind.

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use jiff::Timestamp;
use reprise_core::ports::{Admission, Admitted, Invites, Role, Tokens, Tracks, Users};
use reprise_core::testing::sample::{admission, invite};
use reprise_domain::ids::TrackUri;
use reprise_domain::track::Track;
use sqlx::{Connection, SqliteConnection};

use crate::{database, noon, open};

/// Where the child finds the database, and what tells its listeners from another child's.
const DATABASE: &str = "REPRISE_TEST_DATABASE";
const NAME: &str = "REPRISE_TEST_NAME";

const TRACKS: usize = 400;

/// The child: writes until it is killed, and tells of each listener when they are stored. Without a
/// database named by its parent, the test below, it has nothing to do.
#[tokio::test]
async fn the_writer() {
    let (Some(path), Some(name)) = (env::var_os(DATABASE), env::var_os(NAME)) else { return };
    let (store, name) = (open(Path::new(&path)).await, name.into_string().unwrap());
    for number in 0.. {
        let invite = invite(&format!("{name}-{number}"), Role::Listener, noon());
        store.create_invite(&invite).await.unwrap();
        let name = format!("{name}-{number}");
        let admission = Admission { invite: Some(invite.hash), ..admission(&name, noon()) };
        assert_eq!(store.admit(&admission).await.unwrap(), Admitted::Welcome(Role::Listener));
        println!("stored {name}");
        std::io::stdout().flush().unwrap();
        // Many rows in one transaction, all with the same title: likely to be killed within.
        let tracks: Vec<_> = (0..TRACKS).map(|track_number| track(track_number, &name)).collect();
        store.put_tracks(&tracks, noon(), Timestamp::MAX).await.unwrap();
    }
}

fn uri(number: usize) -> TrackUri {
    format!("spotify:track:{number:022}").parse().unwrap()
}

fn track(number: usize, title: &str) -> Track {
    Track {
        uri: uri(number),
        title: title.to_owned(),
        artists: Vec::new(),
        album: None,
        duration_ms: None,
        isrc: None,
        cover: None,
        explicit: false,
    }
}

struct Writer {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(path: &Path, name: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "kill::the_writer", "--nocapture"])
            .env(DATABASE, path)
            .env(NAME, name)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next listener whom the child says it has stored.
    fn next_stored(&mut self) -> Option<String> {
        let stored = |line: String| line.split_once("stored ").map(|(_, name)| name.trim().to_owned());
        self.lines.by_ref().map_while(Result::ok).find_map(stored)
    }

    /// Kills it with `SIGKILL` after `count` more; answers all whom it said it had stored.
    fn kill_after(mut self, count: usize) -> Vec<String> {
        let mut stored: Vec<_> = (0..count).filter_map(|_| self.next_stored()).collect();
        assert_eq!(stored.len(), count, "the writer died by itself");
        self.child.kill().unwrap();
        while let Some(name) = self.next_stored() {
            stored.push(name);
        }
        self.child.wait().unwrap();
        stored
    }
}

async fn is_sound(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let (verdict,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut raw).await.unwrap();
    assert_eq!(verdict, "ok");
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut raw).await.unwrap();
    assert!(dangling.is_empty());
}

#[tokio::test]
async fn a_killed_writer_leaves_only_whole_transactions_and_all_it_told_of() {
    const ROUNDS: usize = 12;
    let (_folder, path) = database();
    let mut told = HashSet::new();
    for round in 0..ROUNDS {
        // Two processes write at once; they are killed one after the other.
        let [one, other] = ["a", "b"].map(|writer| Writer::start(&path, &format!("{writer}{round}")));
        told.extend(one.kill_after(1 + round % 3));
        told.extend(other.kill_after(1 + round % 2));

        let store = open(&path).await;
        let users = store.users(None, usize::MAX).await.unwrap();
        let names: HashSet<_> = users.iter().map(|user| user.spotify_id.as_str().to_owned()).collect();
        let lost: Vec<_> = told.difference(&names).collect();
        assert!(lost.is_empty(), "told of, and gone: {lost:?}");
        // Of each writer at most one was stored and not told of.
        assert!(names.len() <= told.len() + 2 * (round + 1));
        for user in &users {
            assert!(store.grant(&user.id).await.unwrap().is_some(), "{} has no grant", user.id);
        }
        let used: HashSet<_> = store.invites().await.unwrap().into_iter().filter_map(|i| i.used).collect();
        let used: HashSet<_> = used.into_iter().map(|(user, _)| user).collect();
        assert_eq!(used, users.into_iter().map(|user| user.id).collect());
        let uris: Vec<_> = (0..TRACKS).map(uri).collect();
        let tracks = store.tracks(&uris, noon()).await.unwrap();
        let titles: HashSet<_> = tracks.iter().map(|track| &track.title).collect();
        assert!(titles.len() <= 1, "half a transaction: {titles:?}");
        assert!(tracks.is_empty() || tracks.len() == TRACKS);
        store.close().await;
        is_sound(&path).await;
    }
    assert!(told.len() >= 2 * ROUNDS);
}
