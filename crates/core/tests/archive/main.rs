//! The archive against a simulated Spotify: what must be in the listener's playlist in the end, and
//! what it costs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod death;
#[path = "../common/house.rs"]
mod house;

use reprise_domain::archive::Step;
use reprise_domain::time::days;
use spotify_sim::{User, World};

use self::house::House;

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
    assert_eq!(house.archived("ada"), house.expected("ada"));
}
