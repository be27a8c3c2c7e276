//! The Web API: one table of endpoints, each a plain function of the state, the call and the time.

mod details;
mod endpoint;
mod fields;
mod gate;
mod items;
mod library;
mod lookup;
mod me;
mod paging;
pub(crate) mod playlists;
pub(crate) mod query;
mod reply;
mod search;

pub(crate) use endpoint::{Endpoint, find};
pub(crate) use gate::{Incoming, admit};
pub(crate) use library::keep;
pub(crate) use reply::{Outcome, Reply};

use crate::model::{Client, World};
use crate::playlist::Actor;
use crate::state::State;
use axum::body::Bytes;
use jiff::Timestamp;
use query::Query;
use std::collections::BTreeSet;

/// A call whose token has been checked.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) endpoint: &'static Endpoint,
    /// What stands for `{id}` in the path.
    pub(crate) id: String,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
    /// Scheme and host under which the caller knows us.
    pub(crate) base: String,
    pub(crate) client: String,
    /// `None`: a client's own token.
    pub(crate) user: Option<String>,
    pub(crate) scopes: BTreeSet<String>,
}

impl Ask {
    pub(crate) fn run(&self, state: &mut State, now: Timestamp) -> Reply {
        (self.endpoint.run)(state, self, now).unwrap_or_else(|refusal| refusal)
    }

    fn actor(&self) -> Actor {
        Actor::App(self.client.clone())
    }

    /// Id of the user; the gate has made sure of one where the endpoint needs it.
    fn me(&self) -> Result<&str, Reply> {
        self.user.as_deref().ok_or_else(|| Reply::error(401, "Valid user authentication required"))
    }

    fn client<'a>(&self, state: &'a State) -> Result<&'a Client, Reply> {
        state.clients.get(&self.client).ok_or_else(|| Reply::unauthorized("invalid_token"))
    }

    fn world(&self, state: &State) -> World {
        state.clients.get(&self.client).map(|client| client.world).unwrap_or_default()
    }
}
