//! Ticks and messages: repeated, late, doubled, poisoned, cut off.

use std::time::Duration;

use reprise_core::ports::RunOutcome;
use reprise_tests::function::{Answered, failures};
use serde_json::{Value, json};
use spotify_sim::{ClockMode, Fault, FaultKind, SimConfig, When};

use super::support::{House, deliver};

/// A year that stands still until it is pushed.
fn pushed() -> SimConfig {
    let start = "2026-11-16T06:00:00Z".parse().unwrap();
    SimConfig { seed: 3, start, mode: ClockMode::Pushed, ..SimConfig::default() }
}

/// Metrics that were written, each summed up.
fn metric(house: &House, name: &str) -> i64 {
    let said = house.stack.said.text();
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["_aws"].is_object()).filter_map(|line| line[name].as_i64()).sum()
}

#[tokio::test]
async fn a_tick_hands_on_what_is_due_and_a_repeated_one_nothing() {
    let house = House::open(SimConfig::default()).await;
    house.sign_up(3).await;
    let mut dispatcher = house.stack.dispatcher();
    let door = house.stack.cloud.door(reprise_tests::cloud::Waits::default()).await;
    dispatcher.config.set("AWS_ENDPOINT_URL", &door.url);
    let messages = house.tick(&mut dispatcher).await;
    assert_eq!(messages.len(), 2, "three looks in one message, and three grants in another");
    assert!(house.tick(&mut dispatcher).await.is_empty());
    assert!(house.tick(&mut house.stack.dispatcher()).await.is_empty(), "nor has another dispatcher any");
    let used = door.used();
    assert_eq!((used.requests("kms"), used.requests("ssm")), (0, 0), "it may not ask them: {used:?}");
    let mut worker = house.stack.worker();
    assert_eq!(failures(&deliver(&mut worker, &messages).await.answer()), [""; 0]);
    house.assert_archived(3);
    assert_eq!(metric(&house, "RunsDone"), 6);
    assert_eq!(metric(&house, "RunsFailed"), 0);
    assert!(metric(&house, "SpotifyCalls") >= 9, "three calls each at least");
    house.stack.assert_no_canary();
}

#[tokio::test]
async fn of_a_batch_only_the_poisoned_message_comes_again() {
    let house = House::open(SimConfig::default()).await;
    house.sign_up(2).await;
    let mut messages = house.tick(&mut house.stack.dispatcher()).await;
    messages.insert(1, "no claims at all, CANARY-body".to_owned());
    messages.push(json!([{ "work": { "kind": "archive" } }]).to_string());
    let answer = deliver(&mut house.stack.worker(), &messages).await.answer();
    assert_eq!(failures(&answer), ["1", "3"]);
    house.assert_archived(2);
    let said = house.stack.said.text();
    assert!(said.contains("a message carries no claims"), "{said}");
    house.stack.assert_no_canary();
}

#[tokio::test]
async fn the_same_messages_at_two_workers_at_once_and_again_later_are_worked_on_once() {
    let house = House::open(SimConfig::default()).await;
    house.sign_up(4).await;
    let messages = house.tick(&mut house.stack.dispatcher()).await;
    let (mut one, mut other) = (house.stack.worker(), house.stack.worker());
    // Both are up before either is asked.
    assert_eq!((one.start().await, other.start().await), (None, None));
    let answers = tokio::join!(deliver(&mut one, &messages), deliver(&mut other, &messages));
    for answer in [answers.0, answers.1, deliver(&mut one, &messages).await] {
        assert_eq!(failures(&answer.answer()), [""; 0]);
    }
    for runs in house.runs().await {
        assert_eq!(runs.len(), 1, "{runs:?}");
    }
    house.assert_archived(4);
    assert_eq!(metric(&house, "RunsDone"), 8);
}

#[tokio::test]
async fn a_worker_too_short_lived_for_any_work_says_so_and_loses_nothing() {
    let house = House::open(SimConfig::default()).await;
    house.sign_up(1).await;
    let messages = house.tick(&mut house.stack.dispatcher()).await;
    let mut worker = house.stack.worker();
    (worker.config.time, worker.config.patience) = (Duration::from_secs(4), Duration::from_secs(4));
    let Answered::Error(error) = deliver(&mut worker, &messages).await else {
        panic!("four seconds are not enough")
    };
    assert!(
        error["errorMessage"].as_str().unwrap().contains("give the function a longer time-out"),
        "{error}"
    );
    assert_eq!(failures(&deliver(&mut house.stack.worker(), &messages).await.answer()), [""; 0]);
    house.assert_archived(1);
}

#[tokio::test]
async fn what_a_time_out_cut_off_the_next_run_finishes_and_nothing_is_lost_or_doubled() {
    let house = House::open(pushed()).await;
    house.sign_up(3).await;
    let (mut dispatcher, mut worker) = (house.stack.dispatcher(), house.stack.worker());
    let messages = house.tick(&mut dispatcher).await;
    // One listener's add takes effect, and its answer takes longer than the worker has.
    let add = "POST /v1/playlists/{id}/items";
    house.stack.sim.faults().add(Fault::always(add, FaultKind::HoldAfter { ms: 60_000 }).when(When::Next(1)));
    worker.config.set("REPRISE_TEST_TIMEOUT_MS", "60000");
    worker.config.patience = Duration::from_secs(5);
    assert_eq!(deliver(&mut worker, &messages).await, Answered::TimedOut);
    worker.config = house.stack.worker().config;
    // The queue shows its messages again, which are worth nothing now.
    house.stack.sim.clock().advance_by(Duration::from_mins(12), Duration::from_mins(1)).await.unwrap();
    assert_eq!(failures(&deliver(&mut worker, &messages).await.answer()), [""; 0]);
    for _ in 0..12 {
        let messages = house.tick(&mut dispatcher).await;
        if !messages.is_empty() {
            assert_eq!(failures(&deliver(&mut worker, &messages).await.answer()), [""; 0]);
        }
        house.until_due().await;
    }
    house.assert_archived(3);
    for runs in house.runs().await {
        assert!(runs.iter().all(|run| !matches!(run.outcome, RunOutcome::Failed { .. })), "{runs:?}");
    }
    house.stack.assert_no_canary();
}
