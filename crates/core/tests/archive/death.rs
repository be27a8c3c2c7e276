//! A process that dies between the ledger's note of a new list and the calendar's.

use std::cell::Cell;

use reprise_core::failpoint;
use reprise_core::ports::AlertKind;
use reprise_domain::time::days;
use spotify_sim::{User, World};

use crate::house::House;

thread_local! {
    /// Where this test's process dies; every test has a thread of its own.
    static FATAL: Cell<&'static str> = const { Cell::new("") };
}

#[tokio::test]
async fn a_list_whose_finder_died_counts_as_seen() {
    failpoint::install(|name| {
        if FATAL.get() == name {
            FATAL.set("");
            std::panic::resume_unwind(Box::new(name));
        }
    });
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    house.live(days(13)).await;
    let looks = |house: &House| {
        let log = house.sim.log_after(0);
        log.iter().filter(|entry| entry.endpoint == "GET /v1/playlists/{id}/items").count()
    };
    let before = looks(&house);
    FATAL.set("archive.seen");
    house.live(days(7)).await;
    assert_eq!(FATAL.get(), "", "somebody died");
    // The one that died, one in its place, a read-back, and about one a day.
    let week = looks(&house) - before;
    assert!(week <= 10, "{week} looks at lists that were known");
    let alerts = house.core.ports.alerts.alerts(Some(&ada.id), 9).await.unwrap();
    assert!(alerts.iter().all(|alert| alert.kind != AlertKind::WeekMissing), "{alerts:?}");
    assert_eq!(house.archived("ada"), house.expected("ada"));
}
