//! A grant's six months: false alarms, warnings, the end, a new consent, epochs.

use reprise_core::grants::{GrantError, MIN_TTL};
use reprise_core::ports::{AlertKind, User};
use reprise_core::vault::EPOCH_DAYS;
use reprise_domain::time::{days, earlier, hours, later};
use reprise_domain::token::Reauth;
use spotify_sim::{Act, Fault, FaultKind, User as Listener, When, World};

use crate::house::House;

const TOKEN: &str = "POST /api/token";

async fn house() -> (House, User) {
    let house = House::build(World::Extended).await;
    house.sim.add_user(Listener::new("ada"));
    let ada = house.sign_up("ada").await;
    house.live(hours(3)).await;
    (house, ada)
}

async fn state(house: &House, user: &User) -> &'static str {
    house.core.ports.tokens.grant(&user.id).await.unwrap().unwrap().value.state.name()
}

fn consent_alerts(house: &House, user: &User) -> usize {
    house.told(user).iter().filter(|(kind, _)| *kind == AlertKind::ConsentNeeded).count()
}

/// Requests for tokens after the log's entry `seq`.
fn asked(house: &House, seq: u64) -> usize {
    house.sim.log_after(seq).iter().filter(|entry| entry.endpoint == TOKEN).count()
}

#[tokio::test]
async fn a_false_alarm_is_over_after_one_second_try_a_day_later() {
    let (house, ada) = house().await;
    house.sim.faults().add(Fault::once(TOKEN, FaultKind::FalseInvalidGrant));
    let refused = house.core.grants.access(&ada.id, MIN_TTL).await;
    assert!(matches!(refused, Err(GrantError::Reauth(Reauth::Revoked))), "{refused:?}");
    let seq = house.seq();
    house.live(hours(23)).await;
    assert_eq!((asked(&house, seq), state(&house, &ada).await), (0, "revoked"), "quarantined for a day");
    house.live(hours(50)).await;
    assert_ne!(state(&house, &ada).await, "revoked");
    house.live(days(12)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"), "and nothing was missed");
    assert!(consent_alerts(&house, &ada) <= 1);
}

#[tokio::test]
async fn after_the_second_try_only_the_operators_button_tries_again() {
    let (house, ada) = house().await;
    house.sim.faults().add(Fault::always(TOKEN, FaultKind::FalseInvalidGrant).when(When::Next(3)));
    let seq = house.seq();
    house.live(days(12)).await;
    assert_eq!(asked(&house, seq), 2, "once, and once a day later");
    assert_eq!(state(&house, &ada).await, "revoked");
    assert_eq!(consent_alerts(&house, &ada), 1, "told once");
    house.core.grants.try_again(&ada.id).await.unwrap();
    let refused = house.core.grants.access(&ada.id, MIN_TTL).await;
    assert!(matches!(refused, Err(GrantError::Reauth(Reauth::Revoked))));
    house.core.grants.try_again(&ada.id).await.unwrap();
    house.core.grants.access(&ada.id, MIN_TTL).await.unwrap();
    house.live(days(2)).await;
    let newest = house.expected("ada").split_off(house.expected("ada").len() - 10);
    assert!(house.archived("ada").ends_with(&newest), "the archive goes on");
}

#[tokio::test]
async fn the_end_of_consent_is_announced_four_times_and_a_new_one_goes_on() {
    let (house, ada) = house().await;
    let grant = house.core.ports.tokens.grant(&ada.id).await.unwrap().unwrap().value;
    assert_eq!(grant.reauth_by.to_string(), "2027-05-16T06:00:00Z");
    let mut warned = Vec::new();
    while house.now() < grant.reauth_by {
        let before = house.told(&ada).len();
        house.live(days(1)).await;
        let alerts = house.told(&ada).split_off(before);
        let warnings = alerts.iter().filter(|(kind, _)| *kind == AlertKind::ConsentEnds);
        for (_, text) in warnings {
            assert!(text.contains("16 May 2027") && text.contains("connect Spotify again"), "{text}");
            let left = grant.reauth_by.duration_since(earlier(house.now(), days(1)));
            warned.push((left.as_hours() + 23) / 24);
        }
    }
    assert_eq!(warned.len(), 4, "{warned:?}");
    for (was, named) in warned.iter().zip([30, 14, 3, 1]) {
        assert!(*was <= named + 1 && *was >= named - 1, "{warned:?}");
    }
    house.live(days(9)).await;
    assert_eq!(state(&house, &ada).await, "expired");
    let told = house.told(&ada);
    let ends: Vec<_> = told.iter().filter(|(kind, _)| *kind == AlertKind::ConsentNeeded).collect();
    assert!(matches!(ends.as_slice(), [(_, text)] if text.contains("six months")), "{ends:?}");
    let seq = house.seq();
    house.live(days(3)).await;
    assert_eq!(asked(&house, seq), 0, "a token that has expired is not tried again");

    house.consent_again(&ada, "ada").await.unwrap();
    house.live(days(1)).await;
    let grant = house.core.ports.tokens.grant(&ada.id).await.unwrap().unwrap().value;
    assert_eq!(grant.warned_days, None);
    assert!(grant.reauth_by > later(house.now(), days(170)), "another six months");
    let newest = house.shown("ada");
    let archived = house.archive("ada").items;
    let held = |uri: &str| archived.iter().any(|item| item.uri.as_deref() == Some(uri));
    assert!(newest.iter().filter(|uri| held(uri.as_str())).count() > 20, "this week's list is there");
}

#[tokio::test]
async fn tokens_are_sealed_anew_once_their_epoch_is_over() {
    let (house, ada) = house().await;
    let sealed =
        async |house: &House| house.core.ports.tokens.grant(&ada.id).await.unwrap().unwrap().value.refresh;
    let first = sealed(&house).await;
    let old = |sealed| house.core.vault.is_old(sealed, house.now());
    assert!(!old(&first));
    house.live(days(EPOCH_DAYS.unsigned_abs() * 2)).await;
    let then = sealed(&house).await;
    assert_ne!(first.0, then.0);
    assert!(old(&first) && !old(&then));
    house.core.grants.access(&ada.id, MIN_TTL).await.unwrap();
    assert!(!house.core.grants.reseal(&ada.id).await.unwrap(), "there is nothing left to do");
}

#[tokio::test]
async fn a_listener_who_left_or_is_switched_off_gets_no_token() {
    let (house, ada) = house().await;
    house.act("ada", &Act::RevokeConsent { client: None });
    reprise_core::people::switch(&house.core, &ada.id, true).await.unwrap();
    let seq = house.seq();
    house.live(days(9)).await;
    assert_eq!(house.calls_after(seq), [""; 0], "nothing is asked for those who are switched off");
    reprise_core::onboard::leave(&house.core, &ada.id).await.unwrap();
    let gone = house.core.grants.access(&ada.id, MIN_TTL).await;
    assert!(matches!(gone, Err(GrantError::Disconnected)), "{gone:?}");
    house.live(days(9)).await;
    assert_eq!(house.calls_after(seq), [""; 0]);
}
