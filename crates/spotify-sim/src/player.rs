//! What a listener plays, as far as a test has set it.

use serde_json::Value;

#[derive(Debug, Clone, Default)]
pub(crate) struct Player {
    /// Answer of `GET /v1/me/player`; `None`: nothing is active.
    pub(crate) playing: Option<Value>,
    /// Tracks to come.
    pub(crate) queue: Vec<Value>,
    /// Play history objects, any order.
    pub(crate) recent: Vec<Value>,
}
