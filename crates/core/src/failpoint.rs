//! Named places where a process may be made to die, so that tests can kill it exactly there.
//!
//! A place is passed right after something became durable, here or at Spotify, and before the next
//! thing does. Without a hook, passing one costs a load.

use std::sync::OnceLock;

type Hook = Box<dyn Fn(&'static str) + Send + Sync>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Every place, in the order of the work.
pub const NAMES: &[&str] = &[
    "onboard.exchanged",
    "onboard.admitted",
    "grant.announced",
    "grant.answered",
    "grant.committed",
    "archive.claimed",
    "archive.read",
    "archive.seen",
    "archive.noted",
    "archive.creating",
    "archive.created",
    "archive.target",
    "archive.planned",
    "archive.sent",
    "archive.added",
    "archive.looked",
    "archive.verified",
    "archive.drained",
    "archive.done",
];

/// Every place of a move, in the order of the work; no run passes them.
pub const MOVING: &[&str] =
    &["moving.left", "moving.packed", "moving.arriving", "moving.stored", "moving.brought", "moving.settled"];

/// Places that only work on its way through a queue passes.
pub const ON_THE_WAY: &[&str] = &["dispatch.claimed", "dispatch.handed-on", "work.taken"];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(ON_THE_WAY).chain(MOVING).copied()
}

/// Installs what happens at every place; only the first call counts.
pub fn install(hook: impl Fn(&'static str) + Send + Sync + 'static) {
    let _ = HOOK.set(Box::new(hook));
}

/// Passes a place.
pub(crate) fn pass(name: &'static str) {
    debug_assert!(all().any(|known| known == name), "{name} is not a named failpoint");
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
}
