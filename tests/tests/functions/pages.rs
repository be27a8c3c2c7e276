//! The pages behind a function's address.

use std::time::Duration;

use reprise_core::spotify::http::client;
use reprise_tests::function::Gateway;
use reprise_tests::listener::Listener;
use reqwest::header::{HOST, SET_COOKIE};
use reqwest::{Client, StatusCode};
use spotify_sim::{SimConfig, User};

use super::support::House;

fn browser() -> Client {
    client(Duration::from_secs(30)).unwrap()
}

/// The first address in a page that begins so.
fn address<'a>(page: &'a str, begins: &str) -> &'a str {
    let at = page.find(begins).unwrap();
    page[at..].split('"').next().unwrap()
}

#[tokio::test]
async fn a_listener_signs_up_through_the_functions_address() {
    let house = House::open(SimConfig::default()).await;
    let sim = &house.stack.sim;
    let pages = Gateway::open(house.stack.web()).await;
    sim.add_user(User::new("ada"));
    let ada = Listener::new("ada");
    ada.connect(&pages.url, "/", sim).await.unwrap();
    // Its checklist has run before the function was frozen, though the answer did not wait for it.
    let user = house.users().await.remove(0);
    assert!(user.checklist.is_some());
    let page = ada.open(&pages.url, "/status").await.unwrap();
    assert!(page.contains("Discover Weekly"), "{page}");
    house.stack.assert_no_canary();
}

#[tokio::test]
async fn the_address_is_the_request_contexts_for_cookies_redirects_and_hosts() {
    let house = House::open(SimConfig::default()).await;
    let pages = Gateway::open(house.stack.web()).await;
    let http = browser();
    let domain = pages.url.strip_prefix("http://").unwrap();
    let start =
        http.post(format!("{}/auth/spotify/start", pages.url)).header("sec-fetch-site", "same-origin");
    let start = start.form(&[("return_to", "/")]).send().await.unwrap();
    assert_eq!(start.status(), StatusCode::SEE_OTHER);
    let cookie = start.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-reprise_login_") && cookie.contains("Secure"), "{cookie}");
    let location = reqwest::Url::parse(start.headers()["location"].to_str().unwrap()).unwrap();
    let redirect = location.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(redirect, format!("https://{domain}/auth/spotify/callback"));
    // A host that AWS did not name, whatever forwarded headers say.
    let wrong = http.get(&pages.url).header(HOST, "evil.example").header("x-forwarded-host", domain);
    assert_eq!(wrong.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(http.get(&pages.url).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_may_set_several_cookies() {
    let house = House::open(SimConfig::default()).await;
    let pages = Gateway::open(house.stack.web()).await;
    house.stack.sim.add_user(User::new("ada"));
    let http = browser();
    let start =
        http.post(format!("{}/auth/spotify/start", pages.url)).header("sec-fetch-site", "same-origin");
    let start = start.form(&[("return_to", "/")]).send().await.unwrap();
    let pending = start.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    let back = house.stack.sim.consent(start.headers()["location"].to_str().unwrap(), "ada").unwrap();
    let (_, query) = back.split_once('?').unwrap();
    let callback = http.get(format!("{}/auth/spotify/callback?{query}", pages.url)).header("cookie", pending);
    let arrived = callback.send().await.unwrap();
    let set: Vec<_> = arrived.headers().get_all(SET_COOKIE).iter().map(|set| set.to_str().unwrap()).collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set.iter().any(|set| set.starts_with("__Host-reprise_session=")), "{set:?}");
    assert!(
        set.iter().any(|set| set.starts_with("__Host-reprise_login_") && set.contains("Max-Age=0")),
        "{set:?}"
    );
}

#[tokio::test]
async fn a_set_address_goes_before_the_request_contexts() {
    let house = House::open(SimConfig::default()).await;
    let mut web = house.stack.web();
    web.config.set("REPRISE_BASE_URL", "https://reprise.example");
    let pages = Gateway::open(web).await;
    let http = browser();
    assert_eq!(http.get(&pages.url).send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    let right = http.get(&pages.url).header(HOST, "reprise.example").send().await.unwrap();
    assert_eq!(right.status(), StatusCode::OK);
}

#[tokio::test]
async fn typefaces_arrive_byte_for_byte_and_pages_with_their_headers() {
    let house = House::open(SimConfig::default()).await;
    let pages = Gateway::open(house.stack.web()).await;
    let http = browser();
    let page = http.get(&pages.url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = page.text().await.unwrap();
    let style = address(&page, "/assets/");
    let font = style.rsplit_once('/').unwrap().0.to_owned() + "/inter.woff2";
    let font = http.get(format!("{}{font}", pages.url)).send().await.unwrap();
    assert_eq!(font.headers()["content-type"], "font/woff2");
    let expected = include_bytes!("../../../crates/web/assets/inter.woff2");
    assert_eq!(font.bytes().await.unwrap(), &expected[..]);
}

#[tokio::test]
async fn what_the_pages_cannot_do_without_aws_is_said_once_and_works_again() {
    let house = House::open(SimConfig::default()).await;
    let mut web = house.stack.web();
    web.config.set("SPOTIFY_CLIENT_SECRET_PARAMETER", "");
    let pages = Gateway::open(web).await;
    assert_eq!(browser().get(&pages.url).send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert!(pages.failed.lock().await.take().is_some());
    pages.function.lock().await.config = house.stack.web().config;
    assert_eq!(browser().get(&pages.url).send().await.unwrap().status(), StatusCode::OK);
}
