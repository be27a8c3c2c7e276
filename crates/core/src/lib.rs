//! The shared core of Reprise: use cases, the ports they need, and the Spotify client.
//!
//! Every trigger (a timer, a button, a command, later a Lambda event) calls the same function here.
//! Core decides nothing that `reprise_domain` can decide purely, and touches nothing but its ports
//! and Spotify.

pub mod ports;
pub mod spotify;
