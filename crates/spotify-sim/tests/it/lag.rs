//! Reads that are behind.

use crate::house::{house, uris};

#[tokio::test]
async fn items_lag_until_they_do_not() {
    let house = house().await;
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    house.push(120).await;
    house.sim.change_settings(|settings| settings.lag.playlist_ms = 60_000);
    house.add(&token, &id, &uris(0, 2)).await;
    house.push(30).await;
    let path = format!("/v1/playlists/{id}/items");
    let mut totals = Vec::new();
    for _ in 0..20 {
        totals.push(house.get(&token, &path).await.1["total"].as_u64().unwrap());
    }
    assert!(totals.contains(&0) && totals.contains(&2), "{totals:?}");
    // The truth is never behind.
    assert_eq!(house.held("ada", &id).len(), 2);
    house.push(30).await;
    for _ in 0..10 {
        assert_eq!(house.get(&token, &path).await.1["total"], 2);
    }
}

#[tokio::test]
async fn a_new_playlist_is_listed_late_but_can_be_read_at_once() {
    let house = house().await;
    house.sim.change_settings(|settings| settings.lag.listing_ms = 60_000);
    let token = house.token("dev", "ada");
    let id = house.playlist(&token).await;
    assert_eq!(house.get(&token, &format!("/v1/playlists/{id}")).await.0, 200);
    assert_eq!(house.get(&token, "/v1/me/playlists").await.1["total"], 1);
    house.push(60).await;
    assert_eq!(house.get(&token, "/v1/me/playlists").await.1["total"], 2);
}
