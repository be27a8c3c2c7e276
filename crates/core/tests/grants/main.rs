//! Grants against the simulated accounts service: two processes at once, deaths at every step, single
//! flight, false alarms, six months, epochs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod flight;
mod gates;
#[path = "../common/house.rs"]
mod house;
mod interleaved;
mod life;
