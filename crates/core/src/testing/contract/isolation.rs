//! Two listeners with the same ids and keys never see each other's.

use reprise_domain::archive::{Source, Target};
use reprise_domain::ids::{SourceId, UserId};

use super::due::{LEASE, archive};
use super::samples::{alert, generation, key, minutes, run, source, target};
use super::{Pair, Store, noon};
use crate::ports::{Grant, Run, Version, WorkKind, Written};
use crate::testing::sample::{admit, grant};

const CREATED: Written = Written::At(Version(1));

/// Two whose ids run into each other's where keys are joined carelessly.
async fn two(store: &impl Store) -> [UserId; 2] {
    [admit(store, "a", noon()).await, admit(store, "a/discover-weekly", noon()).await]
}

pub async fn sources_of_two_listeners_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    for (user, newest) in users.iter().zip([1, 2]) {
        let source = Source { newest, ..source("discover-weekly") };
        assert_eq!(pair.one.put_source(user, &source, Version::NEW).await.unwrap(), CREATED);
    }
    for (user, newest) in users.iter().zip([1, 2]) {
        let stored = pair.other.source(user, &SourceId::new("discover-weekly")).await.unwrap().unwrap();
        assert_eq!(stored.value.newest, newest);
        assert_eq!(pair.other.sources(user).await.unwrap(), [stored]);
    }
}

pub async fn generations_of_two_listeners_and_of_two_sources_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    let sources = ["discover-weekly", "discover-weekly/1"].map(SourceId::new);
    let places: Vec<_> =
        users.iter().flat_map(|user| sources.iter().map(move |source| (user, source))).collect();
    for ((user, source), mended) in places.iter().zip(1..) {
        let mut generation = generation(1);
        generation.mended = mended;
        let written = pair.one.put_generation(user, source, &generation, Version::NEW).await.unwrap();
        assert_eq!(written, CREATED);
    }
    for ((user, source), mended) in places.iter().zip(1..) {
        let stored = pair.other.generation(user, source, 1).await.unwrap().unwrap();
        assert_eq!(stored.value.mended, mended);
        assert_eq!(pair.other.generations(user, source, None, 9).await.unwrap(), [stored]);
    }
}

pub async fn targets_of_two_listeners_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    for (user, total) in users.iter().zip([1, 2]) {
        let target = Target { total: Some(total), ..target("discover-weekly", 1) };
        assert_eq!(pair.one.put_target(user, &target, Version::NEW).await.unwrap(), CREATED);
    }
    for (user, total) in users.iter().zip([1, 2]) {
        let stored = pair.other.target(user, &key("discover-weekly", 1)).await.unwrap().unwrap();
        assert_eq!(stored.value.total, Some(total));
        assert_eq!(pair.other.targets(user).await.unwrap(), [stored]);
    }
}

pub async fn runs_of_two_listeners_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    let theirs = |calls| Run { calls, ..run(noon(), "discover-weekly") };
    for (user, calls) in users.iter().zip([1, 2]) {
        pair.one.log_run(user, &theirs(calls)).await.unwrap();
    }
    for (user, calls) in users.iter().zip([1, 2]) {
        assert_eq!(pair.other.runs(user, 9).await.unwrap(), [theirs(calls)]);
    }
}

pub async fn work_of_two_listeners_never_meets<S: Store>(pair: Pair<S>) {
    let [ana, bo] = two(&*pair.one).await;
    pair.one.schedule(&archive(&ana), minutes(1)).await.unwrap();
    pair.one.schedule(&archive(&bo), minutes(2)).await.unwrap();
    let held = pair.one.claim_now(&archive(&ana), minutes(3), LEASE).await.unwrap().unwrap();
    assert_eq!(pair.other.due_at(&archive(&bo)).await.unwrap(), Some(minutes(2)));
    let claims = pair.other.claim(WorkKind::Archive, minutes(3), LEASE, 9).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.work.user).collect::<Vec<_>>(), [&bo]);
    assert!(pair.one.finish(&held, None).await.unwrap());
    assert!(pair.one.finish(&claims[0], Some(minutes(9))).await.unwrap());
}

pub async fn alerts_of_two_listeners_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    for (user, minute) in users.iter().zip([1, 2]) {
        assert!(pair.one.raise(&alert("week 47", Some(user), minutes(minute))).await.unwrap());
    }
    for (user, minute) in users.iter().zip([1, 2]) {
        let stored = pair.other.alerts(Some(user), 9).await.unwrap();
        assert_eq!(stored, [alert("week 47", Some(user), minutes(minute))]);
    }
}

pub async fn grants_of_two_listeners_never_meet<S: Store>(pair: Pair<S>) {
    let users = two(&*pair.one).await;
    for (user, lost) in users.iter().zip([1, 2]) {
        let grant = Grant { lost, ..grant("a", noon()) };
        let written = pair.one.put_grant(user, &grant, Version(1)).await.unwrap();
        assert_eq!(written, Written::At(Version(2)));
    }
    for (user, lost) in users.iter().zip([1, 2]) {
        assert_eq!(pair.other.grant(user).await.unwrap().unwrap().value.lost, lost);
    }
}
