//! Processes that die in the middle of a sign-up.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use reprise_core::onboard::{self, InviteState};
use reprise_core::{care, checklist, failpoint};
use reprise_domain::time::days;
use spotify_sim::{User, World};

use crate::house::House;

thread_local! {
    /// Where this test's process dies; every test has a thread of its own.
    static FATAL: Cell<&'static str> = const { Cell::new("") };
}

/// A sign-up dies at `place`; answers the house and the link.
async fn dies_at(place: &'static str) -> (House, String) {
    failpoint::install(|name| {
        if FATAL.get() == name {
            FATAL.set("");
            std::panic::resume_unwind(Box::new(name));
        }
    });
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let secret = house.invite().await;
    let started = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    FATAL.set(place);
    let died = AssertUnwindSafe(house.finish(&started, "ada")).catch_unwind().await;
    assert_eq!(died.unwrap_err().downcast_ref::<&str>(), Some(&place));
    (house, secret)
}

#[tokio::test]
async fn a_death_before_the_admission_leaves_the_link_good() {
    let (house, secret) = dies_at("onboard.exchanged").await;
    assert_eq!(house.core.ports.users.users(None, 9).await.unwrap(), []);
    let started = onboard::start(&house.core, Some(&secret), None, None, None).await.unwrap();
    assert!(house.finish(&started, "ada").await.unwrap().is_new);
}

#[tokio::test]
async fn a_death_after_the_admission_is_made_good_by_the_next_start() {
    let (house, secret) = dies_at("onboard.admitted").await;
    let state = onboard::invite_state(&house.core, &secret).await.unwrap();
    assert_eq!(state, InviteState::Used);
    let ada = house.core.ports.users.users(None, 9).await.unwrap().remove(0);
    house.live(days(1)).await;
    assert_eq!(house.archived("ada"), [0; 0], "nothing is on the calendar");
    care::reconcile(&house.core).await.unwrap();
    house.live(days(1)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    checklist::run(&house.core, &ada.id).await.unwrap();
    // Once is enough: nothing moves on a calendar that is whole.
    let due = house.due(&ada).await;
    care::reconcile(&house.core).await.unwrap();
    assert_eq!(house.due(&ada).await, due);
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    assert_eq!(house.finish(&started, "ada").await.unwrap().user.id, ada.id, "and ada signs in");
}
