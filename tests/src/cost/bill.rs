//! The use of a month, and its price.

use std::collections::BTreeMap;

use super::counts::{Counts, Run, Week};
use super::prices::Aws;
use super::template::Template;

/// Weeks in a month of the calendar, on average.
const WEEKS: f64 = 365.25 / 7.0 / 12.0;

/// Minutes in a month.
const MINUTES: f64 = WEEKS * 7.0 * 24.0 * 60.0;

/// As prices count, which is a little more than AWS does.
const GIGABYTE: f64 = 1e9;

/// A read unit carries so many bytes; half a unit does where a moment's lag is accepted, as in a scan.
const READ_UNIT: f64 = 4096.0;

/// How much of each priced unit, by the price's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amounts(BTreeMap<&'static str, f64>);

impl Amounts {
    fn with(mut self, price: &'static str, amount: f64) -> Self {
        *self.0.entry(price).or_default() += amount;
        self
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        other.0.iter().fold(self.clone(), |sum, (price, amount)| sum.with(price, *amount))
    }

    /// So many times the same.
    #[must_use]
    pub fn times(&self, times: f64) -> Self {
        Self(self.0.iter().map(|(price, amount)| (*price, amount * times)).collect())
    }

    /// How much of one.
    pub fn of(&self, price: &str) -> f64 {
        self.0.get(price).copied().unwrap_or_default()
    }

    /// All that is used, the price's name first.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().map(|(price, amount)| (*price, *amount))
    }

    /// Dollars, each unit paid for.
    pub fn usd(&self, aws: &Aws) -> f64 {
        self.iter().map(|(name, amount)| amount * aws.price(name).usd).sum()
    }

    /// Dollars, for what is more than everybody's free part.
    pub fn usd_beyond_free(&self, aws: &Aws) -> f64 {
        let paid =
            |(name, amount): (&str, f64)| (amount - aws.price(name).free).max(0.0) * aws.price(name).usd;
        self.iter().map(paid).sum()
    }
}

/// A month of one installation.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Listeners.
    pub users: u32,
    /// What is used although nobody is signed up.
    pub fixed: Amounts,
    /// What one listener adds.
    pub per_user: Amounts,
    /// What one would add in a naive design.
    pub naive: Naive,
}

/// What three habits would add for one listener and month.
#[derive(Debug, Clone)]
pub struct Naive {
    /// KMS opens the token for each call that uses it.
    pub key_per_use: Amounts,
    /// Each tick reads the whole table to find who is due.
    pub scan_per_tick: Amounts,
    /// Nobody shares a message, and so a run.
    pub message_each: Amounts,
}

impl Bill {
    /// The bill of `users` who only archive.
    pub fn of(aws: &Aws, template: &Template, counts: &Counts, users: u32) -> Self {
        let ticks = MINUTES / template.tick_minutes;
        let idle = amounts(aws, &counts.idle_tick, template.archive_mb);
        let polls = aws.limit("pollers") * MINUTES * 60.0 / aws.limit("poll_seconds");
        let fixed = idle
            .times(ticks)
            .with("schedule", ticks)
            .with("sqs_request", polls)
            .with("kms_key", template.keys)
            .with("alarm", template.alarms)
            .with("metric", template.metrics)
            .with("dashboard", template.dashboards);
        let used = Used::by_one(counts, users);
        let worked = worked(aws, template, &used.worker);
        let stored = used.stored_bytes(aws) / GIGABYTE;
        let per_user = amounts(aws, &used.dispatcher, template.archive_mb)
            .times(WEEKS)
            .plus(&worked)
            .with("dynamodb_stored_gb", stored)
            .with("dynamodb_backup_gb", stored);
        let opened = used.worker.spotify_calls * WEEKS - per_user.of("kms_request");
        let scans = ticks * stored * GIGABYTE / READ_UNIT / 2.0;
        let alone = worked_alone(aws, template, counts);
        let shared = ["lambda_gb_second", "lambda_request", "sqs_request"];
        let naive = Naive {
            key_per_use: Amounts::default().with("kms_request", opened.max(0.0)),
            scan_per_tick: Amounts::default().with("dynamodb_read", scans),
            message_each: shared.into_iter().fold(Amounts::default(), |more, name| {
                more.with(name, (alone.of(name) - worked.of(name)).max(0.0))
            }),
        };
        Self { users, fixed, per_user, naive }
    }

    /// Everything, for everybody.
    pub fn total(&self) -> Amounts {
        self.fixed.plus(&self.per_user.times(f64::from(self.users)))
    }

    /// The same with all three habits.
    pub fn naive_total(&self) -> Amounts {
        let Naive { key_per_use, scan_per_tick, message_each } = &self.naive;
        let more = key_per_use.plus(scan_per_tick).plus(message_each);
        self.total().plus(&more.times(f64::from(self.users)))
    }
}

/// A month of the workers' runs for one. Lambda receives and deletes each message for us, one by one at
/// worst.
fn worked(aws: &Aws, template: &Template, week: &Run) -> Amounts {
    let run = amounts(aws, week, template.archive_mb);
    run.with("sqs_request", 2.0 * week.invocations).times(WEEKS)
}

/// The same of the smallest crowd that was measured, who shares the least.
fn worked_alone(aws: &Aws, template: &Template, counts: &Counts) -> Amounts {
    let smallest = *counts.weeks.keys().next().expect("some week was measured");
    worked(aws, template, &Used::by_one(counts, smallest).worker)
}

/// What one of a crowd uses in a week.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Beyond what an idle dispatcher would have used.
    pub dispatcher: Run,
    /// The workers.
    pub worker: Run,
    /// Looks and other pieces of work.
    pub claims: f64,
    week: Week,
    share: f64,
}

impl Used {
    /// One of `users`: measured among as many, or in the largest crowd that was.
    pub fn by_one(counts: &Counts, users: u32) -> Self {
        let largest = counts.weeks.last_key_value();
        let (crowd, week) = counts.weeks.get_key_value(&users).or(largest).expect("some week was measured");
        let share = 1.0 / f64::from(*crowd);
        Self {
            dispatcher: week.dispatcher.beyond(counts.idle_tick.times(week.ticks)).times(share),
            worker: week.worker.times(share),
            claims: week.claims * share,
            week: *week,
            share,
        }
    }

    /// What is kept of one after the time for which storage is told.
    pub fn stored_bytes(&self, aws: &Aws) -> f64 {
        let weeks = aws.assumed("months_kept") * WEEKS;
        let Week { lasting_bytes, grown_bytes, ending_bytes, .. } = self.week;
        (lasting_bytes + grown_bytes * weeks + ending_bytes) * self.share
    }
}

/// What is paid for runs of a function with so much memory.
pub fn amounts(aws: &Aws, run: &Run, memory_mb: f64) -> Amounts {
    Amounts::default()
        .with("lambda_gb_second", billed_ms(aws, run, memory_mb) / 1000.0 * memory_mb / 1024.0)
        .with("lambda_request", run.invocations)
        .with("dynamodb_read", run.read_units)
        .with("dynamodb_write", run.write_units)
        .with("kms_request", run.kms_requests + run.secrets)
        .with("sqs_request", run.sqs_requests)
        .with("log_gb", (run.log_bytes + run.invocations * aws.assumed("platform_log_bytes")) / GIGABYTE)
}

/// Time that is paid for, in milliseconds: a full core's time is stretched to the share of a core that
/// comes with the memory, and each run is rounded up.
pub fn billed_ms(aws: &Aws, run: &Run, memory_mb: f64) -> f64 {
    let stretch = (aws.limit("full_core_mb") / memory_mb).max(1.0);
    let connecting = aws.assumed("connect_ms") + aws.assumed("connect_cpu_ms") * stretch;
    run.wall_ms + run.cpu_ms * (stretch - 1.0) + run.connections * connecting + run.invocations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws() -> Aws {
        Aws::read()
    }

    fn near(is: f64, should: f64) {
        assert!((is - should).abs() <= should.abs() * 1e-9, "{is} is not {should}");
    }

    #[test]
    fn memory_stretches_what_is_computed_and_not_what_is_waited_for() {
        let aws = aws();
        let run = Run { invocations: 1.0, wall_ms: 100.0, cpu_ms: 10.0, ..Run::default() };
        near(billed_ms(&aws, &run, aws.limit("full_core_mb")), 101.0);
        near(billed_ms(&aws, &run, aws.limit("full_core_mb") / 4.0), 131.0);
        // More than a core is of no use to one thread, and wins nothing here.
        near(billed_ms(&aws, &run, aws.limit("full_core_mb") * 2.0), 101.0);
    }

    #[test]
    fn what_is_free_is_free_once() {
        let aws = aws();
        let free = aws.price("kms_request").free;
        let used = Amounts::default().with("kms_request", free + 10_000.0).with("dynamodb_write", 1e6);
        near(used.usd(&aws), (free + 10_000.0) * 0.000_003 + 0.625);
        near(used.usd_beyond_free(&aws), 0.03 + 0.625);
        let less = Amounts::default().with("kms_request", free / 2.0);
        near(less.usd_beyond_free(&aws), 0.0);
    }

    #[test]
    fn a_listener_is_charged_for_what_goes_beyond_idle_ticks() {
        let idle = Run { invocations: 1.0, read_units: 16.0, ..Run::default() };
        let dispatcher = Run { invocations: 10.0, read_units: 200.0, ..Run::default() };
        let worker = Run { invocations: 20.0, write_units: 100.0, spotify_calls: 40.0, ..Run::default() };
        let week = Week { ticks: 10.0, dispatcher, worker, ..Week::default() };
        let counts = Counts { idle_tick: idle, weeks: BTreeMap::from([(4, week)]), ..Counts::default() };
        let used = Used::by_one(&counts, 1000);
        near(used.dispatcher.read_units, 10.0);
        near(used.worker.write_units, 25.0);
        let (aws, template) = (aws(), Template::read());
        let bill = Bill::of(&aws, &template, &counts, 1000);
        near(bill.per_user.of("dynamodb_write"), 25.0 * WEEKS);
        near(bill.per_user.of("dynamodb_read"), 10.0 * WEEKS);
        near(bill.per_user.of("sqs_request"), 10.0 * WEEKS);
        near(bill.naive.key_per_use.of("kms_request"), 10.0 * WEEKS);
        near(bill.naive.message_each.of("sqs_request"), 0.0);
        near(bill.fixed.of("dynamodb_read"), 16.0 * MINUTES / template.tick_minutes);
        near(bill.total().of("dynamodb_write"), 25_000.0 * WEEKS);
    }
}
