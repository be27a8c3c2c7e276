//! The end of the time that whoever runs us gives us.

use std::time::Duration;

use reprise_domain::time::Mark;

/// So much is kept back for recording what was done, and for answering.
const TO_RECORD: Duration = Duration::from_secs(2);

/// When we may be killed, and how long the longest thing takes that is done in one go.
///
/// What is done in one go (a request, a batch) is not begun unless it could end, or be given up, in
/// time to write that down.
#[derive(Debug, Clone)]
pub struct Deadline {
    end: Mark,
    in_one_go: Duration,
}

impl Deadline {
    /// At `end`, for whoever does things that take `in_one_go` at most.
    pub fn new(end: Mark, in_one_go: Duration) -> Self {
        Self { end, in_one_go }
    }

    /// How long may be worked from `now` on.
    pub fn left(&self, now: &Mark) -> Duration {
        self.end.since(now).saturating_sub(TO_RECORD)
    }

    /// Whether one more thing may be begun.
    pub fn allows_more(&self, now: &Mark) -> bool {
        self.left(now) >= self.in_one_go
    }

    /// The shortest time in which anything can be done at all.
    pub fn shortest(&self) -> Duration {
        self.in_one_go + TO_RECORD
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_could_not_end_in_time_is_not_begun() {
        let now = Mark { wall: Timestamp::UNIX_EPOCH, uptime_ms: 0, boot: "a".into() };
        let after = |seconds| now.plus(Duration::from_secs(seconds));
        let deadline = Deadline::new(after(60), Duration::from_secs(20));
        assert_eq!(deadline.left(&now), Duration::from_secs(58));
        assert_eq!(deadline.shortest(), Duration::from_secs(22));
        for (second, allows) in [(0, true), (38, true), (39, false), (60, false), (90, false)] {
            assert_eq!(deadline.allows_more(&after(second)), allows, "{second}");
        }
    }
}
