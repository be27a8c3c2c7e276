//! Spotify's limits: a quota of a day, a window of seconds, and what they say of coming back.

use std::time::Duration;

use reprise_core::ports::AlertKind;
use reprise_domain::time::{days, hours};
use spotify_sim::{Fault, Limits, RetryAfter};

use crate::meet::{ADD, HEAD, Met, READ, ends_well, meet, meet_fault, second_week, status, turn};

const QUOTA: &str = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;
const RATE: &str = r#"{"error":{"status":429,"message":"API rate limit exceeded"}}"#;

#[tokio::test]
async fn a_quota_is_left_alone_until_spotify_says() {
    for (retry_after, again) in [(Some(40_000), Duration::from_secs(40_000)), (None, hours(1))] {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::once(READ, status(429, QUOTA, retry_after)));
        let met = Met {
            says: "The quota for playlist-items is used up until 2026-11-23T",
            alert: Some((AlertKind::QuotaExceeded, "Nothing is lost: the archive goes on by itself")),
            again,
        };
        meet(&house, &ada, met).await;
        let seq = house.seq();
        house.live(again.saturating_sub(Duration::from_secs(5))).await;
        assert_eq!(house.calls_after(seq), [""; 0], "not a call while it lasts");
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn a_quota_that_ends_an_add_loses_nothing() {
    let met = Met {
        says: "The quota for playlist-items is used up until",
        alert: Some((AlertKind::QuotaExceeded, "by itself")),
        again: Duration::from_mins(500),
    };
    meet_fault(ADD, status(429, QUOTA, Some(30_000)), hours(1), met).await;
}

#[tokio::test]
async fn a_short_limit_is_waited_out_however_it_is_told() {
    let waits = [
        (READ, Some(7), 7),
        (HEAD, Some(1), 1),
        (ADD, Some(30), 30),
        (ADD, None, 60),
        (READ, Some(86_000), 86_000),
        (ADD, Some(86_000), 86_000),
    ];
    for (on, retry_after, again) in waits {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::once(on, status(429, RATE, retry_after)));
        let again = Duration::from_secs(again);
        meet(&house, &ada, Met { says: "Spotify asks to wait until", alert: None, again }).await;
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn a_quota_shared_with_others_delays_and_loses_nothing() {
    for retry_after in [RetryAfter::Accurate, RetryAfter::Absent, RetryAfter::Huge, RetryAfter::Fixed(3)] {
        let (house, ada) = second_week().await;
        house.sim.reset_limits();
        house.sim.change_settings(|settings| {
            settings.limits = Limits { per_30_s: None, per_day: Some(2), retry_after };
        });
        house.live(hours(30)).await;
        let alerts: Vec<AlertKind> = house.told(&ada).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(alerts, [AlertKind::QuotaExceeded], "{retry_after:?}: told once");
        let used = house.sim.used_today("sim-developer");
        assert!(used <= 150, "{retry_after:?}: {used} calls into a closed door");
        house.sim.change_settings(|settings| settings.limits = Limits::default());
        house.live(days(1)).await;
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn a_window_of_seconds_slows_a_run_down_and_no_more() {
    let (house, ada) = second_week().await;
    house.sim.change_settings(|settings| settings.limits.per_30_s = Some(2));
    house.live(hours(2)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    turn(&house).await;
    ends_well(&house, &ada, "ada").await;
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn an_endpoint_that_asks_to_wait_a_second_for_ever_is_asked_ever_more_rarely() {
    for on in [HEAD, ADD] {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::always(on, status(429, RATE, Some(1))));
        let seq = house.seq();
        house.live(hours(12)).await;
        let calls = house.calls_after(seq).len();
        assert!(calls < 80, "{on}: {calls} calls in twelve hours");
        house.sim.faults().clear();
        ends_well(&house, &ada, "ada").await;
    }
}
