//! Counts and prices as the figures of documents. Nothing in a document between two marks is written by
//! hand: `make bench` writes it, and a test computes it again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::bill::{Amounts, Bill, Used, amounts, billed_ms};
use super::counts::{Counts, Run};
use super::prices::Aws;
use super::template::Template;

/// For so many the bill is made out.
pub const USERS: [u32; 4] = [1, 5, 1_000, 100_000];

const BEGIN: &str = "<!-- figures: begin (written by make bench; edits are lost) -->\n";
const END: &str = "<!-- figures: end -->";

/// A document of `docs/`.
pub fn document(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name)
}

/// What stands between the marks of a document.
pub fn figures(name: &str) -> String {
    let (_, figures, _) = parts(name);
    figures
}

/// Puts figures between the marks of a document.
pub fn put_figures(name: &str, figures: &str) {
    let (before, _, after) = parts(name);
    let path = document(name);
    std::fs::write(&path, format!("{before}{figures}{after}"))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn parts(name: &str) -> (String, String, String) {
    let path = document(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let marks = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (figures, _) = rest.split_once(END)?;
        Some((before.len() + BEGIN.len(), figures.len()))
    });
    let (at, length) = marks.unwrap_or_else(|| panic!("{name} has no marks for figures:\n{BEGIN}{END}"));
    let (before, rest) = text.split_at(at);
    let (figures, after) = rest.split_at(length);
    (before.to_owned(), figures.to_owned(), after.to_owned())
}

/// The figures of `docs/COST.md`.
pub fn cost(aws: &Aws, template: &Template, counts: &Counts) -> String {
    let bills: Vec<Bill> = USERS.iter().map(|users| Bill::of(aws, template, counts, *users)).collect();
    let mut text = String::new();
    let _ = writeln!(text, "\n{}\n", counts.machine);
    let _ = writeln!(text, "**A month's bill, in US dollars**\n");
    table(&mut text, &["listeners who only archive"], USERS.iter().map(|users| grouped(f64::from(*users))));
    let mut row = |what: &str, of: &dyn Fn(&Bill) -> f64| {
        let cells: Vec<String> = bills.iter().map(|bill| usd(of(bill))).collect();
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    };
    let n = |bill: &Bill| f64::from(bill.users);
    row("fixed part", &|bill| bill.fixed.usd(aws));
    row("**part for each listener**", &|bill| bill.per_user.usd(aws));
    row("all listeners together", &|bill| bill.per_user.usd(aws) * n(bill));
    row("**the bill, nothing free**", &|bill| bill.total().usd(aws));
    row("**the bill, with what is free**", &|bill| bill.total().usd_beyond_free(aws));
    row("of it, the fixed part alone", &|bill| bill.fixed.usd_beyond_free(aws));
    row("a naive design, nothing free", &|bill| bill.naive_total().usd(aws));
    row("a naive design, with what is free", &|bill| bill.naive_total().usd_beyond_free(aws));
    row("it adds for each listener: a key request for each use of a token", &|bill| {
        bill.naive.key_per_use.usd(aws)
    });
    row("… a scan of the table for each tick", &|bill| bill.naive.scan_per_tick.usd(aws));
    row("… a message for each piece of work", &|bill| bill.naive.message_each.usd(aws));
    let _ = writeln!(
        text,
        "\nWanted: at most 0.001 for each listener. From its first yearly rotation on the key costs a dollar more, from its second two; that is not in it. The bill for 1 and for 5 is made from weeks of as many; for more, from the largest crowd measured. Whoever is alone shares no process: each of their runs begins one, which has the client secret and a data key opened by KMS."
    );
    priced(&mut text, aws, "The fixed part, a month", &bills[0].fixed);
    priced(&mut text, aws, "One listener of many, a month", &bills[bills.len() - 1].per_user);
    weeks(&mut text, aws, template, counts);
    apart(&mut text, aws, template, counts);
    assumed(&mut text, aws, template);
    text.push('\n');
    text
}

/// Units, price and sum of each thing that is paid for.
fn priced(text: &mut String, aws: &Aws, title: &str, used: &Amounts) {
    let _ = writeln!(text, "\n**{title}**\n");
    table(text, &["what"], ["how much", "dollars", "free each month for all"].map(str::to_owned));
    for (name, amount) in used.iter().filter(|(_, amount)| *amount > 0.0) {
        let price = aws.price(name);
        let free = if price.free > 0.0 { grouped(price.free) } else { "–".to_owned() };
        let _ = writeln!(text, "| {} | {} | {} | {free} |", price.unit, few(amount), usd(amount * price.usd));
    }
    let _ = writeln!(text, "| together | | {} | |", usd(used.usd(aws)));
}

/// What was counted in weeks of crowds, for one of each.
fn weeks(text: &mut String, aws: &Aws, template: &Template, counts: &Counts) {
    let crowds: Vec<u32> = counts.weeks.keys().copied().collect();
    let _ = writeln!(text, "\n**A listener's week, counted**\n");
    table(text, &["one of"], crowds.iter().map(|crowd| grouped(f64::from(*crowd))));
    let used: Vec<Used> = crowds.iter().map(|crowd| Used::by_one(counts, *crowd)).collect();
    let mut row = |what: &str, of: &dyn Fn(&Used) -> f64| {
        let cells: Vec<String> = used.iter().map(|used| few(of(used))).collect();
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    };
    let both = |used: &Used| used.dispatcher + used.worker;
    let seconds = |run: &Run| billed_ms(aws, run, template.archive_mb) / 1000.0;
    row("pieces of work handed over", &|used| used.claims);
    row("calls to Spotify", &|used| used.worker.spotify_calls);
    row("runs of workers", &|used| used.worker.invocations);
    row("processes begun for them", &|used| used.worker.cold_starts);
    row("read units", &|used| both(used).read_units);
    row("write units", &|used| both(used).write_units);
    row("requests to KMS", &|used| both(used).kms_requests);
    row("requests to KMS by SSM", &|used| both(used).secrets);
    row("requests to SQS, Lambda's included", &|used| {
        both(used).sqs_requests + 2.0 * used.worker.invocations
    });
    row("seconds of workers, as measured", &|used| used.worker.wall_ms / 1000.0);
    row("of these, processor time of a full core", &|used| used.worker.cpu_ms / 1000.0);
    row("seconds of workers, as billed", &|used| seconds(&used.worker));
    row("GB-seconds", &|used| amounts(aws, &both(used), template.archive_mb).of("lambda_gb_second"));
    row("bytes logged", &|used| both(used).log_bytes);
    row("bytes kept after a year", &|used| used.stored_bytes(aws));
    let _ = writeln!(
        text,
        "\nThe dispatcher counts with what it used beyond ticks that find nothing; those are in the fixed part."
    );
}

/// What is not in the bill.
fn apart(text: &mut String, aws: &Aws, template: &Template, counts: &Counts) {
    let _ = writeln!(text, "\n**Not in it, each in a fresh process**\n");
    table(text, &["what"], ["dollars", "read units", "write units", "requests to KMS"].map(str::to_owned));
    for (what, run) in
        [("a sign-up, with its checklist and first page", &counts.sign_up), ("a page", &counts.page)]
    {
        let dollars = usd(amounts(aws, run, template.web_mb).usd(aws));
        let (reads, writes) = (few(run.read_units), few(run.write_units));
        let _ = writeln!(
            text,
            "| {what} | {dollars} | {reads} | {writes} | {} |",
            few(run.kms_requests + run.secrets)
        );
    }
}

fn assumed(text: &mut String, aws: &Aws, template: &Template) {
    let _ = writeln!(
        text,
        "\n**How seconds are billed.** An emulator knows neither Spotify's pace nor AWS's, so answers are held back: {}. A run's time on this machine, which has a full core for it, is then stretched to the share of a core that {} MB bring:\n\n```text\nbilled = wall + processor time × ({core} / memory − 1) + first talks × ({} ms + {} ms × {core} / memory) + 1 ms for rounding up\n```\n",
        ["spotify", "dynamodb", "kms", "sqs", "ssm"]
            .map(|whose| format!("{whose} {} ms", aws.assumed(&format!("{whose}_ms"))))
            .join(", "),
        template.archive_mb,
        aws.assumed("connect_ms"),
        aws.assumed("connect_cpu_ms"),
        core = aws.limit("full_core_mb"),
    );
    let _ = writeln!(
        text,
        "A process begins anew with every tick, as if Lambda kept none for {} minutes. It logs {} bytes of its own for each run. Writes that a condition refuses are counted as DynamoDB bills them.",
        template.tick_minutes,
        aws.assumed("platform_log_bytes"),
    );
}

/// The head of a table whose first column is words.
pub fn table(text: &mut String, words: &[&str], numbers: impl IntoIterator<Item = String>) {
    let numbers: Vec<String> = numbers.into_iter().collect();
    let _ = writeln!(text, "| {} | {} |", words.join(" | "), numbers.join(" | "));
    let _ = writeln!(text, "|{}{}", "---|".repeat(words.len()), "---:|".repeat(numbers.len()));
}

/// A whole number with its thousands apart.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three figures that count, or whole thousands.
pub fn few(number: f64) -> String {
    let digits = match number.abs() {
        0.0 => return "0".to_owned(),
        size if size >= 100.0 => return grouped(number),
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        size if size >= 0.01 => 4,
        _ => return format!("{number:.2e}"),
    };
    let text = format!("{number:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars: cents where there are dollars, millionths where there are none.
pub fn usd(dollars: f64) -> String {
    match dollars {
        some if some >= 100.0 => grouped(some),
        some if some >= 1.0 => format!("{some:.2}"),
        some if some >= 0.01 => format!("{some:.4}"),
        some if some > 0.0 => format!("{some:.6}"),
        _ => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_far_as_they_count() {
        let told = [
            (0.0, "0"),
            (0.000_12, "1.20e-4"),
            (0.0456, "0.0456"),
            (0.5, "0.5"),
            (7.0, "7"),
            (12.34, "12.3"),
        ];
        for (number, text) in told {
            assert_eq!(few(number), text);
        }
        assert_eq!(few(1_234_567.0), "1,234,567");
        assert_eq!(grouped(7.0), "7");
        assert_eq!(grouped(999.6), "1,000");
        assert_eq!(grouped(100.0), "100");
        let dollars =
            [(0.0, "0"), (0.000_812, "0.000812"), (0.5, "0.5000"), (1.0, "1.00"), (1234.0, "1,234")];
        for (number, text) in dollars {
            assert_eq!(usd(number), text);
        }
    }
}
