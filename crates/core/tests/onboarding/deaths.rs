//! Processes that die in the middle of a sign-up.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use reprise_core::onboard::{self, InviteState};
use reprise_core::ports::{Version, Work, WorkKind};
use reprise_core::{care, checklist, failpoint};
use reprise_domain::archive::{Source, SourceKind};
use reprise_domain::ids::SourceId;
use reprise_domain::time::{days, hours, later};
use spotify_sim::{User, World};

use crate::house::{House, weekly};

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
async fn a_death_after_the_admission_is_made_good_by_whoever_looks_after_the_grant() {
    let (house, secret) = dies_at("onboard.admitted").await;
    let state = onboard::invite_state(&house.core, &secret).await.unwrap();
    assert_eq!(state, InviteState::Used);
    let ada = house.core.ports.users.users(None, 9).await.unwrap().remove(0);
    let looked_at = Work::archive(&ada.id, &weekly());
    assert_eq!(house.core.ports.due.due_at(&looked_at).await.unwrap(), None, "nobody came so far");
    house.live(days(1)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    checklist::run(&house.core, &ada.id).await.unwrap();
    let started = onboard::start(&house.core, None, None, None, None).await.unwrap();
    assert_eq!(house.finish(&started, "ada").await.unwrap().user.id, ada.id, "and ada signs in");
}

#[tokio::test]
async fn a_source_left_off_the_calendar_is_put_back_within_a_day_and_nothing_else_moves() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    house.live(hours(1)).await;
    let due = house.due(&ada).await;
    let radar = Source::new(SourceId::new("release-radar"), SourceKind::ReleaseRadar);
    let off = Source { enabled: false, ..Source::new(SourceId::new("off"), SourceKind::ReleaseRadar) };
    for source in [&radar, &off] {
        // Whoever added it died before it was on the calendar.
        let _ = house.core.ports.sources.put_source(&ada.id, source, Version::NEW).await.unwrap();
    }
    let now = later(house.now(), days(1));
    for claim in house.core.ports.due.claim(WorkKind::Grant, now, hours(1), 9).await.unwrap() {
        care::run(&house.core, &claim).await.unwrap();
    }
    let due_at =
        async |source: &SourceId| house.core.ports.due.due_at(&Work::archive(&ada.id, source)).await.unwrap();
    assert_eq!(due_at(&radar.id).await, Some(house.now()));
    assert_eq!(due_at(&off.id).await, None, "it was switched off");
    assert_eq!(house.due(&ada).await, due);
}
