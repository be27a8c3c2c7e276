//! What differs between development mode and extended quota.

use crate::house::{error, house, told, uris};
use serde_json::{Value, json};
use spotify_sim::{Act, Edition, ErrorStyle, Refusal, Track};

#[tokio::test]
async fn discover_weekly_is_there_in_one_world_and_not_in_the_other() {
    let house = house().await;
    let (dev, ext) = (house.token("dev", "ada"), house.token("ext", "ada"));
    let id = house.sim.discover_weekly_id("ada").unwrap();
    let path = format!("/v1/playlists/{id}");

    let (status, weekly) = house.get(&ext, &path).await;
    assert_eq!(status, 200);
    assert_eq!(weekly["owner"]["id"], "spotify");
    assert_eq!(weekly["items"]["items"].as_array().unwrap().len(), 30);
    assert_eq!(weekly["items"]["items"][0]["item"], weekly["tracks"]["items"][0]["track"]);
    assert_eq!(weekly["items"]["items"][0]["added_at"], "1970-01-01T00:00:00Z");
    assert_eq!(weekly["items"]["items"][0]["added_by"]["id"], "");

    let gone = error(404, "Resource not found");
    assert_eq!(house.get(&dev, &path).await, gone);
    assert_eq!(house.get(&dev, &format!("{path}/items")).await, gone);
    house.sim.change_client("dev", |client| client.generated_refusal = Refusal::Forbidden);
    assert_eq!(house.get(&dev, &path).await, error(403, "Forbidden"));
}

#[tokio::test]
async fn generated_playlists_are_null_in_the_list_but_count() {
    let house = house().await;
    let dev = house.token("dev", "ada");
    house.playlist(&dev).await;
    let (_, list) = house.get(&dev, "/v1/me/playlists").await;
    assert_eq!(list["total"], 2);
    assert_eq!(list["items"][0], Value::Null);
    assert_eq!(list["items"][1]["name"], "Archive");
    assert!(list["items"][1].get("tracks").is_none());
    house.sim.change_client("dev", |client| client.generated_as_null = false);
    let (_, list) = house.get(&dev, "/v1/me/playlists").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["total"], 2);

    let (_, list) = house.get(&house.token("ext", "ada"), "/v1/me/playlists").await;
    assert_eq!(list["items"][0]["name"], "Discover Weekly");
    assert_eq!(list["items"][1]["tracks"]["total"], 0);
}

#[tokio::test]
async fn development_mode_shows_items_to_owners_and_collaborators_only() {
    let house = house().await;
    let (ada, bob) = (house.token("dev", "ada"), house.token("dev", "bob"));
    let id = house.playlist(&ada).await;
    house.add(&ada, &id, &uris(0, 3)).await;
    let (playlist, items) = (format!("/v1/playlists/{id}"), format!("/v1/playlists/{id}/items"));

    assert_eq!(house.get(&ada, &items).await.1["total"], 3);
    assert_eq!(house.get(&bob, &items).await, error(403, "Forbidden"));
    let (status, metadata) = house.get(&bob, &playlist).await;
    assert_eq!((status, &metadata["name"]), (200, &json!("Archive")));
    assert!(metadata.get("items").is_none());
    let (status, full) = house.get(&house.token("ext", "bob"), &items).await;
    assert_eq!((status, &full["total"]), (200, &json!(3)));

    let collaborative = Act::SetCollaborative { playlist: id.clone(), collaborative: true };
    house.sim.act("ada", &collaborative).unwrap();
    let follow = Act::Follow { playlist: id.clone() };
    house.sim.act("bob", &follow).unwrap();
    assert_eq!(house.get(&bob, &items).await.1["total"], 3);
    assert_eq!(house.add(&bob, &id, &uris(9, 1)).await.0, 201);

    house.sim.change_client("dev", |client| client.own_items_forbidden = true);
    assert_eq!(house.get(&ada, &items).await, error(403, "Forbidden"));
    assert!(house.get(&ada, &playlist).await.1.get("items").is_none());
}

#[tokio::test]
async fn removed_endpoints_are_forbidden_in_development_mode() {
    let house = house().await;
    let (dev, ext) = (house.token("dev", "ada"), house.token("ext", "ada"));
    let id = house.playlist(&dev).await;
    let track = Track::new(5).id();
    for path in [
        format!("/v1/playlists/{id}/tracks"),
        format!("/v1/tracks?ids={track}"),
        "/v1/users/bob".to_owned(),
        format!("/v1/playlists/{id}/followers/contains"),
    ] {
        assert_eq!(house.get(&dev, &path).await, error(403, "Forbidden"), "{path}");
        assert_eq!(house.get(&ext, &path).await.0, 200, "{path}");
    }
    let body = || Some(json!({ "name": "x" }));
    let path = "/v1/users/ada/playlists";
    let refused = house.ask(&dev, "POST", path, body()).await;
    assert_eq!(refused, error(403, "Forbidden"));
    assert_eq!(house.ask(&ext, "POST", path, body()).await.0, 201);
    let other = "/v1/users/bob/playlists";
    assert_eq!(house.ask(&ext, "POST", other, body()).await.0, 403);
}

#[tokio::test]
async fn fields_are_removed_in_development_mode() {
    let house = house().await;
    let relinked = Track::new(77).edition(Edition::Relinked);
    let path = format!("/v1/tracks/{}", relinked.id());
    let (_, old) = house.get(&house.token("ext", "ada"), &path).await;
    assert_eq!(old["linked_from"]["id"], relinked.id());
    assert!(old["popularity"].is_number());
    let dev = house.token("dev", "ada");
    let (_, new) = house.get(&dev, &path).await;
    assert_eq!(new["id"], Track::new(77).id());
    assert_eq!(new["external_ids"]["isrc"], relinked.isrc());
    for gone in ["linked_from", "popularity", "available_markets"] {
        assert!(new.get(gone).is_none(), "{gone}");
    }
    let (_, me) = house.get(&dev, "/v1/me").await;
    assert!(me.get("country").is_none() && me.get("product").is_none());
    assert!(me["account_id"].as_str().is_some_and(|id| id != "ada"));

    let gone = Track::new(77).edition(Edition::Unavailable).id();
    let (_, gone) = house.get(&dev, &format!("/v1/tracks/{gone}")).await;
    assert_eq!(gone["is_playable"], false);
    assert_eq!(gone["restrictions"]["reason"], "market");
}

#[tokio::test]
async fn search_is_narrower_in_development_mode() {
    let house = house().await;
    let isrc = Track::new(4_321).isrc();
    let path = |limit| format!("/v1/search?q=isrc:{isrc}&type=track&limit={limit}");
    let (dev, ext) = (house.token("dev", "ada"), house.token("ext", "ada"));
    assert_eq!(house.get(&dev, &path(11)).await, error(400, "Invalid limit"));
    assert_eq!(house.get(&ext, &path(50)).await.0, 200);
    let (_, found) = house.get(&dev, &path(10)).await;
    assert_eq!(found["tracks"]["items"][0]["id"], Track::new(4_321).id());
    assert_eq!(found["tracks"]["total"], 2);

    let truth = house.sim.truth("ada").unwrap();
    let entry = &truth.discover_weekly.generations[0].entries[3];
    let words = format!("track:{} artist:{}", entry.title, entry.artist);
    let words: String = words.replace('&', "%26").replace(' ', "%20").replace('#', "%23");
    let (_, found) = house.get(&dev, &format!("/v1/search?q={words}&type=track,artist")).await;
    assert_eq!(found["tracks"]["items"][0]["name"], *entry.title);
    assert_eq!(found["artists"]["items"][0]["name"], *entry.artist);
}

#[tokio::test]
async fn the_dashboard_decides_who_may_call() {
    let house = house().await;
    let allow = |list: Option<Vec<String>>| house.sim.change_client("dev", |client| client.allow_list = list);
    allow(Some(vec!["bob".to_owned()]));
    let ada = house.token("dev", "ada");
    let response = house.call("GET", "/v1/me").bearer_auth(&ada).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert!(response.text().await.unwrap().contains("may not be registered"));
    assert_eq!(house.get(&house.token("dev", "bob"), "/v1/me").await.0, 200);
    allow(None);

    house.sim.change_client("dev", |client| {
        client.owner_premium = false;
        client.error_style = ErrorStyle::Json;
    });
    let message = "Active premium subscription required for the owner of the app.";
    assert_eq!(house.get(&ada, "/v1/me").await, error(403, message));
    let form = [("grant_type", "client_credentials")];
    let call = house.call("POST", "/api/token").form(&form);
    let tokens = call.basic_auth("dev", Some("dev-secret")).send().await;
    assert_eq!(told(tokens.unwrap()).await.0, 200);
}
