//! The controls over HTTP.

use crate::house::{House, house, told};
use serde_json::{Value, json};

async fn control(house: &House, method: &str, path: &str, body: Value) -> (u16, Value) {
    let call = house.call(method, &format!("/_sim/{path}"));
    told(call.json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn clients_and_users_are_made_and_changed() {
    let house = house().await;
    let body = json!({ "id": "mine", "world": "extended", "rotation": "rotate_revoking" });
    let (status, made) = control(&house, "POST", "clients", body).await;
    assert_eq!((status, &made[0]["owner_premium"]), (200, &json!(true)));
    let patch = json!({ "allow_list": ["ada"] });
    let (_, changed) = control(&house, "PATCH", "clients/mine", patch).await;
    assert_eq!((&changed["world"], &changed["allow_list"]), (&json!("extended"), &json!(["ada"])));
    assert_eq!(control(&house, "PATCH", "clients/none", json!({})).await.0, 404);
    let typo = json!({ "id": "mine", "wrld": "extended" });
    assert_eq!(control(&house, "POST", "clients", typo).await.0, 400);

    let crowd = json!({ "count": 300, "prefix": "u", "like": { "discover_weekly": { "turn_hour": 5 } } });
    let (_, added) = control(&house, "POST", "users", crowd).await;
    assert_eq!(added["added"].as_array().unwrap().len(), 300);
    let patch = json!({ "discover_weekly": { "followed": false } });
    let (_, user) = control(&house, "PATCH", "users/u7", patch).await;
    assert_eq!(user["discover_weekly"]["turn_hour"], 5);
    assert_eq!(user["discover_weekly"]["followed"], false);
    assert_eq!(user["display_name"], "U7");
}

#[tokio::test]
async fn a_whole_story_can_be_told_over_http() {
    let house = house().await;
    let (_, settings) = control(&house, "PATCH", "settings", json!({ "lag": { "listing_ms": 9 } })).await;
    assert_eq!(settings["lag"], json!({ "playlist_ms": 0, "listing_ms": 9 }));
    let fault = json!({ "on": "GET /v1/me", "when": { "next": 1 }, "kind": { "status": { "code": 503 } } });
    let (_, ids) = control(&house, "POST", "faults", fault).await;
    assert_eq!(ids, json!({ "ids": [1] }));
    let token = house.token("dev", "ada");
    assert_eq!(house.get(&token, "/v1/me").await.0, 503);
    let (_, faults) = control(&house, "GET", "faults", json!(null)).await;
    assert_eq!((&faults[0]["seen"], &faults[0]["fired"]), (&json!(1), &json!(1)));
    assert_eq!(control(&house, "DELETE", "faults/1", json!(null)).await.0, 204);
    assert_eq!(control(&house, "DELETE", "faults/1", json!(null)).await.0, 404);

    let (_, made) = control(&house, "POST", "users/ada/act", json!({ "create": { "name": "Inbox" } })).await;
    let copy = json!({ "copy_discover_weekly": { "into": made["playlist"] } });
    let (_, copied) = control(&house, "POST", "users/ada/act", copy).await;
    assert_eq!(copied["count"], 30);
    let nobody = control(&house, "POST", "users/eve/act", json!({ "follow_discover_weekly": true })).await;
    assert_eq!(nobody.0, 400);
    let (_, truth) = control(&house, "GET", "truth/ada", json!(null)).await;
    assert_eq!(truth["playlists"][0]["items"].as_array().unwrap().len(), 30);
    assert_eq!(truth["playlists"][0]["history"][1]["by"], json!({ "listener": "ada" }));
    let (_, log) = control(&house, "GET", "log?after=0", json!(null)).await;
    assert_eq!(log[0]["fault"], "status");
    let (_, counts) = control(&house, "GET", "counts?by=user", json!(null)).await;
    assert_eq!(counts["ada"], 1);
    let (_, used) = control(&house, "GET", "limits/sim-developer", json!(null)).await;
    assert_eq!(used["used_today"], 1);
    let (_, tracks) = control(&house, "GET", "tracks?from=4&count=2&edition=single", json!(null)).await;
    assert_eq!(tracks[1]["recording"], 5);

    let url = "http://x/authorize?client_id=dev&response_type=code&redirect_uri=https%3A%2F%2Fa%2Fcb&state=q";
    for (body, part) in [
        (json!({ "authorize_url": url, "user": "ada" }), "code=AQsim-code-"),
        (json!({ "authorize_url": url, "deny": true }), "error=access_denied&state=q"),
    ] {
        let (_, back) = control(&house, "POST", "consent", body).await;
        assert!(back["location"].as_str().unwrap().contains(part), "{back}");
    }
    let player = json!({ "playing": { "is_playing": false }, "queue": [] });
    assert_eq!(control(&house, "PUT", "users/ada/player", player).await.0, 204);
    assert_eq!(house.get(&token, "/v1/me/player").await.1["is_playing"], false);
    control(&house, "PUT", "users/ada/player", json!({ "playing": null })).await;
    assert_eq!(house.get(&token, "/v1/me/player").await.0, 204);
}
