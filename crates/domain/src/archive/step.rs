//! The steps that archive one generation, as a state machine.
//!
//! A request that adds or creates is announced in the ledger *before* it is sent. Whoever finds an
//! announced request without its outcome (after a kill, a time-out, a lost lease) sends nothing until
//! it could no longer take effect, looks twice, and only then does what is missing.
#![warn(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::target::TargetKey;
use crate::ids::{PlaylistId, SnapshotId, TrackUri};
use crate::time::Mark;

/// A request to Spotify is given up after this.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A request that was given up may still take effect, and be visible, within this.
pub const SETTLE: Duration = Duration::from_mins(2);

/// Two looks that agree must be at least so far apart, since reads lag writes by up to a minute.
pub const TWO_LOOKS_APART: Duration = Duration::from_mins(1);

/// How long a run may work on one source; whoever comes later counts from its end.
pub const RUN_LEASE: Duration = Duration::from_mins(5);

/// What an announced request does to the playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanKind {
    /// Adds the tracks; repeating it would double them.
    Add,
    /// Makes the tracks the playlist's whole content; may be repeated.
    Replace,
    /// Takes out every occurrence of the tracks, to add them once again.
    Remove,
    /// Takes the tracks out for good: each turned out to be a recording the archive had already.
    Withdraw,
}

/// An announced request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What it does.
    pub kind: PlanKind,
    /// Which playlist of the archive.
    pub target: TargetKey,
    /// Its id at Spotify.
    pub playlist: PlaylistId,
    /// The tracks, in order, at most 100.
    pub uris: Vec<TrackUri>,
    /// Where to insert; `None` appends.
    pub position: Option<u32>,
    /// How many items the playlist held before.
    pub total_before: u32,
    /// The playlist's version before.
    pub snapshot_before: Option<SnapshotId>,
}

/// Until when the announced request may have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// End of the sender's lease, or the moment it gave up, if it lived to say so.
    pub over: Mark,
}

impl Attempt {
    /// How long from `now` until the request can no longer take effect.
    pub fn unsettled_for(&self, now: &Mark) -> Duration {
        self.over.plus(SETTLE).since(now)
    }
}

/// What one look at the playlist showed of the planned tracks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// When.
    pub at: Mark,
    /// Planned tracks that were there.
    pub present: Vec<TrackUri>,
    /// How many items the playlist held.
    pub total: u32,
}

/// How far the archiving of a generation has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
pub enum Step {
    /// Tracks wait; where they go is not settled yet.
    Seen,
    /// A playlist is being created; its description carries the marker.
    Creating {
        /// What it will be.
        target: TargetKey,
        /// Opaque text by which it is recognised.
        marker: String,
        /// The request.
        attempt: Attempt,
        /// When a look found none with the marker.
        absent: Option<Mark>,
    },
    /// The target is known.
    Target,
    /// A request is announced; its outcome is unknown.
    Planned {
        /// The request.
        plan: Plan,
        /// Until when it may have been sent.
        attempt: Attempt,
        /// What the first look afterwards showed.
        sighting: Option<Sighting>,
    },
    /// The request took effect.
    Added {
        /// The request.
        plan: Plan,
        /// When that was certain.
        at: Mark,
    },
    /// Reading it back showed every track once.
    Verified,
    /// Nothing is left to do.
    Done,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A playlist is about to be created.
    CreateAnnounced {
        /// What it will be.
        target: TargetKey,
        /// Opaque text by which it is recognised.
        marker: String,
        /// The request.
        attempt: Attempt,
    },
    /// A look found no playlist with the marker.
    CreatedAbsent(Mark),
    /// The target was found, created or adopted, and is stored.
    TargetKnown,
    /// A request is about to be sent.
    Announced {
        /// The request.
        plan: Plan,
        /// Until when it may be sent.
        attempt: Attempt,
    },
    /// The sender gave up without knowing the outcome.
    GaveUp(Mark),
    /// A look at the playlist.
    Looked(Sighting),
    /// The request is known to have taken effect.
    Landed(Mark),
    /// The request is known to have had no effect.
    Refused,
    /// Nothing of the generation waits.
    NothingWaits,
    /// Reading back showed every track in its place.
    Matched,
    /// Everything after verification is done.
    Finished,
    /// More tracks wait than before.
    Woken,
}

/// An event that cannot happen in this step: a bug or a damaged ledger, named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the step {step} of a generation cannot take {event}")]
pub struct Misstep {
    step: &'static str,
    event: &'static str,
}

/// What to do in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Find or make the target, and plan.
    Plan,
    /// Nothing may be sent yet.
    Wait(Duration),
    /// Look for a playlist with the marker.
    FindCreated,
    /// Look whether the announced request took effect.
    Look,
    /// Read back.
    Verify,
    /// Do what follows verification.
    Finish,
    /// Nothing.
    Rest,
}

impl Step {
    /// The transition function.
    ///
    /// # Errors
    /// For events that cannot happen in this step; the step is lost to the caller, who must keep the
    /// stored one.
    pub fn on(self, event: Event) -> Result<Self, Misstep> {
        let misstep = Misstep { step: self.name(), event: event.name() };
        match (self, event) {
            // A target may turn out to be full.
            (
                Self::Seen | Self::Creating { .. } | Self::Target,
                Event::CreateAnnounced { target, marker, attempt },
            ) => Ok(Self::Creating { target, marker, attempt, absent: None }),
            (Self::Creating { target, marker, attempt, .. }, Event::CreatedAbsent(at)) => {
                Ok(Self::Creating { target, marker, attempt, absent: Some(at) })
            }
            (Self::Creating { target, marker, absent, .. }, Event::GaveUp(at)) => {
                Ok(Self::Creating { target, marker, attempt: Attempt { over: at }, absent })
            }
            (Self::Seen | Self::Creating { .. } | Self::Target, Event::TargetKnown) => Ok(Self::Target),
            // A doubling is mended from `Added`; what is still missing is added from `Planned`.
            (
                Self::Seen | Self::Target | Self::Planned { .. } | Self::Added { .. },
                Event::Announced { plan, attempt },
            ) => Ok(Self::Planned { plan, attempt, sighting: None }),
            (Self::Planned { plan, sighting, .. }, Event::GaveUp(at)) => {
                Ok(Self::Planned { plan, attempt: Attempt { over: at }, sighting })
            }
            (Self::Planned { plan, attempt, .. }, Event::Looked(sighting)) => {
                Ok(Self::Planned { plan, attempt, sighting: Some(sighting) })
            }
            (Self::Planned { plan, .. }, Event::Landed(at)) => Ok(Self::Added { plan, at }),
            (Self::Creating { .. } | Self::Planned { .. }, Event::Refused)
            | (Self::Verified | Self::Done, Event::Woken) => Ok(Self::Seen),
            // A finished generation comes back to drain what was copied again.
            (Self::Seen | Self::Target | Self::Done, Event::NothingWaits)
            | (Self::Added { .. }, Event::Matched) => Ok(Self::Verified),
            (Self::Verified, Event::Finished) => Ok(Self::Done),
            (
                Self::Seen
                | Self::Creating { .. }
                | Self::Target
                | Self::Planned { .. }
                | Self::Added { .. }
                | Self::Verified
                | Self::Done,
                Event::CreateAnnounced { .. }
                | Event::CreatedAbsent(_)
                | Event::TargetKnown
                | Event::Announced { .. }
                | Event::GaveUp(_)
                | Event::Looked(_)
                | Event::Landed(_)
                | Event::Refused
                | Event::NothingWaits
                | Event::Matched
                | Event::Finished
                | Event::Woken,
            ) => Err(misstep),
        }
    }

    /// What this step asks for at `now`.
    pub fn next(&self, now: &Mark) -> Next {
        let after_looking = |last: Option<&Mark>, attempt: &Attempt, look: Next| {
            let settle = attempt.unsettled_for(now);
            let apart = last.map_or(Duration::ZERO, |at| at.plus(TWO_LOOKS_APART).since(now));
            let wait = settle.max(apart);
            if wait.is_zero() { look } else { Next::Wait(wait) }
        };
        match self {
            Self::Seen | Self::Target => Next::Plan,
            Self::Creating { attempt, absent, .. } => {
                after_looking(absent.as_ref(), attempt, Next::FindCreated)
            }
            Self::Planned { attempt, sighting, .. } => {
                after_looking(sighting.as_ref().map(|sighting| &sighting.at), attempt, Next::Look)
            }
            Self::Added { at, .. } => {
                let wait = at.plus(SETTLE).since(now);
                if wait.is_zero() { Next::Verify } else { Next::Wait(wait) }
            }
            Self::Verified => Next::Finish,
            Self::Done => Next::Rest,
        }
    }

    /// Whether a request of this generation may be under way or undone, so that later generations
    /// must not write yet.
    pub fn blocks_later(&self) -> bool {
        match self {
            Self::Seen | Self::Creating { .. } | Self::Target | Self::Planned { .. } => true,
            Self::Added { .. } | Self::Verified | Self::Done => false,
        }
    }

    /// The step's name in logs and on pages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Creating { .. } => "creating",
            Self::Target => "target",
            Self::Planned { .. } => "planned",
            Self::Added { .. } => "added",
            Self::Verified => "verified",
            Self::Done => "done",
        }
    }
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::CreateAnnounced { .. } => "create-announced",
            Self::CreatedAbsent(_) => "created-absent",
            Self::TargetKnown => "target-known",
            Self::Announced { .. } => "announced",
            Self::GaveUp(_) => "gave-up",
            Self::Looked(_) => "looked",
            Self::Landed(_) => "landed",
            Self::Refused => "refused",
            Self::NothingWaits => "nothing-waits",
            Self::Matched => "matched",
            Self::Finished => "finished",
            Self::Woken => "woken",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn mark(second: u64) -> Mark {
        Mark {
            wall: Timestamp::from_second(i64::try_from(second).unwrap()).unwrap(),
            uptime_ms: second * 1000,
            boot: "boot".into(),
        }
    }

    fn key() -> TargetKey {
        serde_json::from_str("\"discover-weekly/growing/1\"").unwrap()
    }

    fn plan() -> Plan {
        Plan {
            kind: PlanKind::Add,
            target: key(),
            playlist: "4uLU6hMCjMI75M1A2tKUQC".parse().unwrap(),
            uris: vec![],
            position: None,
            total_before: 0,
            snapshot_before: None,
        }
    }

    fn attempt(second: u64) -> Attempt {
        Attempt { over: mark(second) }
    }

    fn sighting(second: u64) -> Sighting {
        Sighting { at: mark(second), present: vec![], total: 0 }
    }

    fn steps() -> [Step; 7] {
        [
            Step::Seen,
            Step::Creating { target: key(), marker: "m".into(), attempt: attempt(100), absent: None },
            Step::Target,
            Step::Planned { plan: plan(), attempt: attempt(100), sighting: None },
            Step::Added { plan: plan(), at: mark(100) },
            Step::Verified,
            Step::Done,
        ]
    }

    fn events() -> [Event; 12] {
        [
            Event::CreateAnnounced { target: key(), marker: "m".into(), attempt: attempt(1) },
            Event::CreatedAbsent(mark(1)),
            Event::TargetKnown,
            Event::Announced { plan: plan(), attempt: attempt(1) },
            Event::GaveUp(mark(1)),
            Event::Looked(sighting(1)),
            Event::Landed(mark(1)),
            Event::Refused,
            Event::NothingWaits,
            Event::Matched,
            Event::Finished,
            Event::Woken,
        ]
    }

    #[test]
    fn the_table() {
        // Rows: steps; columns: create-announced, created-absent, target-known, announced, gave-up,
        // looked, landed, refused, nothing-waits, matched, finished, woken. "-" is a misstep.
        let table = [
            ("seen", "creating - target planned - - - - verified - - -"),
            ("creating", "creating creating target - creating - - seen - - - -"),
            ("target", "creating - target planned - - - - verified - - -"),
            ("planned", "- - - planned planned planned added seen - - - -"),
            ("added", "- - - planned - - - - - verified - -"),
            ("verified", "- - - - - - - - - - done seen"),
            ("done", "- - - - - - - - verified - - seen"),
        ];
        for (step, (name, row)) in steps().into_iter().zip(table) {
            assert_eq!(step.name(), name);
            for (event, expected) in events().into_iter().zip(row.split(' ')) {
                let what = event.name();
                let got = step.clone().on(event).map_or("-", |next| next.name());
                assert_eq!(got, expected, "{name} on {what}");
            }
        }
    }

    #[test]
    fn an_unknown_outcome_waits_for_the_lease_the_settling_and_a_second_look() {
        let planned = Step::Planned { plan: plan(), attempt: attempt(300), sighting: None };
        assert_eq!(planned.next(&mark(10)), Next::Wait(Duration::from_secs(410)));
        assert_eq!(planned.next(&mark(419)), Next::Wait(Duration::from_secs(1)));
        assert_eq!(planned.next(&mark(420)), Next::Look);
        let looked = planned.clone().on(Event::Looked(sighting(420))).unwrap();
        assert_eq!(looked.next(&mark(430)), Next::Wait(Duration::from_secs(50)));
        assert_eq!(looked.next(&mark(480)), Next::Look);
        let gave_up = planned.on(Event::GaveUp(mark(20))).unwrap();
        assert_eq!(gave_up.next(&mark(140)), Next::Look, "a sender that lived to give up shortens the wait");
    }

    #[test]
    fn a_wall_clock_set_forward_does_not_shorten_the_wait() {
        let planned = Step::Planned { plan: plan(), attempt: attempt(300), sighting: None };
        let mut now = mark(10);
        now.wall = mark(10 + 3600).wall;
        assert_eq!(planned.next(&now), Next::Wait(Duration::from_secs(410)));
    }
}
