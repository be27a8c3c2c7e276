//! The site from outside: by HTTP, beside a simulated Spotify.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod apart;
mod doors;
mod guards;
mod house;
mod moved;
mod pages;
