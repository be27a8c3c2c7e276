//! One-time sign-up links.

use super::samples::{UNUSUAL, minutes};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Admission, Admitted, Invite, InviteHash, Role};
use crate::testing::sample::{admission, invite};

pub async fn an_invitation_is_read_back_as_written<S: Store>(pair: Pair<S>) {
    let mut written = invite("secret", Role::Admin, noon());
    written.note = Some(UNUSUAL.to_owned());
    pair.one.create_invite(&written).await.unwrap();
    assert_eq!(pair.other.invite(&written.hash).await.unwrap(), Some(written));
    assert_eq!(pair.other.invite(&InviteHash("other".to_owned())).await.unwrap(), None);
}

pub async fn an_invitation_is_created_once<S: Store>(pair: Pair<S>) {
    let first = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&first).await.unwrap();
    assert_refused(pair.other.create_invite(&Invite { role: Role::Admin, ..first.clone() }).await);
    assert_eq!(pair.one.invite(&first.hash).await.unwrap(), Some(first));
}

pub async fn invitations_are_listed_newest_first<S: Store>(pair: Pair<S>) {
    for (secret, minute) in [("b", 2), ("c", 3), ("a", 1)] {
        pair.one.create_invite(&invite(secret, Role::Listener, minutes(minute))).await.unwrap();
    }
    let listed = pair.other.invites().await.unwrap();
    let notes: Vec<_> = listed.iter().filter_map(|invite| invite.note.as_deref()).collect();
    assert_eq!(notes, ["for c", "for b", "for a"]);
}

pub async fn an_invitation_is_withdrawn_once<S: Store>(pair: Pair<S>) {
    let made = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&made).await.unwrap();
    let answers = pair
        .race(|store, _| {
            let hash = made.hash.clone();
            async move { store.revoke_invite(&hash).await.unwrap() }
        })
        .await;
    assert_eq!(answers.iter().filter(|did| **did).count(), 1);
    let stored = pair.other.invite(&made.hash).await.unwrap();
    assert_eq!(stored, Some(Invite { revoked: true, ..made }));
}

pub async fn a_used_or_unknown_invitation_cannot_be_withdrawn<S: Store>(pair: Pair<S>) {
    let made = invite("secret", Role::Listener, noon());
    assert!(!pair.one.revoke_invite(&made.hash).await.unwrap());
    pair.one.create_invite(&made).await.unwrap();
    let ana = Admission { invite: Some(made.hash.clone()), ..admission("ana", noon()) };
    assert_eq!(pair.one.admit(&ana).await.unwrap(), Admitted::Welcome(Role::Listener));
    assert!(!pair.other.revoke_invite(&made.hash).await.unwrap());
    let stored = pair.one.invite(&made.hash).await.unwrap().unwrap();
    assert_eq!(stored.used, Some((ana.user.id, noon())));
    assert!(!stored.revoked);
}

pub async fn an_invitation_is_either_used_or_withdrawn<S: Store>(pair: Pair<S>) {
    let made = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&made).await.unwrap();
    let wins = pair
        .race(|store, number| {
            let hash = made.hash.clone();
            async move {
                if number % 4 == 0 {
                    return store.revoke_invite(&hash).await.unwrap();
                }
                let admission = Admission { invite: Some(hash), ..admission(&number.to_string(), noon()) };
                store.admit(&admission).await.unwrap() == Admitted::Welcome(Role::Listener)
            }
        })
        .await;
    assert_eq!(wins.iter().filter(|won| **won).count(), 1, "{wins:?}");
    let stored = pair.other.invite(&made.hash).await.unwrap().unwrap();
    assert_ne!(stored.used.is_some(), stored.revoked);
    let joined = pair.other.users(None, 99).await.unwrap().len();
    assert_eq!(joined, usize::from(stored.used.is_some()));
}
