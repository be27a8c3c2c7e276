//! The rules of Reprise, with nothing else in the way.
//!
//! No I/O, no async, no clock, no environment: instants are arguments, randomness too.
//! What is decided here is tried in tests without a network, a store or a wait.
//!
//! - [`ids`], [`track`], [`identity`]: what a track is, and when two are the same recording
//! - [`archive`]: generations, the steps that archive one, and when to look again
//! - [`paste`]: track links as people paste them
//! - [`token`]: the life of a listener's grant
//! - [`budget`]: who may still call Spotify today
//! - [`time`]: marks that survive a jumping clock

pub mod archive;
pub mod budget;
pub mod identity;
pub mod ids;
pub mod paste;
pub mod time;
pub mod token;
pub mod track;
