//! What must not work: the usual ways to misuse a site that people are signed in to.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use reprise_core::Signup;
use reprise_core::ports::Role;
use reprise_core::session;
use spotify_sim::World;

use crate::house::{BASE, House, local};

#[tokio::test]
async fn a_login_begun_elsewhere_does_nothing_here() {
    let house = House::build().await;
    let path = house.link(Role::Listener).await;
    let (mut attacker, mut victim) = (house.browser(), house.browser());
    let callback = house.to_spotify(&mut attacker, &path, "bo").await;
    let absent = victim.get(&callback).await;
    assert_eq!(absent.status, StatusCode::BAD_REQUEST);
    assert!(!absent.sets_session());
    // The victim has a login of their own under way; its cookie serves no other state.
    let own = house.to_spotify(&mut victim, &path, "ada").await;
    let foreign = victim.get(&callback).await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    assert!(!foreign.sets_session());
    // Nor does it under the other's name.
    let value = victim.cookies.values().next().unwrap().clone();
    let name = attacker.cookies.keys().next().unwrap().clone();
    victim.cookies.insert(name, value);
    assert_eq!(victim.get(&callback).await.status, StatusCode::BAD_REQUEST);
    let pasted = format!("{BASE}{callback}");
    let pasted = victim.post("/auth/spotify/paste-back", &[("redirect_url", &pasted)]).await;
    assert_eq!(pasted.status, StatusCode::BAD_REQUEST);
    assert!(house.user("bo").await.is_none());
    assert!(victim.get(&own).await.sets_session(), "their own login goes on");
}

#[tokio::test]
async fn a_callback_serves_once() {
    let house = House::build().await;
    let mut browser = house.browser();
    let path = house.link(Role::Listener).await;
    let callback = house.to_spotify(&mut browser, &path, "ada").await;
    let kept = browser.cookies.clone();
    assert!(browser.get(&callback).await.sets_session());
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST, "its cookie is gone");
    browser.cookies.extend(kept);
    assert!(!browser.get(&callback).await.sets_session(), "and its code is used");
}

#[tokio::test]
async fn a_session_planted_before_is_replaced() {
    let house = House::build().await;
    let (attacker, _) = house.signed_up("bo", Role::Listener).await;
    let planted = attacker.cookies["reprise_session"].clone();
    let mut victim = house.browser();
    victim.cookies.insert("reprise_session".to_owned(), planted.clone());
    let path = house.link(Role::Listener).await;
    assert!(house.to_spotify_and_back(&mut victim, &path, "ada").await.sets_session());
    assert_ne!(victim.cookies["reprise_session"], planted);
    assert!(victim.get("/api/me").await.body.contains("\"spotify_id\":\"ada\""));
    let mut made_up = house.browser();
    made_up.cookies.insert("reprise_session".to_owned(), "chosen".to_owned());
    assert_eq!(made_up.get("/api/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let house = House::build().await;
    house.signed_up("ada", Role::Listener).await;
    for evil in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "evil.example",
        "%2F%2Fevil.example",
    ] {
        let mut browser = house.browser();
        let started = browser.post("/auth/spotify/start", &[("return_to", evil)]).await;
        let callback = local(&house.sim.consent(&started.location(), "ada").unwrap());
        assert_eq!(browser.get(&callback).await.location(), "/", "{evil:?}");
        let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let landing = house.browser().get(&format!("/?return_to={encoded}")).await;
        let fields = landing.form("/auth/spotify/start");
        assert!(fields.contains(&("return_to".to_owned(), "/".to_owned())), "{evil:?}: {fields:?}");
        let home = browser.get("/").await;
        let ran = browser.submit(&home, "/auth/logout", &[("return_to", evil)]).await;
        assert_eq!(ran.status, StatusCode::OK);
    }
    // What looks encoded is a path here and stays one.
    let mut browser = house.browser();
    let started = browser.post("/auth/spotify/start", &[("return_to", "/%2F/evil.example")]).await;
    let callback = local(&house.sim.consent(&started.location(), "ada").unwrap());
    assert_eq!(browser.get(&callback).await.location(), "/%2F/evil.example");
}

#[tokio::test]
async fn another_host_is_not_answered() {
    let house = House::build().await;
    let mut browser = house.browser();
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost:8080"] {
        let page = browser.send(Method::GET, "/", &[("host", host)], Body::empty()).await;
        assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!page.body.contains("evil"));
    }
    let forwarded = [
        ("host", "127.0.0.1:8080"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ];
    let page = browser.send(Method::GET, "/", &forwarded, Body::empty()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("evil.example"));
    let absolute =
        browser.send(Method::GET, &format!("{BASE}/"), &[("host", "evil.example")], Body::empty()).await;
    assert_eq!(absolute.status, StatusCode::OK, "the request line goes first");
}

#[tokio::test]
async fn a_cookie_altered_anywhere_is_no_session() {
    let house = House::build().await;
    let (browser, _) = house.signed_up("ada", Role::Listener).await;
    let cookie = browser.cookies["reprise_session"].clone();
    let mut altered = house.browser();
    for place in 0..cookie.len() {
        let mut bytes = cookie.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        altered.cookies.insert("reprise_session".to_owned(), text);
        let page = altered.get("/api/me").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "byte {place}");
    }
    for text in ["", "r1", "r1.", "r1..", "r1.9999999999.x", &cookie[..cookie.len() - 1]] {
        altered.cookies.insert("reprise_session".to_owned(), text.to_owned());
        assert_eq!(altered.get("/api/me").await.status, StatusCode::UNAUTHORIZED, "{text:?}");
    }
}

#[tokio::test]
async fn a_sealed_value_serves_no_other_purpose() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    let session = browser.cookies["reprise_session"].clone();
    let csrf = browser.get("/settings").await.form("/settings");
    let token = csrf.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    let started = browser.post("/auth/spotify/start", &[]).await;
    let (name, login) = browser.cookies.iter().find(|(name, _)| name.starts_with("reprise_login_")).unwrap();
    let (name, login) = (name.clone(), login.clone());
    for value in [&token, &login] {
        let mut other = house.browser();
        other.cookies.insert("reprise_session".to_owned(), value.clone());
        assert_eq!(other.get("/api/me").await.status, StatusCode::UNAUTHORIZED);
    }
    for value in [&session, &login] {
        let page = browser.post("/status/check", &[("csrf", value)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    let callback = local(&house.sim.consent(&started.location(), "ada").unwrap());
    for value in [&session, &token] {
        let mut other = house.browser();
        other.cookies.insert(name.clone(), value.clone());
        assert_eq!(other.get(&callback).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_and_everywhere_ends_all() {
    let house = House::build().await;
    let (mut laptop, ada) = house.signed_up("ada", Role::Listener).await;
    let mut phone = house.browser();
    house.to_spotify_and_back(&mut phone, "/", "ada").await;
    let home = laptop.get("/").await;
    let out = laptop.submit(&home, "/auth/logout", &[]).await;
    assert!(out.body.contains("You are logged out"));
    assert!(out.cookies()[0].starts_with("reprise_session=;"), "{:?}", out.cookies());
    assert!(out.cookies()[0].contains("Max-Age=0"));
    assert!(laptop.cookies.is_empty());
    assert_eq!(phone.get("/api/me").await.status, StatusCode::OK);
    house.to_spotify_and_back(&mut laptop, "/", "ada").await;
    let settings = laptop.get("/settings").await;
    let fields = [("everywhere", "yes")];
    let token = settings.form("/auth/logout")[0].1.clone();
    let everywhere = laptop.post("/auth/logout", &[("csrf", &token), fields[0]]).await;
    assert_eq!(everywhere.status, StatusCode::OK);
    assert_eq!(phone.get("/api/me").await.status, StatusCode::UNAUTHORIZED);
    house.to_spotify_and_back(&mut phone, "/", "ada").await;
    session::end_all(&house.core, &ada.id).await.unwrap();
    assert_eq!(phone.get("/api/me").await.status, StatusCode::UNAUTHORIZED);
}

/// Every form of a session, with fields that would do something.
const FORMS: [(&str, &[(&str, &str)]); 14] = [
    ("/archive/run", &[]),
    ("/archive/rebuild", &[]),
    ("/archive/paste", &[("tracks", "spotify:track:4uLU6hMCjMI75M1A2tKUQC")]),
    ("/archive/paste/confirm", &[("tracks", "spotify:track:4uLU6hMCjMI75M1A2tKUQC")]),
    ("/status/check", &[]),
    ("/status/retry", &[]),
    ("/status/alerts/YQ/ack", &[]),
    ("/settings", &[("style", "weekly"), ("name_template", "x {week}"), ("time_zone", "UTC")]),
    ("/settings/disconnect", &[("confirm", "yes")]),
    ("/auth/logout", &[("everywhere", "yes")]),
    ("/admin/invites", &[("note", "x")]),
    ("/admin/invites/x/revoke", &[]),
    ("/admin/users/x/disable", &[("disabled", "yes")]),
    ("/admin/users/x/retry", &[]),
];

#[tokio::test]
async fn a_form_without_the_sessions_own_token_does_nothing() {
    let house = House::build().await;
    let (mut ada, _) = house.signed_up("ada", Role::Admin).await;
    let (mut bo, _) = house.signed_up("bo", Role::Admin).await;
    let own = ada.get("/settings").await.form("/settings")[0].1.clone();
    let foreign = bo.get("/settings").await.form("/settings")[0].1.clone();
    let before = house.stored();
    for (path, fields) in FORMS {
        for token in [None, Some(""), Some("x"), Some(foreign.as_str())] {
            let mut all = fields.to_vec();
            all.extend(token.map(|token| ("csrf", token)));
            let page = ada.post(path, &all).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
            assert!(page.body.contains("reload the page"), "{path}");
        }
        // The right token from the wrong place.
        let all = [fields, &[("csrf", own.as_str())]].concat();
        for from in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            let page = ada.post_from(path, from, &all).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} from {from:?}");
        }
    }
    assert_eq!(house.stored(), before);
}

#[tokio::test]
async fn a_token_ends_with_the_sessions() {
    let house = House::build().await;
    let (mut browser, ada) = house.signed_up("ada", Role::Listener).await;
    let token = browser.get("/settings").await.form("/settings")[0].1.clone();
    session::end_all(&house.core, &ada.id).await.unwrap();
    house.to_spotify_and_back(&mut browser, "/", "ada").await;
    let page = browser.post("/status/check", &[("csrf", &token)]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_login_is_not_started_from_another_site() {
    let house = House::build().await;
    let mut browser = house.browser();
    for from in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://evil.example")]] {
        for path in ["/auth/spotify/start", "/auth/spotify/paste-back"] {
            let page = browser.post_from(path, from, &[]).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {from:?}");
            assert!(page.cookies().is_empty());
        }
    }
    let page = browser.post_json("/auth/spotify/start", Some("https://evil.example"), "{}").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("\"code\":\"cross_site\""));
}

#[tokio::test]
async fn json_is_written_from_this_sites_own_pages_only() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    let before = house.stored();
    let body = "{\"time_zone\":\"Europe/Berlin\"}";
    for origin in [None, Some("https://evil.example"), Some("null"), Some("http://127.0.0.1:8081")] {
        let page = browser.post_json("/api/me/settings", origin, body).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{origin:?}");
        assert!(page.body.contains("\"error\":{\"code\":\"cross_site\""), "{}", page.body);
    }
    let started = browser.post_json("/auth/spotify/start", None, "{}").await;
    assert_eq!(started.status, StatusCode::FORBIDDEN, "a cookie alone starts nothing");
    assert_eq!(house.stored(), before);
    let page = browser.post_json("/api/me/settings", Some(BASE), body).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("\"time_zone\":\"Europe/Berlin\""));
}

#[tokio::test]
async fn a_body_has_its_limit() {
    let house = House::build().await;
    let (mut browser, _) = house.signed_up("ada", Role::Listener).await;
    let token = browser.get("/archive").await.form("/archive/paste")[0].1.clone();
    let text = "x".repeat(64 * 1024);
    let page = browser.post("/archive/paste", &[("csrf", &token), ("tracks", &text)]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn https_marks_cookies_and_answers() {
    let house = House::at("https://reprise.example", World::Extended, Signup::Open).await;
    let mut browser = house.browser();
    let host = [("host", "reprise.example")];
    let page = browser.send(Method::GET, "/", &host, Body::empty()).await;
    assert!(page.headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    let start = [&host[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
    let started = browser.send(Method::POST, "/auth/spotify/start", &start, Body::empty()).await;
    assert!(started.cookies()[0].starts_with("__Host-reprise_login_"), "{:?}", started.cookies());
    let back = house.sim.consent(&started.location(), "ada").unwrap();
    let callback = back.strip_prefix("https://reprise.example").unwrap();
    let arrived = browser.send(Method::GET, callback, &host, Body::empty()).await;
    let session = arrived.cookies().into_iter().find(|cookie| cookie.contains("session")).unwrap();
    assert!(session.starts_with("__Host-reprise_session="));
    assert!(session.contains("Secure") && session.contains("Path=/"), "{session}");
}

#[tokio::test]
async fn the_policy_lets_the_start_form_reach_spotify_and_nothing_else() {
    let house = House::build().await;
    let page = house.browser().get("/").await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    let accounts = house.core.accounts.origin();
    assert!(policy.contains(&format!("form-action 'self' {accounts};")), "{policy}");
    for part in ["base-uri 'none'", "frame-ancestors 'none'", "img-src 'self' https://i.scdn.co"] {
        assert!(policy.contains(part), "{policy}");
    }
}
