//! Dispatchers and workers that die in the middle.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use reprise_core::failpoint;
use reprise_core::ports::{Claim, WorkKind};
use reprise_domain::time::{days, later};

use crate::house::House;
use crate::queue::{Lane, TIME, full_house, next_due, tick, work};

thread_local! {
    /// Where this test's processes die; every test has a thread of its own.
    static FATAL: Cell<&'static str> = const { Cell::new("") };
}

fn dies_at(place: &'static str) {
    failpoint::install(|name| {
        if FATAL.get() == name {
            FATAL.set("");
            std::panic::resume_unwind(Box::new(name));
        }
    });
    FATAL.set(place);
}

/// Whether the ordered death has come.
fn has_died() -> bool {
    FATAL.get().is_empty()
}

/// One tick and one worker for all its messages; either may die, with all that it holds.
async fn turn(house: &House, lane: &Lane) {
    survived(tick(house, lane).map(Result::unwrap)).await;
    survived(work(&house.core, &lane.drain())).await;
}

/// Whether what was to be done was done, and nobody died of the ordered death meanwhile.
async fn survived<T>(doing: impl Future<Output = T>) -> bool {
    match AssertUnwindSafe(doing).catch_unwind().await {
        Ok(_) => true,
        Err(died) if died.is::<&'static str>() => false,
        Err(died) => std::panic::resume_unwind(died),
    }
}

/// Ticks whenever something is due, for a day.
async fn live_a_day(house: &House, lane: &Lane) {
    let end = later(house.now(), days(1));
    while house.now() < end {
        turn(house, lane).await;
        let next = next_due(house).await.unwrap().max(house.now()).min(end);
        house.sim.clock().advance_to(next, TIME).await.unwrap();
    }
}

#[tokio::test]
async fn wherever_somebody_dies_the_next_goes_on_and_each_track_is_there_once() {
    let work_places =
        ["archive.claimed", "archive.seen", "archive.creating", "archive.planned", "archive.sent"];
    for place in failpoint::ON_THE_WAY.iter().copied().chain(work_places) {
        let house = full_house(2).await;
        let lane = Lane::default();
        dies_at(place);
        live_a_day(&house, &lane).await;
        assert!(has_died(), "{place} was not passed");
        for name in ["listener0", "listener1"] {
            assert_eq!(house.archived(name), house.expected(name), "{name} after a death at {place}");
        }
    }
}

#[tokio::test]
async fn a_dispatcher_that_died_before_the_queue_delays_by_one_lease_and_one_that_died_after_it_by_nothing() {
    for (place, arrive) in [("dispatch.claimed", 0), ("dispatch.handed-on", 2)] {
        let house = full_house(2).await;
        let lane = Lane::default();
        dies_at(place);
        assert!(!survived(tick(&house, &lane)).await);
        let archives =
            |claims: &[Claim]| claims.iter().filter(|claim| claim.work.kind == WorkKind::Archive).count();
        assert_eq!(archives(&lane.drain()), arrive, "{place}");
        house.sim.clock().advance_by(std::time::Duration::from_mins(15), TIME).await.unwrap();
        tick(&house, &lane).await.unwrap();
        assert_eq!(archives(&lane.drain()), 2, "{place}");
    }
}
