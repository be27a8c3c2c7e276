use std::sync::Arc;

use super::*;
use crate::testing::{MemoryStore, TestKeyWrap};

fn vault(store: &MemoryStore, wrap: &Arc<TestKeyWrap>) -> Vault {
    Vault::new("home", Arc::new(store.clone()), Arc::<TestKeyWrap>::clone(wrap))
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + day * 86_400).unwrap()
}

#[tokio::test]
async fn what_is_sealed_opens_for_its_owner_and_purpose_only() {
    let (store, wrap) = (MemoryStore::default(), Arc::new(TestKeyWrap::default()));
    let vault = vault(&store, &wrap);
    let sealed = vault.seal("alice", Purpose::RefreshToken, b"secret", day(0)).await.unwrap();
    assert_eq!(*vault.open("alice", Purpose::RefreshToken, &sealed).await.unwrap(), b"secret");
    assert!(vault.open("mallory", Purpose::RefreshToken, &sealed).await.is_err(), "moved to another row");
    assert!(vault.open("alice", Purpose::Session, &sealed).await.is_err(), "used for something else");
    let elsewhere = Vault::new("other", Arc::new(store.clone()), Arc::<TestKeyWrap>::clone(&wrap));
    assert!(elsewhere.open("alice", Purpose::RefreshToken, &sealed).await.is_err(), "another deployment");
}

#[tokio::test]
async fn no_altered_text_opens() {
    let (store, wrap) = (MemoryStore::default(), Arc::new(TestKeyWrap::default()));
    let vault = vault(&store, &wrap);
    let sealed = vault.seal("alice", Purpose::Session, b"secret", day(0)).await.unwrap();
    for at in 0..sealed.0.len() {
        let mut bytes = sealed.0.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let altered = Sealed(String::from_utf8(bytes).unwrap());
        let opened = vault.open("alice", Purpose::Session, &altered).await;
        assert!(opened.is_err(), "byte {at} altered");
    }
    for text in ["", ".", "..", "r1.", "r1.x.y", "r1.1.", "r1.694.AAAA", "r2.694.AAAA"] {
        assert!(vault.open("alice", Purpose::Session, &Sealed(text.into())).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn an_epoch_has_one_key_whoever_makes_it_and_each_is_unwrapped_once() {
    let (store, wrap) = (MemoryStore::default(), Arc::new(TestKeyWrap::default()));
    let (one, other) = (vault(&store, &wrap), vault(&store, &wrap));
    let (a, b) = tokio::join!(
        one.seal("alice", Purpose::RefreshToken, b"a", day(0)),
        other.seal("bob", Purpose::RefreshToken, b"b", day(0)),
    );
    assert_eq!(*other.open("alice", Purpose::RefreshToken, &a.unwrap()).await.unwrap(), b"a");
    assert_eq!(*one.open("bob", Purpose::RefreshToken, &b.unwrap()).await.unwrap(), b"b");
    let cold = vault(&store, &wrap);
    let before = wrap.unwraps();
    for n in 0..10 {
        let sealed = cold.seal("alice", Purpose::AccessToken, b"x", day(n)).await.unwrap();
        cold.open("alice", Purpose::AccessToken, &sealed).await.unwrap();
    }
    assert!(wrap.unwraps() - before <= 2, "at most two unwraps per cold start");
}

#[tokio::test]
async fn many_who_begin_an_epoch_together_ask_the_wrapping_key_twice() {
    let (store, wrap) = (MemoryStore::default(), Arc::new(TestKeyWrap::default()));
    let vault = vault(&store, &wrap);
    let owners: Vec<String> = (0..10).map(|number| format!("listener-{number}")).collect();
    let sealed = owners.iter().map(|owner| vault.seal(owner, Purpose::AccessToken, b"x", day(0)));
    for sealed in futures::future::join_all(sealed).await {
        sealed.unwrap();
    }
    assert_eq!((wrap.wraps(), wrap.unwraps()), (1, 1));
}

#[tokio::test]
async fn an_older_epoch_still_opens_and_is_due_for_resealing() {
    let (store, wrap) = (MemoryStore::default(), Arc::new(TestKeyWrap::default()));
    let vault = vault(&store, &wrap);
    let sealed = vault.seal("alice", Purpose::RefreshToken, b"secret", day(0)).await.unwrap();
    assert!(!vault.is_old(&sealed, day(0)));
    assert!(vault.is_old(&sealed, day(EPOCH_DAYS)));
    assert!(vault.is_recent(&sealed, day(EPOCH_DAYS)));
    assert!(!vault.is_recent(&sealed, day(2 * EPOCH_DAYS)));
    assert_eq!(*vault.open("alice", Purpose::RefreshToken, &sealed).await.unwrap(), b"secret");
}
