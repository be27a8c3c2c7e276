//! Listeners and their Spotify accounts.

use reprise_domain::ids::{AccountId, SpotifyUserId};

use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Admission, Admitted, Role, User, Version, Versioned, Written};
use crate::testing::sample::{admission, admit};

fn account(name: &str) -> AccountId {
    AccountId::new(format!("account-{name}"))
}

async fn find<S: Store>(store: &S, account: Option<&AccountId>, name: &str) -> Option<String> {
    let found = store.user_by_account(account, &SpotifyUserId::new(name)).await.unwrap();
    found.map(|user| user.value.id.as_str().to_owned())
}

async fn read<S: Store>(store: &S, name: &str) -> Versioned<User> {
    store.user(&admission(name, noon()).user.id).await.unwrap().unwrap()
}

/// Admits somebody whose account is not known.
async fn admit_unknown<S: Store>(store: &S, name: &str) {
    let mut admission: Admission = admission(name, noon());
    admission.user.account = None;
    assert_eq!(store.admit(&admission).await.unwrap(), Admitted::Welcome(Role::Listener));
}

pub async fn a_listener_is_found_by_account_where_both_sides_know_it<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    admit(&*pair.one, "bo", noon()).await;
    let found = find(&*pair.other, Some(&account("ana")), "renamed").await;
    assert_eq!(found.as_deref(), Some("user-ana"));
    // The account decides, even against another listener's user name.
    assert_eq!(find(&*pair.one, Some(&account("ana")), "bo").await.as_deref(), Some("user-ana"));
}

pub async fn a_listener_is_found_by_user_name_where_one_side_knows_no_account<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    admit_unknown(&*pair.one, "bo").await;
    assert_eq!(find(&*pair.other, None, "ana").await.as_deref(), Some("user-ana"));
    assert_eq!(find(&*pair.other, Some(&account("bo")), "bo").await.as_deref(), Some("user-bo"));
    assert_eq!(find(&*pair.other, None, "cy").await, None);
}

pub async fn an_equal_user_name_under_a_different_account_is_no_match<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    assert_eq!(find(&*pair.one, Some(&account("someone else")), "ana").await, None);
}

pub async fn an_account_learned_later_becomes_findable<S: Store>(pair: Pair<S>) {
    admit_unknown(&*pair.one, "ana").await;
    let mut ana = read(&*pair.one, "ana").await;
    ana.value.account = Some(account("ana"));
    let written = pair.one.put_user(&ana.value, ana.version).await.unwrap();
    assert_eq!(written, Written::At(ana.version.next()));
    let found = find(&*pair.other, Some(&account("ana")), "renamed").await;
    assert_eq!(found.as_deref(), Some("user-ana"));
    assert_eq!(find(&*pair.other, Some(&account("other")), "ana").await, None);
}

pub async fn a_changed_user_name_becomes_findable_and_the_old_one_is_free<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    let mut ana = read(&*pair.one, "ana").await;
    ana.value.spotify_id = SpotifyUserId::new("anna");
    let written = pair.one.put_user(&ana.value, ana.version).await.unwrap();
    assert_eq!(written, Written::At(ana.version.next()));
    assert_eq!(find(&*pair.one, None, "anna").await.as_deref(), Some("user-ana"));
    assert_eq!(find(&*pair.one, None, "ana").await, None);
}

pub async fn two_listeners_cannot_share_a_spotify_id<S: Store>(pair: Pair<S>) {
    admit(&*pair.one, "ana", noon()).await;
    admit(&*pair.one, "bo", noon()).await;
    let bo = read(&*pair.one, "bo").await;
    let same_account = User { account: Some(account("ana")), ..bo.value.clone() };
    assert_refused(pair.one.put_user(&same_account, bo.version).await);
    let same_name = User { spotify_id: SpotifyUserId::new("ana"), ..bo.value.clone() };
    assert_refused(pair.one.put_user(&same_name, bo.version).await);
    assert_eq!(read(&*pair.other, "bo").await, bo);
}

pub async fn listeners_are_listed_in_order_of_id_page_by_page<S: Store>(pair: Pair<S>) {
    for name in ["b", "Z", "é", "a", "c"] {
        admit(&*pair.one, name, noon()).await;
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = pair.other.users(after.as_ref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        listed.extend(page.into_iter().map(|user| user.id.as_str().to_owned()));
    }
    assert_eq!(listed, ["user-Z", "user-a", "user-b", "user-c", "user-é"]);
    assert_eq!(read(&*pair.one, "a").await.version, Version::NEW.next());
}
