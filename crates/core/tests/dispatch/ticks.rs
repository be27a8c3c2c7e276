//! The dispatcher's side: claiming, and handing on.

use std::collections::BTreeSet;
use std::time::Duration;

use reprise_core::dispatch::{self, Dispatched};
use reprise_core::ports::{Work, WorkKind};

use crate::house::{House, weekly};
use crate::queue::{Lane, TIME, deadline, full_house, next_due, tick, work};

fn works(lane: &Lane) -> Vec<Work> {
    lane.claims.lock().unwrap().iter().map(|claim| claim.work.clone()).collect()
}

/// What every listener has on the calendar.
async fn all_work(house: &House) -> BTreeSet<Work> {
    let users = house.core.ports.users.users(None, 99).await.unwrap();
    users.iter().flat_map(|user| [Work::archive(&user.id, &weekly()), Work::grant(&user.id)]).collect()
}

#[tokio::test]
async fn overlapping_and_repeated_ticks_hand_everything_on_once() {
    let house = full_house(30).await;
    let lane = Lane::default();
    let (one, other, third) = futures::join!(tick(&house, &lane), tick(&house, &lane), tick(&house, &lane));
    let claimed: usize = [one, other, third].into_iter().map(|done| done.unwrap().claimed).sum();
    assert_eq!(claimed, 60, "an archive's look and a grant each");
    let handed_on = works(&lane);
    assert_eq!(handed_on.len(), 60);
    assert_eq!(handed_on.into_iter().collect::<BTreeSet<_>>().len(), 60);
    assert_eq!(tick(&house, &lane).await.unwrap(), Dispatched::default());
}

#[tokio::test]
async fn a_tick_without_time_claims_nothing_and_the_next_one_goes_on() {
    let house = full_house(3).await;
    let lane = Lane::default();
    let ports = &house.core.ports;
    let short = deadline(&house.core, Duration::from_secs(6), Duration::from_secs(5));
    let kinds = [WorkKind::Archive];
    let done = dispatch::dispatch(&*ports.due, &*ports.clock, &lane, &kinds, &short).await.unwrap();
    assert_eq!(done, Dispatched { is_cut_short: true, ..Dispatched::default() });
    assert_eq!(next_due(&house).await, Some(house.now()), "nothing was claimed in vain");
    let done = tick(&house, &lane).await.unwrap();
    assert_eq!(done, Dispatched { claimed: 6, handed_on: 6, is_cut_short: false });
}

#[tokio::test]
async fn what_a_broken_queue_may_have_taken_is_due_at_once_and_its_messages_are_void() {
    let house = full_house(3).await;
    let broken = Lane { broken: true, ..Lane::default() };
    let error = tick(&house, &broken).await.unwrap_err();
    assert_eq!(error.to_string(), "the store could not hand work on");
    assert_eq!(next_due(&house).await, Some(house.now()));
    let mended = Lane::default();
    assert_eq!(tick(&house, &mended).await.unwrap().handed_on, 6);
    let void = work(&house.core, &broken.drain()).await;
    assert!(void.iter().all(|ended| *ended == dispatch::Ended::NotOurs), "{void:?}");
    assert!(work(&house.core, &mended.drain()).await.iter().all(crate::queue::is_done));
}

#[tokio::test]
async fn what_a_narrow_queue_did_not_take_is_due_again_when_its_lease_ends() {
    let house = full_house(3).await;
    let narrow = Lane { narrow: Some(2), ..Lane::default() };
    let done = tick(&house, &narrow).await.unwrap();
    assert_eq!((done.claimed, done.handed_on), (6, 4), "two of each kind");
    let mut lost: BTreeSet<_> = all_work(&house).await;
    lost.retain(|work| !works(&narrow).contains(work));
    assert_eq!(lost.len(), 2);
    work(&house.core, &narrow.drain()).await;
    house.sim.clock().advance_by(Duration::from_mins(15), TIME).await.unwrap();
    let lane = Lane::default();
    tick(&house, &lane).await.unwrap();
    assert!(lost.iter().all(|lost| works(&lane).contains(lost)), "{lost:?}");
    assert!(work(&house.core, &lane.drain()).await.iter().all(crate::queue::is_done));
    for n in 0..3 {
        let name = format!("listener{n}");
        assert_eq!(house.archived(&name), house.expected(&name));
    }
}
