//! What Spotify has sent, or could, beyond its own description.

use reprise_core::spotify::dialect::{self, Unreadable};
use reprise_core::spotify::{Entry, Media, PlayContext, PlayingKind, grant};
use serde_json::{Value, json};

use crate::support::now;

const ID: &str = "1TrackLantern000000000";

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// The entry that one element of a page of items becomes.
fn entry(element: &Value) -> Entry {
    let page = json!({ "items": [element], "total": 1, "next": null });
    dialect::items(&bytes(&page), 0).unwrap().entries.remove(0)
}

#[test]
fn an_entry_of_any_shape_keeps_its_place() {
    let cases = [
        (json!(null), Entry::Unavailable),
        (json!({}), Entry::Unavailable),
        (json!({ "item": null, "track": null }), Entry::Unavailable),
        (json!({ "item": null, "is_local": true }), Entry::Local),
        (json!(7), Entry::Unreadable),
        (json!([]), Entry::Unreadable),
        (json!({ "item": [] }), Entry::Unreadable),
        (json!({ "item": { "type": "hologram", "uri": "spotify:hologram:1" } }), Entry::Unreadable),
        (json!({ "item": { "type": "hologram", "id": ID } }), Entry::Unreadable),
        (json!({ "item": { "type": "track", "uri": "spotify:track:short", "id": ID } }), Entry::Unreadable),
        (json!({ "item": { "type": "track", "id": null } }), Entry::Unreadable),
        (json!({ "item": { "type": "episode" } }), Entry::Episode),
        (json!({ "item": { "uri": "spotify:episode:x" } }), Entry::Episode),
        (json!({ "track": { "is_local": true } }), Entry::Local),
        (json!({ "is_local": true, "track": { "uri": "spotify:unheard:of" } }), Entry::Local),
    ];
    for (element, expected) in cases {
        assert_eq!(entry(&element), expected, "{element}");
    }
}

#[test]
fn a_track_is_one_with_nothing_but_an_id() {
    for element in [
        json!({ "item": { "id": ID } }),
        json!({ "track": { "uri": format!("spotify:track:{ID}") } }),
        // The fields' shapes may all be wrong.
        json!({ "item": { "id": ID, "type": 3, "name": [], "artists": {}, "album": "x", "duration_ms": "3:00",
            "explicit": 1, "external_ids": [], "is_playable": null, "restrictions": null,
            "linked_from": {} } }),
        json!({ "item": { "id": ID, "artists": [null, 1, {}, { "name": "" }], "album": { "images": [null, {},
            { "url": "javascript:alert(1)" }, { "url": 3 }] }, "external_ids": { "isrc": "no code" },
            "duration_ms": -1 } }),
        json!({ "item": { "id": ID, "duration_ms": 1e300 } }),
    ] {
        let Entry::Track(item) = entry(&element) else { panic!("{element}") };
        assert_eq!(item.track.uri.id(), ID);
        assert!(item.playable);
        assert_eq!((item.track.duration_ms, item.track.cover, item.track.isrc), (None, None, None));
        assert!(item.track.title.is_empty() && item.track.artists.is_empty());
    }
}

#[test]
fn restrictions_of_any_kind_mean_not_playable_unless_said_otherwise() {
    let playable = |item: Value| match entry(&json!({ "item": item })) {
        Entry::Track(item) => item.playable,
        other => panic!("{other:?}"),
    };
    assert!(!playable(json!({ "id": ID, "restrictions": { "reason": "invented later" } })));
    assert!(!playable(json!({ "id": ID, "is_playable": false })));
    assert!(playable(json!({ "id": ID, "is_playable": true, "restrictions": { "reason": "market" } })));
}

#[test]
fn the_new_dialect_wins_where_both_are_spoken() {
    let other = "1TrackGravel0000000000";
    let Entry::Track(item) = entry(&json!({ "item": { "id": ID }, "track": { "id": other } })) else {
        panic!("no track");
    };
    assert_eq!(item.track.uri.id(), ID);
    let playlist =
        json!({ "id": "2PlaylistArchive000000", "items": { "total": 2 }, "tracks": { "total": 3 } });
    assert_eq!(dialect::playlist(&bytes(&playlist), None).unwrap().total, Some(2));
}

#[test]
fn a_page_without_its_list_or_its_total_is_none() {
    let items = |page: Value| dialect::items(&bytes(&page), 0).map(|page| page.entries.len());
    assert_eq!(items(json!({ "items": [], "total": 0 })), Ok(0));
    assert_eq!(items(json!({ "items": [], "total": 30.0 })), Ok(0));
    for total in [json!(null), json!(-1), json!("30"), json!(1e40), json!(u64::MAX)] {
        assert_eq!(items(json!({ "items": [], "total": total })), Err(Unreadable::Lacks("total of items")));
    }
    for list in [json!(null), json!({}), json!("x")] {
        assert_eq!(items(json!({ "items": list, "total": 1 })), Err(Unreadable::Lacks("list of items")));
    }
    for body in ["", "null", "[]", "3", "\"x\""] {
        assert!(dialect::items(body.as_bytes(), 0).is_err(), "{body}");
    }
}

#[test]
fn a_listing_survives_null_empty_and_nonsense_entries() {
    let page = json!({ "items": [null, {}, 3, [], { "id": "short" }, { "id": "2PlaylistArchive000000" }], "total": 9 });
    let page = dialect::playlists(&bytes(&page)).unwrap();
    let ids: Vec<_> = page.items.iter().map(|entry| entry.as_ref().map(|p| p.id.as_str())).collect();
    assert_eq!(ids, [None, None, None, None, None, Some("2PlaylistArchive000000")]);
    assert_eq!((page.total, page.next), (9, false));
}

#[test]
fn a_playlist_is_readable_only_if_its_items_are_there() {
    let head = |extra: Value| {
        let id = "2PlaylistArchive000000".parse().unwrap();
        dialect::playlist(&bytes(&extra), Some(&id)).map(|head| (head.readable, head.total)).unwrap()
    };
    assert_eq!(head(json!({})), (false, None));
    assert_eq!(head(json!({ "items": null, "tracks": null })), (false, None));
    assert_eq!(head(json!({ "items": [] })), (false, None));
    assert_eq!(head(json!({ "items": {} })), (true, None));
    assert_eq!(head(json!({ "tracks": { "total": 30 } })), (true, Some(30)));
    let no_id = dialect::playlist(b"{}", None);
    assert_eq!(no_id, Err(Unreadable::Lacks("playlist id")));
}

#[test]
fn a_player_may_say_nearly_nothing_and_much_that_is_new() {
    let state = dialect::player(b"{}", now()).unwrap();
    assert_eq!((state.is_playing, state.item, state.kind), (false, None, PlayingKind::Unknown));

    let odd = json!({ "currently_playing_type": "hologram", "item": { "type": "hologram" },
        "progress_ms": -3, "timestamp": 9e99, "device": { "volume_percent": 59.7, "type": 3 },
        "context": { "type": "collection" }, "actions": { "disallows": { "seeking": true, "x": "y" } } });
    let state = dialect::player(&bytes(&odd), now()).unwrap();
    assert_eq!(state.kind, PlayingKind::Unknown);
    assert_eq!(state.item, Some(Media::Unreadable));
    assert_eq!((state.progress_ms, state.changed_at, state.context), (None, None, None));
    assert_eq!(state.device.unwrap().volume_percent, Some(59));
    assert_eq!(state.disallows, ["seeking"]);
}

#[test]
fn plays_that_make_no_sense_are_counted() {
    let page = json!({ "items": [
        null,
        { "track": { "id": ID }, "played_at": "yesterday" },
        { "track": null, "played_at": "2026-11-20T10:00:00Z" },
        { "item": { "id": ID }, "track": null, "played_at": "2026-11-20T10:00:00Z" },
        { "track": { "is_local": true, "name": "Rough Mix" }, "played_at": "2026-11-20T10:00:00Z" },
    ], "cursors": { "after": 1_795_170_667_481_i64, "before": "no number" } });
    let page = dialect::recently_played(&bytes(&page)).unwrap();
    assert_eq!((page.plays.len(), page.unreadable), (2, 3));
    assert_eq!((page.after_ms, page.before_ms, page.next), (Some(1_795_170_667_481), None, false));
}

#[test]
fn a_context_is_a_playlist_in_its_old_form_too_and_a_bare_id_is_none() {
    let playlist = |uri: &str| PlayContext { uri: uri.to_owned(), kind: None }.playlist();
    assert!(playlist("spotify:user:someone:playlist:37i9dQZEVXcInventedIdX").is_some());
    assert!(playlist("spotify:playlist:37i9dQZEVXcInventedIdX").is_some());
    assert!(playlist("spotify:user:someone:collection").is_none());
    assert!(playlist("37i9dQZEVXcInventedIdX").is_none());
}

#[test]
fn bytes_that_are_no_utf_8_and_marks_cost_only_themselves() {
    let body = b"\xef\xbb\xbf{\"id\":\"mira.test\",\"display_name\":\"M\xff\",\"id\":\"mira.again\"}";
    let profile = dialect::profile(body).unwrap();
    assert_eq!(profile.display_name.as_deref(), Some("M\u{fffd}"));
    assert_eq!(profile.id.as_str(), "mira.again", "a field told twice counts as told last");
    assert_eq!(dialect::profile(b"{\"id\":\"\"}"), Err(Unreadable::Lacks("user id")));
}

#[test]
fn depth_ends_in_an_error_not_in_an_overflow() {
    let deep = "[".repeat(200_000);
    assert_eq!(dialect::flags(deep.as_bytes()), Err(Unreadable::NotJson));
    assert_eq!(grant::tidy(deep.as_bytes()), None);
}

#[test]
fn flags_are_all_or_nothing() {
    assert_eq!(dialect::flags(b"[true,false]"), Ok(vec![true, false]));
    for body in ["[true,null]", "{}", "[1]"] {
        assert!(dialect::flags(body.as_bytes()).is_err(), "{body}");
    }
}
