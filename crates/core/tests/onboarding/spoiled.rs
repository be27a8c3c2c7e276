//! Logins that fail store nothing, and leave the link as it was.

use std::time::Duration;

use reprise_core::onboard::{self, FinishError, InviteState, Returned, Started};
use reprise_core::spotify::ForbiddenWhy;
use reprise_domain::time::days;
use spotify_sim::{Fault, FaultKind, User, World};

use crate::house::{APP, House};

const TOKEN: &str = "POST /api/token";
const ME: &str = "GET /v1/me";

async fn door() -> (House, String, Started) {
    let house = House::build(World::Development).await;
    house.sim.add_user(User::new("ada"));
    let secret = house.invite().await;
    let started = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    (house, secret, started)
}

/// Nothing was stored, the link is as good as before, and a second attempt succeeds.
async fn is_unharmed(house: &House, secret: &str) {
    assert_eq!(house.core.ports.users.users(None, 9).await.unwrap(), []);
    let state = onboard::invite_state(&house.core, secret).await.unwrap();
    assert!(matches!(state, InviteState::Valid(_)), "{state:?}");
    let started = onboard::start(&house.core, Some(secret), None, None, None).await.unwrap();
    assert!(house.finish(&started, "ada").await.unwrap().is_new);
}

async fn finish(house: &House, started: &Started, address: &str) -> Result<(), FinishError> {
    let returned = Returned::parse(address).unwrap();
    onboard::finish(&house.core, Some(&started.cookie.0), returned).await.map(drop)
}

#[tokio::test]
async fn a_listener_who_declines_may_change_their_mind() {
    let (house, secret, started) = door().await;
    let location = house.sim.deny(started.authorize_url.as_str()).unwrap();
    let denied = finish(&house, &started, &location).await;
    assert!(matches!(denied, Err(FinishError::Denied)), "{denied:?}");
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn another_error_of_spotifys_is_no_denial() {
    let (house, secret, started) = door().await;
    let address = format!("http://127.0.0.1:8080/cb?error=server_error&state={}", started.state);
    let refused = finish(&house, &started, &address).await;
    assert!(matches!(refused, Err(FinishError::CodeRefused)), "{refused:?}");
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn a_code_that_is_wrong_old_or_used_is_refused() {
    let (house, secret, started) = door().await;
    let address = format!("http://127.0.0.1:8080/cb?code=made-up&state={}", started.state);
    let refused = finish(&house, &started, &address).await;
    assert!(matches!(refused, Err(FinishError::CodeRefused)), "{refused:?}");
    is_unharmed(&house, &secret).await;

    let (house, secret, started) = door().await;
    let location = house.sim.consent(started.authorize_url.as_str(), "ada").unwrap();
    house.sim.faults().add(Fault::once(ME, FaultKind::status(503)));
    let first = finish(&house, &started, &location).await;
    assert!(matches!(first, Err(FinishError::Unavailable { .. })), "{first:?}");
    let second = finish(&house, &started, &location).await;
    assert!(matches!(second, Err(FinishError::CodeRefused)), "the code is used up: {second:?}");
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn a_login_must_be_finished_within_ten_minutes_by_the_browser_that_began_it() {
    let (house, secret, started) = door().await;
    let location = house.sim.consent(started.authorize_url.as_str(), "ada").unwrap();
    let returned = || Returned::parse(&location).unwrap();
    let none = onboard::finish(&house.core, None, returned()).await;
    assert!(matches!(none, Err(FinishError::NotPending)), "no cookie");
    let other = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    let swapped = onboard::finish(&house.core, Some(&other.cookie.0), returned()).await;
    assert!(matches!(swapped, Err(FinishError::NotPending)), "the cookie of another login");
    let mut altered = started.cookie.0.clone();
    let last = if altered.ends_with('A') { 'B' } else { 'A' };
    altered.pop();
    altered.push(last);
    let tampered = onboard::finish(&house.core, Some(&altered), returned()).await;
    assert!(matches!(tampered, Err(FinishError::NotPending)), "an altered cookie");
    let late = Duration::from_mins(onboard::PENDING_MINUTES);
    house.sim.clock().advance_by(late, Duration::from_secs(20)).await.unwrap();
    let late = onboard::finish(&house.core, Some(&started.cookie.0), returned()).await;
    assert!(matches!(late, Err(FinishError::NotPending)), "ten minutes are over");
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn a_permission_taken_away_is_named_before_anything_is_stored() {
    let (house, secret, started) = door().await;
    let mut url = started.authorize_url.clone();
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| {
            let fewer = value.replace("playlist-modify-public", "").replace("  ", " ");
            (name.clone().into_owned(), if name == "scope" { fewer } else { value.into_owned() })
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    let location = house.sim.consent(url.as_str(), "ada").unwrap();
    let missing = finish(&house, &started, &location).await;
    assert!(matches!(missing, Err(FinishError::ScopesMissing)), "{missing:?}");
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn a_listener_or_an_owner_whom_spotify_refuses_is_told_why() {
    let (house, secret, started) = door().await;
    house.sim.change_client(APP, |app| app.allow_list = Some(Vec::new()));
    let refused = house.finish(&started, "ada").await;
    assert!(matches!(refused, Err(FinishError::Refused(ForbiddenWhy::NotAllowListed))), "{refused:?}");
    house.sim.change_client(APP, |app| app.allow_list = None);
    is_unharmed(&house, &secret).await;

    let (house, secret, started) = door().await;
    house.sim.change_client(APP, |app| app.owner_premium = false);
    let refused = house.finish(&started, "ada").await;
    assert!(matches!(refused, Err(FinishError::Refused(ForbiddenWhy::OwnerNotPremium))), "{refused:?}");
    house.sim.change_client(APP, |app| app.owner_premium = true);
    is_unharmed(&house, &secret).await;
}

#[tokio::test]
async fn a_wrong_client_secret_and_a_spotify_that_is_down_are_told_apart() {
    let (house, secret, started) = door().await;
    house.sim.change_client(APP, |app| app.secret = Some("another".to_owned()));
    let wrong = house.finish(&started, "ada").await;
    assert!(matches!(wrong, Err(FinishError::InvalidClient)), "{wrong:?}");
    house.sim.change_client(APP, |app| app.secret = Some("secret".to_owned()));
    is_unharmed(&house, &secret).await;

    for (on, kind) in [
        (TOKEN, FaultKind::status(503)),
        (TOKEN, FaultKind::ResetAfter),
        (TOKEN, FaultKind::Html { code: 200 }),
        (ME, FaultKind::status(500)),
        (ME, FaultKind::Truncated),
        (ME, FaultKind::EmptyBody),
    ] {
        let (house, secret, started) = door().await;
        house.sim.faults().add(Fault::once(on, kind.clone()));
        let down = house.finish(&started, "ada").await;
        assert!(matches!(down, Err(FinishError::Unavailable { .. })), "{on} {kind:?}: {down:?}");
        is_unharmed(&house, &secret).await;
    }
}

#[tokio::test]
async fn a_link_that_ends_or_is_withdrawn_during_the_login_lets_nobody_in() {
    let (house, _, started) = door().await;
    let invite = house.core.ports.invites.invites().await.unwrap().remove(0);
    house.core.ports.invites.revoke_invite(&invite.hash).await.unwrap();
    let gone = house.finish(&started, "ada").await;
    assert!(matches!(gone, Err(FinishError::InviteGone)), "{gone:?}");
    assert_eq!(house.core.ports.users.users(None, 9).await.unwrap(), []);

    let (house, secret, _) = door().await;
    let minute = Duration::from_mins(1);
    let patience = Duration::from_secs(20);
    house.sim.clock().advance_by(days(7).saturating_sub(minute), patience).await.unwrap();
    let started = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    house.sim.clock().advance_by(minute, patience).await.unwrap();
    let gone = house.finish(&started, "ada").await;
    assert!(matches!(gone, Err(FinishError::InviteGone)), "{gone:?}");
    let state = onboard::invite_state(&house.core, &secret).await.unwrap();
    assert!(matches!(state, InviteState::Expired(_)));
}
