//! Faults, as a caller meets them.

use crate::house::{House, house, uris};
use reqwest::{Error, Response};
use serde_json::json;
use spotify_sim::{Fault, FaultKind};
use std::time::{Duration, Instant};

const ADD: &str = "POST /v1/playlists/{id}/items";

impl House {
    async fn try_add(&self, token: &str, id: &str) -> Result<Response, Error> {
        let call = self.call("POST", &format!("/v1/playlists/{id}/items"));
        let call = call.bearer_auth(token).json(&json!({ "uris": uris(0, 1) }));
        call.send().await
    }
}

/// One add under a fault, over a connection that is already open: its outcome, and how many
/// tracks the playlist then holds.
async fn struck(kind: FaultKind) -> (Result<Response, Error>, usize) {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    house.sim.faults().add(Fault::once(ADD, kind));
    let outcome = house.try_add(&token, &id).await;
    let held = house.held("ada", &id).len();
    assert_eq!(house.sim.faults().list()[0].fired, 1);
    // The next call is served again, and the fault was of this call only.
    assert_eq!(house.try_add(&token, &id).await.unwrap().status(), 201);
    (outcome, held)
}

#[tokio::test]
async fn a_reset_gives_no_answer_with_or_without_effect() {
    for (kind, expect) in [(FaultKind::ResetBefore, 0), (FaultKind::ResetAfter, 1)] {
        let (outcome, held) = struck(kind.clone()).await;
        let failure = outcome.unwrap_err();
        assert!(failure.is_request() && !failure.is_timeout(), "{failure:?}");
        assert_eq!(held, expect, "{kind:?}");
    }
}

#[tokio::test]
async fn a_reset_hits_a_fresh_connection_too() {
    let house = house().await;
    house.sim.faults().add(Fault::always("*", FaultKind::ResetBefore));
    let token = house.token("dev", "ada");
    for _ in 0..3 {
        let call = house.call("GET", "/v1/me").bearer_auth(&token);
        assert!(call.send().await.unwrap_err().is_request());
    }
    // The caller did not try again by itself.
    assert_eq!(house.sim.log().len(), 3);
    assert!(house.sim.log().iter().all(|call| call.status.is_none()));
}

#[tokio::test]
async fn a_late_effect_comes_when_simulated_time_has_passed() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let kind = FaultKind::LateEffect { after_sim_seconds: 90 };
    house.sim.faults().add(Fault::once(ADD, kind));
    assert!(house.try_add(&token, &id).await.is_err());
    house.push(89).await;
    assert!(house.held("ada", &id).is_empty());
    house.push(3_600).await;
    let truth = house.sim.truth("ada").unwrap();
    let late = &truth.playlists[0].history[1];
    assert_eq!(late.at.to_string(), "2026-11-16T06:01:30Z");
    assert_eq!(house.held("ada", &id), uris(0, 1));
}

#[tokio::test]
async fn a_creation_can_be_late_as_well() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let kind = FaultKind::LateEffect { after_sim_seconds: 10 };
    let fault = Fault::once("POST /v1/me/playlists", kind);
    house.sim.faults().add(fault);
    let call = house.call("POST", "/v1/me/playlists").bearer_auth(&token);
    assert!(call.json(&json!({ "name": "Late" })).send().await.is_err());
    assert!(house.sim.truth("ada").unwrap().playlists.is_empty());
    house.push(10).await;
    let (_, list) = house.get(&token, "/v1/me/playlists").await;
    assert_eq!(list["items"][1]["name"], "Late");
}

#[tokio::test]
async fn answers_come_broken_empty_or_from_elsewhere() {
    let (outcome, held) = struck(FaultKind::Truncated).await;
    let response = outcome.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.content_length().unwrap() > 10);
    assert!(response.bytes().await.is_err());
    assert_eq!(held, 1);

    let (outcome, held) = struck(FaultKind::EmptyBody).await;
    let response = outcome.unwrap();
    assert_eq!((response.status().as_u16(), held), (201, 1));
    assert!(response.bytes().await.unwrap().is_empty());

    for code in [200, 502] {
        let (outcome, held) = struck(FaultKind::Html { code }).await;
        let response = outcome.unwrap();
        assert_eq!((response.status().as_u16(), held), (code, 0));
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }

    let (outcome, held) = struck(FaultKind::Status {
        code: 503,
        body: "upstream connect error".to_owned(),
        content_type: "text/plain".to_owned(),
        retry_after: Some(7),
    })
    .await;
    let response = outcome.unwrap();
    assert_eq!((response.status().as_u16(), held), (503, 0));
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_held_call_has_its_effect_before_or_after_the_wait() {
    let started = Instant::now();
    let (outcome, held) = struck(FaultKind::HoldAfter { ms: 40 }).await;
    assert!(outcome.is_err() && held == 1);
    let (outcome, _) = struck(FaultKind::Slow { ms: 40 }).await;
    assert_eq!(outcome.unwrap().status(), 201);
    assert!(started.elapsed() >= Duration::from_millis(80));

    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    let fault = Fault::once(ADD, FaultKind::HoldBefore { ms: 60 });
    house.sim.faults().add(fault);
    let call = house.call("POST", &format!("/v1/playlists/{id}/items"));
    let call = call.bearer_auth(&token).json(&json!({ "uris": uris(0, 1) }));
    // The caller gives up; the effect comes all the same.
    let gave_up = call.timeout(Duration::from_millis(15)).send().await;
    assert!(gave_up.unwrap_err().is_timeout());
    assert!(house.held("ada", &id).is_empty());
    while house.held("ada", &id).is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_closed_server_closes_its_connections() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let watch = house.http.get(house.url("/_sim/clock/watch?process=p"));
    let mut watch = watch.send().await.unwrap();
    assert!(watch.chunk().await.unwrap().is_some());
    let (url, http) = (house.url("/v1/me"), house.http.clone());
    house.server.shutdown().await;
    assert!(watch.chunk().await.is_err());
    assert!(http.get(url).bearer_auth(token).send().await.is_err());
}
