//! Disconnect and delete.

use reprise_domain::ids::{SourceId, UserId};

use super::due::{LEASE, archive, claim};
use super::samples::{alert, generation, key, minutes, run, source, target};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Admission, Admitted, Claim, Role, User, Version, WorkKind, Written};
use crate::testing::sample::{admission, admit, grant, invite};

fn weekly() -> SourceId {
    SourceId::new("discover-weekly")
}

/// Admits somebody by invitation and gives them something of everything; answers a claim on their work.
async fn with_everything(store: &impl Store, name: &str) -> (UserId, Claim) {
    let invite = invite(name, Role::Listener, noon());
    store.create_invite(&invite).await.unwrap();
    let admission = Admission { invite: Some(invite.hash), ..admission(name, noon()) };
    assert_eq!(store.admit(&admission).await.unwrap(), Admitted::Welcome(Role::Listener));
    let user = admission.user.id;
    let created = Written::At(Version(1));
    assert_eq!(store.put_source(&user, &source("discover-weekly"), Version::NEW).await.unwrap(), created);
    for number in [1, 2] {
        let generation = generation(number);
        let written = store.put_generation(&user, &weekly(), &generation, Version::NEW).await.unwrap();
        assert_eq!(written, created);
    }
    assert_eq!(store.put_target(&user, &target("discover-weekly", 1), Version::NEW).await.unwrap(), created);
    for minute in [1, 2, 3] {
        store.log_run(&user, &run(minutes(minute), "discover-weekly")).await.unwrap();
    }
    store.schedule(&archive(&user), noon()).await.unwrap();
    assert!(store.raise(&alert("week 47", Some(&user), noon())).await.unwrap());
    let claim = store.claim_now(&archive(&user), noon(), LEASE).await.unwrap().unwrap();
    (user, claim)
}

pub async fn everything_of_a_listener_is_erased_and_counted<S: Store>(pair: Pair<S>) {
    let (ana, _) = with_everything(&*pair.one, "ana").await;
    let erased = pair.other.erase(&ana).await.unwrap();
    let records: Vec<_> = erased.records.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    let expected = [
        ("account", 1),
        ("grant", 1),
        ("invitation", 1),
        ("sources", 1),
        ("weeks", 2),
        ("archive playlists", 1),
        ("runs", 3),
        ("appointments", 2),
        ("alerts", 1),
    ];
    assert_eq!(records, expected);

    let store = &*pair.one;
    assert_eq!(store.user(&ana).await.unwrap(), None);
    let User { account, spotify_id, .. } = admission("ana", noon()).user;
    assert_eq!(store.user_by_account(account.as_ref(), &spotify_id).await.unwrap(), None);
    assert_eq!(store.user_by_account(None, &spotify_id).await.unwrap(), None);
    assert!(store.users(None, 9).await.unwrap().is_empty());
    assert_eq!(store.grant(&ana).await.unwrap(), None);
    assert!(store.invites().await.unwrap().is_empty());
    assert!(store.sources(&ana).await.unwrap().is_empty());
    assert_eq!(store.source(&ana, &weekly()).await.unwrap(), None);
    assert!(store.generations(&ana, &weekly(), None, 9).await.unwrap().is_empty());
    assert_eq!(store.generation(&ana, &weekly(), 1).await.unwrap(), None);
    assert!(store.targets(&ana).await.unwrap().is_empty());
    assert_eq!(store.target(&ana, &key("discover-weekly", 1)).await.unwrap(), None);
    assert!(store.runs(&ana, 9).await.unwrap().is_empty());
    assert_eq!(store.due_at(&archive(&ana)).await.unwrap(), None);
    assert_eq!(store.next_due(WorkKind::Archive).await.unwrap(), None);
    assert!(claim(store, 10_000, 9).await.is_empty());
    assert!(store.alerts(Some(&ana), 9).await.unwrap().is_empty());
    assert!(store.alerts(None, 9).await.unwrap().is_empty());
}

pub async fn the_other_listener_is_untouched<S: Store>(pair: Pair<S>) {
    let store = &*pair.one;
    let (ana, _) = with_everything(store, "ana").await;
    let (bo, claim) = with_everything(store, "bo").await;
    let unused = invite("unused", Role::Listener, minutes(1));
    store.create_invite(&unused).await.unwrap();
    assert!(store.raise(&alert("quota", None, noon())).await.unwrap());
    pair.other.erase(&ana).await.unwrap();

    assert!(store.user(&bo).await.unwrap().is_some());
    assert!(store.grant(&bo).await.unwrap().is_some());
    assert_eq!(store.sources(&bo).await.unwrap().len(), 1);
    assert_eq!(store.generations(&bo, &weekly(), None, 9).await.unwrap().len(), 2);
    assert_eq!(store.targets(&bo).await.unwrap().len(), 1);
    assert_eq!(store.runs(&bo, 9).await.unwrap().len(), 3);
    assert_eq!(store.alerts(Some(&bo), 9).await.unwrap().len(), 1);
    assert_eq!(store.alerts(None, 9).await.unwrap().len(), 2);
    let invites = store.invites().await.unwrap();
    assert_eq!(invites.len(), 2);
    assert_eq!(invites[0], unused);
    assert_eq!(invites[1].used.as_ref().map(|(user, _)| user), Some(&bo));
    assert!(store.finish(&claim, Some(minutes(60))).await.unwrap());
}

pub async fn the_account_may_sign_up_again<S: Store>(pair: Pair<S>) {
    let (ana, _) = with_everything(&*pair.one, "ana").await;
    pair.one.erase(&ana).await.unwrap();
    let mut again = admission("ana", minutes(1));
    again.user.id = UserId::new("second life");
    assert_eq!(pair.other.admit(&again).await.unwrap(), Admitted::Welcome(Role::Listener));
    assert!(pair.one.sources(&again.user.id).await.unwrap().is_empty());
    assert!(pair.one.runs(&again.user.id, 9).await.unwrap().is_empty());
    assert!(pair.one.alerts(Some(&again.user.id), 9).await.unwrap().is_empty());
}

pub async fn whoever_still_works_for_an_erased_listener_leaves_nothing_behind<S: Store>(pair: Pair<S>) {
    let (ana, claim) = with_everything(&*pair.one, "ana").await;
    let user = pair.one.user(&ana).await.unwrap().unwrap();
    pair.other.erase(&ana).await.unwrap();
    let store = &*pair.one;
    assert_eq!(store.put_user(&user.value, user.version).await.unwrap(), Written::Conflict);
    assert_eq!(store.put_grant(&ana, &grant("ana", noon()), Version(1)).await.unwrap(), Written::Conflict);
    let source = source("discover-weekly");
    assert_eq!(store.put_source(&ana, &source, Version(1)).await.unwrap(), Written::Conflict);
    let changed = generation(2);
    let written = store.put_generation(&ana, &weekly(), &changed, Version(1)).await.unwrap();
    assert_eq!(written, Written::Conflict);
    let target = target("discover-weekly", 1);
    assert_eq!(store.put_target(&ana, &target, Version(1)).await.unwrap(), Written::Conflict);
    assert!(!store.finish(&claim, Some(minutes(1))).await.unwrap());
    assert_refused(store.put_generation(&ana, &weekly(), &generation(3), Version::NEW).await);
    assert_refused(store.log_run(&ana, &run(minutes(9), "discover-weekly")).await);
    assert_refused(store.schedule(&archive(&ana), minutes(9)).await);
    assert_refused(store.claim_now(&archive(&ana), minutes(9), LEASE).await);
    assert_refused(store.raise(&alert("week 48", Some(&ana), noon())).await);
    assert_eq!(pair.other.erase(&ana).await.unwrap().records, []);
}

pub async fn a_stranger_has_nothing_to_erase<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    assert_eq!(pair.one.erase(&UserId::new("nobody")).await.unwrap().records, []);
    assert_eq!(pair.other.users(None, 9).await.unwrap().len(), 1);
}

pub async fn of_sixteen_erasures_one_finds_the_account<S: Store>(pair: Pair<S>) {
    let (ana, _) = with_everything(&*pair.one, "ana").await;
    let erased = pair
        .race(|store, _| {
            let ana = ana.clone();
            async move { store.erase(&ana).await.unwrap() }
        })
        .await;
    let found = erased.iter().filter(|erased| !erased.records.is_empty());
    assert_eq!(found.map(|erased| erased.records.len()).collect::<Vec<_>>(), [9]);
}
