//! Cached metadata.

use reprise_domain::track::Track;

use super::samples::{minutes, track, uri};
use super::{Pair, Store, noon};

pub async fn a_track_is_read_back_until_it_expires<S: Store>(pair: Pair<S>) {
    pair.one.put_tracks(&[track(1)], noon(), minutes(10)).await.unwrap();
    assert_eq!(pair.other.tracks(&[uri(1)], minutes(9)).await.unwrap(), [track(1)]);
    assert_eq!(pair.other.tracks(&[uri(1)], minutes(10)).await.unwrap(), []);
    // What has expired is removed when something is cached, and does not come back with the clock.
    pair.one.put_tracks(&[track(2)], minutes(10), minutes(20)).await.unwrap();
    assert_eq!(pair.other.tracks(&[uri(1), uri(2)], noon()).await.unwrap(), [track(2)]);
}

pub async fn a_track_cached_again_is_replaced<S: Store>(pair: Pair<S>) {
    pair.one.put_tracks(&[track(1)], noon(), minutes(10)).await.unwrap();
    let renamed = Track { title: "renamed".to_owned(), ..track(1) };
    pair.other.put_tracks(std::slice::from_ref(&renamed), noon(), minutes(20)).await.unwrap();
    assert_eq!(pair.one.tracks(&[uri(1)], minutes(15)).await.unwrap(), [renamed]);
}

pub async fn unknown_and_repeated_uris_are_no_trouble<S: Store>(pair: Pair<S>) {
    pair.one.put_tracks(&[track(1), track(1)], noon(), minutes(10)).await.unwrap();
    pair.one.put_tracks(&[], noon(), minutes(10)).await.unwrap();
    let wanted = [uri(1), uri(2), uri(1)];
    assert_eq!(pair.other.tracks(&wanted, noon()).await.unwrap(), [track(1)]);
    assert_eq!(pair.other.tracks(&[], noon()).await.unwrap(), []);
}

pub async fn many_tracks_are_cached_and_read_at_once<S: Store>(pair: Pair<S>) {
    let many: Vec<_> = (0..3_000).map(track).collect();
    pair.one.put_tracks(&many, noon(), minutes(10)).await.unwrap();
    let uris: Vec<_> = (0..3_000).rev().map(uri).collect();
    let mut read = pair.other.tracks(&uris, noon()).await.unwrap();
    read.sort_by(|a, b| a.uri.cmp(&b.uri));
    assert!(read == many, "{} of 3000 came back", read.len());
}
