#![doc = include_str!("../README.md")]
#![allow(clippy::doc_markdown, reason = "the names of databases are words, not code")]

mod alerts;
mod archive;
mod budget;
mod due;
mod house;
mod invites;
mod key_file;
mod keys;
mod open;
mod rows;
mod tokens;
mod tracks;
mod users;

pub use key_file::{KeyFileError, LocalKeyFile};
pub use open::{OpenError, SqlStore};
