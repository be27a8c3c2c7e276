//! `make bench`: the release binary against the simulated Spotify, and beside it, in the same run, a
//! plain spotipy script for as many listeners. Prints a Markdown table; asserts that everybody's week
//! was archived, and nothing about time.

mod house;
mod plain;
mod proc;
mod spent;
mod table;
mod weeks;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use reprise_domain::time::{days, hours, later};
use reprise_tests::process::{Said, Server};
use spotify_sim::{Act, Fault, FaultKind, Sim, User};

use crate::house::{House, assert_archived, environment};
use crate::plain::{Plain, Ran};
use crate::table::Samples;
use crate::weeks::{Crowd, THREADS, Weeks};

/// The Sunday before: everybody signs up.
const START: &str = "2026-11-22T18:00:00Z";

/// The first turn that is measured.
const FIRST_TURN: &str = "2026-11-23T00:00:00Z";

/// The week from which a year's archive is measured.
const LATE_WEEK: u32 = 52;

/// Consent ends after half a year, so that listeners renew it in these weeks.
const CONSENT_WEEKS: [u32; 2] = [20, 40];

/// How long each answer of Spotify takes where that is simulated.
const ANSWER_MS: u64 = 50;

/// What is measured, and how much of it.
struct Args {
    binary: PathBuf,
    python: PathBuf,
    script: PathBuf,
    dir: PathBuf,
    /// Listeners who are due at once.
    crowd: usize,
    /// Listeners of the weeks that are measured again and again.
    some: usize,
    /// Listeners with a year's archive.
    few: usize,
    /// Weeks measured.
    weeks: usize,
    /// Starts measured.
    starts: usize,
}

impl Args {
    fn read() -> Self {
        let all: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            let at = all.iter().position(|arg| arg == name)?;
            all.get(at + 1).cloned()
        };
        let path = |name: &str| {
            value(name).map_or_else(|| panic!("{name} is missing: run tests/bench/run"), PathBuf::from)
        };
        let quick = all.iter().any(|arg| arg == "--quick");
        let number = |name: &str, usual: usize, quickly: usize| {
            value(name).map_or(if quick { quickly } else { usual }, |text| text.parse().expect("a number"))
        };
        Self {
            binary: path("--binary"),
            python: path("--python"),
            script: path("--script"),
            dir: path("--dir"),
            crowd: number("--listeners", 1000, 50),
            some: number("--some", 200, 20),
            few: number("--few", 10, 4),
            weeks: number("--weeks", 3, 2),
            starts: number("--starts", 10, 3),
        }
    }
}

#[tokio::main]
async fn main() {
    let args = Args::read();
    let began = Instant::now();
    let before = load();
    table::print(&format!("{}\n", machine(&args)));
    starts(&args).await;
    crowd(&args, args.some, args.weeks).await;
    crowd(&args, args.crowd, 1).await;
    year(&args).await;
    table::print(&format!(
        "\nMedians, with least and most where they differ; {} starts. The run took {} s; load average before it {before}, after it {}.\n",
        args.starts,
        began.elapsed().as_secs(),
        load(),
    ));
}

/// Start-up and memory of a new installation, and of the script without listeners.
async fn starts(args: &Args) {
    progress("starts");
    let sim = Sim::new(spotify_sim::SimConfig::default());
    let spotify = sim.serve(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let [mut first, mut again, mut idle, mut theirs, mut their_idle] =
        std::array::from_fn(|_| Samples::default());
    let plain = plain(args, spotify.url());
    for _ in 0..args.starts {
        let dir = tempfile::tempdir_in(&args.dir).expect("a directory");
        let env = environment(&spotify.url(), dir.path());
        for samples in [&mut first, &mut again] {
            let began = Instant::now();
            let server = Server::start_from(&args.binary, &env, &Said::default()).await.expect("a server");
            samples.push(began.elapsed().as_secs_f64() * 1000.0);
            let pid = server.pid().expect("a running server");
            proc::settle(pid);
            idle.push(proc::memory_kb(pid, "VmRSS") / 1024.0);
            server.kill().await;
        }
        let Ran { startup, idle_kb, .. } = plain.run(&sim, &[], 1);
        theirs.push(startup.as_secs_f64() * 1000.0);
        their_idle.push(idle_kb / 1024.0);
    }
    let size = std::fs::metadata(&args.binary).expect("the binary").len();
    let size = f64::from(u32::try_from(size / 1024).unwrap_or(u32::MAX)) / 1024.0;
    table::part("Start, size, rest");
    table::row("start-up, new installation, ms", &first, &theirs);
    table::row("start-up, existing installation, ms", &again, &theirs);
    table::row("memory at rest, nobody signed up, MiB", &idle, &their_idle);
    table::row("release binary, MiB", &[size].into_iter().collect(), &Samples::default());
}

/// Many listeners whose lists turn at the same hour.
async fn crowd(args: &Args, size: usize, count: usize) {
    progress(&format!("{size} listeners sign up"));
    let mut house = House::build(&args.binary, &args.dir, START, 3).await;
    let people = Crowd::of(size);
    let plain = plain(args, house.spotify.url());
    people.all().for_each(|name| house.sim.add_user(User::new(name)));
    let signed_up = house.sign_in(&people.ours).await;
    let verified = house.measure(hours(1), size).await;
    house.assert_all_done().await;
    assert_archived(&house.sim, &people.ours);
    let first = plain.run(&house.sim, &people.plain, 1).spent;
    plain.run(&house.sim, &people.threaded, THREADS);
    let mut weeks = Weeks::default();
    let turn = FIRST_TURN.parse().expect("an instant");
    weeks.live(&mut house, &plain, &people, turn, count).await;
    table::part(&format!("{size} listeners due at once, {}", times(count)));
    weeks.tell_speed();
    weeks.tell_work();
    weeks.tell_memory();
    let once = |value: f64| Samples::from_iter([value]);
    table::row(
        "sign-ups per second, first week included",
        &once(signed_up.per_second()),
        &Samples::default(),
    );
    table::row(
        "Web API calls for sign-up, checklist and first week",
        &once((signed_up.calls + verified.calls) / first.listeners),
        &once(first.calls / first.listeners),
    );
    weeks.tell_calls();
}

fn times(weeks: usize) -> String {
    if weeks == 1 { "one week".to_owned() } else { format!("{weeks} weeks") }
}

/// A few listeners after a year, whose archives are long; then the same with answers that take time.
async fn year(args: &Args) {
    progress(&format!("{} listeners live through a year", args.few));
    let mut house = House::build(&args.binary, &args.dir, START, 4).await;
    let people = Crowd::of(args.few);
    let plain = plain(args, house.spotify.url());
    people.all().for_each(|name| house.sim.add_user(User::new(name)));
    house.sign_in(&people.ours).await;
    let mut turn = FIRST_TURN.parse().expect("an instant");
    house.pass_until(later(turn, hours(2))).await;
    let mut of_a_year = Samples::default();
    for week in 3..LATE_WEEK {
        of_a_year.push(house.measure(days(7), args.few).await.calls / count(args.few));
        turn = later(turn, days(7));
        if CONSENT_WEEKS.contains(&week) {
            house.sign_in(&people.ours).await;
        }
    }
    // The script's archives as a year of it would have left them.
    for name in people.of_plain() {
        let weekly = house.sim.truth(name).expect("a listener").discover_weekly;
        let mut uris = Vec::new();
        for entry in weekly.generations.into_iter().flat_map(|generation| generation.entries) {
            uris.extend(entry.uri.filter(|uri| !uris.contains(uri)));
        }
        let create = Act::Create { name: "Discover Weekly Archive".to_owned(), uris };
        house.sim.act(name, &create).expect("a playlist");
    }
    let mut weeks = Weeks::default();
    turn = weeks.live(&mut house, &plain, &people, later(turn, days(7)), args.weeks).await;
    let held = weeks.held().median().unwrap_or(0.0).round();
    table::part(&format!(
        "{} listeners from their {LATE_WEEK}nd week, archives of {held} tracks, {}",
        args.few,
        times(args.weeks)
    ));
    weeks.tell_speed();
    weeks.tell_work();
    weeks.tell_calls();
    weeks.tell_whole_week(&of_a_year);
    house.sim.faults().add(Fault::always("*", FaultKind::Slow { ms: ANSWER_MS }));
    let mut slow = Weeks::default();
    slow.live(&mut house, &plain, &people, turn, 1).await;
    table::part(&format!(
        "{} listeners, the week after, every answer of Spotify taking {ANSWER_MS} ms (measured once)",
        args.few
    ));
    slow.tell_speed();
}

fn plain(args: &Args, spotify: String) -> Plain<'_> {
    Plain { python: &args.python, script: &args.script, logins: args.dir.join("logins"), spotify }
}

/// The machine and what ran on it.
fn machine(args: &Args) -> String {
    let cpu = proc::told("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = proc::told("/proc/meminfo", "MemTotal").unwrap_or_default();
    let spotipy = ["-c", "from importlib.metadata import version; print(version('spotipy'))"];
    format!(
        "Machine: {cpu}, {cores} cores, memory {memory}, {}; {}; {}, spotipy {}; commit {}.",
        said_by(Path::new("uname"), &["-sr"]),
        said_by(Path::new("rustc"), &["--version"]),
        said_by(&args.python, &["--version"]),
        said_by(&args.python, &spotipy),
        said_by(Path::new("git"), &["describe", "--always", "--dirty"]),
    )
}

fn said_by(program: &Path, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(|_| "?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

pub(crate) fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

pub(crate) fn progress(what: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {what}");
}
