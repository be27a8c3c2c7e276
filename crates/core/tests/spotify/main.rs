//! The Spotify client against fixtures of both dialects and against small servers on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod decode;
mod never_panics;
mod odd_bodies;
mod refusals;
mod sent;
mod support;
mod wire;
