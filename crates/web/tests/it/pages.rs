//! What pages show, what forms do, and that looking changes nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use reprise_core::ports::{Alert, AlertKind, Role, Severity};
use reprise_core::{Signup, care, checklist};
use reprise_domain::time::{days, later};
use reprise_web::{Demo, Setup, Site};
use spotify_sim::World;

use crate::house::{BASE, Browser, House, logged};

const PAGES: [&str; 12] = [
    "/",
    "/archive",
    "/archive/2026-W47",
    "/status",
    "/settings",
    "/settings/disconnect",
    "/admin",
    "/api/me",
    "/api/me/archive",
    "/api/me/settings",
    "/health",
    "/nowhere",
];

#[tokio::test]
async fn looking_never_writes() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Admin).await;
    house.live(Duration::from_mins(20)).await;
    let before = house.stored();
    for path in PAGES {
        browser.get(path).await;
        browser.head(path).await;
        house.browser().get(path).await;
    }
    for path in ["/archive/run", "/settings/disconnect", "/auth/logout", "/admin/invites"] {
        browser.send(Method::PUT, path, &[], Body::empty()).await;
        browser.get(path).await;
    }
    assert_eq!(house.stored(), before);
}

#[tokio::test]
async fn pages_of_a_listener_are_nobodys_to_keep() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    for path in PAGES {
        let page = browser.get(path).await;
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
    }
    let home = browser.get("/").await;
    let asset = home.body.split("href=\"").filter_map(|rest| rest.split('"').next());
    let style = asset.into_iter().find(|href| href.ends_with("app.css")).unwrap().to_owned();
    let style = browser.get(&style).await;
    assert!(style.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert!(style.cookies().is_empty());
}

#[tokio::test]
async fn what_others_named_is_shown_as_text() {
    const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let house = House::build().await;
    house.sim.change_user("ada", |user| user.display_name = Some(EVIL.to_owned()));
    let (mut browser, user) = house.signed_up("ada", Role::Admin).await;
    house.live(Duration::from_mins(20)).await;
    let ports = &house.core.ports;
    let source = reprise_domain::archive::Source::discover_weekly().id;
    let week = ports.ledger.generations(&user.id, &source, None, 1).await.unwrap().remove(0).value;
    let uris: Vec<_> = week.tracks.iter().map(|found| found.identity.uri.clone()).collect();
    let now = ports.clock.now();
    let mut tracks = ports.tracks.tracks(&uris, now).await.unwrap();
    for track in &mut tracks {
        track.title = EVIL.to_owned();
        track.artists = vec![EVIL.to_owned()];
        track.album = Some(EVIL.to_owned());
        track.cover = Some(format!("https://i.scdn.co/{EVIL}"));
    }
    ports.tracks.put_tracks(&tracks, now, later(now, days(1))).await.unwrap();
    let alert = Alert {
        key: "evil".to_owned(),
        kind: AlertKind::Mended,
        severity: Severity::Notice,
        user: Some(user.id.clone()),
        at: now,
        text: EVIL.to_owned(),
        acknowledged: None,
    };
    ports.alerts.raise(&alert).await.unwrap();
    for path in ["/", "/archive", "/archive/2026-W47", "/status", "/settings", "/admin"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{path} shows the name");
        assert!(!page.body.contains("<script>alert"), "{path}");
        assert!(!page.body.contains("<img src=x"), "{path}");
    }
    let settings = browser.get("/archive").await;
    let pasted = browser.submit(&settings, "/archive/paste", &[("tracks", EVIL)]).await;
    assert!(!pasted.body.contains("<script>alert"), "{}", pasted.body);
}

#[tokio::test]
async fn pasted_links_are_shown_first_and_archived_after() {
    let house = House::at(BASE, World::Development, Signup::Invite).await;
    let (mut browser, user) = house.signed_up("ada", Role::Listener).await;
    house.live(Duration::from_mins(5)).await;
    let truth = house.sim.truth("ada").unwrap().discover_weekly.generations;
    let uris: Vec<String> =
        truth.last().unwrap().entries.iter().filter_map(|entry| entry.uri.clone()).collect();
    assert!(uris.len() >= 20, "{}", uris.len());
    let text = format!("{}\nhello\n{}", uris.join("\n"), uris[0]);
    let page = browser.get("/archive").await;
    let before = house.stored();
    let checked = browser.submit(&page, "/archive/paste", &[("tracks", &text)]).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.body);
    assert!(checked.body.contains(&format!("{} tracks recognised", uris.len())), "{}", checked.body);
    assert!(checked.body.contains("hello"));
    assert_eq!(house.stored(), before, "nothing counts before it is confirmed");
    let done = browser.submit(&checked, "/archive/paste/confirm", &[]).await;
    assert_eq!(done.location(), "/archive?said=pasted");
    house.live(Duration::from_mins(20)).await;
    let week = browser.get("/archive/2026-W47").await;
    assert!(week.body.contains("pasted, added"), "{}", week.body);
    let again = browser.submit(&page, "/archive/paste", &[("tracks", &text)]).await;
    assert!(again.body.contains("already: there is nothing to add"), "{}", again.body);
    let archived = house.sim.truth("ada").unwrap().playlists;
    assert_eq!(archived.iter().map(|playlist| playlist.items.len()).max(), Some(uris.len()));
    assert_eq!(user.spotify_id.as_str(), "ada");
}

#[tokio::test]
async fn look_now_looks_now() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    let page = browser.get("/status").await;
    let ran = browser.submit(&page, "/archive/run", &[]).await;
    assert_eq!(ran.status, StatusCode::SEE_OTHER);
    assert_eq!(ran.location(), "/status?said=looked");
    assert!(browser.get(&ran.location()).await.body.contains("What is new is below"));
    assert!(browser.get("/archive").await.body.contains("2026-W47"));
    assert!(browser.get("/status").await.body.contains("30 found"));
}

#[tokio::test]
async fn the_checklist_runs_again_when_asked() {
    let house = House::build().await;
    let (mut browser, user) = house.signed_up("ada", Role::Listener).await;
    let first = house.core.ports.users.user(&user.id).await.unwrap().unwrap().value.checklist.unwrap();
    house.sim.clock().advance_by(Duration::from_mins(5), Duration::from_secs(5)).await.unwrap();
    let page = browser.get("/status").await;
    let checked = browser.submit(&page, "/status/check", &[]).await;
    assert_eq!(checked.location(), "/status?said=checked");
    let second = house.core.ports.users.user(&user.id).await.unwrap().unwrap().value.checklist.unwrap();
    assert!(second.at > first.at);
}

#[tokio::test]
async fn settings_are_saved_whole_or_not_at_all() {
    let house = House::build().await;
    let (mut browser, user) = house.signed_up("ada", Role::Listener).await;
    let page = browser.get("/settings").await;
    let before = house.stored();
    let wrong = [
        ("style", "weekly"),
        ("name_template", "no placeholder"),
        ("time_zone", "Mars/Olympus"),
        ("inbox_url", "https://open.spotify.com/album/4uLU6hMCjMI75M1A2tKUQC"),
        ("sources", "nonsense"),
    ];
    let refused = browser.submit(&page, "/settings", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["Mars/Olympus", "put {week} into the name", "not a playlist’s link", "nonsense"] {
        let said = said.replace('’', "'");
        assert!(refused.body.contains(&said), "{said}: {}", refused.body);
    }
    assert_eq!(house.stored(), before);
    let right = [
        ("style", "weekly"),
        ("name_template", "DW {week}"),
        ("time_zone", "Asia/Kathmandu"),
        ("inbox_url", "https://open.spotify.com/playlist/4uLU6hMCjMI75M1A2tKUQC"),
        ("release_radar", "on"),
        ("sources", "spotify:playlist:5uLU6hMCjMI75M1A2tKUQC"),
    ];
    let saved = browser.submit(&page, "/settings", &right).await;
    assert_eq!(saved.location(), "/settings?said=saved");
    let shown = browser.get("/settings").await;
    for said in ["DW {week}", "Asia/Kathmandu", "playlist/4uLU6hMCjMI75M1A2tKUQC", "5uLU6hMCjMI75M1A2tKUQC"] {
        assert!(shown.body.contains(said), "{said}");
    }
    let sources = house.core.ports.sources.sources(&user.id).await.unwrap();
    assert_eq!(sources.len(), 3);
    assert!(!sources[0].value.settings.mend, "an empty box is a no");
    let fewer = [("style", "growing"), ("name_template", "Kept"), ("time_zone", "UTC"), ("mend", "on")];
    browser.submit(&page, "/settings", &fewer).await;
    let sources = house.core.ports.sources.sources(&user.id).await.unwrap();
    assert_eq!(sources.iter().filter(|source| source.value.enabled).count(), 1);
}

#[tokio::test]
async fn json_says_what_is_wrong_and_changes_what_is_named() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    for (body, status) in [
        ("{", StatusCode::BAD_REQUEST),
        ("{\"colour\":1}", StatusCode::BAD_REQUEST),
        ("{\"time_zone\":\"Mars\"}", StatusCode::BAD_REQUEST),
        ("{\"sources\":[{\"id\":\"nope\"}]}", StatusCode::BAD_REQUEST),
        ("{\"sources\":[{\"id\":\"discover-weekly\",\"name\":\"\"}]}", StatusCode::BAD_REQUEST),
    ] {
        let page = browser.post_json("/api/me/settings", Some(BASE), body).await;
        assert_eq!(page.status, status, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(answer["error"]["code"], "invalid", "{body}");
    }
    let body = "{\"sources\":[{\"id\":\"discover-weekly\",\"style\":\"yearly\",\"inbox\":\"4uLU6hMCjMI75M1A2tKUQC\"}]}";
    let page = browser.post_json("/api/me/settings", Some(BASE), body).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let answer: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(answer["sources"][0]["style"], "yearly");
    assert_eq!(answer["sources"][0]["inbox"], "4uLU6hMCjMI75M1A2tKUQC");
    assert_eq!(house.browser().get("/api/me").await.status, StatusCode::UNAUTHORIZED);
    let missing = browser.get("/api/nowhere").await;
    assert!(missing.body.contains("\"code\":\"not_found\""));
}

#[tokio::test]
async fn an_alert_stays_on_every_page_until_it_is_seen_or_put_right() {
    let house = House::build().await;
    let (mut browser, user) = house.signed_up("ada", Role::Listener).await;
    let raise = |kind, text: &str| Alert {
        key: format!("{}/{text}", user.id),
        kind,
        severity: Severity::Warning,
        user: Some(user.id.clone()),
        at: house.core.ports.clock.now(),
        text: text.to_owned(),
        acknowledged: None,
    };
    let alerts = &house.core.ports.alerts;
    alerts.raise(&raise(AlertKind::Mended, "Two tracks were mended.")).await.unwrap();
    alerts.raise(&raise(AlertKind::ConsentNeeded, "Consent is over.")).await.unwrap();
    let page = browser.get("/archive").await;
    assert!(page.body.contains("Two tracks were mended."));
    assert!(!page.body.contains("Consent is over."), "the grant works, so that is over");
    let action = page.body.split("action=\"").filter_map(|rest| rest.split('"').next());
    let action = action.into_iter().find(|action| action.ends_with("/ack")).unwrap().to_owned();
    let noted = browser.submit(&page, &action, &[]).await;
    assert_eq!(noted.location(), "/status?said=noted");
    assert!(!browser.get("/archive").await.body.contains("Two tracks were mended."));
}

#[tokio::test]
async fn consent_that_ended_is_renewed_from_the_page() {
    let house = House::build().await;
    let (mut browser, user) = house.signed_up("ada", Role::Listener).await;
    house.sim.clock().advance_by(days(184), Duration::from_secs(5)).await.unwrap();
    // The session is over too; signing in is the consent.
    assert_eq!(browser.get("/status").await.status, StatusCode::SEE_OTHER);
    while care::run_due(&house.core, 10).await.unwrap() > 0 {}
    assert!(checklist::run(&house.core, &user.id).await.is_err());
    let back = house.to_spotify_and_back(&mut browser, "/", "ada").await;
    assert!(back.sets_session());
    assert!(checklist::run(&house.core, &user.id).await.is_ok());
    assert!(browser.get("/status").await.body.contains("days"));
}

#[tokio::test]
async fn a_session_slides_and_ends() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    for _ in 0..5 {
        house.sim.clock().advance_by(days(20), Duration::from_secs(5)).await.unwrap();
        let page = browser.get("/archive").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.sets_session(), "renewed");
        assert!(!browser.get("/archive").await.sets_session(), "and not on every page");
    }
    house.sim.clock().advance_by(days(30), Duration::from_secs(5)).await.unwrap();
    assert_eq!(browser.get("/archive").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_breaks_is_said_without_details() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    for after in 0..6 {
        house.store.fail_after(after);
        let page = browser.get("/status").await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "after {after}");
        assert!(page.body.contains("Something broke on our side"), "{}", page.body);
        assert!(page.body.contains("noted in the log as"));
        assert!(!page.body.contains("the test has broken it"));
        let json = browser.get("/api/me").await;
        if json.status != StatusCode::OK {
            assert!(json.body.contains("\"code\":\"internal\""), "{}", json.body);
        }
        house.store.heal();
    }
    assert_eq!(browser.get("/status").await.status, StatusCode::OK);
}

#[tokio::test]
async fn odd_addresses_are_answered_with_pages() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    for path in
        ["/archive?page=x", "/archive?page=-1", "/archive?page=99999999999999999999", "/?said=nonsense"]
    {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/archive/2026-W99", "/archive/x", "/archive/2026-W47.1.discover-weekly", "/x", "/signup"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("There is nothing here"), "{path}");
    }
    let page = browser.get("/archive/run").await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(page.headers[header::ALLOW], "POST");
}

fn browser_of(site: Site) -> Browser {
    Browser::of(reprise_web::router(site))
}

#[tokio::test]
async fn the_demo_says_so_on_every_page_and_shows_its_link() {
    let house = House::build().await;
    let path = house.link(Role::Admin).await;
    let demo = Demo {
        signup_link: Some(format!("{BASE}{path}")),
        resident: Some("Mira".to_owned()),
        simulator_url: "http://127.0.0.1:9".to_owned(),
    };
    let mut browser = browser_of(Site::new(Arc::clone(&house.core)).with_demo(demo));
    let landing = browser.get("/").await;
    assert!(landing.body.contains(&path) && landing.body.contains("Sign in as"));
    house.to_spotify_and_back(&mut browser, &path, "ada").await;
    for path in PAGES.iter().filter(|path| !path.starts_with("/api") && **path != "/health") {
        let page = browser.get(path).await;
        assert!(page.body.contains("A simulated Spotify"), "{path}");
    }
    browser.cookies.clear();
    assert!(!browser.get("/").await.body.contains(&path), "a used link is not offered");
}

#[tokio::test]
async fn without_an_app_the_door_is_closed_and_says_how_to_open_it() {
    let house = House::build().await;
    let missing = vec!["SPOTIFY_CLIENT_SECRET".to_owned()];
    let setup = Setup { has_credentials: false, missing, problem: None };
    let page = browser_of(Site { setup, ..Site::new(Arc::clone(&house.core)) }).get("/").await;
    assert!(page.body.contains(&format!("{BASE}/auth/spotify/callback")), "the redirect URI to paste");
    assert!(page.body.contains("SPOTIFY_CLIENT_SECRET"));
    assert!(!page.body.contains("<form"));
}

#[tokio::test]
async fn the_log_names_routes_and_no_secret() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    let mut secrets: Vec<String> = browser.cookies.values().cloned().collect();
    secrets.push(path.rsplit('/').next().unwrap().to_owned());
    let query = url::Url::parse(&format!("{BASE}{callback}")).unwrap();
    secrets.extend(query.query_pairs().map(|(_, value)| value.into_owned()));
    browser.get(&callback).await;
    house.checked(&house.user("ada").await.unwrap()).await;
    secrets.extend(browser.cookies.values().cloned());
    secrets.extend(["BQsim-", "AQsim-", "canary-client-secret"].map(str::to_owned));
    let said = logged();
    assert!(said.contains("/signup/{invite}") && said.contains("/auth/spotify/callback"), "{said}");
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} in {said}");
    }
}
