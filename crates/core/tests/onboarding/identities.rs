//! Who is who: one Spotify account is one listener, whatever comes when.

use reprise_core::onboard::{self, FinishError, InviteState};
use reprise_core::ports::{Grant, User};
use reprise_core::{people, session};
use reprise_domain::ids::{AccountId, SpotifyUserId};
use reprise_domain::time::days;
use spotify_sim::{User as Listener, World};

use crate::house::House;

async fn house() -> House {
    let house = House::build(World::Extended).await;
    house.sim.add_user(Listener::new("ada"));
    house.sim.add_user(Listener::new("bob"));
    house
}

async fn grant(house: &House, user: &User) -> Grant {
    house.core.ports.tokens.grant(&user.id).await.unwrap().unwrap().value
}

async fn stored(house: &House, user: &User) -> User {
    house.core.ports.users.user(&user.id).await.unwrap().unwrap().value
}

#[tokio::test]
async fn two_people_racing_for_one_link_make_one_listener() {
    let house = house().await;
    let secret = house.invite().await;
    let first = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let second = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let (ada, bob) = futures::join!(house.finish(&first, "ada"), house.finish(&second, "bob"));
    let (won, lost) = if ada.is_ok() { (ada, bob) } else { (bob, ada) };
    assert!(won.unwrap().is_new);
    assert!(matches!(lost, Err(FinishError::InviteGone)), "{lost:?}");
    assert_eq!(
        house.core.ports.users.users(None, 9).await.unwrap().len(),
        1,
        "the loser's tokens are dropped"
    );
}

#[tokio::test]
async fn one_person_in_two_tabs_is_one_listener() {
    let house = house().await;
    let secret = house.invite().await;
    let first = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let second = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let (one, two) = futures::join!(house.finish(&first, "ada"), house.finish(&second, "ada"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.user.id, two.user.id);
    assert!(one.is_new != two.is_new, "one of them signs up");
    house.live(days(1)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
}

#[tokio::test]
async fn one_account_through_two_links_uses_up_one() {
    let house = house().await;
    let ada = house.sign_up("ada").await;
    let secret = house.invite().await;
    let started = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert!(!arrived.is_new);
    assert_eq!(arrived.user.id, ada.id);
    let state = onboard::invite_state(&house.core, &secret).await.unwrap();
    assert!(matches!(state, InviteState::Valid(_)), "good for somebody else");
}

#[tokio::test]
async fn consent_under_another_account_touches_nobodys_tokens() {
    let house = house().await;
    let (ada, bob) = (house.sign_up("ada").await, house.sign_up("bob").await);
    house.sim.add_user(Listener::new("eve"));
    let before = (grant(&house, &ada).await, grant(&house, &bob).await);
    for name in ["bob", "eve"] {
        let other = house.consent_again(&ada, name).await;
        assert!(matches!(other, Err(FinishError::OtherAccount)), "{name}: {other:?}");
    }
    assert_eq!(before, (grant(&house, &ada).await, grant(&house, &bob).await));
    house.sim.clock().advance_by(days(1), std::time::Duration::from_secs(20)).await.unwrap();
    house.consent_again(&ada, "ada").await.unwrap();
    let after = grant(&house, &ada).await;
    assert!(after.authorized_at > before.0.authorized_at && after.reauth_by > before.0.reauth_by);
    assert_eq!(grant(&house, &bob).await, before.1);
}

#[tokio::test]
async fn an_account_that_spotify_told_later_is_learned_and_a_contradiction_is_an_error() {
    let house = house().await;
    let ada = house.sign_up("ada").await;
    // Signed up when the API told no account.
    let mut read = house.core.ports.users.user(&ada.id).await.unwrap().unwrap();
    let account = read.value.account.take();
    assert!(account.is_some());
    let _ = house.core.ports.users.put_user(&read.value, read.version).await.unwrap();
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    let arrived = house.finish(&started, "ada").await.unwrap();
    assert_eq!((&arrived.user.id, &arrived.user.account), (&ada.id, &account));
    assert_eq!(stored(&house, &ada).await.account, account);

    // The user name went to somebody else: their account is another.
    let mut read = house.core.ports.users.user(&ada.id).await.unwrap().unwrap();
    read.value.account = Some(AccountId::new("somebody"));
    let _ = house.core.ports.users.put_user(&read.value, read.version).await.unwrap();
    let before = grant(&house, &ada).await;
    for secret in [None, Some(house.invite().await)] {
        let started = onboard::start(&house.core, secret.as_deref(), None, None, None).await.unwrap();
        let refused = house.finish(&started, "ada").await;
        assert!(matches!(refused, Err(FinishError::Conflict)), "{refused:?}");
        if let Some(secret) = secret {
            let state = onboard::invite_state(&house.core, &secret).await.unwrap();
            assert!(matches!(state, InviteState::Valid(_)));
        }
    }
    assert_eq!(grant(&house, &ada).await, before);
}

#[tokio::test]
async fn an_account_whose_user_name_is_another_listeners_is_a_conflict() {
    let house = house().await;
    let (ada, bob) = (house.sign_up("ada").await, house.sign_up("bob").await);
    for (user, name) in [(&bob, "bob-of-old"), (&ada, "bob")] {
        let mut read = house.core.ports.users.user(&user.id).await.unwrap().unwrap();
        read.value.spotify_id = SpotifyUserId::new(name);
        let _ = house.core.ports.users.put_user(&read.value, read.version).await.unwrap();
    }
    let before = (grant(&house, &ada).await, grant(&house, &bob).await);
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    let refused = house.finish(&started, "bob").await;
    assert!(matches!(refused, Err(FinishError::Conflict)), "{refused:?}");
    assert_eq!(before, (grant(&house, &ada).await, grant(&house, &bob).await));
}

#[tokio::test]
async fn a_listener_who_is_switched_off_stays_out_until_switched_on() {
    let house = house().await;
    let ada = house.sign_up("ada").await;
    let cookie = session::begin(&house.core, &ada).await.unwrap();
    let before = grant(&house, &ada).await;
    people::switch(&house.core, &ada.id, true).await.unwrap();
    assert!(session::read(&house.core, &cookie.0).await.unwrap().is_none());
    for again in [None, Some(ada.id.clone())] {
        let started = onboard::start(&house.core, None, again, None, None).await.unwrap();
        let refused = house.finish(&started, "ada").await;
        assert!(matches!(refused, Err(FinishError::Disabled)), "{refused:?}");
    }
    assert_eq!(grant(&house, &ada).await, before);
    house.live(days(2)).await;
    people::switch(&house.core, &ada.id, false).await.unwrap();
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    house.finish(&started, "ada").await.unwrap();
    assert!(session::read(&house.core, &cookie.0).await.unwrap().is_none(), "sessions of before are over");
    house.live(days(2)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
}

#[tokio::test]
async fn whoever_left_may_come_back_through_a_new_link() {
    let house = house().await;
    let ada = house.sign_up("ada").await;
    house.live(days(1)).await;
    let erased = onboard::leave(&house.core, &ada.id).await.unwrap();
    let kinds: Vec<&str> = erased.records.iter().map(|(kind, _)| kind.as_str()).collect();
    for kind in ["account", "grant", "weeks", "archive playlists", "sources", "appointments"] {
        assert!(kinds.contains(&kind), "{kind} of {kinds:?}");
    }
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    let stranger = house.finish(&started, "ada").await;
    assert!(matches!(stranger, Err(FinishError::NotInvited)), "{stranger:?}");
    let back = house.sign_up("ada").await;
    assert_ne!(back.id, ada.id);
}
