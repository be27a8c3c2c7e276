//! Creating listeners.

use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};

use super::due::LEASE;
use super::samples::minutes;
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Admission, Admitted, Invite, InviteHash, Role, Version, Work, WorkKind};
use crate::testing::sample::{admission, admit, invite};

fn invited(name: &str, invite: &Invite) -> Admission {
    Admission { invite: Some(invite.hash.clone()), ..admission(name, noon()) }
}

async fn has_joined<S: Store>(store: &S, name: &str) -> bool {
    let id = admission(name, noon()).user.id;
    let (user, grant) = (store.user(&id).await.unwrap(), store.grant(&id).await.unwrap());
    assert_eq!(user.is_some(), grant.is_some(), "a listener and their grant come together");
    user.is_some()
}

async fn is_valid<S: Store>(store: &S, hash: &InviteHash) -> bool {
    store.invite(hash).await.unwrap().unwrap().is_valid(noon())
}

/// Stores an invitation, tries to use it, and sees that nothing was stored.
async fn refused<S: Store>(pair: &Pair<S>, invite: Invite) {
    pair.one.create_invite(&invite).await.unwrap();
    let admitted = pair.other.admit(&invited("ana", &invite)).await.unwrap();
    assert_eq!(admitted, Admitted::InviteGone);
    assert!(!has_joined(&*pair.one, "ana").await);
    assert_eq!(pair.one.invite(&invite.hash).await.unwrap(), Some(invite));
}

pub async fn an_invitation_admits_once_with_its_role<S: Store>(pair: Pair<S>) {
    let invite = invite("secret", Role::Admin, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let ana = invited("ana", &invite);
    assert_eq!(pair.one.admit(&ana).await.unwrap(), Admitted::Welcome(Role::Admin));

    let stored = pair.other.user(&ana.user.id).await.unwrap().unwrap();
    assert_eq!(stored.value.role, Role::Admin);
    assert_eq!(stored.version, Version::NEW.next());
    let grant = pair.other.grant(&ana.user.id).await.unwrap().unwrap();
    assert_eq!(grant.value, ana.grant);
    assert_eq!(grant.version, Version::NEW.next());
    let used = pair.other.invite(&invite.hash).await.unwrap().unwrap();
    assert_eq!(used.used, Some((ana.user.id, noon())));
}

pub async fn a_listener_comes_with_their_first_appointment<S: Store>(pair: Pair<S>) {
    let ana = admission("ana", noon());
    let _ = pair.one.admit(&ana).await.unwrap();
    let theirs = Work::grant(&ana.user.id);
    assert_eq!(pair.other.due_at(&theirs).await.unwrap(), Some(noon()));
    let claims = pair.other.claim(WorkKind::Grant, noon(), LEASE, 9).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.work).collect::<Vec<_>>(), [&theirs]);
    // Whoever is refused has none.
    let gone = Admission { invite: Some(InviteHash("gone".into())), ..admission("bo", noon()) };
    assert_eq!(pair.one.admit(&gone).await.unwrap(), Admitted::InviteGone);
    assert_eq!(pair.other.due_at(&Work::grant(&gone.user.id)).await.unwrap(), None);
    // Whoever is known already keeps theirs as it was moved.
    assert!(pair.one.finish(&claims[0], Some(minutes(60))).await.unwrap());
    assert_eq!(pair.one.admit(&ana).await.unwrap(), Admitted::AlreadyKnown(ana.user.id.clone()));
    assert_eq!(pair.other.due_at(&theirs).await.unwrap(), Some(minutes(60)));
}

pub async fn of_sixteen_accounts_one_gets_the_invitation<S: Store>(pair: Pair<S>) {
    let invite = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let admitted = pair
        .race(|store, number| {
            let admission = invited(&number.to_string(), &invite);
            async move { store.admit(&admission).await.unwrap() }
        })
        .await;
    let welcome = |admitted: &&Admitted| **admitted == Admitted::Welcome(Role::Listener);
    assert_eq!(admitted.iter().filter(welcome).count(), 1, "{admitted:?}");
    assert_eq!(admitted.iter().filter(|a| **a == Admitted::InviteGone).count(), 15, "{admitted:?}");
    let winner = admitted.iter().position(|a| welcome(&a)).unwrap().to_string();
    for number in 0..16 {
        let name = number.to_string();
        assert_eq!(has_joined(&*pair.other, &name).await, name == winner);
    }
    let used = pair.one.invite(&invite.hash).await.unwrap().unwrap().used.unwrap().0;
    assert_eq!(used, UserId::new(format!("user-{winner}")));
}

pub async fn of_sixteen_callbacks_for_one_account_one_is_welcome<S: Store>(pair: Pair<S>) {
    let invite = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let admitted = pair
        .race(|store, number| {
            let mut admission = invited("ana", &invite);
            admission.user.id = UserId::new(format!("callback-{number}"));
            async move { store.admit(&admission).await.unwrap() }
        })
        .await;
    let users = pair.one.users(None, 99).await.unwrap();
    assert_eq!(users.len(), 1);
    let known = Admitted::AlreadyKnown(users[0].id.clone());
    assert_eq!(admitted.iter().filter(|a| **a == known).count(), 15, "{admitted:?}");
}

pub async fn one_account_with_two_invitations_uses_only_one<S: Store>(pair: Pair<S>) {
    let invites: Vec<_> = (0..16).map(|n| invite(&n.to_string(), Role::Listener, noon())).collect();
    for invite in &invites {
        pair.one.create_invite(invite).await.unwrap();
    }
    let admitted = pair
        .race(|store, number| {
            let mut admission = invited("ana", &invites[number]);
            admission.user.id = UserId::new(format!("callback-{number}"));
            async move { store.admit(&admission).await.unwrap() }
        })
        .await;
    let winner = admitted.iter().position(|a| *a == Admitted::Welcome(Role::Listener)).unwrap();
    let known = Admitted::AlreadyKnown(UserId::new(format!("callback-{winner}")));
    for (number, admitted) in admitted.iter().enumerate().filter(|(number, _)| *number != winner) {
        assert_eq!(*admitted, known);
        assert!(is_valid(&*pair.other, &invites[number].hash).await, "the loser's invitation stays valid");
        let loser = UserId::new(format!("callback-{number}"));
        assert_eq!(pair.other.grant(&loser).await.unwrap(), None);
    }
    assert!(!is_valid(&*pair.other, &invites[winner].hash).await);
}

pub async fn an_expired_invitation_admits_nobody<S: Store>(pair: Pair<S>) {
    refused(&pair, Invite { expires: noon(), ..invite("secret", Role::Admin, noon()) }).await;
}

pub async fn a_revoked_invitation_admits_nobody<S: Store>(pair: Pair<S>) {
    refused(&pair, Invite { revoked: true, ..invite("secret", Role::Admin, noon()) }).await;
}

pub async fn a_used_invitation_admits_nobody_else<S: Store>(pair: Pair<S>) {
    let invite = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let first = pair.one.admit(&invited("bo", &invite)).await.unwrap();
    assert_eq!(first, Admitted::Welcome(Role::Listener));
    let second = pair.other.admit(&invited("ana", &invite)).await.unwrap();
    assert_eq!(second, Admitted::InviteGone);
    assert!(!has_joined(&*pair.one, "ana").await);
}

pub async fn an_unknown_invitation_admits_nobody<S: Store>(pair: Pair<S>) {
    let unknown = invite("never made", Role::Listener, noon());
    assert_eq!(pair.one.admit(&invited("ana", &unknown)).await.unwrap(), Admitted::InviteGone);
    assert!(!has_joined(&*pair.one, "ana").await);
}

pub async fn without_an_invitation_the_role_is_the_listeners_own<S: Store>(pair: Pair<S>) {
    let mut ana = admission("ana", noon());
    ana.user.role = Role::Admin;
    assert_eq!(pair.one.admit(&ana).await.unwrap(), Admitted::Welcome(Role::Admin));
    assert_eq!(pair.other.user(&ana.user.id).await.unwrap().unwrap().value, ana.user);
}

pub async fn a_known_listener_is_told_so_and_keeps_what_they_have<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let before = pair.one.user(&ana).await.unwrap();
    let mut again = admission("ana", noon());
    again.user.id = UserId::new("another id");
    "other".clone_into(&mut again.grant.refresh.0);
    // By account under a new name, by name without an account, and with an invitation that is gone.
    let renamed = Admission {
        user: crate::ports::User { spotify_id: SpotifyUserId::new("anna"), ..again.user.clone() },
        ..again.clone()
    };
    let nameless =
        Admission { user: crate::ports::User { account: None, ..again.user.clone() }, ..again.clone() };
    let late = Admission { invite: Some(InviteHash("gone".to_owned())), ..again.clone() };
    for admission in [again, renamed, nameless, late] {
        let admitted = pair.one.admit(&admission).await.unwrap();
        assert_eq!(admitted, Admitted::AlreadyKnown(ana.clone()));
    }
    assert_eq!(pair.other.user(&ana).await.unwrap(), before);
    assert_eq!(pair.other.grant(&ana).await.unwrap().unwrap().value, admission("ana", noon()).grant);
    assert_eq!(pair.other.users(None, 9).await.unwrap().len(), 1);
}

pub async fn the_user_name_of_another_account_is_an_error_that_leaves_the_invitation<S: Store>(
    pair: Pair<S>,
) {
    admit(&*pair.one, "ana", noon()).await;
    let invite = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let mut other = invited("bo", &invite);
    other.user.account = Some(AccountId::new("another account"));
    other.user.spotify_id = SpotifyUserId::new("ana");
    assert_refused(pair.one.admit(&other).await);
    assert!(!has_joined(&*pair.other, "bo").await);
    assert!(is_valid(&*pair.other, &invite.hash).await);
}

pub async fn a_taken_id_is_an_error_that_leaves_the_invitation<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let before = pair.one.user(&ana).await.unwrap();
    let invite = invite("secret", Role::Listener, noon());
    pair.one.create_invite(&invite).await.unwrap();
    let mut bo = invited("bo", &invite);
    bo.user.id = ana.clone();
    assert_refused(pair.one.admit(&bo).await);
    assert_eq!(pair.other.user(&ana).await.unwrap(), before);
    assert!(is_valid(&*pair.other, &invite.hash).await);
}
