//! The figures of `docs/BENCH.md` for the stack on AWS.

use std::fmt::Write as _;

use super::bill::amounts;
use super::counts::{Counts, Spread, Starts, Tick};
use super::drain::{Drain, Settings, Stage};
use super::page::{few, grouped, table, usd};
use super::prices::Aws;
use super::template::Template;

/// So many are to be handed over and worked on in [`MINUTES`], by calculation.
const MANY: f64 = 100_000.0;

const MINUTES: f64 = 5.0;

/// What a dispatcher keeps back of its time.
const KEPT_BACK: f64 = 2.0;

/// Megabytes as file systems count them.
const MIB: f64 = 1024.0 * 1024.0;

/// The figures.
pub fn figures(aws: &Aws, template: &Template, counts: &Counts) -> String {
    let mut text = format!("\n{}\n", counts.machine);
    starts(&mut text, counts);
    zips(&mut text, counts);
    ticks(&mut text, aws, template, counts);
    drains(&mut text, aws, template, counts);
    text.push('\n');
    text
}

fn told(spread: Spread) -> String {
    format!("{} ({}–{})", few(spread.median), few(spread.least), few(spread.most))
}

fn starts(text: &mut String, counts: &Counts) {
    let of = |name: &str| counts.starts.get(name).copied().unwrap_or_default();
    let (web, archive) = (of("web"), of("archive"));
    let (clients, bare) = (of("floor-clients"), of("floor-bare"));
    let _ = writeln!(text, "\n**Starts of a function, {} of each**\n", grouped(web.times));
    let heads = ["web", "archive", "floor: our clients", "floor: bare", "web ÷ clients", "archive ÷ clients"];
    table(text, &["median (least–most)"], heads.map(str::to_owned));
    let mut row = |what: &str, of: &dyn Fn(&Starts) -> Spread| {
        let all = [web, archive, clients, bare].map(|starts| told(of(&starts)));
        let ratio = |ours: &Starts| few(of(ours).median / of(&clients).median);
        let _ = writeln!(text, "| {what} | {} | {} | {} |", all.join(" | "), ratio(&web), ratio(&archive));
    };
    row("from the start to the first question for work, ms", &|starts| starts.init_ms);
    row("resident memory then, MiB", &|starts| starts.resident_mib);
    row("of it, its share of what is shared, MiB", &|starts| starts.proportional_mib);
    row("the first event, ms", &|starts| starts.first_event_ms);
    row("resident memory after it, MiB", &|starts| starts.after_event_mib);
    let _ = writeln!(
        text,
        "| requests to KMS by one process, at most | {} | {} | – | – | – | – |",
        grouped(web.kms_requests),
        grouped(archive.kms_requests),
    );
    let _ = writeln!(
        text,
        "\nWanted: both ratios of start and of memory then at most 2, and at most 2 requests to KMS. The first event is a page that anybody may see for `web`, a tick that finds nobody for `archive`, nothing for the floors; the requests to KMS are the most of any process of the whole run."
    );
    let tls = counts.first_tls;
    let _ = writeln!(text, "\n**First use of randomness and TLS in a process, ms**\n");
    table(text, &["the first random bytes", "the first handshake, both sides"], ["the second".to_owned()]);
    let (random, first) = (told(tls.randomness_ms), told(tls.first_handshake_ms));
    let _ = writeln!(text, "| {random} | {first} | {} |", told(tls.second_handshake_ms));
}

fn zips(text: &mut String, counts: &Counts) {
    let _ = writeln!(text, "\n**What is uploaded, zipped**\n");
    for (architecture, bytes) in &counts.zips {
        match bytes {
            Some(bytes) => {
                let _ =
                    writeln!(text, "- {architecture}: {} bytes, {} MiB", grouped(*bytes), few(bytes / MIB));
            }
            None => {
                let _ = writeln!(text, "- {architecture}: could not be built here");
            }
        }
    }
}

fn ticks(text: &mut String, aws: &Aws, template: &Template, counts: &Counts) {
    let _ = writeln!(text, "\n**One tick of a fresh dispatcher, on this machine**\n");
    table(text, &["due at once"], counts.ticks.keys().map(|count| grouped(f64::from(*count))));
    let mut row = |what: &str, of: &dyn Fn(f64, &Tick) -> f64| {
        let cells: Vec<String> =
            counts.ticks.iter().map(|(count, tick)| few(of(f64::from(*count), tick))).collect();
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    };
    row("seconds until all are handed over", &|_, tick| tick.run.wall_ms / 1000.0);
    row("processor time of it, s", &|_, tick| tick.run.cpu_ms / 1000.0);
    row("read units", &|_, tick| tick.run.read_units);
    row("write units", &|_, tick| tick.run.write_units);
    row("messages", &|_, tick| tick.messages);
    row("requests to SQS", &|_, tick| tick.run.sqs_requests);
    row("for each: read units", &|count, tick| tick.run.read_units / count);
    row("for each: write units", &|count, tick| tick.run.write_units / count);
    row("for each: processor time, ms", &|count, tick| tick.run.cpu_ms / count);
    let mut dollars = |what: &str, of: &dyn Fn(f64, &Tick) -> f64| {
        let cells: Vec<String> =
            counts.ticks.iter().map(|(count, tick)| usd(of(f64::from(*count), tick))).collect();
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    };
    let price = |tick: &Tick| amounts(aws, &tick.run, template.archive_mb).usd(aws);
    dollars("dollars", &|_, tick| price(tick));
    dollars("dollars for each thousand", &|count, tick| price(tick) / count * 1000.0);
    let _ = writeln!(
        text,
        "\nWanted: 10,000 in at most 20 s, and a cost that is linear. No Scan was sent; the run fails if one is. The emulated DynamoDB shares the cores."
    );
}

fn drains(text: &mut String, aws: &Aws, template: &Template, counts: &Counts) {
    let default = Settings {
        archive_mb: template.archive_mb,
        workers: template.workers,
        partitions: template.partitions,
        dispatcher_seconds: template.dispatcher_seconds - KEPT_BACK,
        tick_minutes: template.tick_minutes,
        is_warm: false,
    };
    let large = Settings {
        archive_mb: aws.large.archive_mb,
        workers: aws.large.workers,
        tick_minutes: aws.large.tick_minutes,
        is_warm: true,
        ..default
    };
    for (title, settings) in [("settings for very many", large), ("the defaults", default)] {
        let drain = Drain::of(aws, counts, settings, MANY);
        let _ = writeln!(
            text,
            "\n**{} due at once, by calculation, with {title}** (`ArchiveMemory` {}, `WorkerConcurrency` {}, a tick every {} min)\n",
            grouped(MANY),
            grouped(settings.archive_mb),
            grouped(settings.workers),
            grouped(settings.tick_minutes),
        );
        table(text, &["", "arithmetic"], ["seconds".to_owned()]);
        rows(text, &drain.handing_over);
        let handed = drain.hand_over_seconds();
        let _ = writeln!(
            text,
            "| **handed over** | the sum, as if nothing went side by side | **{}** |",
            few(handed)
        );
        rows(text, &drain.working);
        let _ = writeln!(
            text,
            "| **done** | handed over, then run; or, if that is longer, what the table lets through | **{}** |",
            few(drain.seconds())
        );
    }
    let _ = writeln!(
        text,
        "\nWanted: {} in less than {MINUTES} minutes. Limits and their sources: [aws.json](../tests/bench/stack/aws.json). What is worked on is what the heaviest tick of the measured week was made of, when the lists had turned. A new table has room for {} writes a second and grows to twice its last peak within half an hour; one can be warmed to its quota beforehand.",
        grouped(MANY),
        grouped(aws.limit("new_table_writes")),
    );
}

fn rows(text: &mut String, stages: &[Stage]) {
    for Stage { what, how, seconds } in stages {
        let _ = writeln!(text, "| {what} | {how} | {} |", few(*seconds));
    }
}
