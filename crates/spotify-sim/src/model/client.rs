//! Apps, as registered on the developer dashboard.

use serde::{Deserialize, Serialize};

/// Which Web API a client id is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// Development mode of 2026: no generated playlists, renamed and removed fields, fewer
    /// endpoints.
    #[default]
    Development,
    /// Extended quota from before November 2024: reads everything, speaks both dialects.
    Extended,
}

/// What a refresh answers in place of the refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// No such field, as since mid-2026.
    #[default]
    None,
    /// An empty text.
    Empty,
    /// The same token.
    Same,
    /// A new one; the old one stays valid.
    RotateGraceful,
    /// A new one; the old one is revoked at once.
    RotateRevoking,
}

/// How a generated playlist is refused in development mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 404 `Resource not found`.
    #[default]
    NotFound,
    /// 403 `Forbidden`.
    Forbidden,
}

/// How the two 403s of the developer dashboard are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStyle {
    /// A bare text.
    #[default]
    Plain,
    /// The usual error object.
    Json,
}

/// An app.
#[expect(clippy::struct_excessive_bools, reason = "switches of a test, independent of each other")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// Client id.
    pub id: String,
    /// `None`: a public client, which can only use PKCE.
    pub secret: Option<String>,
    /// Developer account; all its clients share one daily quota.
    pub developer: String,
    /// Which Web API it is served.
    pub world: World,
    /// Exact redirect URIs. None registered: any loopback address literal over http, any https.
    pub redirect_uris: Vec<String>,
    /// Ids of the users who may use it in development mode; `None` lets everybody in.
    pub allow_list: Option<Vec<String>>,
    /// Whether the developer pays; without, every call for data is refused.
    pub owner_premium: bool,
    /// What a refresh answers; a user may have a setting of their own.
    pub rotation: Rotation,
    /// How generated playlists are refused.
    pub generated_refusal: Refusal,
    /// Whether generated playlists are `null` in the list of playlists; else they are left out.
    /// They count in `total` either way.
    pub generated_as_null: bool,
    /// Whether items are refused (403) even of the user's own playlists, as for some ids of 2026.
    pub own_items_forbidden: bool,
    /// Whether `public: false` is ignored, as in 2026.
    pub public_ignored: bool,
    /// Wording of the dashboard's refusals.
    pub error_style: ErrorStyle,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            id: "sim-client".to_owned(),
            secret: Some("sim-secret".to_owned()),
            developer: "sim-developer".to_owned(),
            world: World::default(),
            redirect_uris: Vec::new(),
            allow_list: None,
            owner_premium: true,
            rotation: Rotation::default(),
            generated_refusal: Refusal::default(),
            generated_as_null: true,
            own_items_forbidden: false,
            public_ignored: true,
            error_style: ErrorStyle::default(),
        }
    }
}

impl Client {
    /// A confidential client of either world; all else by default.
    pub fn new(id: &str, secret: &str, world: World) -> Self {
        Self { id: id.to_owned(), secret: Some(secret.to_owned()), world, ..Self::default() }
    }

    pub(crate) fn accepts_redirect(&self, uri: &str) -> bool {
        if !self.redirect_uris.is_empty() {
            let without_port = loopback_without_port(uri);
            return self
                .redirect_uris
                .iter()
                .any(|known| known == uri || Some(known) == without_port.as_ref());
        }
        let Ok(url) = url::Url::parse(uri) else {
            return false;
        };
        match url.scheme() {
            "https" => true,
            "http" => matches!(url.host_str(), Some("127.0.0.1" | "[::1]")),
            _ => false,
        }
    }

    pub(crate) fn admits(&self, user: &str) -> bool {
        self.world == World::Extended
            || self.allow_list.as_ref().is_none_or(|list| list.iter().any(|known| known == user))
    }
}

/// A loopback address may be registered without a port and get one at request time.
fn loopback_without_port(uri: &str) -> Option<String> {
    ["http://127.0.0.1:", "http://[::1]:"].iter().find_map(|start| {
        let (_, path) = uri.strip_prefix(start)?.split_once('/')?;
        Some(format!("{}/{path}", start.trim_end_matches(':')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unregistered_redirects_must_be_https_or_a_loopback_literal() {
        let client = Client::default();
        for good in
            ["http://127.0.0.1:8080/auth/spotify/callback", "http://[::1]:9/cb", "https://reprise.example/cb"]
        {
            assert!(client.accepts_redirect(good), "{good}");
        }
        for bad in ["http://localhost:8080/cb", "http://192.168.1.4/cb", "cb", "app://cb"] {
            assert!(!client.accepts_redirect(bad), "{bad}");
        }
    }

    #[test]
    fn registered_redirects_are_compared_exactly() {
        let client = Client { redirect_uris: vec!["https://a.example/cb".to_owned()], ..Client::default() };
        assert!(client.accepts_redirect("https://a.example/cb"));
        assert!(!client.accepts_redirect("https://a.example/cb/"));
        assert!(!client.accepts_redirect("https://a.example/CB"));
    }

    #[test]
    fn a_loopback_address_registered_without_a_port_takes_any() {
        let with = |uri: &str| Client { redirect_uris: vec![uri.to_owned()], ..Client::default() };
        let open = with("http://127.0.0.1/cb");
        assert!(open.accepts_redirect("http://127.0.0.1:8080/cb"));
        assert!(!open.accepts_redirect("http://127.0.0.1:8080/other"));
        let fixed = with("http://127.0.0.1:8080/cb");
        assert!(!fixed.accepts_redirect("http://127.0.0.1:8081/cb"));
    }
}
