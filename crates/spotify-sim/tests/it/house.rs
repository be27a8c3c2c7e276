//! A served simulation, a caller, and words for what is asked of it.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use spotify_sim::{Client, ClockMode, Sim, SimConfig, SimServer, Track, User, World};
use std::time::Duration;

pub(crate) const SCOPES: &[&str] = &[
    "playlist-read-private",
    "playlist-modify-public",
    "playlist-modify-private",
    "user-library-read",
    "user-read-playback-state",
    "user-read-currently-playing",
    "user-read-recently-played",
    "ugc-image-upload",
];

pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) server: SimServer,
    pub(crate) http: reqwest::Client,
}

/// Monday 2026-11-16, 06:00 UTC, standing still; the apps `dev` and `ext`; `ada` and `bob`.
pub(crate) async fn house() -> House {
    let sim = Sim::new(SimConfig {
        seed: 7,
        start: "2026-11-16T06:00:00Z".parse().unwrap(),
        mode: ClockMode::Pushed,
        ..SimConfig::default()
    });
    sim.add_client(Client::new("dev", "dev-secret", World::Development));
    sim.add_client(Client::new("ext", "ext-secret", World::Extended));
    sim.add_user(User::new("ada"));
    sim.add_user(User::new("bob"));
    let server = sim.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    House { sim, server, http }
}

impl House {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    pub(crate) fn token(&self, client: &str, user: &str) -> String {
        self.sim.mint(client, user, SCOPES).unwrap().access
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, self.url(path))
    }

    /// Calls as an app for a user; answers status and body.
    pub(crate) async fn ask(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let call = self.call(method, path).bearer_auth(token);
        let call = match body {
            Some(body) => call.json(&body),
            None => call,
        };
        told(call.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        self.ask(token, "GET", path, None).await
    }

    /// A playlist of the user's own, made by the app; its id.
    pub(crate) async fn playlist(&self, token: &str) -> String {
        let body = Some(json!({ "name": "Archive" }));
        let (status, made) = self.ask(token, "POST", "/v1/me/playlists", body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn add(&self, token: &str, playlist: &str, uris: &[String]) -> (u16, Value) {
        let path = format!("/v1/playlists/{playlist}/items");
        self.ask(token, "POST", &path, Some(json!({ "uris": uris }))).await
    }

    /// URIs a playlist really holds.
    pub(crate) fn held(&self, user: &str, playlist: &str) -> Vec<String> {
        let truth = self.sim.truth(user).unwrap();
        let playlist = truth.playlists.into_iter().find(|known| known.id == playlist).unwrap();
        let items = playlist.items.into_iter();
        items.map(|item| item.uri.unwrap()).collect()
    }

    pub(crate) async fn push(&self, seconds: u64) {
        let by = Duration::from_secs(seconds);
        let patience = Duration::from_secs(5);
        self.sim.clock().advance_by(by, patience).await.unwrap();
    }
}

/// Status and body; `null` where it is no JSON.
pub(crate) async fn told(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

pub(crate) fn uris(from: u32, count: u32) -> Vec<String> {
    (from..from + count).map(|n| Track::new(n).uri()).collect()
}

pub(crate) fn error(status: u16, message: &str) -> (u16, Value) {
    (status, json!({ "error": { "status": status, "message": message } }))
}
