//! Leases and fences.

use std::collections::BTreeSet;

use super::due::{LEASE, archive, claim, one_due};
use super::samples::minutes;
use super::{Pair, Store, noon};
use crate::ports::WorkKind;
use crate::testing::sample::admit;

pub async fn held_work_is_left_alone<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let claims = claim(&*pair.one, 0, 9).await;
    assert_eq!(claims.len(), 1);
    assert_eq!((&claims[0].work, claims[0].until), (&work, minutes(10)));
    assert!(claim(&*pair.other, 9, 9).await.is_empty());
    assert_eq!(pair.other.claim_now(&work, minutes(9), LEASE).await.unwrap(), None);
}

pub async fn an_abandoned_lease_can_be_claimed_under_a_higher_fence<S: Store>(pair: Pair<S>) {
    one_due(&*pair.one).await;
    let first = claim(&*pair.one, 0, 9).await.remove(0);
    let second = claim(&*pair.other, 10, 9).await.remove(0);
    assert_eq!(first.work, second.work);
    assert!(second.fence > first.fence, "{} after {}", second.fence, first.fence);
    assert_eq!(second.until, minutes(20));
}

pub async fn a_stale_fence_finishes_nothing<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let first = claim(&*pair.one, 0, 9).await.remove(0);
    let second = claim(&*pair.other, 10, 9).await.remove(0);
    assert!(!pair.one.finish(&first, Some(minutes(1))).await.unwrap());
    assert!(!pair.one.finish(&first, None).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(20)));
    assert!(claim(&*pair.one, 19, 9).await.is_empty(), "the second holder still holds");
    assert!(pair.other.finish(&second, Some(minutes(60))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(60)));
}

pub async fn a_claim_is_finished_once<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let held = claim(&*pair.one, 0, 9).await.remove(0);
    let finished = pair
        .race(|store, number| {
            let held = held.clone();
            let next = minutes(100 + i64::try_from(number).unwrap());
            async move { store.finish(&held, Some(next)).await.unwrap() }
        })
        .await;
    assert_eq!(finished.iter().filter(|ours| **ours).count(), 1, "{finished:?}");
    let winner = finished.iter().position(|ours| *ours).unwrap();
    let due = minutes(100 + i64::try_from(winner).unwrap());
    assert_eq!(pair.other.due_at(&work).await.unwrap(), Some(due));
}

pub async fn a_late_holder_whom_nobody_replaced_may_finish<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let held = claim(&*pair.one, 0, 9).await.remove(0);
    // The lease has ended by any clock, but nobody has looked.
    assert!(pair.other.finish(&held, Some(minutes(500))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(500)));
}

pub async fn fences_grow_although_work_left_the_calendar<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let first = claim(&*pair.one, 0, 9).await.remove(0);
    let second = claim(&*pair.one, 10, 9).await.remove(0);
    assert!(pair.one.finish(&second, None).await.unwrap());
    pair.one.schedule(&work, minutes(20)).await.unwrap();
    let third = claim(&*pair.one, 20, 9).await.remove(0);
    assert!(third.fence > second.fence);
    assert!(!pair.other.finish(&first, None).await.unwrap());
    assert!(!pair.other.finish(&second, None).await.unwrap());
    assert!(pair.other.finish(&third, None).await.unwrap());
}

pub async fn a_piece_is_claimed_now_whether_due_or_not<S: Store>(pair: Pair<S>) {
    let work = archive(&admit(&*pair.one, "ana", noon()).await);
    let unscheduled = pair.one.claim_now(&work, noon(), LEASE).await.unwrap().unwrap();
    assert_eq!((&unscheduled.work, unscheduled.until), (&work, minutes(10)));
    assert!(pair.one.finish(&unscheduled, Some(minutes(600))).await.unwrap());
    let early = pair.other.claim_now(&work, minutes(20), LEASE).await.unwrap().unwrap();
    assert!(early.fence > unscheduled.fence);
    assert_eq!(pair.one.claim_now(&work, minutes(29), LEASE).await.unwrap(), None);
    assert!(claim(&*pair.one, 29, 9).await.is_empty());
    // Its holder died: the work is due when the lease ends, not at the time it was scheduled for.
    assert_eq!(pair.one.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(30)));
    let again = pair.one.claim_now(&work, minutes(30), LEASE).await.unwrap().unwrap();
    assert!(again.fence > early.fence);
}

pub async fn a_wish_made_during_a_claim_survives_its_end<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    // Wishes made, the next time the holder asks for, and what comes of it.
    let cases: [(&[i64], Option<i64>, Option<i64>); 6] = [
        (&[5], Some(60), Some(5)),
        (&[40, 5, 50], Some(60), Some(5)),
        (&[90], Some(60), Some(60)),
        (&[5], None, Some(5)),
        (&[], Some(60), Some(60)),
        (&[], None, None),
    ];
    for (wishes, next, due) in cases {
        let held = pair.one.claim_now(&work, noon(), LEASE).await.unwrap().unwrap();
        for wish in wishes {
            pair.other.schedule(&work, minutes(*wish)).await.unwrap();
            assert!(claim(&*pair.other, 9, 9).await.is_empty(), "a wish ends no lease");
        }
        assert!(pair.one.finish(&held, next.map(minutes)).await.unwrap());
        assert_eq!(pair.other.due_at(&work).await.unwrap(), due.map(minutes), "{wishes:?} {next:?}");
    }
}

pub async fn a_wish_made_during_a_claim_survives_a_dead_holder<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    claim(&*pair.one, 0, 9).await;
    pair.one.schedule(&work, minutes(40)).await.unwrap();
    let second = claim(&*pair.other, 10, 9).await.remove(0);
    assert!(pair.other.finish(&second, Some(minutes(600))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(40)));
}

pub async fn the_time_before_a_claim_is_no_wish<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let held = claim(&*pair.one, 5, 9).await.remove(0);
    assert!(pair.one.finish(&held, Some(minutes(60))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(60)));
    // A wish that a dead holder's successor has fulfilled is gone too.
    claim(&*pair.one, 60, 9).await;
    pair.one.schedule(&work, minutes(65)).await.unwrap();
    let successor = claim(&*pair.other, 70, 9).await.remove(0);
    assert!(pair.other.finish(&successor, Some(minutes(600))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(600)));
}

pub async fn sixteen_claimers_never_share<S: Store>(pair: Pair<S>) {
    for number in 0..40 {
        let work = archive(&admit(&*pair.one, &number.to_string(), noon()).await);
        pair.one.schedule(&work, noon()).await.unwrap();
    }
    let claimed = pair
        .race(|store, _| async move {
            let mut mine = Vec::new();
            loop {
                let claims = claim(&*store, 0, 3).await;
                if claims.is_empty() {
                    return mine;
                }
                mine.extend(claims.into_iter().map(|claim| claim.work.user));
            }
        })
        .await;
    let all: Vec<_> = claimed.into_iter().flatten().collect();
    assert_eq!(all.len(), 40);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 40);
}

pub async fn of_sixteen_who_claim_one_piece_one_gets_it<S: Store>(pair: Pair<S>) {
    let work = archive(&admit(&*pair.one, "ana", noon()).await);
    let claims = pair
        .race(|store, _| {
            let work = work.clone();
            async move { store.claim_now(&work, noon(), LEASE).await.unwrap() }
        })
        .await;
    assert_eq!(claims.iter().flatten().count(), 1, "{claims:?}");
}

pub async fn work_handed_on_is_taken_over_once<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let handed_on = claim(&*pair.one, 0, 9).await.remove(0);
    let takers = pair
        .race(|store, _| {
            let handed_on = handed_on.clone();
            async move { store.take_over(&handed_on, minutes(2), LEASE).await.unwrap() }
        })
        .await;
    let mut taken: Vec<_> = takers.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let ours = taken.remove(0);
    assert_eq!((&ours.work, ours.until), (&work, minutes(12)));
    assert!(ours.fence > handed_on.fence);
    assert!(!pair.other.finish(&handed_on, None).await.unwrap(), "the claim handed on is worth nothing now");
    assert!(claim(&*pair.one, 11, 9).await.is_empty());
    assert!(pair.other.finish(&ours, Some(minutes(60))).await.unwrap());
    assert_eq!(pair.one.take_over(&ours, minutes(13), LEASE).await.unwrap(), None, "it is finished");
}

pub async fn work_handed_on_too_late_is_somebody_elses<S: Store>(pair: Pair<S>) {
    one_due(&*pair.one).await;
    let lost = claim(&*pair.one, 0, 9).await.remove(0);
    let late = claim(&*pair.one, 10, 9).await.remove(0);
    assert_eq!(pair.other.take_over(&lost, minutes(11), LEASE).await.unwrap(), None);
    // Its lease has ended too, but nobody has looked.
    let taken = pair.other.take_over(&late, minutes(25), LEASE).await.unwrap().unwrap();
    assert_eq!(taken.until, minutes(35));
}

pub async fn a_wish_made_while_work_is_handed_on_survives<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let handed_on = claim(&*pair.one, 0, 9).await.remove(0);
    pair.other.schedule(&work, minutes(30)).await.unwrap();
    let ours = pair.other.take_over(&handed_on, minutes(1), LEASE).await.unwrap().unwrap();
    assert!(pair.one.finish(&ours, Some(minutes(60))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(30)));
}
