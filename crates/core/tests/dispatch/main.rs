//! Work through a queue: whatever comes twice, late or never, each piece is done once and in time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod deadlines;
mod deaths;
#[path = "../common/house.rs"]
mod house;
mod messages;
mod queue;
mod ticks;
