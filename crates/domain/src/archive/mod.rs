//! The weekly archive as pure rules.
//!
//! A [`Source`] is read; what it held for a while is a [`Generation`]; archiving one is a resumable
//! list of [`Step`]s towards a target playlist. Nothing here sends a request: the use case in core
//! performs what these functions decide, and stores what they return.

mod generation;
mod label;
mod readback;
mod relate;
mod source;
mod step;
mod target;
mod turn;

pub use generation::{Expected, Fate, Found, Generation, LARGEST_BATCH, Rung};
pub use label::Label;
pub use readback::{Reading, Tally, find_block, tally};
pub use relate::{Relation, relate};
pub use source::{Access, Arrival, Settings, Source, SourceKind, Style, discover_weekly_names};
pub use step::{
    Attempt, Event, Misstep, Next, Plan, PlanKind, REQUEST_TIMEOUT, RUN_LEASE, SETTLE, Sighting, Step,
    TWO_LOOKS_APART,
};
pub use target::{ROLL_OVER_AT, Target, TargetKey, TargetState};
pub use turn::{CHECKS_PER_WEEK, Turn};
