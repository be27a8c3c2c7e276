//! Two listeners' data never meet.

use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reprise_core::archive;
use reprise_core::ports::{Alert, AlertKind, Role, Severity, User};
use reprise_domain::archive::SourceKind;
use reprise_domain::ids::PlaylistId;
use serde_json::Value;

use crate::house::{BASE, Browser, House};

/// An alert about a listener with words that can be recognised.
async fn alert(house: &House, user: &User) -> String {
    let key = format!("{}/doubled", user.id);
    let alert = Alert {
        key: key.clone(),
        kind: AlertKind::Doubled,
        severity: Severity::Warning,
        user: Some(user.id.clone()),
        at: house.core.ports.clock.now(),
        text: format!("private words of {}", user.spotify_id),
        acknowledged: None,
    };
    assert!(house.core.ports.alerts.raise(&alert).await.unwrap());
    URL_SAFE_NO_PAD.encode(key)
}

/// Two listeners with weeks, playlists, sources and alerts of their own; the second is the operator.
async fn two() -> (House, (Browser, User), (Browser, User)) {
    let house = House::build().await;
    let ada = house.signed_up("ada", Role::Listener).await;
    let bo = house.signed_up("bo", Role::Admin).await;
    house.live(Duration::from_mins(20)).await;
    (house, ada, bo)
}

async fn json(browser: &mut Browser, path: &str) -> Value {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    serde_json::from_str(&page.body).unwrap()
}

/// What of `answer` would give a listener away: ids, playlists, tracks.
fn marks(answer: &Value) -> Vec<String> {
    let strings = |value: &Value| value.as_str().map(str::to_owned);
    let playlists = answer["playlists"].as_array().unwrap().iter().filter_map(|it| strings(&it["id"]));
    let weeks = answer["weeks"].as_array().unwrap().iter();
    let tracks = weeks.flat_map(|week| week["tracks"].as_array().unwrap().clone());
    let mut marks: Vec<String> = playlists.collect();
    marks.extend(tracks.filter_map(|track| strings(&track["uri"]).map(|uri| uri[14..].to_owned())));
    marks
}

#[tokio::test]
async fn every_page_shows_its_own_listeners_data_alone() {
    let (house, (mut ada, her), (mut bo, him)) = two().await;
    alert(&house, &him).await;
    let (hers, his) = (json(&mut ada, "/api/me/archive").await, json(&mut bo, "/api/me/archive").await);
    let own = marks(&hers);
    let mut foreign = marks(&his);
    foreign.retain(|mark| !own.contains(mark));
    assert!(foreign.len() > 20, "the two lists differ: {}", foreign.len());
    foreign.extend([him.id.to_string(), "private words of bo".to_owned(), "Bo<".to_owned()]);
    foreign.push(him.account.unwrap().to_string());
    for path in [
        "/",
        "/archive",
        "/archive?page=2",
        "/archive/2026-W47",
        "/status",
        "/settings",
        "/settings/disconnect",
        "/api/me",
        "/api/me/archive",
        "/api/me/settings",
    ] {
        let page = ada.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for mark in &foreign {
            assert!(!page.body.contains(mark), "{path} shows {mark}");
        }
    }
    assert_eq!(json(&mut ada, "/api/me").await["id"], her.id.as_str());
}

#[tokio::test]
async fn ids_of_another_listener_lead_nowhere() {
    let (house, (mut ada, _), (_, him)) = two().await;
    let playlist: PlaylistId = "4uLU6hMCjMI75M1A2tKUQC".parse().unwrap();
    let source =
        archive::add_source(&house.core, &him.id, SourceKind::Playlist, Some(playlist)).await.unwrap();
    let alert = alert(&house, &him).await;
    let token = ada.get("/settings").await.form("/settings")[0].1.clone();
    let before = house.stored();
    let csrf = ("csrf", token.as_str());
    let acknowledged = ada.post(&format!("/status/alerts/{alert}/ack"), &[csrf]).await;
    assert_eq!(acknowledged.status, StatusCode::NOT_FOUND);
    let slug = format!("2026-W47.1.{source}");
    assert_eq!(ada.get(&format!("/archive/{slug}")).await.status, StatusCode::NOT_FOUND);
    let decided = ada.post("/archive/run", &[csrf, ("week", &slug), ("decision", "add")]).await;
    assert_eq!(decided.status, StatusCode::NOT_FOUND);
    let body = format!("{{\"sources\":[{{\"id\":\"{source}\",\"enabled\":false}}]}}");
    let written = ada.post_json("/api/me/settings", Some(BASE), &body).await;
    assert_eq!(written.status, StatusCode::BAD_REQUEST, "{}", written.body);
    for named in ["user", "id", "user_id"] {
        let asked = json(&mut ada, &format!("/api/me?{named}={}", him.id)).await;
        assert_eq!(asked["spotify_id"], "ada");
    }
    assert_eq!(house.stored(), before);
}

#[tokio::test]
async fn the_operators_page_is_the_operators() {
    let (house, (mut ada, her), (mut bo, him)) = two().await;
    let link = house.link(Role::Listener).await;
    let token = ada.get("/settings").await.form("/settings")[0].1.clone();
    let alert = alert(&house, &him).await;
    let before = house.stored();
    let page = ada.get("/admin").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.body.contains(him.id.as_str()) && !page.body.contains("private words"));
    let csrf = ("csrf", token.as_str());
    for (path, more) in [
        ("/admin/invites".to_owned(), ("note", "mine")),
        (format!("/admin/invites/{}/revoke", link.rsplit('/').next().unwrap()), ("x", "")),
        (format!("/admin/users/{}/disable", him.id), ("disabled", "yes")),
        (format!("/admin/users/{}/disable", her.id), ("disabled", "no")),
        (format!("/admin/users/{}/retry", him.id), ("x", "")),
        (format!("/admin/alerts/{alert}/ack"), ("x", "")),
    ] {
        let page = ada.post(&path, &[csrf, more]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(house.stored(), before);
    assert!(house.browser().get("/admin").await.location().starts_with("/?return_to="));
    let page = bo.get("/admin").await;
    assert!(page.body.contains("Ada") && page.body.contains("private words of bo"));
}

#[tokio::test]
async fn the_operator_invites_withdraws_and_switches_off() {
    let (house, (mut ada, her), (mut bo, him)) = two().await;
    let page = bo.get("/admin").await;
    let made = bo.submit(&page, "/admin/invites", &[("note", "Cy"), ("days", "1")]).await;
    let link =
        made.body.split(&format!("{BASE}/signup/")).nth(1).unwrap().split('<').next().unwrap().to_owned();
    let path = format!("/signup/{link}");
    assert!(house.browser().get(&path).await.body.contains("Connect Spotify"));
    assert!(!bo.get("/admin").await.body.contains(&link), "it is shown once");
    let revoke = made.body.split("/revoke\"").next().unwrap().rsplit('"').next().unwrap().to_owned();
    let revoked = bo.submit(&made, &format!("{revoke}/revoke"), &[]).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER, "{revoke}");
    assert!(!house.browser().get(&path).await.body.contains("Connect Spotify"));
    let page = bo.get("/admin").await;
    let disabled = bo.submit(&page, &format!("/admin/users/{}/disable", her.id), &[]).await;
    assert_eq!(disabled.location(), "/admin?said=disabled");
    assert_eq!(ada.get("/api/me").await.status, StatusCode::UNAUTHORIZED);
    let back = house.to_spotify_and_back(&mut house.browser(), "/", "ada").await;
    assert!(back.body.contains("switched off"));
    let page = bo.get("/admin").await;
    bo.submit(&page, &format!("/admin/users/{}/disable", her.id), &[]).await;
    assert!(house.to_spotify_and_back(&mut ada, "/", "ada").await.sets_session());
    let token = page.form("/admin/invites")[0].1.clone();
    let own = format!("/admin/users/{}/disable", him.id);
    let page = bo.post(&own, &[("csrf", &token), ("disabled", "yes")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn disconnecting_erases_everything_and_signs_out() {
    let (house, (mut ada, her), (mut bo, _)) = two().await;
    let page = ada.get("/settings/disconnect").await;
    assert!(page.body.contains("archive entries"), "{}", page.body);
    let unticked = ada.submit(&page, "/settings/disconnect", &[]).await;
    assert_eq!(unticked.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = ada.cookies.clone();
    let gone = ada.submit(&page, "/settings/disconnect", &[("confirm", "yes")]).await;
    assert!(gone.body.contains("Everything is erased"), "{}", gone.body);
    assert!(ada.cookies.is_empty());
    ada.cookies = kept;
    assert_eq!(ada.get("/api/me/archive").await.status, StatusCode::UNAUTHORIZED);
    assert!(!house.stored().contains(her.id.as_str()), "nothing stored names her");
    assert!(house.core.ports.tokens.grant(&her.id).await.unwrap().is_none());
    assert_eq!(bo.get("/archive/2026-W47").await.status, StatusCode::OK, "others keep theirs");
    let back = house.to_spotify_and_back(&mut house.browser(), "/", "ada").await;
    assert_eq!(back.status, StatusCode::FORBIDDEN, "she is a stranger now");
}
