//! Discover Weekly over the weeks.

use crate::house::{house, uris};
use serde_json::Value;
use spotify_sim::{Oddities, Variant};

const WEEK: u64 = 7 * 86_400;

#[tokio::test]
async fn reads_and_truth_agree_week_after_week() {
    let house = house().await;
    house.sim.change_user("ada", |user| {
        user.locale = "de".to_owned();
        user.discover_weekly.variant = Some(Variant { percent: 50.0, after_hours: 70, replaces: 9 });
    });
    let id = house.sim.discover_weekly_id("ada").unwrap();
    let mut snapshots = Vec::new();
    for _ in 0..8 {
        let token = house.token("ext", "ada");
        let (_, weekly) = house.get(&token, &format!("/v1/playlists/{id}")).await;
        assert_eq!(weekly["name"], "Dein Mix der Woche");
        let read: Vec<&str> = weekly["items"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["item"]["uri"].as_str().unwrap())
            .collect();
        let truth = house.sim.truth("ada").unwrap().discover_weekly;
        let now = truth.generations.last().unwrap();
        let expect: Vec<&str> = now.entries.iter().filter_map(|entry| entry.shown_uri.as_deref()).collect();
        assert_eq!(read, expect);
        snapshots.push(weekly["snapshot_id"].clone());
        house.push(WEEK / 2).await;
    }
    let generations = house.sim.truth("ada").unwrap().discover_weekly.generations;
    let fresh = generations.iter().filter(|generation| !generation.varied).count();
    let varied = generations.len() - fresh;
    assert_eq!(fresh, 5);
    assert!((1..=4).contains(&varied), "{varied} variants");
    snapshots.dedup();
    assert!((4..=8).contains(&snapshots.len()));
    assert!(generations.windows(2).all(|pair| pair[0].until == Some(pair[1].from)));
}

#[tokio::test]
async fn the_id_of_a_generated_playlist_can_change() {
    let house = house().await;
    let token = house.token("ext", "ada");
    let old = house.sim.discover_weekly_id("ada").unwrap();
    house.sim.change_user("ada", |user| user.discover_weekly.moved = 1);
    let new = house.sim.discover_weekly_id("ada").unwrap();
    assert_ne!(old, new);
    assert_eq!(house.get(&token, &format!("/v1/playlists/{old}")).await.0, 404);
    assert_eq!(house.get(&token, &format!("/v1/playlists/{new}")).await.0, 200);
}

#[tokio::test]
async fn odd_entries_look_as_odd_as_the_real_ones() {
    let house = house().await;
    let odd = Oddities { relinked: 20.0, unavailable: 20.0, null: 20.0, local: 20.0, ..Oddities::default() };
    house.sim.change_user("ada", |user| user.discover_weekly.odd = odd);
    let id = house.sim.discover_weekly_id("ada").unwrap();
    let token = house.token("ext", "ada");
    let (_, page) = house.get(&token, &format!("/v1/playlists/{id}/items?limit=50")).await;
    let items = page["items"].as_array().unwrap();
    let count = |test: fn(&Value) -> bool| items.iter().filter(|item| test(item)).count();
    let local = |item: &Value| {
        item["is_local"] == true
            && item["item"]["id"].is_null()
            && item["item"]["uri"].as_str().is_some_and(|uri| uri.starts_with("spotify:local:"))
    };
    assert!(count(local) > 0);
    assert!(count(|item| item["item"].is_null()) > 0);
    assert!(count(|item| item["item"]["is_playable"] == false) > 0);
    assert!(count(|item| item["item"]["linked_from"].is_object()) > 0);
    let dev = house.token("dev", "ada");
    let inbox = house.playlist(&dev).await;
    let copy = spotify_sim::Act::CopyDiscoverWeekly { into: inbox.clone() };
    house.sim.act("ada", &copy).unwrap();
    house.add(&dev, &inbox, &uris(0, 1)).await;
    let (_, page) = house.get(&dev, &format!("/v1/playlists/{inbox}/items?limit=50")).await;
    let text = page.to_string();
    assert!(!text.contains("linked_from") && text.contains("spotify:local:"));
}
