//! An installation that has been carried away: it shows what it has, and changes nothing.

use axum::http::StatusCode;
use reprise_core::moving;
use reprise_core::ports::{Role, Standing, Version};

use crate::house::House;

async fn leave(house: &House) {
    let left = Standing::Left { since: house.core.ports.clock.now() };
    let written = house.core.ports.house.put_standing(&left, Version::NEW).await.unwrap();
    assert_ne!(written, reprise_core::ports::Written::Conflict);
}

#[tokio::test]
async fn forms_are_turned_away_and_pages_are_shown() {
    let house = House::build().await;
    let (mut ada, user) = house.signed_up("ada", Role::Listener).await;
    let page = ada.get("/settings").await;
    leave(&house).await;
    let before = house.stored();
    let answer = ada.submit(&page, "/settings", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("Reprise is moving house"), "{}", answer.body);
    assert_eq!(house.stored(), before);
    assert_eq!(ada.get("/archive").await.status, StatusCode::OK);
    let program = ada.post_json("/auth/spotify/start", None, "{}").await;
    assert_eq!(program.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(program.body.contains("\"moved\""), "{}", program.body);
    // And back again.
    moving::open(&house.core).await.unwrap();
    assert_ne!(ada.submit(&page, "/settings", &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(house.user("ada").await.is_some_and(|known| known.id == user.id));
}

#[tokio::test]
async fn nobody_signs_up_where_nobody_lives() {
    let house = House::build().await;
    let path = house.link(Role::Listener).await;
    let mut browser = house.browser();
    let callback = house.to_spotify(&mut browser, &path, "bo").await;
    leave(&house).await;
    assert_eq!(browser.get(&callback).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(house.user("bo").await.is_none());
    // The same way in works when the door is open again: the link was not used up.
    moving::open(&house.core).await.unwrap();
    assert!(browser.get(&callback).await.sets_session());
}
