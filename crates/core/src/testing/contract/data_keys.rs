//! Wrapped data keys.

use super::{Pair, Store, assert_refused};
use crate::ports::WrappedKey;

fn key(epoch: u32, byte: u8) -> WrappedKey {
    WrappedKey { epoch, bytes: vec![byte, 0, 255, b'\''] }
}

pub async fn a_data_key_is_stored_once_and_the_stored_one_is_answered<S: Store>(pair: Pair<S>) {
    assert_eq!(pair.one.data_key(3).await.unwrap(), None);
    assert_eq!(pair.one.put_data_key(&key(3, 1)).await.unwrap(), key(3, 1));
    assert_eq!(pair.other.put_data_key(&key(3, 2)).await.unwrap(), key(3, 1));
    assert_eq!(pair.other.data_key(3).await.unwrap(), Some(key(3, 1)));
}

pub async fn sixteen_creators_of_a_data_key_get_the_same<S: Store>(pair: Pair<S>) {
    let keys = pair
        .race(|store, number| async move {
            store.put_data_key(&key(3, u8::try_from(number).unwrap())).await.unwrap()
        })
        .await;
    let stored = pair.one.data_key(3).await.unwrap().unwrap();
    assert!(keys.iter().all(|key| *key == stored), "{keys:?}");
}

pub async fn data_keys_are_listed_oldest_first_and_the_newest_is_known<S: Store>(pair: Pair<S>) {
    assert_eq!(pair.one.newest_epoch().await.unwrap(), None);
    for epoch in [9, 10, 0, u32::MAX] {
        pair.one.put_data_key(&key(epoch, 1)).await.unwrap();
    }
    let epochs: Vec<_> = pair.other.data_keys().await.unwrap().iter().map(|key| key.epoch).collect();
    assert_eq!(epochs, [0, 9, 10, u32::MAX]);
    assert_eq!(pair.other.newest_epoch().await.unwrap(), Some(u32::MAX));
}

pub async fn a_data_key_is_wrapped_anew_in_place<S: Store>(pair: Pair<S>) {
    for epoch in [1, 2] {
        pair.one.put_data_key(&key(epoch, 1)).await.unwrap();
    }
    pair.one.rewrap_data_key(&key(1, 2)).await.unwrap();
    assert_eq!(pair.other.data_keys().await.unwrap(), [key(1, 2), key(2, 1)]);
    assert_refused(pair.one.rewrap_data_key(&key(3, 2)).await);
    assert_eq!(pair.other.data_key(3).await.unwrap(), None);
}
