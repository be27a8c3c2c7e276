//! The endpoints, what they need, and who serves them.

use super::{Ask, Outcome, details, items, library, lookup, me, playlists, search};
use crate::state::State;
use jiff::Timestamp;

/// One endpoint. Everything but the token check happens in `run`, which is plain and synchronous
/// so that it can also happen later than it was asked for.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) needs: Needs,
    /// Removed in development mode.
    pub(crate) extended_only: bool,
    pub(crate) run: fn(&mut State, &Ask, Timestamp) -> Outcome,
}

/// Which scopes a token must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Any token, even without a user.
    Token,
    /// A user's token.
    User,
    /// A user's token with this scope.
    Scope(&'static str),
    /// A user's token with one of these: which of the two depends on the playlist.
    Modify,
    /// The modifying scopes, and this one.
    ModifyAnd(&'static str),
    /// Player endpoints word the refusal differently.
    Player(&'static [&'static str]),
}

pub(crate) const MODIFY: [&str; 2] = ["playlist-modify-public", "playlist-modify-private"];

type Run = fn(&mut State, &Ask, Timestamp) -> Outcome;

const fn kept(method: &'static str, template: &'static str, needs: Needs, run: Run) -> Endpoint {
    Endpoint { method, template, needs, extended_only: false, run }
}

const fn old(method: &'static str, template: &'static str, needs: Needs, run: Run) -> Endpoint {
    Endpoint { extended_only: true, ..kept(method, template, needs, run) }
}

const LIST: Needs = Needs::Scope("playlist-read-private");
const STATE: &str = "user-read-playback-state";
const CURRENT: &str = "user-read-currently-playing";

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    kept("GET", "/v1/me", Needs::User, me::profile),
    kept("GET", "/v1/me/playlists", LIST, playlists::mine),
    kept("POST", "/v1/me/playlists", Needs::Modify, playlists::create),
    old("POST", "/v1/users/{id}/playlists", Needs::Modify, playlists::create),
    old("GET", "/v1/users/{id}/playlists", Needs::Token, playlists::of_user),
    old("GET", "/v1/users/{id}", Needs::Token, me::public_profile),
    kept("GET", "/v1/playlists/{id}", Needs::Token, playlists::get),
    kept("PUT", "/v1/playlists/{id}", Needs::Modify, details::change),
    kept("GET", "/v1/playlists/{id}/items", Needs::User, items::list),
    kept("POST", "/v1/playlists/{id}/items", Needs::Modify, items::add),
    kept("PUT", "/v1/playlists/{id}/items", Needs::Modify, items::update),
    kept("DELETE", "/v1/playlists/{id}/items", Needs::Modify, items::remove),
    old("GET", "/v1/playlists/{id}/tracks", Needs::Token, items::list),
    old("POST", "/v1/playlists/{id}/tracks", Needs::Modify, items::add),
    old("PUT", "/v1/playlists/{id}/tracks", Needs::Modify, items::update),
    old("DELETE", "/v1/playlists/{id}/tracks", Needs::Modify, items::remove),
    kept("GET", "/v1/playlists/{id}/images", Needs::Token, details::images),
    kept("PUT", "/v1/playlists/{id}/images", Needs::ModifyAnd("ugc-image-upload"), details::upload),
    old("PUT", "/v1/playlists/{id}/followers", Needs::Modify, library::follow),
    old("DELETE", "/v1/playlists/{id}/followers", Needs::Modify, library::unfollow),
    old("GET", "/v1/playlists/{id}/followers/contains", LIST, library::follows),
    kept("PUT", "/v1/me/library", Needs::Scope("playlist-modify-public"), library::save),
    kept("DELETE", "/v1/me/library", Needs::Scope("playlist-modify-public"), library::drop),
    kept("GET", "/v1/me/library/contains", Needs::User, library::contains),
    kept("GET", "/v1/tracks/{id}", Needs::Token, lookup::track),
    old("GET", "/v1/tracks", Needs::Token, lookup::tracks),
    kept("GET", "/v1/albums/{id}", Needs::Token, lookup::album),
    old("GET", "/v1/albums", Needs::Token, lookup::albums),
    kept("GET", "/v1/artists/{id}", Needs::Token, lookup::artist),
    old("GET", "/v1/artists", Needs::Token, lookup::artists),
    kept("GET", "/v1/artists/{id}/albums", Needs::Token, lookup::artist_albums),
    kept("GET", "/v1/search", Needs::Token, search::search),
    kept("GET", "/v1/me/player", Needs::Player(&[STATE]), me::player),
    kept("GET", "/v1/me/player/currently-playing", Needs::Player(&[CURRENT]), me::currently_playing),
    kept(
        "GET",
        "/v1/me/player/recently-played",
        Needs::Player(&["user-read-recently-played"]),
        me::recently_played,
    ),
    kept("GET", "/v1/me/player/queue", Needs::Player(&[CURRENT, STATE]), me::queue),
];

/// The endpoint of a request, and what stands for its `{id}`.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Endpoint, String)> {
    ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.method == method)
        .find_map(|endpoint| Some((endpoint, matches(endpoint.template, path)?)))
}

fn matches(template: &str, path: &str) -> Option<String> {
    let mut id = String::new();
    let mut given = path.trim_end_matches('/').split('/');
    for wanted in template.split('/') {
        let part = given.next()?;
        match wanted {
            "{id}" if !part.is_empty() => id = super::query::decode(part),
            _ if wanted == part => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> Option<(&'static str, String)> {
        find(method, path).map(|(endpoint, id)| (endpoint.template, id))
    }

    #[test]
    fn requests_find_their_endpoint() {
        let items = Some(("/v1/playlists/{id}/items", "abc".to_owned()));
        assert_eq!(found("POST", "/v1/playlists/abc/items"), items);
        assert_eq!(found("GET", "/v1/me/player/"), Some(("/v1/me/player", String::new())));
        assert_eq!(found("GET", "/v1/playlists//items"), None);
        assert_eq!(found("PATCH", "/v1/me"), None);
        assert_eq!(found("GET", "/v1/me/playlists/x"), None);
    }
}
