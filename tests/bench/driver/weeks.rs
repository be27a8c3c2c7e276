//! Weeks that turn for everybody at once: archived by Reprise, then by the plain script for listeners
//! of its own, and a day later looked at again in vain.

use jiff::Timestamp;
use reprise_domain::time::{days, earlier, hours, later};
use std::time::Duration;

use crate::house::{House, assert_archived};
use crate::plain::Plain;
use crate::proc;
use crate::spent::Stretch;
use crate::table::{self, Samples};

/// So many threads make the plain script's other variant; Reprise looks after as many at once.
pub(crate) const THREADS: usize = 8;

const HALF_AN_HOUR: Duration = Duration::from_mins(30);

/// Who is looked after by whom.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) ours: Vec<String>,
    pub(crate) plain: Vec<String>,
    pub(crate) threaded: Vec<String>,
}

impl Crowd {
    pub(crate) fn of(count: usize) -> Self {
        let names = |who: &str| (0..count).map(|n| format!("{who}{n:04}")).collect();
        Self { ours: names("listener"), plain: names("plain"), threaded: names("threaded") }
    }

    /// Everybody.
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        self.ours.iter().chain(self.of_plain())
    }

    /// Those who are left to the script.
    pub(crate) fn of_plain(&self) -> impl Iterator<Item = &String> {
        self.plain.iter().chain(&self.threaded)
    }
}

/// What the weeks took.
#[derive(Debug, Default)]
pub(crate) struct Weeks {
    ours: Stretch,
    plain: Stretch,
    threaded: Stretch,
    our_checks: Stretch,
    plain_checks: Stretch,
    startup: Samples,
    our_idle: Samples,
    our_peak: Samples,
    plain_idle: Samples,
    plain_peak: Samples,
    held: Samples,
}

impl Weeks {
    /// Lives through weeks, of which the first turns at `turn`; answers the turn after the last.
    pub(crate) async fn live(
        &mut self,
        house: &mut House,
        plain: &Plain<'_>,
        crowd: &Crowd,
        mut turn: Timestamp,
        count: usize,
    ) -> Timestamp {
        for week in 1..=count {
            crate::progress(&format!("week {week} of {count}, {} listeners each", crowd.ours.len()));
            house.pass_until(earlier(turn, HALF_AN_HOUR)).await;
            self.startup.push(house.restart().await.as_secs_f64() * 1000.0);
            proc::settle(house.pid());
            self.our_idle.push(proc::memory_kb(house.pid(), "VmRSS") / 1024.0);
            house.pass_until(later(turn, HALF_AN_HOUR)).await;
            // The first look is an hour after the turn, the second at the archive minutes later.
            self.ours.push(house.measure(HALF_AN_HOUR * 2, crowd.ours.len()).await);
            self.our_peak.push(proc::memory_kb(house.pid(), "VmHWM") / 1024.0);
            house.assert_all_done().await;
            self.held.push(assert_archived(&house.sim, &crowd.ours));
            let ran = plain.run(&house.sim, &crowd.plain, 1);
            assert_archived(&house.sim, &crowd.plain);
            self.plain.push(ran.spent);
            self.plain_idle.push(ran.idle_kb / 1024.0);
            self.plain_peak.push(ran.peak_kb / 1024.0);
            self.threaded.push(plain.run(&house.sim, &crowd.threaded, THREADS).spent);
            assert_archived(&house.sim, &crowd.threaded);
            house.pass_until(later(turn, days(1) + HALF_AN_HOUR)).await;
            self.our_checks.push(house.measure(hours(1), crowd.ours.len()).await);
            self.plain_checks.push(plain.run(&house.sim, &crowd.plain, 1).spent);
            turn = later(turn, days(7));
        }
        turn
    }

    pub(crate) fn tell_speed(&self) {
        let (ours, plain, threaded) = (&self.ours, &self.plain, &self.threaded);
        table::row("archived weeks per second", &ours.per_second(), &plain.per_second());
        table::row(
            &format!("the same, the script with {THREADS} threads"),
            &ours.per_second(),
            &threaded.per_second(),
        );
        table::row(
            "fruitless checks per second",
            &self.our_checks.per_second(),
            &self.plain_checks.per_second(),
        );
    }

    pub(crate) fn tell_work(&self) {
        let (ours, plain) = (&self.ours, &self.plain);
        table::row("own CPU per archived week, ms", &ours.cpu_ms(), &plain.cpu_ms());
        table::row("simulator's CPU meanwhile, ms", &ours.spotify_cpu_ms(), &plain.spotify_cpu_ms());
        table::row("own CPU per fruitless check, ms", &self.our_checks.cpu_ms(), &self.plain_checks.cpu_ms());
    }

    pub(crate) fn tell_calls(&self) {
        let (ours, plain) = (&self.ours, &self.plain);
        table::row("Web API calls per archived week", &ours.calls(), &plain.calls());
        table::row("token refreshes per archived week", &ours.refreshes(), &plain.refreshes());
        let (ours, plain) = (&self.our_checks, &self.plain_checks);
        table::row("Web API calls per fruitless check", &ours.calls(), &plain.calls());
    }

    pub(crate) fn tell_memory(&self) {
        table::row("memory at rest, MiB", &self.our_idle, &self.plain_idle);
        table::row("most memory, all due at once, MiB", &self.our_peak, &self.plain_peak);
        table::row("start-up of the server, ms", &self.startup, &Samples::default());
    }

    /// Calls of whole weeks: the script runs once, and so misses what turns late.
    pub(crate) fn tell_whole_week(&self, ours: &Samples) {
        table::row("Web API calls per whole week (script: one run)", ours, &self.plain.calls());
    }

    /// Mean length of our archives.
    pub(crate) fn held(&self) -> &Samples {
        &self.held
    }
}
