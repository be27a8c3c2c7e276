//! Logins that succeed, and what a login may bring along.

use reprise_core::onboard::{self, FinishError, InviteState, Returned, StartError};
use reprise_core::ports::Role;
use reprise_core::{Signup, session};
use reprise_domain::time::days;
use spotify_sim::{User, World};

use crate::house::{House, START};

#[tokio::test]
async fn a_link_is_used_up_by_a_sign_up_and_by_nothing_else() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let secret = house.invite().await;
    for _ in 0..3 {
        // Chat applications look at links; people open them twice.
        let state = onboard::invite_state(&house.core, &secret).await.unwrap();
        assert!(matches!(state, InviteState::Valid(_)));
        onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    }
    let started = onboard::start(&house.core, Some(&secret), None, Some("/archive"), None).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert!(arrived.is_new);
    assert_eq!((arrived.return_to.as_str(), arrived.user.role), ("/archive", Role::Listener));
    assert_eq!(onboard::invite_state(&house.core, &secret).await.unwrap(), InviteState::Used);
    let again = onboard::start(&house.core, Some(&secret), None, None, None).await;
    assert!(matches!(again, Err(StartError::Invite(InviteState::Used))));
}

#[tokio::test]
async fn the_first_to_come_is_the_administrator_and_the_link_is_offered_until_then() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let lost = onboard::bootstrap(&house.core).await.unwrap().unwrap();
    let shown = onboard::bootstrap(&house.core).await.unwrap().unwrap();
    let secret = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    let old = onboard::invite_state(&house.core, &secret(&lost.link)).await.unwrap();
    assert_eq!(old, InviteState::Unknown, "the newest link counts");
    let started = onboard::start(&house.core, Some(&secret(&shown.link)), None, None, None).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert_eq!(arrived.user.role, Role::Admin);
    assert!(onboard::bootstrap(&house.core).await.unwrap().is_none());
}

#[tokio::test]
async fn a_known_listener_signs_in_without_a_link_and_a_stranger_does_not() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    house.sim.add_user(User::new("eve"));
    let ada = house.sign_up("ada").await;
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert!(!arrived.is_new);
    assert_eq!(arrived.user.id, ada.id);
    let cookie = session::begin(&house.core, &arrived.user).await.unwrap();
    assert!(session::read(&house.core, &cookie.0).await.unwrap().is_some());
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    let stranger = house.finish(&started, "eve").await;
    assert!(matches!(stranger, Err(FinishError::NotInvited)), "{stranger:?}");
    assert_eq!(house.core.ports.users.users(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn where_sign_up_is_open_strangers_are_welcome() {
    let house =
        House::furnished(START, |app| app.world = World::Extended, |config| config.signup = Signup::Open)
            .await;
    house.sim.add_user(User::new("ada"));
    let started = onboard::start(&house.core, None, None, None, Some("Asia/Kathmandu")).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert!(arrived.is_new);
    assert_eq!(arrived.user.time_zone.as_deref(), Some("Asia/Kathmandu"));
    house.live(days(1)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
}

#[tokio::test]
async fn nothing_that_a_browser_brings_leads_astray() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let paths = ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"];
    for path in paths {
        let secret = house.invite().await;
        let started =
            onboard::start(&house.core, Some(&secret), None, Some(path), Some("Mars/Olympus")).await.unwrap();
        let arrived = house.finish(&started, "ada").await.unwrap();
        assert_eq!(arrived.return_to, "/", "{path}");
        assert_eq!(arrived.user.time_zone, None, "nobody knows that zone");
    }
}

#[test]
fn what_is_pasted_back_is_understood_in_every_form_it_comes_in() {
    let good = [
        "http://127.0.0.1:8080/auth/spotify/callback?code=CODE&state=STATE",
        "  http://127.0.0.1:8080/auth/spotify/callback?state=STATE&code=CODE \n",
        "127.0.0.1:8080/auth/spotify/callback?code=CODE&state=STATE#_=_",
        "?code=CODE&state=STATE",
        "https://reprise.example/x?code=CODE&state=STATE&scope=a%20b",
    ];
    for address in good {
        let returned = Returned::parse(address).unwrap();
        assert_eq!(returned.state, "STATE", "{address}");
        assert_eq!(returned.answer.unwrap().expose(), "CODE", "{address}");
    }
    let denied = Returned::parse("http://127.0.0.1:8080/cb?error=access_denied&state=STATE").unwrap();
    assert_eq!(denied.answer.unwrap_err(), "access_denied");
    let encoded = Returned::parse("http://127.0.0.1/cb?code=A%2BB&state=S%2FT").unwrap();
    assert_eq!((encoded.state.as_str(), encoded.answer.unwrap().expose()), ("S/T", "A+B"));
    let bad = [
        "",
        "hello",
        "code=CODE&state=STATE",
        "http://127.0.0.1:8080/auth/spotify/callback",
        "http://127.0.0.1:8080/auth/spotify/callback?code=CODE",
        "http://127.0.0.1:8080/auth/spotify/callback?state=STATE",
        "http://127.0.0.1:8080/#code=CODE&state=STATE",
    ];
    for address in bad {
        assert!(Returned::parse(address).is_none(), "{address}");
    }
}
