//! Numbers, dates and durations in words.

use jiff::{Timestamp, Zoned, civil::Date};
use maud::{Markup, html};

use super::model::{SetCount, WeekRef};

/// 1437 → "1,437".
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 week", "49 weeks".
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// What was erased, in a listener's words; `kind` is a store's.
pub(crate) fn erased(kind: &str, n: u64) -> String {
    let (one, many) = match kind {
        "account" => ("account", "accounts"),
        "alerts" => ("alert", "alerts"),
        "appointments" => ("planned look", "planned looks"),
        "archive playlists" => ("note of an archive playlist", "notes of archive playlists"),
        "grant" => ("consent with its tokens", "consents with their tokens"),
        "invitation" => ("sign-up link", "sign-up links"),
        "runs" => ("run", "runs"),
        "sources" => ("watched list", "watched lists"),
        "weeks" => ("week", "weeks"),
        other => (other, other),
    };
    counted(n, one, many)
}

/// "Mon 16 Nov", with the year where it is not this one.
pub(crate) fn day(now: &Zoned, date: Date) -> String {
    let form = if date.year() == now.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    date.strftime(form).to_string()
}

/// "today, 06:10", "Mon 23 Nov, 06:10": in the listener's zone, as a `<time>`.
pub(crate) fn moment(now: &Zoned, at: Timestamp) -> Markup {
    let here = at.to_zoned(now.time_zone().clone());
    let clock = here.strftime("%H:%M");
    let date = here.date();
    let today = now.date();
    let day = if date == today {
        "today".to_owned()
    } else if today.tomorrow().is_ok_and(|it| it == date) {
        "tomorrow".to_owned()
    } else if today.yesterday().is_ok_and(|it| it == date) {
        "yesterday".to_owned()
    } else {
        day(now, date)
    };
    html! { time datetime=(at) { (day) ", " (clock) } }
}

/// A day of an instant in the listener's zone, as a `<time>`.
pub(crate) fn date(now: &Zoned, at: Timestamp) -> Markup {
    let date = at.to_zoned(now.time_zone().clone()).date();
    html! { time datetime=(date) { (day(now, date)) } }
}

/// "in 3 hours", "12 minutes ago", "just now".
pub(crate) fn distance(now: &Zoned, at: Timestamp) -> String {
    let seconds = at.duration_since(now.timestamp()).as_secs();
    let minutes = seconds.unsigned_abs().div_euclid(60);
    let amount = match minutes {
        0 => return "just now".to_owned(),
        1..90 => counted(minutes, "minute", "minutes"),
        90..2160 => counted((minutes + 30) / 60, "hour", "hours"),
        _ => counted((minutes + 720) / 1440, "day", "days"),
    };
    if seconds < 0 { format!("{amount} ago") } else { format!("in {amount}") }
}

/// 211 000 ms → "3:31".
pub(crate) fn length(ms: u64) -> String {
    let seconds = (ms + 500) / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// "Week 47", or "Week 50, 2025" where the year is not this one.
pub(crate) fn week(now: &Zoned, week: &WeekRef) -> String {
    let iso = week.week;
    if iso.year() == now.date().iso_week_date().year() {
        format!("Week {}", iso.week())
    } else {
        format!("Week {}, {}", iso.week(), iso.year())
    }
}

/// "copied" where one way found all, else "12 heard, 7 pasted"; empty where nothing was found.
pub(crate) fn found(count: &SetCount) -> String {
    match count.found.as_slice() {
        [] => String::new(),
        [(rung, _)] => rung.word().to_owned(),
        many => many.iter().map(|(rung, n)| format!("{n} {}", rung.word())).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date as civil};

    use super::*;
    use crate::view::model::Rung;

    fn now() -> Zoned {
        civil(2026, 11, 20).at(10, 0, 0, 0).in_tz("UTC").unwrap()
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1437), "1,437");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn a_day_of_another_year_says_so() {
        assert_eq!(day(&now(), civil(2026, 11, 16)), "Mon 16 Nov");
        assert_eq!(day(&now(), civil(2025, 12, 29)), "Mon 29 Dec 2025");
    }

    #[test]
    fn distances_are_rounded_to_what_one_would_say() {
        let at = |span: jiff::Span| distance(&now(), now().checked_add(span).unwrap().timestamp());
        assert_eq!(at(20.seconds()), "just now");
        assert_eq!(at(12.minutes()), "in 12 minutes");
        assert_eq!(at(-89.minutes()), "89 minutes ago");
        assert_eq!(at(90.minutes()), "in 2 hours");
        assert_eq!(at(-35.hours()), "35 hours ago");
        assert_eq!(at(12.days()), "in 12 days");
    }

    #[test]
    fn moments_near_today_are_named() {
        let said =
            |span: jiff::Span| moment(&now(), now().checked_add(span).unwrap().timestamp()).into_string();
        assert!(said(1.hour()).ends_with(">today, 11:00</time>"));
        assert!(said(1.day()).ends_with(">tomorrow, 10:00</time>"));
        assert!(said(-1.day()).ends_with(">yesterday, 10:00</time>"));
        assert!(said(3.days()).ends_with(">Mon 23 Nov, 10:00</time>"));
    }

    #[test]
    fn lengths_round_to_seconds() {
        assert_eq!(length(210_600), "3:31");
        assert_eq!(length(3_723_000), "1:02:03");
    }

    #[test]
    fn one_way_of_finding_needs_no_number() {
        let count = |found| SetCount { have: 0, of: 30, assumed: false, found };
        assert_eq!(found(&count(vec![])), "");
        assert_eq!(found(&count(vec![(Rung::Copy, 30)])), "copied");
        assert_eq!(found(&count(vec![(Rung::Heard, 12), (Rung::Pasted, 7)])), "12 heard, 7 pasted");
    }
}
