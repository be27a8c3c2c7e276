//! The simulation as its callers meet it: over HTTP.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod clock;
mod control;
mod faults;
mod house;
mod lag;
mod limits;
mod oauth;
mod playlists;
mod weekly;
mod worlds;
