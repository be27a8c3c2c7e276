//! Time for processes of their own.

use crate::house::{House, house, told};
use reqwest::Response;
use serde_json::{Value, json};

/// A process on the other end of the protocol.
struct Process<'a> {
    house: &'a House,
    name: &'static str,
    stream: Response,
    seen: Value,
}

impl<'a> Process<'a> {
    async fn start(house: &'a House, name: &'static str) -> Process<'a> {
        let url = house.url(&format!("/_sim/clock/watch?process={name}"));
        let stream = house.http.get(url).send().await.unwrap();
        let mut process = Process { house, name, stream, seen: Value::Null };
        process.look().await;
        process
    }

    /// Waits for the next line.
    async fn look(&mut self) -> i64 {
        let line = self.stream.chunk().await.unwrap().unwrap();
        let last = line.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
        self.seen = serde_json::from_slice(last.unwrap()).unwrap();
        self.seen["wall_ms"].as_i64().unwrap()
    }

    async fn sleep(&self, until_ms: Option<i64>) -> bool {
        let body = json!({ "process": self.name, "until_ms": until_ms, "seq": self.seen["seq"] });
        let (status, slept) = post(self.house, "sleep", body).await;
        assert_eq!(status, 200, "{slept}");
        slept["due"].as_bool().unwrap()
    }
}

async fn post(house: &House, what: &str, body: Value) -> (u16, Value) {
    let call = house.call("POST", &format!("/_sim/clock/{what}"));
    told(call.json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn time_stops_at_every_alarm_until_all_are_idle() {
    let house = house().await;
    let mut a = Process::start(&house, "a").await;
    let b = Process::start(&house, "b").await;
    let start = a.seen["wall_ms"].as_i64().unwrap();
    a.sleep(Some(start + 10_000)).await;
    b.sleep(None).await;
    let push = post(&house, "advance", json!({ "by_ms": 60_000 }));
    let woken = async {
        let at = a.look().await;
        // Time waits for a process that is awake.
        assert_eq!(house.sim.clock().read().wall_ms, at);
        a.sleep(Some(start + 45_000)).await;
        let next = a.look().await;
        a.sleep(None).await;
        (at - start, next - start)
    };
    let ((status, end), woken) = futures::join!(push, woken);
    assert_eq!(woken, (10_000, 45_000));
    assert_eq!(status, 200, "{end}");
    assert_eq!(end["wakes"], 2);
    assert_eq!(end["clock"]["wall_ms"].as_i64().unwrap() - start, 60_000);
    assert_eq!(end["clock"]["uptime_ms"], 60_000);
}

#[tokio::test]
async fn an_alarm_in_the_past_is_due_at_once() {
    let house = house().await;
    let a = Process::start(&house, "a").await;
    let start = a.seen["wall_ms"].as_i64().unwrap();
    assert!(!a.sleep(Some(start + 1)).await);
    assert!(a.sleep(Some(start)).await);
    let body = json!({ "by_ms": 1, "timeout_ms": 20 });
    let (status, stalled) = post(&house, "advance", body).await;
    assert_eq!((status, &stalled["busy"]), (504, &json!(["a"])));
}

#[tokio::test]
async fn a_process_woken_by_something_else_holds_time_and_a_killed_one_does_not() {
    let house = house().await;
    let a = Process::start(&house, "a").await;
    a.sleep(None).await;
    let hour = json!({ "by_ms": 3_600_000, "timeout_ms": 2_000 });
    assert_eq!(post(&house, "advance", hour.clone()).await.0, 200);
    assert_eq!(post(&house, "busy", json!({ "process": "a" })).await.0, 200);
    let brief = json!({ "by_ms": 1, "timeout_ms": 20 });
    assert_eq!(post(&house, "advance", brief).await.0, 504);
    drop(a);
    assert_eq!(post(&house, "advance", hour).await.0, 200);
    assert_eq!(post(&house, "busy", json!({ "process": "a" })).await.0, 404);
}

#[tokio::test]
async fn a_second_process_of_a_name_takes_the_place_of_the_first() {
    let house = house().await;
    let first = Process::start(&house, "a").await;
    let second = Process::start(&house, "a").await;
    drop(first);
    second.sleep(None).await;
    let brief = json!({ "by_ms": 1, "timeout_ms": 2_000 });
    assert_eq!(post(&house, "advance", brief).await.0, 200);
    assert_eq!(post(&house, "busy", json!({ "process": "a" })).await.0, 200);
}

#[tokio::test]
async fn clocks_jump_suspend_and_reboot() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let mut a = Process::start(&house, "a").await;
    let start = a.seen.clone();
    let (_, after) = post(&house, "jump", json!({ "wall_ms": 7_200_000 })).await;
    let moved = |key: &str| after[key].as_i64().unwrap() - start[key].as_i64().unwrap();
    assert_eq!((moved("wall_ms"), moved("uptime_ms"), moved("spotify_ms")), (7_200_000, 0, 0));
    assert_eq!(a.look().await, after["wall_ms"].as_i64().unwrap());
    // Spotify's time did not jump: the token is still good.
    assert_eq!(house.get(&token, "/v1/me").await.0, 200);
    post(&house, "jump", json!({ "uptime_ms": 3_600_000 })).await;
    assert_eq!(house.get(&token, "/v1/me").await.0, 401);
    let (_, booted) = post(&house, "reboot", json!({})).await;
    assert_eq!(booted["uptime_ms"], 0);
    assert_ne!(booted["boot_id"], start["boot_id"]);
}

#[tokio::test]
async fn standing_time_can_be_let_go() {
    let house = house().await;
    let before = house.sim.clock().now();
    let call = house.call("PATCH", "/_sim/clock").json(&json!({ "mode": "real" }));
    let (status, reading) = told(call.send().await.unwrap()).await;
    assert_eq!((status, &reading["mode"]), (200, &json!("real")));
    let soon = before + std::time::Duration::from_millis(5);
    house.sim.clock().sleep_until(soon).await;
    assert!(house.sim.clock().now() >= soon);
}
