//! Signing up, signing in, and everything that may happen on the way.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use reprise_core::Signup;
use reprise_core::archive;
use reprise_core::onboard::{self, InviteState};
use reprise_core::ports::Role;
use spotify_sim::{Fault, FaultKind, World};

use crate::house::{BASE, House, local};

#[tokio::test]
async fn a_listener_signs_up_by_http_alone() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Connect Spotify"));
    let start = [("time_zone", "Pacific/Auckland")];
    let started = browser.submit(&page, "/auth/spotify/start", &start).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER);
    let login = &started.cookies()[0];
    assert!(login.starts_with("reprise_login_"), "{login}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/auth", "Max-Age=600"] {
        assert!(login.contains(part), "{login}");
    }
    let callback = local(&house.sim.consent(&started.location(), "ada").unwrap());
    let arrived = browser.get(&callback).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER);
    assert_eq!(arrived.location(), "/?said=welcome");
    assert!(arrived.sets_session());
    assert!(browser.cookies.keys().all(|name| !name.starts_with("reprise_login_")), "cleared on use");
    let home = browser.get("/").await;
    assert!(home.body.contains("Ada"));
    assert!(home.body.contains("Times are in Pacific/Auckland"));
    house.checked(&house.user("ada").await.unwrap()).await;
    assert!(browser.get("/status").await.body.contains("You agreed to everything that is needed"));
    house.live(Duration::from_mins(30)).await;
    let archive = browser.get("/archive").await;
    assert!(archive.body.contains("/archive/2026-W47"), "{}", archive.body);
    assert!(archive.body.contains("<strong>30</strong> of 30"), "{}", archive.body);
    let week = browser.get("/archive/2026-W47").await;
    assert_eq!(week.body.matches("https://open.spotify.com/track/").count(), 30);
}

#[tokio::test]
async fn looking_at_a_link_changes_nothing() {
    let house = House::build().await;
    let path = house.link(Role::Listener).await;
    let before = house.stored();
    let mut preview = house.browser();
    for _ in 0..3 {
        assert_eq!(preview.get(&path).await.status, StatusCode::OK);
        assert_eq!(preview.head(&path).await.status, StatusCode::OK);
    }
    assert!(preview.cookies.is_empty());
    assert_eq!(house.stored(), before);
    let secret = path.rsplit('/').next().unwrap();
    let state = onboard::invite_state(&house.core, secret).await.unwrap();
    assert!(matches!(state, InviteState::Valid(_)));
    let mut browser = house.browser();
    let back = house.to_spotify_and_back(&mut browser, &path, "ada").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_previewed_callback_is_not_used_up() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    let head = browser.head(&callback).await;
    assert_eq!(head.status, StatusCode::NO_CONTENT);
    assert!(head.cookies().is_empty());
    assert!(house.user("ada").await.is_none());
    assert_eq!(browser.get(&callback).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_known_listener_signs_in_again_without_a_link() {
    let house = House::build().await;
    let (_, ada) = house.signed_up("ada", Role::Listener).await;
    let mut browser = house.browser();
    let archive = browser.get("/archive").await;
    assert_eq!(archive.status, StatusCode::SEE_OTHER);
    assert_eq!(archive.location(), "/?return_to=%2Farchive");
    let back = house.to_spotify_and_back(&mut browser, &archive.location(), "ada").await;
    assert_eq!(back.location(), "/archive");
    assert_eq!(house.user("ada").await.unwrap().id, ada.id);
    assert_eq!(browser.get("/archive").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_without_a_link_is_told_so() {
    let house = House::build().await;
    let mut browser = house.browser();
    let back = house.to_spotify_and_back(&mut browser, "/", "ada").await;
    assert_eq!(back.status, StatusCode::FORBIDDEN);
    assert!(back.body.contains("not on the list yet"));
    assert!(!back.sets_session());
    assert!(house.user("ada").await.is_none());
}

#[tokio::test]
async fn where_sign_up_is_open_strangers_come_in() {
    let house = House::at(BASE, World::Extended, Signup::Open).await;
    let back = house.to_spotify_and_back(&mut house.browser(), "/", "ada").await;
    assert!(back.sets_session());
}

#[tokio::test]
async fn a_denial_leaves_the_link_valid() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let page = browser.get(&path).await;
    let started = browser.submit(&page, "/auth/spotify/start", &[]).await;
    let denied = local(&house.sim.deny(&started.location()).unwrap());
    let page = browser.get(&denied).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("You said no"));
    // The page's own button goes through the same link.
    let again = browser.submit(&page, "/auth/spotify/start", &[]).await;
    let back = local(&house.sim.consent(&again.location(), "ada").unwrap());
    assert!(browser.get(&back).await.sets_session());
    assert!(house.user("ada").await.is_some());
}

#[tokio::test]
async fn a_link_serves_one_listener() {
    let house = House::build().await;
    let path = house.link(Role::Listener).await;
    let (mut first, mut second) = (house.browser(), house.browser());
    let ada = house.to_spotify(&mut first, &path, "ada").await;
    let bo = house.to_spotify(&mut second, &path, "bo").await;
    assert!(first.get(&ada).await.sets_session());
    let late = second.get(&bo).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert!(!late.sets_session());
    assert!(house.user("bo").await.is_none());
    let used = second.get(&path).await;
    assert!(used.body.contains("This link has been used"));
    // A start from a page that was open meanwhile says so as well.
    let secret = path.rsplit('/').next().unwrap();
    let again = second.post("/auth/spotify/start", &[("invite", secret)]).await;
    assert_eq!(again.location(), path);
}

#[tokio::test]
async fn each_refusal_of_spotify_says_what_to_do() {
    let house = House::at(BASE, World::Development, Signup::Invite).await;
    let path = house.link(Role::Listener).await;
    let mut browser = house.browser();
    house.sim.change_client("app", |app| app.allow_list = Some(vec!["bo".to_owned()]));
    let page = house.to_spotify_and_back(&mut browser, &path, "ada").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("User Management"), "{}", page.body);
    house.sim.change_client("app", |app| {
        app.allow_list = None;
        app.owner_premium = false;
    });
    let page = house.to_spotify_and_back(&mut browser, &path, "ada").await;
    assert!(page.body.contains("only while its owner has Premium"), "{}", page.body);
    house.sim.change_client("app", |app| app.owner_premium = true);
    let down = FaultKind::Status {
        code: 503,
        body: String::new(),
        content_type: "text/plain".into(),
        retry_after: None,
    };
    house.sim.faults().add(Fault::once("POST /api/token", down));
    let page = house.to_spotify_and_back(&mut browser, &path, "ada").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.body);
    house.sim.change_client("app", |app| app.secret = Some("changed".to_owned()));
    let page = house.to_spotify_and_back(&mut browser, &path, "ada").await;
    assert!(page.body.contains("client id and secret"), "{}", page.body);
    assert!(house.user("ada").await.is_none());
}

#[tokio::test]
async fn a_login_of_more_than_ten_minutes_is_over() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    house.sim.clock().advance_by(Duration::from_mins(10), Duration::from_secs(5)).await.unwrap();
    let page = browser.get(&callback).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("longer than ten minutes"));
    assert!(house.user("ada").await.is_none());
}

#[tokio::test]
async fn another_account_never_touches_a_listeners_consent() {
    let house = House::build().await;
    let (mut browser, ada) = house.signed_up("ada", Role::Listener).await;
    house.signed_up("bo", Role::Listener).await;
    let before = house.core.ports.tokens.grant(&ada.id).await.unwrap();
    for other in ["bo", "cy"] {
        let started = browser.post("/auth/spotify/start", &[]).await;
        let callback = local(&house.sim.consent(&started.location(), other).unwrap());
        let page = browser.get(&callback).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.body.contains("another Spotify account"), "{}", page.body);
        assert!(!page.sets_session());
    }
    assert_eq!(house.core.ports.tokens.grant(&ada.id).await.unwrap(), before);
    assert!(house.user("cy").await.is_none());
}

#[tokio::test]
async fn an_address_pasted_by_hand_does_what_the_callback_does() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    let page = browser.get(&path).await;
    let wrong = browser.submit(&page, "/auth/spotify/paste-back", &[("redirect_url", "http://x/")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("holds no code"));
    let address = format!("{BASE}{callback}");
    let done = browser.submit(&page, "/auth/spotify/paste-back", &[("redirect_url", &address)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(done.sets_session());
}

#[tokio::test]
async fn a_program_starts_a_login_with_json() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let body = format!("{{\"invite\":{:?},\"return_to\":\"/status\"}}", path.rsplit('/').next().unwrap());
    let started = browser.post_json("/auth/spotify/start", None, &body).await;
    assert_eq!(started.status, StatusCode::OK);
    let answer: serde_json::Value = serde_json::from_str(&started.body).unwrap();
    let url = answer["authorize_url"].as_str().unwrap();
    let callback = local(&house.sim.consent(url, "ada").unwrap());
    assert_eq!(browser.get(&callback).await.location(), "/status");
    let unknown = browser.post_json("/auth/spotify/start", Some(BASE), "{\"invite\":\"nope\"}").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.body.contains("\"code\":\"not_found\""));
}

#[tokio::test]
async fn health_answers_under_any_host_and_says_nothing() {
    let house = House::build().await;
    let mut browser = house.browser();
    let page = browser.send(Method::GET, "/health", &[("host", "10.0.0.7")], axum::body::Body::empty()).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, "ok\n"));
}

#[tokio::test]
async fn a_first_look_finds_the_list_itself_however_slow_the_checklist_is() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    // A timer is faster than the checklist that runs behind the page.
    house.sim.faults().add(Fault::once("GET /v1/me/playlists", FaultKind::Slow { ms: 300 }));
    browser.get(&callback).await;
    assert_eq!(archive::run_due(&house.core, 10).await.unwrap(), 1);
    let user = house.user("ada").await.unwrap();
    let found = house.core.ports.ledger.generations(&user.id, &weekly(), None, 1).await.unwrap();
    assert_eq!(found.len(), 1);
    let status = browser.get("/").await;
    assert!(!status.body.contains("Nothing has been kept yet"));
}

fn weekly() -> reprise_domain::ids::SourceId {
    reprise_domain::archive::Source::discover_weekly().id
}
