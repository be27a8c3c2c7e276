//! Moving house: files and tables left for one another, record by record, with the real binary killed
//! on the way, and the archive going on where it arrives.
#![expect(clippy::unwrap_used, reason = "a move that cannot go on has failed")]

mod deaths;
mod homes;
mod ports;
mod stories;
mod street;
mod words;
