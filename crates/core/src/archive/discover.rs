//! Where Discover Weekly is: its id is each listener's own, and its name depends on their language.

use reprise_domain::archive::discover_weekly_names;

use crate::spotify::{AccessToken, Api, PlaylistSummary, Purpose, SpotifyError};

/// Playlists are searched on at most so many pages of fifty.
const PAGES: u32 = 10;

/// The listener's Discover Weekly, if Spotify lists it to this app: by its name in any language, and
/// only if it is Spotify's own.
pub(crate) async fn find_discover_weekly(
    api: &Api,
    token: &AccessToken,
    purpose: Purpose,
) -> Result<Option<PlaylistSummary>, SpotifyError> {
    let is_it = |listed: &PlaylistSummary| {
        let spotifys = listed.owner.as_ref().is_some_and(|owner| owner.as_str().starts_with("spotify"));
        spotifys && discover_weekly_names().contains(&listed.name.trim())
    };
    for page in 0..PAGES {
        let listed = api.my_playlists(token, purpose, page * 50, 50).await?;
        let next = listed.next;
        if let Some(found) = listed.items.into_iter().flatten().find(is_it) {
            return Ok(Some(found));
        }
        if !next {
            break;
        }
    }
    Ok(None)
}
