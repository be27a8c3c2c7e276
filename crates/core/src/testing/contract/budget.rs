//! Counted calls and lockouts.

use reprise_domain::budget::{Bucket, Purpose};

use super::samples::minutes;
use super::{Pair, Store, noon};
use crate::ports::Spent;

fn spent(minute: i64, purpose: Purpose, calls: u32) -> Spent {
    Spent { slot: minutes(minute), purpose, calls }
}

pub async fn calls_add_up_and_unused_ones_come_back<S: Store>(pair: Pair<S>) {
    pair.one.spend(noon(), Purpose::Archive, 10).await.unwrap();
    pair.other.spend(noon(), Purpose::Archive, 5).await.unwrap();
    pair.one.spend(noon(), Purpose::Archive, -4).await.unwrap();
    assert_eq!(pair.other.spent(noon()).await.unwrap(), [spent(0, Purpose::Archive, 11)]);
}

pub async fn a_slot_given_back_too_much_counts_as_zero<S: Store>(pair: Pair<S>) {
    pair.one.spend(noon(), Purpose::Live, -4).await.unwrap();
    let counted = |spent: Vec<Spent>| spent.iter().map(|spent| spent.calls).sum::<u32>();
    assert_eq!(counted(pair.one.spent(noon()).await.unwrap()), 0);
    // What was spent first and told later still counts in full.
    pair.other.spend(noon(), Purpose::Live, 10).await.unwrap();
    assert_eq!(counted(pair.one.spent(noon()).await.unwrap()), 6);
}

pub async fn sixteen_spenders_lose_no_call<S: Store>(pair: Pair<S>) {
    pair.race(|store, _| async move {
        for _ in 0..4 {
            store.spend(noon(), Purpose::Track, 25).await.unwrap();
            store.spend(noon(), Purpose::Track, -5).await.unwrap();
        }
    })
    .await;
    assert_eq!(pair.one.spent(noon()).await.unwrap(), [spent(0, Purpose::Track, 16 * 4 * 20)]);
}

pub async fn slots_are_listed_in_order_from_an_instant_on<S: Store>(pair: Pair<S>) {
    let day = 24 * 60;
    for (minute, purpose) in [
        (day, Purpose::Live),
        (0, Purpose::Metadata),
        (day, Purpose::SignUp),
        (-day, Purpose::Archive),
        (15, Purpose::History),
    ] {
        pair.one.spend(minutes(minute), purpose, 1).await.unwrap();
    }
    let expected = [
        spent(0, Purpose::Metadata, 1),
        spent(15, Purpose::History, 1),
        spent(day, Purpose::SignUp, 1),
        spent(day, Purpose::Live, 1),
    ];
    assert_eq!(pair.other.spent(noon()).await.unwrap(), expected);
    assert_eq!(pair.other.spent(minutes(-day)).await.unwrap().len(), 5);
}

pub async fn a_lock_keeps_its_later_end<S: Store>(pair: Pair<S>) {
    pair.race(|store, number| async move {
        let until = minutes(1 + i64::try_from(number).unwrap());
        store.lock(Bucket::Player, until).await.unwrap();
    })
    .await;
    pair.other.lock(Bucket::Me, minutes(2)).await.unwrap();
    let locks = pair.one.locks(noon()).await.unwrap();
    assert_eq!(locks, [(Bucket::Me, minutes(2)), (Bucket::Player, minutes(16))]);
}

pub async fn a_lock_ends<S: Store>(pair: Pair<S>) {
    pair.one.lock(Bucket::Search, minutes(5)).await.unwrap();
    assert_eq!(pair.other.locks(minutes(4)).await.unwrap(), [(Bucket::Search, minutes(5))]);
    assert_eq!(pair.other.locks(minutes(5)).await.unwrap(), []);
    pair.other.lock(Bucket::Search, minutes(30)).await.unwrap();
    assert_eq!(pair.one.locks(minutes(5)).await.unwrap(), [(Bucket::Search, minutes(30))]);
}
