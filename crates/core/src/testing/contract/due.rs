//! The calendar of work.

use std::time::Duration;

use reprise_domain::ids::{SourceId, UserId};

use super::samples::minutes;
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Claim, Work, WorkKind};
use crate::testing::sample::admit;

/// Ten minutes.
pub(super) const LEASE: Duration = Duration::from_mins(10);

pub(super) fn archive(user: &UserId) -> Work {
    Work::archive(user, &SourceId::new("discover-weekly"))
}

/// Claims what archiving is due after `minute` minutes.
pub(super) async fn claim(store: &impl Store, minute: i64, limit: usize) -> Vec<Claim> {
    store.claim(WorkKind::Archive, minutes(minute), LEASE, limit).await.unwrap()
}

/// One listener with archiving due at noon.
pub(super) async fn one_due(store: &impl Store) -> Work {
    let work = archive(&admit(store, "ana", noon()).await);
    store.schedule(&work, noon()).await.unwrap();
    work
}

pub async fn work_is_on_the_calendar_once_and_moves_earlier_only<S: Store>(pair: Pair<S>) {
    let work = archive(&admit(&*pair.one, "ana", noon()).await);
    assert_eq!(pair.one.due_at(&work).await.unwrap(), None);
    assert_eq!(pair.one.next_due(WorkKind::Archive).await.unwrap(), None);
    for (asked, due) in [(5, 5), (9, 5), (3, 3), (4, 3)] {
        pair.one.schedule(&work, minutes(asked)).await.unwrap();
        assert_eq!(pair.other.due_at(&work).await.unwrap(), Some(minutes(due)));
        assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(due)));
    }
    assert_eq!(claim(&*pair.one, 60, 9).await.len(), 1);
    let stranger = archive(&UserId::new("nobody"));
    assert_refused(pair.one.schedule(&stranger, noon()).await);
    assert_refused(pair.one.claim_now(&stranger, noon(), LEASE).await);
}

pub async fn work_is_claimed_when_due_longest_due_first<S: Store>(pair: Pair<S>) {
    for (name, minute) in [("ana", 2), ("bo", 1), ("cy", 4), ("di", 3)] {
        let work = archive(&admit(&*pair.one, name, noon()).await);
        pair.one.schedule(&work, minutes(minute)).await.unwrap();
    }
    assert!(claim(&*pair.other, 0, 9).await.is_empty());
    let claims = claim(&*pair.other, 3, 9).await;
    let users: Vec<_> = claims.iter().map(|claim| claim.work.user.as_str()).collect();
    assert_eq!(users, ["user-bo", "user-ana", "user-di"]);
    assert!(claims.iter().all(|claim| claim.until == minutes(13)));
}

pub async fn a_claim_takes_no_more_than_its_limit<S: Store>(pair: Pair<S>) {
    for (name, minute) in [("ana", 3), ("bo", 1), ("cy", 2)] {
        let work = archive(&admit(&*pair.one, name, noon()).await);
        pair.one.schedule(&work, minutes(minute)).await.unwrap();
    }
    assert!(claim(&*pair.one, 5, 0).await.is_empty());
    let first = claim(&*pair.one, 5, 2).await;
    let users: Vec<_> = first.iter().map(|claim| claim.work.user.as_str()).collect();
    assert_eq!(users, ["user-bo", "user-cy"]);
    let rest = claim(&*pair.other, 5, 2).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].work.user.as_str(), "user-ana");
}

pub async fn kinds_are_apart<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    pair.one.schedule(&archive(&ana), minutes(2)).await.unwrap();
    assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(2)));
    assert_eq!(pair.other.next_due(WorkKind::Grant).await.unwrap(), Some(noon()));
    let claims = pair.other.claim(WorkKind::Grant, minutes(9), LEASE, 9).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.work).collect::<Vec<_>>(), [&Work::grant(&ana)]);
    assert_eq!(claim(&*pair.one, 9, 9).await.len(), 1);
}

pub async fn work_with_and_without_a_source_are_different<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let other = Work { source: Some(SourceId::new("release-radar")), ..archive(&ana) };
    let none = Work { source: None, ..archive(&ana) };
    for (work, minute) in [(archive(&ana), 1), (other.clone(), 2), (none.clone(), 3)] {
        pair.one.schedule(&work, minutes(minute)).await.unwrap();
    }
    let claims = claim(&*pair.other, 9, 9).await;
    let claimed: Vec<_> = claims.iter().map(|claim| claim.work.clone()).collect();
    assert_eq!(claimed, [archive(&ana), other, none]);
}

pub async fn finished_work_is_due_at_the_next_time<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let claims = claim(&*pair.one, 0, 9).await;
    assert!(pair.other.finish(&claims[0], Some(minutes(30))).await.unwrap());
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(30)));
    assert!(claim(&*pair.one, 29, 9).await.is_empty());
    assert_eq!(claim(&*pair.one, 30, 9).await.len(), 1);
}

pub async fn finished_work_without_a_next_time_is_off_the_calendar<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let claims = claim(&*pair.one, 0, 9).await;
    assert!(pair.one.finish(&claims[0], None).await.unwrap());
    assert_eq!(pair.other.due_at(&work).await.unwrap(), None);
    assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), None);
    assert!(claim(&*pair.other, 10_000, 9).await.is_empty());
}

pub async fn work_off_the_calendar_can_come_back<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let claims = claim(&*pair.one, 0, 9).await;
    assert!(pair.one.finish(&claims[0], None).await.unwrap());
    pair.other.schedule(&work, minutes(20)).await.unwrap();
    assert_eq!(pair.one.due_at(&work).await.unwrap(), Some(minutes(20)));
    assert_eq!(claim(&*pair.one, 20, 9).await.len(), 1);
}

pub async fn the_next_due_time_of_held_work_is_the_end_of_its_lease<S: Store>(pair: Pair<S>) {
    let work = one_due(&*pair.one).await;
    let bo = archive(&admit(&*pair.one, "bo", noon()).await);
    pair.one.schedule(&bo, minutes(5)).await.unwrap();
    assert_eq!(pair.one.next_due(WorkKind::Archive).await.unwrap(), Some(noon()));
    assert_eq!(claim(&*pair.one, 1, 1).await.len(), 1);
    assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(5)));
    assert_eq!(claim(&*pair.one, 5, 1).await.len(), 1);
    assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(11)));
    assert_eq!(pair.other.due_at(&work).await.unwrap(), Some(minutes(11)));
}

pub async fn instants_are_kept_to_the_nanosecond<S: Store>(pair: Pair<S>) {
    let work = archive(&admit(&*pair.one, "ana", noon()).await);
    let at = "2026-11-16T12:00:00.123456789Z".parse().unwrap();
    pair.one.schedule(&work, at).await.unwrap();
    assert_eq!(pair.other.due_at(&work).await.unwrap(), Some(at));
    let just_before = "2026-11-16T12:00:00.123456788Z".parse().unwrap();
    assert!(pair.one.claim(WorkKind::Archive, just_before, LEASE, 9).await.unwrap().is_empty());
    assert_eq!(pair.one.claim(WorkKind::Archive, at, LEASE, 9).await.unwrap().len(), 1);
    let end = jiff::Timestamp::MAX;
    let never = Work { source: Some(SourceId::new("release-radar")), ..work };
    pair.one.schedule(&never, end).await.unwrap();
    assert_eq!(pair.other.due_at(&never).await.unwrap(), Some(end));
}
