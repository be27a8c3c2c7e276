//! Playlists and the library.

use crate::house::{error, house, told, uris};
use serde_json::{Value, json};
use spotify_sim::{Act, Track};

#[tokio::test]
async fn adding_appends_inserts_and_accepts_duplicates() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let before = house.get(&token, &format!("/v1/playlists/{id}")).await.1;
    let (status, added) = house.add(&token, &id, &uris(0, 2)).await;
    assert_eq!(status, 201);
    assert_ne!(added["snapshot_id"], before["snapshot_id"]);
    assert_eq!(house.add(&token, &id, &uris(1, 1)).await.0, 201);
    let path = format!("/v1/playlists/{id}/items");
    let first = json!({ "uris": uris(5, 1), "position": 0 });
    assert_eq!(house.ask(&token, "POST", &path, Some(first)).await.0, 201);
    let expect = [uris(5, 1), uris(0, 2), uris(1, 1)].concat();
    assert_eq!(house.held("ada", &id), expect);

    // A query goes before the body.
    let query = format!("{path}?uris={}", uris(8, 1)[0]);
    let body = Some(json!({ "uris": uris(9, 1) }));
    assert_eq!(house.ask(&token, "POST", &query, body).await.0, 201);
    assert_eq!(house.held("ada", &id)[4], uris(8, 1)[0]);
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_without_effect() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let too_many = house.add(&token, &id, &uris(0, 101)).await;
    let message = "You can add a maximum of 100 tracks per request.";
    assert_eq!(too_many, error(400, message));
    for bad in ["spotify:track:4iV5W9uYEdYUVa79Axb7Rh", "spotify:local:a:b:c:1", "nonsense"] {
        let mixed = [uris(0, 1), vec![bad.to_owned()]].concat();
        assert_eq!(house.add(&token, &id, &mixed).await.0, 400, "{bad}");
    }
    let path = format!("/v1/playlists/{id}/items");
    let outside = json!({ "uris": uris(0, 1), "position": 1 });
    assert_eq!(house.ask(&token, "POST", &path, Some(outside)).await.0, 400);
    let other = house.token("dev", "bob");
    assert_eq!(house.add(&other, &id, &uris(0, 1)).await.0, 403);
    let weekly = house.sim.discover_weekly_id("ada").unwrap();
    assert_eq!(house.add(&token, &weekly, &uris(0, 1)).await.0, 403);
    assert!(house.held("ada", &id).is_empty());
}

#[tokio::test]
async fn removing_takes_all_occurrences_and_replacing_all_items() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    house.add(&token, &id, &[uris(0, 3), uris(0, 1)].concat()).await;
    let path = format!("/v1/playlists/{id}/items");
    let body = json!({ "items": [{ "uri": uris(0, 1)[0] }] });
    let (status, removed) = house.ask(&token, "DELETE", &path, Some(body)).await;
    assert_eq!(status, 200, "{removed}");
    assert_eq!(house.held("ada", &id), uris(1, 2));
    let old_key = json!({ "tracks": [{ "uri": uris(1, 1)[0] }] });
    assert_eq!(house.ask(&token, "DELETE", &path, Some(old_key)).await.0, 400);

    let body = json!({ "range_start": 1, "insert_before": 0, "snapshot_id": removed["snapshot_id"] });
    assert_eq!(house.ask(&token, "PUT", &path, Some(body)).await.0, 200);
    assert_eq!(house.held("ada", &id), [uris(2, 1), uris(1, 1)].concat());
    let forged = json!({ "range_start": 1, "insert_before": 0, "snapshot_id": "AAAA" });
    assert_eq!(house.ask(&token, "PUT", &path, Some(forged)).await.0, 400);

    let body = json!({ "uris": uris(7, 4) });
    assert_eq!(house.ask(&token, "PUT", &path, Some(body)).await.0, 200);
    assert_eq!(house.held("ada", &id), uris(7, 4));
    let kinds: Vec<String> = house.sim.truth("ada").unwrap().playlists[0]
        .history
        .iter()
        .map(|change| change.what.clone())
        .collect();
    assert_eq!(kinds, ["created", "added", "removed", "reordered", "replaced"]);
}

#[tokio::test]
async fn a_playlist_has_a_ceiling() {
    let house = house().await;
    house.sim.change_settings(|settings| settings.playlist_ceiling = 5);
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    house.add(&token, &id, &uris(0, 4)).await;
    assert_eq!(house.add(&token, &id, &uris(0, 2)).await.0, 403);
    house.sim.change_settings(|settings| settings.ceiling_status = 500);
    assert_eq!(house.add(&token, &id, &uris(0, 2)).await.0, 500);
    assert_eq!(house.add(&token, &id, &uris(0, 1)).await.0, 201);
}

#[tokio::test]
async fn details_have_the_limits_that_live_tests_found() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let path = format!("/v1/playlists/{id}");
    for (body, expect) in [
        (json!({ "name": "n".repeat(101) }), 500),
        (json!({ "name": "n".repeat(100) }), 200),
        (json!({ "description": "d".repeat(301) }), 500),
        (json!({ "description": "two\nlines" }), 500),
        (json!({ "description": "" }), 400),
        (json!({ "description": "fine" }), 200),
        (json!({ "public": false }), 200),
    ] {
        let (status, _) = house.ask(&token, "PUT", &path, Some(body.clone())).await;
        assert_eq!(status, expect, "{body}");
    }
    let (_, read) = house.get(&token, &path).await;
    assert_eq!((&read["description"], &read["public"]), (&json!("fine"), &json!(true)));
    house.sim.change_client("dev", |client| client.public_ignored = false);
    let body = Some(json!({ "public": false }));
    house.ask(&token, "PUT", &path, body).await;
    let (_, later) = house.get(&token, &path).await;
    assert_eq!(later["public"], false);
    assert_ne!(later["snapshot_id"], read["snapshot_id"]);
}

#[tokio::test]
async fn an_unfollowed_playlist_is_readable_but_not_listed() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let library = format!("/v1/me/library?uris=spotify:playlist:{id}");
    let contains = format!("/v1/me/library/contains?uris=spotify:playlist:{id},spotify:playlist:x");
    assert_eq!(house.get(&token, &contains).await.1, json!([true, false]));
    assert_eq!(house.ask(&token, "DELETE", &library, None).await.0, 200);
    assert_eq!(house.get(&token, &contains).await.1, json!([false, false]));
    assert_eq!(house.get(&token, &format!("/v1/playlists/{id}")).await.0, 200);
    let (_, list) = house.get(&token, "/v1/me/playlists").await;
    assert_eq!(list["total"], 1);
    assert_eq!(house.ask(&token, "PUT", &library, None).await.0, 200);
    assert_eq!(house.get(&token, &contains).await.1, json!([true, false]));
    assert_eq!(house.get(&token, "/v1/me/library/contains").await.0, 400);
    assert_eq!(house.get(&token, "/v1/me/library/contains?uris=x").await.0, 400);
}

#[tokio::test]
async fn pages_have_bounds_and_lead_on() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    house.add(&token, &id, &uris(0, 60)).await;
    let path = format!("/v1/playlists/{id}/items");
    for bad in ["limit=51", "limit=0", "limit=x", "offset=-1"] {
        assert_eq!(house.get(&token, &format!("{path}?{bad}")).await.0, 400, "{bad}");
    }
    let (_, first) = house.get(&token, &format!("{path}?limit=50&fields=next,items(item.uri)")).await;
    assert_eq!(first["items"][0], json!({ "item": { "uri": uris(0, 1)[0] } }));
    let next = first["next"].as_str().unwrap();
    let next = next.strip_prefix(&house.server.url()).unwrap();
    let (_, second) = house.get(&token, next).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 10);
    assert_eq!(second["next"], Value::Null);
}

#[tokio::test]
async fn covers_are_uploaded_as_base64_jpeg() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let path = format!("/v1/playlists/{id}/images");
    for (body, expect) in [("/9j/4AAQSkZJRg==", 202), ("bm8=", 400)] {
        let call = house.call("PUT", &path).bearer_auth(&token).body(body);
        assert_eq!(told(call.send().await.unwrap()).await.0, expect);
    }
    let (_, images) = house.get(&token, &path).await;
    let cover = house.http.get(images[0]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(cover.headers()["content-type"], "image/svg+xml");
    assert!(cover.text().await.unwrap().starts_with("<svg"));
}

#[tokio::test]
async fn listeners_act_behind_the_apps_back() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let playlist = || id.clone();
    let act = |act: &Act| house.sim.act("ada", act).unwrap().count;
    assert_eq!(act(&Act::CopyDiscoverWeekly { into: playlist() }), 30);
    let weekly = house.sim.truth("ada").unwrap().discover_weekly;
    let copied: Vec<Option<String>> =
        weekly.generations[0].entries.iter().map(|entry| entry.uri.clone()).collect();
    let held = house.held("ada", &id);
    assert_eq!(held.iter().cloned().map(Some).collect::<Vec<_>>(), copied);

    act(&Act::RemoveAt { playlist: playlist(), position: 0 });
    act(&Act::Move { playlist: playlist(), from: 0, to: 28 });
    let now = house.held("ada", &id);
    assert_eq!((now.len(), &now[28]), (29, &held[1]));
    act(&Act::Reverse { playlist: playlist() });
    assert_eq!(house.held("ada", &id)[0], held[1]);
    act(&Act::Rename { playlist: playlist(), name: "Mine".to_owned() });
    assert_eq!(house.get(&token, &format!("/v1/playlists/{id}")).await.1["name"], "Mine");
    assert_eq!(act(&Act::Clear { playlist: playlist() }), 29);
    assert!(house.held("ada", &id).is_empty());
    assert!(house.sim.act("bob", &Act::Clear { playlist: playlist() }).is_err());
    act(&Act::Unfollow { playlist: playlist() });
    act(&Act::FollowDiscoverWeekly(false));
    assert_eq!(house.get(&token, "/v1/me/playlists").await.1["total"], 0);
}

#[tokio::test]
async fn the_player_shows_what_was_set() {
    let house = house().await;
    let token = house.token("dev", "ada");
    assert_eq!(house.get(&token, "/v1/me/player").await.0, 204);
    let recent = "/v1/me/player/recently-played";
    assert_eq!(house.get(&token, recent).await.1["items"], json!([]));
    let track = house.get(&token, &format!("/v1/tracks/{}", Track::new(3).id())).await.1;
    let playing = json!({ "is_playing": true, "item": track, "device": { "id": "d" } });
    house.sim.set_playing("ada", Some(playing));
    let plays = (10..12)
        .map(|minute| json!({ "played_at": format!("2026-11-16T05:{minute}:00.123Z"), "track": track }))
        .collect();
    house.sim.set_recently_played("ada", plays);
    assert_eq!(house.get(&token, "/v1/me/player").await.1["device"]["id"], "d");
    let (_, current) = house.get(&token, "/v1/me/player/currently-playing").await;
    assert!(current.get("device").is_none() && current["item"]["id"] == track["id"]);
    let (_, page) = house.get(&token, &format!("{recent}?limit=1")).await;
    assert_eq!(page["items"][0]["played_at"], "2026-11-16T05:11:00.123Z");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_string());
    let after = page["cursors"]["after"].as_str().unwrap();
    let (_, rest) = house.get(&token, &format!("{recent}?after={after}")).await;
    assert_eq!((&rest["items"], &rest["cursors"]), (&json!([]), &Value::Null));
    assert_eq!(house.get(&token, &format!("{recent}?after=1&before=2")).await.0, 400);

    let plays = (0..60)
        .map(|minute| json!({ "played_at": format!("2026-11-16T04:{minute:02}:00Z"), "track": track }))
        .collect();
    house.sim.set_recently_played("ada", plays);
    let (_, last) = house.get(&token, &format!("{recent}?limit=50")).await;
    assert_eq!(last["items"].as_array().unwrap().len(), 50);
    let before = last["cursors"]["before"].as_str().unwrap();
    let (_, beyond) = house.get(&token, &format!("{recent}?before={before}")).await;
    assert_eq!(beyond["items"], json!([]));
}
