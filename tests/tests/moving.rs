//! Moving house: files and tables left for one another, record by record, with the real binary killed
//! on the way, and the archive going on where it arrives.
#![expect(clippy::unwrap_used, reason = "a move that cannot go on has failed")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use reprise_aws::Aws;
use reprise_core::Core;
use reprise_core::moving::{self, Passphrase};
use reprise_core::testing::TestClock;
use reprise_core::testing::inventory::{core, furnish, inventory, memory_core};
use reprise_domain::time::{days, hours};
use reprise_sql::{LocalKeyFile, SqlStore};
use reprise_tests::cloud::{Cloud, Door, Waits};
use reprise_tests::listener::Listener;
use reprise_tests::process::binary;
use reprise_tests::trial::{Difference, Trial, compare};
use spotify_sim::{ClockMode, Sim, SimConfig, SimServer, User, World};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const START: &str = "2026-11-16T06:00:00Z";
const PASSPHRASE: &str = "four words are enough";

type Records = BTreeMap<String, String>;

#[track_caller]
fn assert_same(left: &Records, arrived: &Records) {
    let names = left.keys().chain(arrived.keys());
    let differences: Vec<_> = names
        .filter(|name| left.get(*name) != arrived.get(*name))
        .map(|name| format!("{name}: {:?} / {:?}", left.get(name), arrived.get(name)))
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// A clock at which nobody waits.
fn clock() -> TestClock {
    TestClock::at(START)
}

/// Carries a copy from one core to another and opens it there; answers how many records there were.
async fn carry(from: &Core, to: &Core) -> u64 {
    let passphrase = Passphrase::new(PASSPHRASE);
    let mut file = Vec::new();
    let packed = moving::export(from, &passphrase, 10, false, &mut file, &mut |_| {}).await.unwrap();
    let unpacked = moving::import(to, &passphrase, &mut Cursor::new(&file), &mut |_| {}).await.unwrap();
    assert_eq!(unpacked.counts, packed.counts);
    assert_eq!(unpacked.already, 0);
    assert!(moving::open(to).await.unwrap().is_open());
    packed.counts.total()
}

/// An installation in two files, which the binary may open as well.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The core of the binary's making, but at rest.
    async fn core(&self) -> (SqlStore, Core) {
        let address = format!("sqlite:{}", self.path("reprise.db").display());
        let store = SqlStore::open(&address).await.unwrap();
        let key = LocalKeyFile::open_or_create(self.path("reprise.key")).unwrap();
        (store.clone(), core(store, &clock(), Arc::new(key), "standalone"))
    }

    async fn furnished(seed: u64, listeners: usize) -> Self {
        let files = Self::new();
        let (store, core) = files.core().await;
        furnish(&core, seed, listeners).await;
        store.close().await;
        files
    }

    async fn inventory(&self) -> Records {
        let (store, core) = self.core().await;
        let records = inventory(&core).await;
        store.close().await;
        records
    }
}

/// An installation in a table and a key.
struct Table {
    door: Door,
}

impl Table {
    /// An empty one, in an account that nobody else has.
    async fn new() -> Self {
        let (_, address) = reprise_aws::testing::store().await;
        Self { door: Cloud::before(&address, "unused").door(Waits::default()).await }
    }

    fn core(&self) -> Core {
        let aws = Aws::at_endpoint(&self.door.url);
        core(aws.store("reprise", 16), &clock(), Arc::new(aws.key_wrap("key", "stack")), "stack")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_memory_into_files_and_back() {
    for seed in 0..5 {
        let memory = memory_core(&clock(), 1, "here");
        furnish(&memory, seed, 5).await;
        let files = Files::new();
        let (_store, at_rest) = files.core().await;
        assert!(carry(&memory, &at_rest).await > 50);
        let left = inventory(&memory).await;
        assert_same(&left, &inventory(&at_rest).await);
        let back = memory_core(&clock(), 2, "elsewhere");
        carry(&at_rest, &back).await;
        assert_same(&inventory(&at_rest).await, &inventory(&back).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_files_into_a_table_and_back() {
    for seed in 5..9 {
        let files = Files::furnished(seed, 5).await;
        let (_store, at_rest) = files.core().await;
        let table = Table::new().await;
        let deployed = table.core();
        assert!(carry(&at_rest, &deployed).await > 50);
        assert_same(&inventory(&at_rest).await, &inventory(&deployed).await);
        let again = Files::new();
        let (_store, back) = again.core().await;
        carry(&deployed, &back).await;
        assert_same(&inventory(&deployed).await, &inventory(&back).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_page_by_page_and_without_a_scan() {
    let memory = memory_core(&clock(), 1, "here");
    furnish(&memory, 9, 45).await;
    let table = Table::new().await;
    let deployed = table.core();
    carry(&memory, &deployed).await;
    let third = memory_core(&clock(), 3, "third");
    carry(&deployed, &third).await;
    assert_same(&inventory(&deployed).await, &inventory(&third).await);
    let used = format!("{:?}", table.door.used());
    assert!(!used.contains("Scan"), "{used}");
}

/// What every run of the binary is told: a simulated Spotify whose time stands still, and a passphrase.
struct Street {
    sim: Sim,
    spotify: SimServer,
}

/// How a command ended.
#[derive(Debug)]
enum End {
    Said(String),
    Complained(String),
    Killed,
}

impl Street {
    async fn new() -> Self {
        let sim = Sim::new(SimConfig {
            start: START.parse().unwrap(),
            mode: ClockMode::Pushed,
            ..SimConfig::default()
        });
        let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { sim, spotify }
    }

    fn common(&self) -> Vec<(String, String)> {
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

    fn files(&self, files: &Files) -> Vec<(String, String)> {
        let mut env = self.common();
        env.push(("REPRISE_DATA_DIR".to_owned(), files.dir.path().display().to_string()));
        env
    }

    fn table(&self, table: &Table) -> Vec<(String, String)> {
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

async fn run(env: &[(String, String)], args: &[&str]) -> End {
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

async fn ok(env: &[(String, String)], args: &[&str]) -> String {
    match run(env, args).await {
        End::Said(said) => said,
        other => panic!("{args:?}: {other:?}"),
    }
}

async fn refused(env: &[(String, String)], args: &[&str]) -> String {
    match run(env, args).await {
        End::Complained(said) => said,
        other => panic!("{args:?}: {other:?}"),
    }
}

fn killed_at(env: &[(String, String)], place: &str) -> Vec<(String, String)> {
    let mut env = env.to_vec();
    env.push(("REPRISE_TEST_KILL".to_owned(), place.to_owned()));
    env
}

/// Where an import is killed, one death after the other: later each time, and at the very end.
const DEATHS: [&str; 8] = [
    "moving.arriving:1",
    "moving.stored:1",
    "moving.stored:2",
    "moving.stored:9",
    "moving.stored:17",
    "moving.stored:25",
    "moving.brought:1",
    "moving.settled:1",
];

/// Brings `file` in, killed again and again; in between nothing may be done there.
async fn import_through_deaths(env: &[(String, String)], file: &str) {
    for place in DEATHS {
        let end = run(&killed_at(env, place), &["import", "--all", file]).await;
        assert!(matches!(end, End::Killed), "{place}: {end:?}");
        if place != "moving.settled:1" {
            let said = refused(env, &["invite", "--admin"]).await;
            assert!(said.contains("an import was interrupted"), "{place}: {said}");
            let said = refused(env, &["import", "--open", "--yes"]).await;
            assert!(said.contains("an import was interrupted"), "{place}: {said}");
        }
    }
    let said = ok(env, &["import", "--all", file]).await;
    assert!(said.contains("all of it was brought in before"), "{said}");
}

/// The summary's lines, which both ends must agree on.
fn counts(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.starts_with("  ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_in_files_although_everything_dies() {
    let street = Street::new().await;
    let (old, new) = (Files::furnished(21, 14).await, Files::new());
    let file = old.path("house.reprise").display().to_string();
    let (from, to) = (street.files(&old), street.files(&new));
    for place in ["moving.packed:1", "moving.packed:13"] {
        let end = run(&killed_at(&from, place), &["export", "--all", &file]).await;
        assert!(matches!(end, End::Killed), "{place}: {end:?}");
        assert!(!old.path("house.reprise").exists(), "a file without its end has no name");
        // What the dead one held is free again when its lease is over.
        street.sim.clock().advance_by(hours(1), Duration::from_secs(20)).await.unwrap();
    }
    let exported = ok(&from, &["export", "--all", &file]).await;
    assert!(exported.contains("the file is a copy"), "{exported}");
    import_through_deaths(&to, &file).await;
    let said = ok(&to, &["import", "--all", &file]).await;
    assert_eq!(counts(&exported), counts(&said));
    assert!(counts(&said).iter().any(|line| line.trim() == "14  listeners with their consent"), "{said}");
    assert_same(&old.inventory().await, &new.inventory().await);
    // A copy waits for a word.
    let said = refused(&to, &["serve"]).await;
    assert!(said.contains("waits to be opened"), "{said}");
    let said = refused(&to, &["import", "--open"]).await;
    assert!(said.contains("say so with --yes"), "{said}");
    ok(&to, &["import", "--open", "--yes"]).await;
    ok(&to, &["invite"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_in_a_table_and_come_back_although_everything_dies() {
    let street = Street::new().await;
    let (old, table, back) = (Files::furnished(22, 14).await, Table::new().await, Files::new());
    let (from, deployed, to) = (street.files(&old), street.table(&table), street.files(&back));
    let (out, home) = (old.path("out.reprise"), old.path("home.reprise"));
    let (out, home) = (out.display().to_string(), home.display().to_string());
    let exported = ok(&from, &["export", "--all", &out]).await;
    import_through_deaths(&deployed, &out).await;
    assert_same(&old.inventory().await, &inventory(&table.core()).await);
    ok(&deployed, &["import", "--open", "--yes"]).await;
    let doctor = refused(&deployed, &["doctor"]).await;
    assert!(doctor.contains("checks failed"), "some listeners must consent again: {doctor}");
    let users = ok(&deployed, &["users", "--json"]).await;
    assert_eq!(users.lines().count(), 14);
    let said = refused(&deployed, &["keys", "rotate"]).await;
    assert!(said.contains("in KMS, which rotates it by itself"), "{said}");
    let said = refused(&deployed, &["serve"]).await;
    assert!(said.contains("its own functions serve"), "{said}");
    let returned = ok(&deployed, &["export", "--all", &home]).await;
    // Coming back, the calendar has every piece that was held while it was read.
    assert_eq!(counts(&exported).len(), counts(&returned).len());
    import_through_deaths(&to, &home).await;
    assert_same(&inventory(&table.core()).await, &back.inventory().await);
}

/// Runs an export that stops the installation, and lets the minute pass that it waits for others.
async fn leave(sim: &Sim, env: &[(String, String)], file: &str) -> String {
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

/// An installation with two listeners, a little over a week old, and the instant at which it began.
async fn a_week_old(seed: u64) -> (Trial, Vec<Listener>) {
    let mut trial = Trial::begin(World::Extended, START, seed).await;
    trial.set("REPRISE_EXPORT_PASSPHRASE", PASSPHRASE);
    let mut listeners = Vec::new();
    for name in ["ada", "bo"] {
        trial.sim.add_user(User::new(name));
        let mut listener = Listener::new(name);
        trial.sign_up(&mut listener).await;
        listeners.push(listener);
    }
    trial.pass(days(7) + hours(6)).await;
    (trial, listeners)
}

fn assert_archived_once(trial: &Trial, weeks: usize) {
    for name in ["ada", "bo"] {
        let difference = compare(&trial.readable(name, START.parse().unwrap()), &trial.archived(name));
        assert_eq!(difference, Difference::default(), "{name}");
        assert_eq!(trial.archived(name).len(), 30 * weeks, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_goes_on_where_it_arrives_and_nowhere_else() {
    let (mut trial, listeners) = a_week_old(31).await;
    let old_url = trial.url().await;
    assert_archived_once(&trial, 2);
    let file = trial.path("house.reprise");
    // The server still runs, as it may: it notices, and shows pages only.
    let said = leave(&trial.sim, trial.env(), &file).await;
    assert!(said.contains("does nothing for its listeners any more"), "{said}");
    let page = listeners[0].open(&old_url, "/settings").await.unwrap();
    let answer = listeners[0].fill_in(&old_url, &page, "/settings", &[]).await.unwrap_err();
    assert!(answer.0.contains("503"), "{}", answer.0);
    trial.pass(days(7)).await;
    for name in ["ada", "bo"] {
        assert_eq!(trial.archived(name).len(), 60, "{name}: the old house worked on");
    }
    trial.spare().await;
    let said = trial.try_run(&["serve"]).await.unwrap_err();
    assert!(said.contains("was carried away"), "{said}");
    let said = trial.try_run(&["doctor"]).await.unwrap_err();
    assert!(said.contains("checks failed") || said.contains("check failed"), "{said}");

    let _old = trial.moves();
    let said = trial.run(&["import", "--all", &file]).await;
    assert!(said.contains("works for them from now on"), "{said}");
    trial.pass(days(7) + hours(6)).await;
    assert_archived_once(&trial, 4);
    // Known listeners come in by the front door, with no link.
    let url = trial.url().await;
    for listener in &listeners {
        listener.connect(&url, "/", &trial.sim).await.unwrap();
        assert!(listener.open(&url, "/archive").await.unwrap().contains("2026-W49"));
    }
    trial.assert_no_canary();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_archives_from_a_table() {
    let (mut trial, _) = a_week_old(32).await;
    trial.spare().await;
    let file = trial.path("house.reprise");
    leave(&trial.sim, trial.env(), &file).await;
    let table = Table::new().await;
    let url = table.door.url.clone();
    for (name, value) in [
        ("DATABASE_URL", "dynamodb:reprise"),
        ("REPRISE_KEY_ID", "key"),
        ("REPRISE_DEPLOYMENT", "stack"),
        ("AWS_ENDPOINT_URL", &url),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ] {
        trial.set(name, value);
    }
    trial.run(&["import", "--all", &file]).await;
    trial.sim.clock().advance_by(days(7), Duration::from_mins(1)).await.unwrap();
    for _ in 0..4 {
        trial.run(&["archive", "run"]).await;
        // Until the next look may be taken, and what was added is read back.
        trial.sim.clock().advance_by(Duration::from_mins(10), Duration::from_mins(1)).await.unwrap();
    }
    assert_archived_once(&trial, 3);
    let status = trial.run(&["archive", "status"]).await;
    assert_eq!(status.matches("30 of 30  30 read  done").count(), 6, "{status}");
    let doctor = trial.run(&["doctor"]).await;
    assert!(doctor.contains("the table answers") && doctor.contains("listener ada"), "{doctor}");
    trial.assert_no_canary();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_or_file_says_the_way_out() {
    let street = Street::new().await;
    let (old, new) = (Files::furnished(23, 2).await, Files::new());
    let (from, to) = (street.files(&old), street.files(&new));
    let path = |name: &str| old.path(name).display().to_string();
    let file = path("house.reprise");
    ok(&from, &["export", "--all", &file]).await;
    let whole = std::fs::read(&file).unwrap();
    let spoil = |name: &str, bytes: &[u8]| {
        std::fs::write(old.path(name), bytes).unwrap();
        path(name)
    };
    let mut flipped = whole.clone();
    let middle = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(4).unwrap().0;
    flipped[middle + 9] ^= 1;
    let newer = String::from_utf8(whole.clone()).unwrap().replacen(" v1 ", " v7 ", 1);
    for (name, bytes, hint) in [
        ("cut", &whole[..whole.len() / 2], "copy the whole of it again, or export anew"),
        ("flipped", &flipped, "line 6 does not open"),
        ("newer", newer.as_bytes(), "(format v7, this one reads v1): update this one"),
        ("other", b"SQLite format 3\0", "name the file that `reprise export --all` wrote"),
    ] {
        let said = refused(&to, &["import", "--all", &spoil(name, bytes)]).await;
        assert!(said.contains(hint) && said.contains("was not brought in"), "{name}: {said}");
    }
    assert!(new.inventory().await.is_empty(), "spoiled files bring nothing");
    let mut unlike = to.clone();
    unlike.retain(|(name, _)| name != "REPRISE_EXPORT_PASSPHRASE");
    let said = refused(&unlike, &["import", "--all", &file]).await;
    assert!(said.contains("REPRISE_EXPORT_PASSPHRASE") && said.contains("--passphrase-file"), "{said}");
    let other = spoil("passphrase", b"another passphrase\n");
    let said = refused(&unlike, &["import", "--all", &file, "--passphrase-file", &other]).await;
    assert!(said.contains("this is not the file's passphrase"), "{said}");
    let short = spoil("short", b"too short");
    let said = refused(&from, &["export", "--all", &path("new"), "--passphrase-file", &short]).await;
    assert!(said.contains("at least 12"), "{said}");
    let said = refused(&from, &["export", "--all", &file]).await;
    assert!(said.contains("is there already"), "{said}");
    assert!(refused(&to, &["import"]).await.contains("--all"));
    assert!(refused(&to, &["export", "--all"]).await.contains("FILE"));
    let said = refused(&to, &["import", "--all", "/nowhere/at/all"]).await;
    assert!(said.contains("cannot be opened"), "{said}");
    // And after all that, the right one.
    let right = spoil("right", PASSPHRASE.as_bytes());
    ok(&unlike, &["import", "--all", &file, "--passphrase-file", &right]).await;
    assert_same(&old.inventory().await, &new.inventory().await);
}

/// Runs a command at a terminal of its own and types `lines` there; answers what the screen showed.
async fn at_a_terminal(env: &[(String, String)], command: &str, lines: &[&str]) -> (bool, String) {
    let command = format!("{} {command}", binary().display());
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(env.iter().filter(|(name, _)| name != "REPRISE_EXPORT_PASSPHRASE").cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux, makes a terminal");
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = String::new();
    let mut typed = 0;
    let mut bytes = [0; 4096];
    loop {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let count = screen.read(&mut bytes).await.unwrap();
        if count == 0 {
            break;
        }
        shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
        // Each question ends so, and is answered once.
        if shown.matches("): ").count() + shown.matches("again: ").count() > typed && typed < lines.len() {
            keyboard.write_all(format!("{}\n", lines[typed]).as_bytes()).await.unwrap();
            typed += 1;
        }
    }
    (child.wait().await.unwrap().success(), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_asked_for_twice_and_never_shown() {
    let street = Street::new().await;
    let old = Files::furnished(24, 1).await;
    let env = street.files(&old);
    let export = |name: &str| format!("export --all {}", old.path(name).display());
    let (done, shown) = at_a_terminal(&env, &export("typo"), &[PASSPHRASE, "four words are not"]).await;
    assert!(!done && shown.contains("two different passphrases"), "{shown}");
    assert!(!old.path("typo").exists());
    let (done, shown) = at_a_terminal(&env, &export("house"), &[PASSPHRASE, PASSPHRASE]).await;
    assert!(done && shown.contains("holds everything"), "{shown}");
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    // What was typed opens it.
    let new = Files::new();
    let house = old.path("house").display().to_string();
    ok(&street.files(&new), &["import", "--all", &house]).await;
    assert_same(&old.inventory().await, &new.inventory().await);
}
