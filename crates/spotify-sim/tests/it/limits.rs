//! Limits, as a caller meets them.

use crate::house::{House, house};
use serde_json::{Value, json};
use spotify_sim::{CountBy, Limits, RetryAfter};

async fn me(house: &House, token: &str) -> (u16, Option<String>, Value) {
    let call = house.call("GET", "/v1/me").bearer_auth(token);
    let response = call.send().await.unwrap();
    let wait = response.headers().get("retry-after");
    let wait = wait.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), wait, response.json().await.unwrap())
}

#[tokio::test]
async fn a_burst_is_refused_for_thirty_seconds() {
    let house = house().await;
    house.sim.change_settings(|settings| settings.limits.per_30_s = Some(2));
    let token = house.token("dev", "ada");
    for _ in 0..2 {
        assert_eq!(me(&house, &token).await.0, 200);
    }
    let (status, wait, body) = me(&house, &token).await;
    assert_eq!((status, wait.as_deref()), (429, Some("30")));
    let expect = json!({ "error": { "status": 429, "message": "API rate limit exceeded" } });
    assert_eq!(body, expect);
    // Each client has a window of its own.
    assert_eq!(me(&house, &house.token("ext", "ada")).await.0, 200);
    house.push(30).await;
    assert_eq!(me(&house, &token).await.0, 200);
}

#[tokio::test]
async fn a_spent_day_is_refused_and_says_so_as_it_is_set() {
    let house = house().await;
    let set = |retry_after| {
        house.sim.change_settings(|settings| {
            let limits = Limits { per_day: Some(1), retry_after, ..Limits::default() };
            settings.developer_limits.insert("sim-developer".to_owned(), limits);
        });
    };
    set(RetryAfter::Absent);
    let (dev, ext) = (house.token("dev", "ada"), house.token("ext", "bob"));
    assert_eq!(me(&house, &dev).await.0, 200);
    // The clients of a developer share the day.
    let (status, wait, body) = me(&house, &ext).await;
    assert_eq!((status, wait), (429, None));
    assert_eq!(body["error"]["reason"], "QUOTA_EXCEEDED");
    for (mode, expect) in
        [(RetryAfter::Fixed(3), "3"), (RetryAfter::Huge, "86000"), (RetryAfter::Accurate, "86400")]
    {
        set(mode);
        assert_eq!(me(&house, &dev).await.1.as_deref(), Some(expect));
    }
    assert_eq!(house.sim.used_today("sim-developer"), 5);
    house.push(86_400).await;
    // Access tokens are long gone by then.
    assert_eq!(me(&house, &house.token("dev", "ada")).await.0, 200);
}

#[tokio::test]
async fn calls_are_logged_and_counted_without_secrets() {
    let house = house().await;
    let token = house.token("dev", "ada");
    house.get(&token, "/v1/me/playlists?limit=5").await;
    me(&house, &token).await;
    me(&house, &house.token("dev", "bob")).await;
    let log = house.sim.log_after(1);
    assert_eq!(log.len(), 2);
    assert_eq!(log[0].endpoint, "GET /v1/me");
    assert_eq!(log[0].user.as_deref(), Some("ada"));
    assert_eq!(log[0].status, Some(200));
    let text = serde_json::to_string(&house.sim.log()).unwrap();
    assert!(!text.contains("sim-at-") && !text.contains("limit="));
    assert_eq!(house.get(&token, "/v1/nowhere").await.0, 404);
    assert_eq!(house.sim.log_after(3)[0].endpoint, "GET (unknown)");
    assert_eq!(house.sim.counts(CountBy::Endpoint)["GET /v1/me"], 2);
    assert_eq!(house.sim.counts(CountBy::User)["ada"], 2);
    house.sim.reset_counts();
    assert!(house.sim.counts(CountBy::User).is_empty());
}
