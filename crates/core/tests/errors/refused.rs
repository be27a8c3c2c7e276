//! Spotify refuses: the app, its owner, the listener, their consent.

use reprise_core::checklist::{self, ChecklistError};
use reprise_core::grants::GrantError;
use reprise_core::ports::{AlertKind, CheckKind, CheckOutcome};
use reprise_domain::time::{days, hours};
use reprise_domain::token::Reauth;
use spotify_sim::{Act, ErrorStyle, Fault, User as Listener, World};

use crate::house::{APP, House};
use crate::meet::{ADD, ME, Met, READ, TOKEN, ends_well, meet, plain, second_week, status};

#[tokio::test]
async fn an_owner_without_premium_is_named_and_hours_later_all_goes_on() {
    for style in [ErrorStyle::Plain, ErrorStyle::Json] {
        let (house, ada) = second_week().await;
        house.sim.change_client(APP, |app| {
            app.owner_premium = false;
            app.error_style = style;
        });
        let met = Met {
            says: "Spotify refuses: the application's owner has no Spotify Premium",
            alert: Some((AlertKind::Refused, "The owner should renew Premium; it can take hours")),
            again: hours(6),
        };
        meet(&house, &ada, met).await;
        let (outcome, words) = house.line(&ada, CheckKind::OwnerPremium).await;
        assert_eq!(outcome, CheckOutcome::Failed, "{style:?}");
        assert!(words.contains("renew Premium"), "{words}");
        assert_eq!(house.line(&ada, CheckKind::AllowList).await.0, CheckOutcome::Unknown);
        assert_eq!(house.line(&ada, CheckKind::DiscoverWeekly).await.0, CheckOutcome::Unknown);
        house.live(hours(20)).await;
        assert_eq!(house.told(&ada).len(), 1, "told once while it lasts");
        house.sim.change_client(APP, |app| app.owner_premium = true);
        ends_well(&house, &ada, "ada").await;
        assert_eq!(house.line(&ada, CheckKind::OwnerPremium).await.0, CheckOutcome::Passed);
    }
}

#[tokio::test]
async fn a_listener_who_is_not_on_the_list_is_told_whom_to_ask() {
    for style in [ErrorStyle::Plain, ErrorStyle::Json] {
        let house = House::build(World::Development).await;
        house.sim.add_user(plain("ada"));
        let ada = house.sign_up("ada").await;
        house.paste(&ada, &house.shown("ada")).await;
        house.sim.change_client(APP, |app| {
            app.allow_list = Some(vec!["somebody".to_owned()]);
            app.error_style = style;
        });
        let met = Met {
            says: "Spotify refuses: the application's user list does not name this listener",
            alert: Some((AlertKind::Refused, "add them under User Management")),
            again: hours(6),
        };
        meet(&house, &ada, met).await;
        let (outcome, words) = house.line(&ada, CheckKind::AllowList).await;
        assert_eq!(outcome, CheckOutcome::Failed, "{style:?}");
        assert!(words.contains("Ask the operator to add you"), "{words}");
        assert_eq!(house.line(&ada, CheckKind::OwnerPremium).await.0, CheckOutcome::Passed);
        house.live(hours(20)).await;
        house.sim.change_client(APP, |app| app.allow_list = Some(vec!["ada".to_owned()]));
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn the_older_words_for_a_listener_who_is_not_on_the_list_are_understood() {
    for body in [
        "User not registered in the Developer Dashboard",
        r#"{"error":{"status":403,"message":"User not registered in the Developer Dashboard"}}"#,
    ] {
        let (house, ada) = second_week().await;
        for on in [READ, ME] {
            house.sim.faults().add(Fault::always(on, status(403, body, None)));
        }
        let met = Met {
            says: "Spotify refuses: the application's user list does not name this listener",
            alert: Some((AlertKind::Refused, "five at most")),
            again: hours(6),
        };
        meet(&house, &ada, met).await;
        assert_eq!(house.line(&ada, CheckKind::AllowList).await.0, CheckOutcome::Failed);
        house.sim.faults().clear();
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn a_missing_permission_asks_for_a_new_consent_and_the_archive_goes_on_with_it() {
    let forbidden = r#"{"error":{"status":403,"message":"Insufficient client scope"}}"#;
    let permissions = r#"{"error":{"status":401,"message":"Permissions missing"}}"#;
    for (on, code, body) in [(READ, 403, forbidden), (ADD, 403, forbidden), (READ, 401, permissions)] {
        let (house, ada) = second_week().await;
        house.sim.faults().add(Fault::once(on, status(code, body, None)));
        let met = Met {
            says: "Spotify refuses: the listener has not consented to this",
            alert: Some((AlertKind::ConsentNeeded, "leaving every permission on")),
            again: hours(6),
        };
        meet(&house, &ada, met).await;
        let refused = checklist::run(&house.core, &ada.id).await;
        assert!(matches!(refused, Err(ChecklistError::Grant(GrantError::Reauth(Reauth::Scope)))));
        house.live(hours(8)).await;
        assert_eq!(house.complaint(&ada).await.unwrap(), "The listener must connect Spotify again");
        assert_eq!(house.told(&ada).len(), 1, "told once");
        house.consent_again(&ada, "ada").await.unwrap();
        ends_well(&house, &ada, "ada").await;
        assert_eq!(house.line(&ada, CheckKind::Scopes).await.0, CheckOutcome::Passed);
    }
}

#[tokio::test]
async fn a_consent_taken_back_is_asked_for_again() {
    let (house, ada) = second_week().await;
    house.act("ada", &Act::RevokeConsent { client: None });
    let met = Met {
        says: "The listener must connect Spotify again",
        alert: Some((AlertKind::ConsentNeeded, "no longer accepts the stored consent")),
        again: days(1),
    };
    meet(&house, &ada, met).await;
    house.live(days(3)).await;
    assert_eq!(house.told(&ada).iter().filter(|(kind, _)| *kind == AlertKind::ConsentNeeded).count(), 1);
    house.consent_again(&ada, "ada").await.unwrap();
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_to_mend() {
    let (house, ada) = second_week().await;
    house.sim.change_client(APP, |app| app.secret = Some("another".to_owned()));
    let met = Met {
        says: "Spotify does not accept the client id and secret",
        alert: Some((AlertKind::Refused, "The operator should compare them")),
        again: days(1),
    };
    meet(&house, &ada, met).await;
    house.live(hours(10)).await;
    house.sim.change_client(APP, |app| app.secret = Some("secret".to_owned()));
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn an_accounts_service_that_is_down_is_asked_again_soon_and_ever_more_rarely() {
    let (house, ada) = second_week().await;
    house.sim.faults().add(Fault::always(TOKEN, status(503, "", None)));
    let met = Met {
        says: "Spotify gives no access token before",
        alert: None,
        again: std::time::Duration::from_secs(2),
    };
    meet(&house, &ada, met).await;
    let seq = house.seq();
    house.live(hours(6)).await;
    let asked = house.sim.log_after(seq).len();
    assert!((20..=60).contains(&asked), "{asked} times in six hours");
    house.sim.faults().clear();
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn one_listeners_refusal_is_nobody_elses() {
    let (house, ada) = second_week().await;
    house.sim.add_user(Listener { id: "bob".to_owned(), ..plain("bob") });
    let bob = house.sign_up("bob").await;
    house.sim.faults().add(
        Fault::always(
            READ,
            status(403, "Active premium subscription required for the owner of the app.", None),
        )
        .user("ada"),
    );
    house.live(days(1)).await;
    assert_eq!(house.archived("bob"), house.expected("bob"));
    assert_eq!(house.told(&bob), []);
    assert_eq!(house.told(&ada).len(), 1);
    house.sim.faults().clear();
    ends_well(&house, &ada, "ada").await;
}
