//! When to come back, from a `Retry-After` that may be anything.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reprise_domain::time::{days, hours, later};

/// Lockouts of a day have been seen, a week never; more is a mistake.
const LONGEST: Duration = days(7);

/// To come back at once is what got us here.
const SHORTEST: Duration = Duration::from_secs(1);

/// What to assume where the server does not say.
#[derive(Clone, Copy)]
pub(super) struct Wait(Duration);

impl Wait {
    /// The window of the short-term limit is 30 s.
    pub(super) const RATE: Self = Self(Duration::from_mins(1));
    /// Quotas roll over a day; whoever keeps being told so waits longer by itself.
    pub(super) const QUOTA: Self = Self(hours(1));
}

/// When to come back after a 429.
pub(super) fn at(header: Option<&str>, otherwise: Wait, now: Timestamp) -> Timestamp {
    told(header, now).unwrap_or_else(|| later(now, otherwise.0))
}

/// When the server said to come back, between a second and a week from now.
///
/// Seconds, whole or not, or a date of HTTP; anything else says nothing.
pub(super) fn told(header: Option<&str>, now: Timestamp) -> Option<Timestamp> {
    let text = header?.trim();
    let wait = if text.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds: f64 = text.parse().ok()?;
        // Too many seconds for a duration are too many for us as well.
        Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(LONGEST)
    } else {
        let date = rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(date.duration_since(now)).unwrap_or_default()
    };
    Some(later(now, wait.clamp(SHORTEST, LONGEST)))
}
