//! How functions begin, and what they say when they cannot.

use reprise_tests::function::{Answered, tick};
use serde_json::json;
use spotify_sim::SimConfig;

use super::support::House;

#[tokio::test]
async fn a_function_that_lacks_a_setting_says_which_and_what_it_must_be() {
    let house = House::open(SimConfig::default()).await;
    for (name, value, words) in [
        ("REPRISE_TABLE", "", "REPRISE_TABLE is not set; it must be the table's name"),
        ("REPRISE_ROLE", "poll", "REPRISE_ROLE is \"poll\"; it must be \"web\" or \"archive\""),
        (
            "REPRISE_DAILY_CALLS",
            "1",
            "REPRISE_DAILY_CALLS is \"1\"; it must be a whole number of at least 50",
        ),
        (
            "SPOTIFY_API_URL",
            "https://api.spotify.com",
            "REPRISE_TEST_… settings work only against a simulated",
        ),
    ] {
        let mut function = house.stack.worker();
        function.config.set(name, value);
        let Answered::InitError(error) = function.invoke(&tick()).await else { panic!("{name}: it began") };
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.starts_with(words), "{message}");
        let logged = json!(words).to_string();
        assert!(house.stack.said.text().contains(logged.trim_matches('"')), "the log says it too");
    }
}

#[tokio::test]
async fn an_event_of_somebody_elses_is_refused_by_its_fields() {
    let house = House::open(SimConfig::default()).await;
    for mut function in [house.stack.worker(), house.stack.web()] {
        let event = json!({ "Records": [{ "eventSource": "aws:s3" }], "secret": "CANARY-event" });
        let Answered::Error(error) = function.invoke(&event).await else { panic!("it should refuse") };
        assert!(error["errorType"].as_str().unwrap().starts_with("Reprise."), "{error}");
        assert!(function.is_warm(), "the next event may be its own");
    }
    let Answered::Error(error) = house.stack.worker().invoke(&tick()).await else { panic!("no dispatcher") };
    assert!(error["errorMessage"].as_str().unwrap().starts_with("REPRISE_QUEUE_URL is not set"), "{error}");
    house.stack.assert_no_canary();
}

#[tokio::test]
async fn nothing_is_asked_of_aws_before_there_is_work() {
    let house = House::open(SimConfig::default()).await;
    let door = house.stack.cloud.door(reprise_tests::cloud::Waits::default()).await;
    for mut function in [house.stack.web(), house.stack.dispatcher(), house.stack.worker()] {
        function.config.set("AWS_ENDPOINT_URL", &door.url);
        assert_eq!(function.start().await, None);
        let measured = function.measured().unwrap();
        assert!(measured.resident_kb > 1_000 && measured.proportional_kb > 1_000, "{measured:?}");
    }
    assert_eq!(door.used().services(), 0, "{:?}", door.used());
}
