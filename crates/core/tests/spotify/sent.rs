//! What each method sends, in the new dialect, and what it makes of the answer.

use std::sync::Arc;

use reprise_core::spotify::{Endpoint, NewPlaylist, PlaylistDetails, Purpose, SpotifyError};
use reprise_domain::ids::{PlaylistId, SnapshotId, TrackUri};
use serde_json::{Value, json};

use crate::support::{DIALECTS, Heard, Notes, Reply, Server, api, token};

const ARCHIVE: &str = "2PlaylistArchive000000";
const LANTERN: &str = "spotify:track:1TrackLantern000000000";

fn archive() -> PlaylistId {
    ARCHIVE.parse().unwrap()
}

fn lantern() -> TrackUri {
    LANTERN.parse().unwrap()
}

/// Checks the one request a server heard; a read has no body.
#[track_caller]
fn check(server: &Server, line: &str, body: &Value) {
    let heard = server.heard();
    let [heard] = heard.as_slice() else { panic!("{} requests", heard.len()) };
    assert_eq!(heard.line, line);
    assert_eq!(body_of(heard), *body);
}

fn body_of(heard: &Heard) -> Value {
    if heard.body.is_empty() {
        return Value::Null;
    }
    assert_eq!(heard.headers["content-type"], "application/json");
    heard.json()
}

#[tokio::test]
async fn reads_ask_for_both_dialects_in_one_request() {
    let fields = "album(images,name),artists(name),duration_ms,explicit,external_ids(isrc),id,is_local,\
                  is_playable,linked_from(uri),name,restrictions(reason),type,uri";
    for dialect in DIALECTS {
        let server = Server::saying([
            Reply::fixture(dialect, "me"),
            Reply::fixture(dialect, "my_playlists"),
            Reply::fixture(dialect, "playlist_own"),
            Reply::fixture(dialect, "playlist_items"),
            Reply::fixture(dialect, "track"),
            Reply::fixture(dialect, "library_contains"),
            Reply::fixture(dialect, "player_track"),
            Reply::fixture(dialect, "recently_played"),
            Reply::fixture(dialect, "recently_played"),
        ])
        .await;
        let gate = Arc::new(Notes::default());
        let (api, token, why) = (api(&server.base, gate.clone()), token(), Purpose::Archive);

        api.me(&token, Purpose::SignUp).await.unwrap();
        check(&server, "GET /v1/me", &Value::Null);
        api.my_playlists(&token, why, 50, 99).await.unwrap();
        check(&server, "GET /v1/me/playlists limit=50 offset=50", &Value::Null);
        api.playlist(&token, why, &archive()).await.unwrap();
        let head = "collaborative,description,id,items(total),name,owner(display_name,id),public,\
                    snapshot_id,tracks(total)";
        check(&server, &format!("GET /v1/playlists/{ARCHIVE} fields={head}"), &Value::Null);
        let page = api.playlist_items(&token, why, &archive(), 100, 50).await.unwrap();
        assert_eq!(page.offset, 100);
        let items = format!("items(is_local,item({fields}),track({fields})),next,total");
        let line = format!(
            "GET /v1/playlists/{ARCHIVE}/items fields={items} limit=50 offset=100 \
             additional_types=track,episode"
        );
        check(&server, &line, &Value::Null);
        api.track(&token, Purpose::Metadata, &lantern()).await.unwrap();
        check(&server, "GET /v1/tracks/1TrackLantern000000000", &Value::Null);
        let uris = [format!("spotify:playlist:{ARCHIVE}"), LANTERN.to_owned()];
        assert_eq!(api.in_library(&token, why, &uris).await, Ok(vec![true, false]));
        let line = format!("GET /v1/me/library/contains uris={},{}", uris[0], uris[1]);
        check(&server, &line, &Value::Null);
        api.player(&token, Purpose::Live).await.unwrap().unwrap();
        check(&server, "GET /v1/me/player additional_types=track,episode", &Value::Null);
        api.recently_played(&token, Purpose::History, None, 1).await.unwrap();
        check(&server, "GET /v1/me/player/recently-played limit=1", &Value::Null);
        api.recently_played(&token, Purpose::History, Some(1_795_170_667_481), 50).await.unwrap();
        let line = "GET /v1/me/player/recently-played limit=50 after=1795170667481";
        check(&server, line, &Value::Null);

        let calls = gate.settled.lock().unwrap();
        let calls: Vec<_> = calls.iter().map(|(call, _)| (call.endpoint, call.purpose)).collect();
        let expected = [
            (Endpoint::Me, Purpose::SignUp),
            (Endpoint::MyPlaylists, why),
            (Endpoint::Playlist, why),
            (Endpoint::PlaylistItems, why),
            (Endpoint::Track, Purpose::Metadata),
            (Endpoint::LibraryContains, why),
            (Endpoint::Player, Purpose::Live),
            (Endpoint::RecentlyPlayed, Purpose::History),
            (Endpoint::RecentlyPlayed, Purpose::History),
        ];
        assert_eq!(calls, expected);
    }
}

#[tokio::test]
async fn writes_speak_the_new_dialect() {
    for dialect in DIALECTS {
        let server = Server::saying([
            Reply::fixture(dialect, "create_playlist"),
            Reply::new(200, ""),
            Reply::fixture(dialect, "add_items"),
            Reply::fixture(dialect, "add_items"),
            Reply::fixture(dialect, "replace_items"),
            Reply::fixture(dialect, "remove_items"),
            Reply::fixture(dialect, "remove_items"),
        ])
        .await;
        let api = api(&server.base, Arc::new(Notes::default()));
        let (token, why, uris) = (token(), Purpose::Archive, [lantern()]);

        let new =
            NewPlaylist { name: "Discover Weekly Archive", description: Some("marker 81c2"), public: true };
        let made = api.create_playlist(&token, why, new).await.unwrap();
        assert_eq!(made.id.as_str(), "2PlaylistNew0000000000");
        assert_eq!((made.total, made.readable), (Some(0), true));
        let body = json!({ "name": "Discover Weekly Archive", "description": "marker 81c2", "public": true });
        check(&server, "POST /v1/me/playlists", &body);

        let details = PlaylistDetails { description: Some("kept by Reprise"), ..Default::default() };
        api.change_details(&token, why, &archive(), details).await.unwrap();
        let line = format!("PUT /v1/playlists/{ARCHIVE}");
        check(&server, &line, &json!({ "description": "kept by Reprise" }));

        let items = format!("/v1/playlists/{ARCHIVE}/items");
        let at = api.add_items(&token, why, &archive(), &uris, None).await.unwrap();
        assert_eq!(at, SnapshotId::new("AAAAE1nventeda"));
        check(&server, &format!("POST {items}"), &json!({ "uris": [LANTERN] }));
        api.add_items(&token, why, &archive(), &uris, Some(0)).await.unwrap();
        check(&server, &format!("POST {items}"), &json!({ "uris": [LANTERN], "position": 0 }));
        api.replace_items(&token, why, &archive(), &[]).await.unwrap();
        check(&server, &format!("PUT {items}"), &json!({ "uris": [] }));
        api.remove_items(&token, why, &archive(), &uris, None).await.unwrap();
        check(&server, &format!("DELETE {items}"), &json!({ "items": [{ "uri": LANTERN }] }));
        api.remove_items(&token, why, &archive(), &uris, Some(&at)).await.unwrap();
        let body = json!({ "items": [{ "uri": LANTERN }], "snapshot_id": "AAAAE1nventeda" });
        check(&server, &format!("DELETE {items}"), &body);
    }
}

#[tokio::test]
async fn an_answer_about_another_number_of_things_is_none() {
    let server = Server::saying([Reply::json(200, "[true]")]).await;
    let api = api(&server.base, Arc::new(Notes::default()));
    let uris = [LANTERN.to_owned(), LANTERN.to_owned()];
    let what = "1 answers about 2 URIs".to_owned();
    let result = api.in_library(&token(), Purpose::Archive, &uris).await;
    assert_eq!(result, Err(SpotifyError::Invalid { what }));
}

#[test]
fn every_endpoint_has_a_bucket_and_writes_are_known_as_such() {
    for endpoint in Endpoint::ALL {
        let reads = endpoint.method() == "GET";
        assert_eq!(endpoint.is_write(), !reads, "{endpoint:?}");
        assert!(!endpoint.bucket().name().is_empty());
        assert!(!endpoint.path().starts_with('/'));
    }
}
