//! When a source changes, and so when to look at it again.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::{days, earlier, hours, later};

/// At most so many looks a week may find nothing new.
pub const CHECKS_PER_WEEK: usize = 12;

/// Looks after an expected turn, until the new list is seen: close together at first.
const AFTER_TURN: [Duration; 11] = [
    hours(1),
    hours(3),
    hours(6),
    hours(12),
    hours(24),
    hours(36),
    hours(48),
    hours(72),
    hours(96),
    hours(120),
    hours(144),
];

/// The last look before an expected turn.
const BEFORE_TURN: Duration = hours(1);

/// A turn unseen for so long is worth an alert: Wednesday, for a list that turns on Monday.
const LATE_AFTER: Duration = hours(48);

/// A new list seen up to so long before the expected turn is that turn's.
const EARLY_BY: Duration = hours(24);

const WEEK: Duration = days(7);

/// Monday, 2026-01-05 00:00 UTC: the turn to expect where nothing is learned.
const DEFAULT_TURN: i64 = 1_767_571_200;

/// The weekly rhythm of one source for one listener, as far as learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Some past turn; others are whole weeks away.
    at: Timestamp,
    /// When a new list was last seen for the first time.
    seen: Option<Timestamp>,
    /// Looks of the last seven days that found nothing new.
    fruitless: Vec<Timestamp>,
    /// The turn an alert was raised for.
    alerted: Option<Timestamp>,
    /// When the source was looked at first; turns before it are nobody's loss.
    since: Option<Timestamp>,
}

impl Default for Turn {
    fn default() -> Self {
        let at = Timestamp::from_second(DEFAULT_TURN).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { at, seen: None, fruitless: Vec::new(), alerted: None, since: None }
    }
}

impl Turn {
    /// The last expected turn at or before `now`.
    pub fn last(&self, now: Timestamp) -> Timestamp {
        let week = i64::try_from(WEEK.as_secs()).unwrap_or(i64::MAX);
        let into = (now.as_second() - self.at.as_second()).rem_euclid(week);
        earlier(now, Duration::from_secs(into.unsigned_abs())).round(jiff::Unit::Second).unwrap_or(now)
    }

    /// Whether `a` and `b` lie between the same two turns.
    pub fn is_same_week(&self, a: Timestamp, b: Timestamp) -> bool {
        self.last(a) == self.last(b)
    }

    /// The instant whose nearest Monday names a list first seen now.
    ///
    /// Normally that is the turn before. A whole list that is new shortly *before* an expected turn
    /// has turned early and belongs to the week to come; a piece of one may just be late.
    pub fn named_after(&self, now: Timestamp, whole_list: bool) -> Timestamp {
        let turn = self.last(now);
        let is_early = whole_list && later(now, EARLY_BY) >= later(turn, WEEK);
        if is_early { now } else { turn }
    }

    /// Notes a look of the calendar's that found nothing new.
    pub fn nothing_new(&mut self, now: Timestamp) {
        let week_ago = earlier(now, WEEK);
        // A clock that was set back must not leave looks from the future behind.
        self.fruitless.retain(|at| *at > week_ago && *at <= now);
        self.fruitless.push(now);
    }

    /// Notes that a new list was seen first now, and not yet at `before`; learns the hour from it.
    pub fn new_seen(&mut self, before: Option<Timestamp>, now: Timestamp) {
        self.seen = Some(now);
        let Some(before) = before.filter(|before| *before < now) else { return };
        let narrow = now.duration_since(before) <= jiff::SignedDuration::from_hours(26);
        let expected = self.last(now);
        let fits = expected > before && expected <= now;
        if narrow && !fits {
            // The turn came after `before`: expect it there, and learn the rest next week.
            self.at = before;
        }
    }

    /// Whether the list first seen at `first_seen` has been noted; a run may have died in between.
    pub fn has_noted(&self, first_seen: Timestamp) -> bool {
        self.seen.is_some_and(|seen| seen >= first_seen)
    }

    /// Whether this week's list has been seen.
    pub fn is_seen(&self, now: Timestamp) -> bool {
        self.seen.is_some_and(|seen| seen >= earlier(self.last(now), EARLY_BY))
    }

    /// When to look next, if the last look was just now.
    pub fn next_look(&self, now: Timestamp) -> Timestamp {
        let turn = self.last(now);
        let next_turn = later(turn, WEEK);
        let first_after_next = later(next_turn, AFTER_TURN[0]);
        let last_before_next = earlier(next_turn, BEFORE_TURN);
        let planned = if self.is_seen(now) {
            // The look right before the turn tells a list that turns then from one that turned earlier.
            let next =
                if later(now, BEFORE_TURN) < last_before_next { last_before_next } else { first_after_next };
            later(now, days(1)).min(next)
        } else {
            AFTER_TURN
                .iter()
                .map(|after| later(turn, *after))
                .find(|at| *at > later(now, Duration::from_mins(10)))
                .unwrap_or(first_after_next)
        };
        let week_ago = earlier(now, WEEK);
        let recent = self.fruitless.iter().filter(|at| **at > week_ago && **at <= now);
        if recent.clone().count() < CHECKS_PER_WEEK {
            return planned;
        }
        // The allowance is used up: wait until the oldest look is a week old.
        recent.min().map_or(planned, |oldest| planned.max(later(*oldest, WEEK)))
    }

    /// Whether to raise an alert now that this week's list is nowhere; answers so once a week.
    pub fn is_late(&mut self, now: Timestamp) -> bool {
        let turn = self.last(now);
        let since = *self.since.get_or_insert(now);
        let late = !self.is_seen(now)
            && since <= turn
            && now >= later(turn, LATE_AFTER)
            && self.alerted != Some(turn);
        if late {
            self.alerted = Some(turn);
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Walks weeks of a list that turns at `hour` hours after Monday 00 UTC; answers the delay of
    /// each week's first sight in hours, and the largest number of fruitless looks in a week.
    fn walk(hour: u64, weeks: usize) -> (Vec<i64>, usize, usize) {
        let start = later(at("2026-11-16T00:00:00Z"), hours(hour));
        let mut turn = Turn::default();
        let (mut now, mut before) = (earlier(start, hours(30)), None);
        let (mut known, mut delays, mut fruitless, mut alerts) = (-1, Vec::new(), Vec::new(), 0);
        while delays.len() < weeks {
            let current = now.duration_since(start).as_secs().div_euclid(7 * 86_400);
            if current > known {
                known = current;
                let began = later(start, days(7) * u32::try_from(current.max(0)).unwrap());
                delays.push(now.duration_since(began).as_hours());
                turn.new_seen(before, now);
            } else {
                turn.nothing_new(now);
                fruitless.push(now);
            }
            alerts += usize::from(turn.is_late(now));
            before = Some(now);
            now = turn.next_look(now);
        }
        let most = fruitless
            .iter()
            .map(|from| fruitless.iter().filter(|at| **at >= *from && **at < later(*from, WEEK)).count())
            .max();
        (delays, most.unwrap_or(0), alerts)
    }

    #[test]
    fn any_hour_of_the_week_is_learned_within_the_allowance() {
        for hour in 0..168 {
            let (delays, fruitless, alerts) = walk(hour, 12);
            assert!(fruitless <= CHECKS_PER_WEEK, "hour {hour}: {fruitless} looks");
            let learned = &delays[4..];
            assert!(learned.iter().all(|hours| (0..=6).contains(hours)), "hour {hour}: {delays:?}");
            // A list that turns after Wednesday is missed once, until its hour is learned.
            assert!(alerts <= usize::from(hour >= 48), "hour {hour}: {alerts} alerts");
        }
    }

    #[test]
    fn a_list_that_never_turns_alerts_once_a_week_and_costs_no_more_than_allowed() {
        let mut turn = Turn::default();
        turn.new_seen(None, at("2026-11-16T01:00:00Z"));
        let end = at("2026-12-14T00:00:00Z");
        let (mut now, mut looks, mut alerts) = (at("2026-11-16T01:00:00Z"), Vec::new(), Vec::new());
        while now < end {
            turn.nothing_new(now);
            looks.push(now);
            if turn.is_late(now) {
                alerts.push(now.to_string()[..10].to_owned());
            }
            now = turn.next_look(now);
        }
        assert_eq!(alerts, ["2026-11-25", "2026-12-02", "2026-12-09"], "Wednesdays");
        for from in &looks {
            let week = looks.iter().filter(|at| **at >= *from && **at < later(*from, WEEK)).count();
            assert!(week <= CHECKS_PER_WEEK, "{week} looks in the week from {from}");
        }
    }

    #[test]
    fn a_list_is_named_after_its_turn_however_late_it_is_seen() {
        let turn = Turn::default();
        let monday = at("2026-11-16T00:00:00Z");
        assert_eq!(
            turn.named_after(at("2026-11-20T12:00:00Z"), true),
            monday,
            "seen on Friday, after an outage"
        );
        assert_eq!(turn.named_after(at("2026-11-22T20:00:00Z"), false), monday, "pasted on Sunday");
        let early = at("2026-11-22T20:00:00Z");
        assert_eq!(turn.named_after(early, true), early, "turned on Sunday evening");
    }

    #[test]
    fn the_weeks_of_a_turn_are_told_apart() {
        let turn = Turn::default();
        assert!(turn.is_same_week(at("2026-11-16T00:00:00Z"), at("2026-11-22T23:59:59Z")));
        assert!(!turn.is_same_week(at("2026-11-15T23:59:59Z"), at("2026-11-16T00:00:00Z")));
    }
}
