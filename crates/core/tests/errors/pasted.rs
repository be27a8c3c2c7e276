//! What people paste.

use reprise_core::ports::RunOutcome;
use reprise_domain::archive::{Fate, Step};
use reprise_domain::ids::TrackUri;
use reprise_domain::time::{days, hours};
use spotify_sim::{Track, World};

use crate::house::House;
use crate::meet::plain;

/// A link of the right form that leads nowhere.
fn unknown(n: u32) -> TrackUri {
    format!("spotify:track:{n:0>22}").parse().unwrap()
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_refused_and_the_others_are_archived_in_order() {
    for places in [vec![0], vec![17], vec![29], vec![0, 1, 2], vec![3, 14, 15, 28]] {
        let house = House::build(World::Development).await;
        house.sim.add_user(plain("ada"));
        let ada = house.sign_up("ada").await;
        let mut links = house.shown("ada");
        for (n, place) in (1..).zip(&places) {
            links[*place] = unknown(n);
        }
        house.paste(&ada, &links).await;
        house.live(hours(2)).await;
        let generation = house.generations(&ada).await.remove(0);
        assert_eq!(generation.step, Step::Done, "{places:?}");
        let refused: Vec<_> = (0..30).filter(|n| generation.tracks[*n].fate == Fate::Refused).collect();
        assert_eq!(refused, places);
        let expected: Vec<u32> = links
            .iter()
            .filter_map(|uri| Track::from_uri(uri.as_str()))
            .map(|track| track.recording)
            .collect();
        assert_eq!(house.archived("ada"), expected, "{places:?}");
        let told = house.told(&ada);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains(&unknown(1).link()), "{told:?}");
        assert!(house.sim.used_today("sim-developer") < 120, "{places:?}");
    }
}

#[tokio::test]
async fn a_list_pasted_in_pieces_twice_and_late_is_one_week() {
    let house = House::build(World::Development).await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    let links = house.shown("ada");
    house.paste(&ada, &links[..12]).await;
    house.live(hours(5)).await;
    house.paste(&ada, &links[8..20]).await;
    house.paste(&ada, &links[20..]).await;
    house.live(days(2)).await;
    house.paste(&ada, &links).await;
    house.live(hours(1)).await;
    assert!(matches!(house.runs(&ada).await[0].outcome, RunOutcome::NothingNew));
    let generations = house.generations(&ada).await;
    assert_eq!(generations.len(), 1);
    assert_eq!(generations[0].label.to_string(), "2026-W47");
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert_eq!(house.told(&ada), []);
}
