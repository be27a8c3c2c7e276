//! The archive against a simulated Spotify: what must be in the listener's playlist in the end.

mod house;

use reprise_domain::archive::Step;
use reprise_domain::time::days;
use spotify_sim::{User, World};

use self::house::House;

const ARCHIVE: &str = "Discover Weekly Archive";

#[tokio::test]
async fn three_weeks_are_archived_in_order_and_each_track_once() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    house.live(days(21)).await;
    let generations = house.generations(&ada).await;
    let labels: Vec<_> = generations.iter().map(|generation| generation.label.to_string()).collect();
    assert_eq!(labels, ["2026-W47", "2026-W48", "2026-W49", "2026-W50"]);
    for generation in &generations[..3] {
        assert_eq!(generation.step, Step::Done, "{}", generation.label);
    }
    let truth = house.sim.truth("ada").unwrap();
    let mut expected: Vec<u32> = Vec::new();
    for entry in truth.discover_weekly.generations.iter().flat_map(|generation| &generation.entries) {
        let recording = entry.recording.unwrap();
        if !expected.contains(&recording) {
            expected.push(recording);
        }
    }
    let playlist = truth.playlists.iter().find(|playlist| playlist.name == ARCHIVE).unwrap();
    let archived: Vec<u32> = playlist.items.iter().map(|item| item.recording.unwrap()).collect();
    assert_eq!(archived, expected);
    for alert in house.notifier.told() {
        println!("{alert:?}");
    }
    for (endpoint, count) in house.sim.counts(spotify_sim::CountBy::Endpoint) {
        println!("{count} {endpoint}");
    }
}
