//! Listeners all over the world, whose lists turn on Monday 00:00 UTC: on Sunday for some.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/house.rs"]
mod house;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use reprise_domain::time::{days, hours, later};
use spotify_sim::{Actor, Oddities, User, World};

use self::house::House;

const WEEKS: usize = 8;

const ZONES: [(&str, &str); 5] = [
    ("hoku", "Pacific/Honolulu"),
    ("aroha", "Pacific/Auckland"),
    ("kiran", "Asia/Kathmandu"),
    ("berta", "Europe/Berlin"),
    ("nyah", "America/New_York"),
];

/// Walks eight weeks from a Monday six hours after the turn.
async fn nobody_is_late_early_doubled_or_falsely_alerted(start: &str, clocks_change_for: &[&str]) {
    let house = House::furnished(start, |client| client.world = World::Extended, |_| {}).await;
    let monday: Timestamp = start.parse().unwrap();
    let mut users = Vec::new();
    for (name, zone) in ZONES {
        let mut user = User::new(name);
        user.discover_weekly.odd =
            Oddities { repeated: 0.0, other_edition: 0.0, mislabelled: 0.0, ..Oddities::default() };
        house.sim.add_user(user);
        users.push((name, zone, house.sign_up_from(name, Some(zone)).await));
    }
    house.live_until(later(monday, days(7) * u32::try_from(WEEKS - 1).unwrap() + days(3))).await;
    for (name, zone, user) in users {
        let local = TimeZone::get(zone).unwrap();
        let end = later(monday, days(7 * WEEKS as u64));
        let offsets = (local.to_offset(monday), local.to_offset(end));
        assert_eq!(offsets.0 != offsets.1, clocks_change_for.contains(&name), "{zone} from {start}");

        assert_eq!(
            house.core.ports.users.user(&user.id).await.unwrap().unwrap().value.time_zone.as_deref(),
            Some(zone)
        );
        assert_eq!(house.archived(name), house.expected(name), "{name}: lost, doubled or out of order");
        assert_eq!(house.told(&user), [], "{name}: nothing to tell");

        let turns: Vec<Timestamp> = house
            .sim
            .truth(name)
            .unwrap()
            .discover_weekly
            .generations
            .iter()
            .map(|generation| generation.from)
            .collect();
        let adds: Vec<Timestamp> = house
            .archive(name)
            .history
            .iter()
            .filter(|change| change.what == "added" && matches!(change.by, Actor::App(_)))
            .map(|change| change.at)
            .collect();
        assert_eq!((turns.len(), adds.len()), (WEEKS, WEEKS), "{name}: one add a week");
        for (turn, add) in turns.iter().zip(&adds).skip(1) {
            let delay = add.duration_since(*turn);
            assert!(delay.is_positive(), "{name}: {add} is early");
            assert!(delay <= hours(2).try_into().unwrap(), "{name}: {add} is late");
        }

        let labels: Vec<String> =
            house.generations(&user).await.iter().map(|generation| generation.label.to_string()).collect();
        let weeks: Vec<String> = turns
            .iter()
            .map(|turn| {
                let date = turn.to_zoned(TimeZone::UTC).date();
                assert_eq!(date.weekday(), Weekday::Monday);
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            })
            .collect();
        assert_eq!(labels, weeks, "{name}");
    }
}

#[tokio::test]
async fn clocks_go_back_in_berlin_and_new_york() {
    nobody_is_late_early_doubled_or_falsely_alerted("2026-10-12T06:00:00Z", &["berta", "nyah"]).await;
}

#[tokio::test]
async fn clocks_go_forward_in_the_north_and_back_in_auckland() {
    nobody_is_late_early_doubled_or_falsely_alerted("2027-03-01T06:00:00Z", &["aroha", "berta", "nyah"])
        .await;
}

#[tokio::test]
async fn a_year_turns() {
    nobody_is_late_early_doubled_or_falsely_alerted("2026-11-30T06:00:00Z", &[]).await;
}
