//! The live checklist, line by line.

use reprise_core::ports::{CheckKind, CheckOutcome};
use reprise_domain::time::days;
use serde_json::json;
use spotify_sim::Fault;

use crate::meet::{ends_well, second_week, status};

const PLAYER: &str = "GET /v1/me/player";

#[tokio::test]
async fn a_connection_that_works_passes_every_line_and_nothing_is_left_behind() {
    let (house, ada) = second_week().await;
    let playing = json!({
        "is_playing": true, "progress_ms": 1000, "currently_playing_type": "track", "item": null,
        "context": { "type": "playlist", "uri": "spotify:playlist:37i9dQZEVXcAAAAAAAAAAA" },
        "device": { "is_active": true, "is_private_session": false, "is_restricted": false, "name": "Phone", "type": "Smartphone" },
        "actions": { "disallows": {} }, "repeat_state": "off", "shuffle_state": false, "timestamp": 0,
    });
    house.sim.set_playing("ada", Some(playing));
    let before = house.archive("ada");
    let seq = house.seq();
    for _ in 0..3 {
        let checklist = house.checklist(&ada).await;
        let passed = checklist.checks.iter().filter(|line| line.outcome == CheckOutcome::Passed).count();
        assert_eq!((passed, checklist.checks.len()), (7, 7), "{checklist:#?}");
    }
    assert!(house.calls_after(seq).len() <= 3 * 6, "about six calls");
    let after = house.archive("ada");
    assert_eq!((before.items, before.name, before.description), (after.items, after.name, after.description));
    assert_eq!(house.sim.truth("ada").unwrap().playlists.len(), 1);
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn playback_that_is_hidden_leaves_the_archive_alone() {
    let (house, ada) = second_week().await;
    let body = r#"{"error":{"status":403,"message":"Forbidden"}}"#;
    house.sim.faults().add(Fault::always(PLAYER, status(403, body, None)));
    let (outcome, words) = house.line(&ada, CheckKind::Playback).await;
    assert_eq!(outcome, CheckOutcome::OtherWay);
    assert!(words.contains("The archive works without it"), "{words}");
    assert_eq!(house.line(&ada, CheckKind::Context).await.0, CheckOutcome::Unknown);
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn what_could_not_be_told_now_says_so_and_is_told_later() {
    let (house, ada) = second_week().await;
    for (on, kind) in [
        ("GET /v1/me", CheckKind::OwnerPremium),
        ("GET /v1/playlists/{id}/items", CheckKind::DiscoverWeekly),
        ("PUT /v1/playlists/{id}", CheckKind::ArchiveReadBack),
        (PLAYER, CheckKind::Playback),
    ] {
        house.sim.faults().add(Fault::always(on, status(503, "", None)));
        let (outcome, words) = house.line(&ada, kind).await;
        assert_eq!(outcome, CheckOutcome::Unknown, "{on}");
        assert!(words.contains("Check again"), "{words}");
        house.sim.faults().clear();
        assert_ne!(house.line(&ada, kind).await.0, CheckOutcome::Failed, "{on}");
    }
    house.live(days(1)).await;
    ends_well(&house, &ada, "ada").await;
}
