//! Whatever Spotify may answer while Reprise archives: what the listener is told, what is tried again
//! and when, and that nothing is lost, doubled or out of order once it is over.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken;
mod ceilings;
mod checked;
mod doubled;
mod hands;
#[path = "../common/house.rs"]
mod house;
mod layouts;
mod limits;
mod lists;
mod meet;
mod pasted;
mod refused;
mod unreadable;
