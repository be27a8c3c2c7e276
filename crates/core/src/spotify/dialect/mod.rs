//! Bodies into values, leniently: both dialects, everything optional that may be missing.
//!
//! A field of an unexpected shape counts as absent; an entry of a list that makes no sense is kept
//! as unreadable and never spoils its page. Only what nothing can stand for (a page without its
//! list or its total, a new playlist without an id) makes a body [`Unreadable`].

mod lenient;
mod player;
mod playlist;
mod profile;
mod track;

pub use player::{player, recently_played};
pub use playlist::{flags, items, playlist, playlists, snapshot};
pub use profile::profile;
pub use track::track;

pub(super) use playlist::item_fields;

/// Why a body makes no sense; tells nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// It is JSON without what matters.
    #[error("the answer has no {0}")]
    Lacks(&'static str),
}
