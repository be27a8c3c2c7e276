//! The name of a generation: the ISO week it belongs to, whatever the zone or hour it was seen.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// An ISO week, written `2026-W47`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label {
    year: i16,
    week: i8,
}

impl Label {
    /// The week of the Monday nearest to `first_seen` in the listener's zone.
    ///
    /// A list that turns on Monday 00:00 UTC is first seen on Sunday in Honolulu and on Monday in
    /// Auckland; both belong to the week that begins.
    pub fn nearest(first_seen: Timestamp, zone: &TimeZone) -> Self {
        let local = zone.to_datetime(first_seen);
        // Half a week later, the Monday on or before is the nearest one.
        let shifted = local.checked_add(84.hours()).unwrap_or(local);
        Self::of(shifted.date())
    }

    /// The week that holds `date`.
    pub fn of(date: Date) -> Self {
        let week = date.iso_week_date();
        Self { year: week.year(), week: week.week() }
    }

    /// The Monday it begins with.
    pub fn monday(self) -> Date {
        ISOWeekDate::new(self.year, self.week, Weekday::Monday).map_or(Date::ZERO, ISOWeekDate::date)
    }

    /// The ISO year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The ISO week, 1 to 53.
    pub fn week(self) -> i8 {
        self.week
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// A text that names no ISO week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO week such as 2026-W47")]
pub struct ParseLabelError(String);

impl FromStr for Label {
    type Err = ParseLabelError;

    fn from_str(text: &str) -> Result<Self, ParseLabelError> {
        let parsed = text.split_once("-W").and_then(|(year, week)| {
            let date = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
            Some(Self { year: date.year(), week: date.week() })
        });
        parsed.ok_or_else(|| ParseLabelError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Label {
    type Error = ParseLabelError;

    fn try_from(text: String) -> Result<Self, ParseLabelError> {
        text.parse()
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_has_one_label_all_over_the_world() {
        // Monday 16 November 2026, 00:00 UTC, and up to two days later.
        for hours in [0, 1, 6, 24, 48] {
            let seen: Timestamp = "2026-11-16T00:00:00Z".parse::<Timestamp>().unwrap() + hours.hours();
            for zone in ["Pacific/Honolulu", "Pacific/Auckland", "Asia/Kathmandu", "Europe/Berlin", "UTC"] {
                let zone = TimeZone::get(zone).unwrap();
                assert_eq!(Label::nearest(seen, &zone).to_string(), "2026-W47", "{hours} h, {zone:?}");
            }
        }
    }

    #[test]
    fn the_turn_of_the_year_follows_the_iso_calendar() {
        let zone = TimeZone::UTC;
        let label = |text: &str| Label::nearest(text.parse().unwrap(), &zone).to_string();
        assert_eq!(label("2026-12-28T01:00:00Z"), "2026-W53");
        assert_eq!(label("2027-01-03T20:00:00Z"), "2027-W01");
        assert_eq!(label("2027-01-04T01:00:00Z"), "2027-W01");
    }

    #[test]
    fn a_label_reads_back() {
        let label: Label = "2026-W47".parse().unwrap();
        assert_eq!(label.monday().to_string(), "2026-11-16");
        assert_eq!(label.to_string(), "2026-W47");
        for bad in ["", "2026-W54", "2026-47", "x-W01", "2025-W53"] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }
}
