//! Signing up, signing in, consenting again; and what spoils each.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod deaths;
#[path = "../common/house.rs"]
mod house;
mod identities;
mod logins;
mod spoiled;
