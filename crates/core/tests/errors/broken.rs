//! Spotify is out of order: 5xx, pages in place of answers, answers cut short, empty, late.

use std::time::Duration;

use reprise_domain::archive::Step;
use reprise_domain::time::hours;
use spotify_sim::{Fault, FaultKind, When, World};

use crate::house::House;
use crate::meet::{ADD, CREATE, HEAD, Met, READ, ends_well, meet, meet_fault, plain, second_week, status};

/// A first failed run is repeated after this; a write of unknown outcome is looked for after this.
const SOON: Duration = Duration::from_mins(2);

/// What the status page says of each.
fn unsettling() -> Vec<(FaultKind, &'static str)> {
    vec![
        (FaultKind::status(500), "Spotify is unavailable: status 500: Server error"),
        (FaultKind::status(502), "Spotify is unavailable: status 502: Server error"),
        (FaultKind::status(503), "Spotify is unavailable: status 503: Server error"),
        (status(408, "", None), "Spotify is unavailable: status 408"),
        (FaultKind::Html { code: 502 }, "Spotify is unavailable: status 502"),
        (FaultKind::ResetBefore, "Spotify is unavailable: the connection broke"),
        (FaultKind::ResetAfter, "Spotify is unavailable: the connection broke"),
        (FaultKind::LateEffect { after_sim_seconds: 50 }, "Spotify is unavailable: the connection broke"),
        (FaultKind::Truncated, "Spotify is unavailable: "),
    ]
}

#[tokio::test]
async fn a_read_that_fails_is_repeated_in_two_minutes_and_then_more_rarely() {
    for (kind, says) in unsettling() {
        meet_fault(READ, kind, hours(5), Met { says, alert: None, again: SOON }).await;
    }
    for kind in [FaultKind::EmptyBody, FaultKind::Html { code: 200 }] {
        let says = "The exchange with spotify makes no sense: ";
        meet_fault(READ, kind, hours(5), Met { says, alert: None, again: SOON }).await;
    }
}

#[tokio::test]
async fn a_head_that_fails_is_repeated_and_nothing_was_written() {
    for (kind, says) in unsettling().into_iter().skip(2).step_by(2) {
        meet_fault(HEAD, kind, hours(1), Met { says, alert: None, again: SOON }).await;
    }
}

#[tokio::test]
async fn a_server_that_says_when_to_come_back_is_believed() {
    let met = Met { says: "Spotify is unavailable: status 503", alert: None, again: Duration::from_mins(10) };
    meet_fault(READ, status(503, "", Some(600)), hours(1), met).await;
}

#[tokio::test]
async fn an_add_whose_outcome_nobody_knows_is_looked_for_and_never_doubled() {
    let strange = "Spotify is unavailable: ";
    let odd = [(FaultKind::EmptyBody, strange), (FaultKind::Html { code: 200 }, strange)];
    for (kind, says) in unsettling().into_iter().chain(odd) {
        // Reads lag behind writes as well.
        let (house, ada) = second_week().await;
        house.sim.change_settings(|settings| settings.lag.playlist_ms = 60_000);
        house.sim.faults().add(Fault::always(ADD, kind.clone()).when(When::Next(3)));
        meet(&house, &ada, Met { says, alert: None, again: SOON }).await;
        let newest = house.generations(&ada).await.pop().unwrap();
        assert!(matches!(newest.step, Step::Planned { .. }), "{kind:?}: {:?}", newest.step);
        ends_well(&house, &ada, "ada").await;
        assert_eq!(house.told(&ada), [], "{kind:?}");
    }
}

#[tokio::test]
async fn a_playlist_whose_making_has_no_known_outcome_is_found_and_not_made_twice() {
    let odd = [(FaultKind::EmptyBody, ""), (FaultKind::Html { code: 200 }, "")];
    for (kind, _) in unsettling().into_iter().chain(odd) {
        let house = House::build(World::Extended).await;
        house.sim.change_settings(|settings| settings.lag.listing_ms = 60_000);
        house.sim.add_user(plain("ada"));
        let ada = house.sign_up("ada").await;
        house.sim.faults().add(Fault::once(CREATE, kind.clone()));
        let met = Met { says: "Spotify is unavailable: ", alert: None, again: SOON };
        meet(&house, &ada, met).await;
        ends_well(&house, &ada, "ada").await;
        assert_eq!(house.sim.truth("ada").unwrap().playlists.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_token_that_dies_in_the_middle_of_a_run_is_replaced_within_it() {
    let gone = r#"{"error":{"status":401,"message":"The access token expired"}}"#;
    for on in [READ, HEAD, ADD] {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::once(on, status(401, gone, None)));
        house.run(&ada).await;
        assert_eq!(house.complaint(&ada).await, None, "{on}: nobody need know");
        ends_well(&house, &ada, "ada").await;
    }
    let met = Met { says: "Spotify does not accept the access token", alert: None, again: SOON };
    meet_fault(ADD, status(401, gone, None), hours(1), met).await;
}

#[tokio::test]
async fn reading_back_goes_on_after_a_failure() {
    for (kind, _) in unsettling().into_iter().step_by(3) {
        let (house, ada) = second_week().await;
        house.run(&ada).await;
        house.sim.faults().add(Fault::once(READ, kind));
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn whatever_fails_for_long_is_asked_ever_more_rarely() {
    for on in [READ, HEAD, ADD] {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::always(on, FaultKind::status(503)));
        let seq = house.seq();
        house.live(hours(24)).await;
        let calls = house.calls_after(seq).len();
        assert!(calls < 60, "{on}: {calls} calls in a day");
        house.sim.faults().clear();
        house.live(hours(6)).await;
        ends_well(&house, &ada, "ada").await;
    }
}

/// What happens to the clocks of a machine.
type Jump = fn(&House);

#[tokio::test]
async fn a_clock_that_jumps_and_a_machine_that_sleeps_shorten_no_wait() {
    const HOUR: i64 = 3_600_000;
    let jumps: [(&str, Jump); 4] = [
        ("forward", |house| drop(house.sim.clock().jump_wall(HOUR))),
        ("back", |house| drop(house.sim.clock().jump_wall(-HOUR))),
        ("asleep", |house| drop(house.sim.clock().suspend(hours(1)))),
        ("restarted", |house| drop(house.sim.clock().reboot())),
    ];
    for (name, jump) in jumps {
        let (house, ada) = second_week().await;
        // Takes effect well after the request was given up, and within what is waited for.
        let kind = FaultKind::LateEffect { after_sim_seconds: 110 };
        house.sim.faults().add(Fault::once(ADD, kind));
        house.run(&ada).await;
        jump(&house);
        ends_well(&house, &ada, "ada").await;
        assert_eq!(house.told(&ada), [], "{name}");
    }
}
