//! How long many who are due at once take, by the limits that AWS publishes.

use super::bill::billed_ms;
use super::counts::Counts;
use super::page::grouped;
use super::prices::Aws;

/// What an operator may choose.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// `ArchiveMemory`
    pub archive_mb: f64,
    /// `WorkerConcurrency`
    pub workers: f64,
    /// `DuePartitions`
    pub partitions: f64,
    /// A dispatcher's time-out, less what it keeps back, in seconds.
    pub dispatcher_seconds: f64,
    /// Minutes between ticks.
    pub tick_minutes: f64,
    /// Whether the table has been warmed up to its quota; else it is new.
    pub is_warm: bool,
}

/// One thing that bounds the pace.
#[derive(Debug, Clone)]
pub struct Stage {
    /// What is done.
    pub what: &'static str,
    /// The arithmetic in words and figures.
    pub how: String,
    /// How long that takes by itself.
    pub seconds: f64,
}

/// All that bounds the pace of `due` pieces of work: the dispatcher's stages, then the workers'.
#[derive(Debug, Clone)]
pub struct Drain {
    /// From due to handed over.
    pub handing_over: Vec<Stage>,
    /// From handed over to done.
    pub working: Vec<Stage>,
}

impl Drain {
    /// By the largest tick and the largest crowd that were measured.
    pub fn of(aws: &Aws, counts: &Counts, settings: Settings, due: f64) -> Self {
        let each = Each::of(counts);
        Self {
            handing_over: handing_over(aws, &each, settings, due),
            working: working(aws, counts, &each, settings, due),
        }
    }

    /// Until all is done: handing over as if its stages did not overlap, then the workers' runs as if
    /// they began only then; or, if that is longer, what the table lets through meanwhile.
    pub fn seconds(&self) -> f64 {
        let mut stages = self.working.iter().map(|stage| stage.seconds);
        let one_after_the_other = self.hand_over_seconds() + stages.next().unwrap_or_default();
        stages.fold(one_after_the_other, f64::max)
    }

    /// The dispatcher's part of it.
    pub fn hand_over_seconds(&self) -> f64 {
        self.handing_over.iter().map(|stage| stage.seconds).sum()
    }
}

/// What handing one over takes.
struct Each {
    index_reads: f64,
    table_reads: f64,
    index_writes: f64,
    table_writes: f64,
    cpu_ms: f64,
    waiting_ms: f64,
    messages: f64,
}

impl Each {
    fn of(counts: &Counts) -> Self {
        let (count, tick) = counts.ticks.last_key_value().expect("some tick was measured");
        let (fewest, quick) = counts.ticks.first_key_value().expect("some tick was measured");
        let (count, fewest) = (f64::from(*count), f64::from(*fewest));
        Self {
            waiting_ms: (counts.waiting_tick.run.wall_ms - quick.run.wall_ms).max(0.0) / fewest,
            index_reads: tick.index_reads / count,
            table_reads: (tick.run.read_units - tick.index_reads) / count,
            index_writes: tick.index_writes / count,
            table_writes: (tick.run.write_units - tick.index_writes) / count,
            cpu_ms: tick.run.cpu_ms / count,
            messages: tick.messages / count,
        }
    }
}

fn per_second(what: &'static str, amount: f64, unit: &str, pace: f64, whose: &str) -> Stage {
    let how = format!("{} {unit} ÷ {} a second ({whose})", grouped(amount), grouped(pace));
    Stage { what, how, seconds: amount / pace }
}

fn handing_over(aws: &Aws, each: &Each, settings: Settings, due: f64) -> Vec<Stage> {
    let parts = settings.partitions;
    let reads = aws.limit("partition_reads") * parts;
    let writes = aws.limit("partition_writes") * parts;
    let (of_index, of_table) = (format!("{} parts of the index", grouped(parts)), "a table that is new");
    let mut stages = vec![
        per_second("read the index", due * each.index_reads, "read units", reads, &of_index),
        per_second("look up", due * each.table_reads, "read units", aws.limit("new_table_reads"), of_table),
        per_second("claim", due * each.table_writes, "write units", aws.limit("new_table_writes"), of_table),
    ];
    if each.index_writes > 0.0 {
        stages.push(per_second("move rows", due * each.index_writes, "write units", writes, &of_index));
    }
    let stretch = (aws.limit("full_core_mb") / settings.archive_mb).max(1.0);
    let seconds = (each.cpu_ms * stretch + each.waiting_ms) * due / 1000.0;
    let ticks = (seconds / settings.dispatcher_seconds).ceil().max(1.0);
    // A tick that was cut short is followed by the next on the timer.
    let waiting = (ticks - 1.0) * (settings.tick_minutes * 60.0 - settings.dispatcher_seconds).max(0.0);
    let how = format!(
        "{} × ({:.3} ms of a core × {stretch:.1} at {} MB + {:.3} ms for answers), in {} of at most {} s, {} min apart",
        grouped(due),
        each.cpu_ms,
        grouped(settings.archive_mb),
        each.waiting_ms,
        if ticks > 1.0 { format!("{} ticks", grouped(ticks)) } else { "one tick".to_owned() },
        grouped(settings.dispatcher_seconds),
        grouped(settings.tick_minutes),
    );
    stages.push(Stage { what: "compute and wait", how, seconds: seconds + waiting });
    stages
}

/// By the tick of the measured week that made most work: many are due at once when their lists turn.
fn working(aws: &Aws, counts: &Counts, each: &Each, settings: Settings, due: f64) -> Vec<Stage> {
    let (_, week) = counts.weeks.last_key_value().expect("some week was measured");
    let worker = week.heaviest;
    let seconds = billed_ms(aws, &worker, settings.archive_mb) / 1000.0 / worker.invocations;
    let messages = due * each.messages;
    let workers = settings.workers.min(aws.limit("most_batches"));
    let how = format!(
        "{} messages of {seconds:.2} s each, by {} workers side by side, {} at first and {} more each minute",
        grouped(messages),
        grouped(workers),
        grouped(aws.limit("batches_at_first").min(workers)),
        grouped(aws.limit("more_batches_a_minute")),
    );
    let run = Stage { what: "run", how, seconds: ramp(aws, messages * seconds, workers) };
    let (writes_pace, reads_pace, whose) = if settings.is_warm {
        (aws.limit("table_writes"), aws.limit("table_reads"), "a table warmed to its quota")
    } else {
        (aws.limit("new_table_writes"), aws.limit("new_table_reads"), "a table that is new")
    };
    let writes = (worker.write_units / week.heaviest_claims + each.table_writes) * due;
    let reads = (worker.read_units / week.heaviest_claims + each.table_reads) * due;
    vec![
        run,
        per_second("write, claims included", writes, "write units", writes_pace, whose),
        per_second("read, looking up included", reads, "read units", reads_pace, whose),
    ]
}

/// How long so many seconds of work take when workers join at the pace that Lambda adds them.
fn ramp(aws: &Aws, work: f64, workers: f64) -> f64 {
    let first = aws.limit("batches_at_first").min(workers);
    let joining = aws.limit("more_batches_a_minute") / 60.0;
    let full_at = (workers - first) / joining;
    let until_full = f64::midpoint(first, workers) * full_at;
    if work > until_full {
        return full_at + (work - until_full) / workers;
    }
    // first·t + joining·t²/2 = work
    ((first * first + 2.0 * joining * work).sqrt() - first) / joining
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_join_one_after_the_other() {
        let aws = Aws::read();
        let near = |is: f64, should: f64| assert!((is - should).abs() < 1e-6, "{is} is not {should}");
        // Two from the start: no ramp.
        near(ramp(&aws, 100.0, 2.0), 50.0);
        // From 5 to 305 in a minute, in which 155 are there on average.
        near(ramp(&aws, 155.0 * 60.0, 305.0), 60.0);
        near(ramp(&aws, 155.0 * 60.0 + 3050.0, 305.0), 70.0);
        // Work that is done before all have come: 5·t + 2.5·t² in t seconds.
        near(ramp(&aws, 5.0 * 10.0 + 2.5 * 100.0, 1000.0), 10.0);
    }

    #[test]
    fn a_tick_that_is_cut_short_waits_for_the_next() {
        let aws = Aws::read();
        let each = Each {
            index_reads: 0.02,
            table_reads: 0.5,
            index_writes: 0.0,
            table_writes: 1.0,
            cpu_ms: 0.75,
            waiting_ms: 0.25,
            messages: 0.1,
        };
        let settings = Settings {
            archive_mb: aws.limit("full_core_mb"),
            workers: 10.0,
            partitions: 16.0,
            dispatcher_seconds: 58.0,
            tick_minutes: 15.0,
            is_warm: false,
        };
        let compute = |due| handing_over(&aws, &each, settings, due).pop().expect("it computes").seconds;
        assert!((compute(50_000.0) - 50.0).abs() < 1e-6);
        assert!((compute(100_000.0) - (100.0 + 900.0 - 58.0)).abs() < 1e-6);
        let stages = handing_over(&aws, &each, settings, 48_000.0);
        assert!((stages[0].seconds - 0.02).abs() < 1e-9, "index: {stages:?}");
        assert!((stages[2].seconds - 12.0).abs() < 1e-9, "claims: {stages:?}");
    }
}
