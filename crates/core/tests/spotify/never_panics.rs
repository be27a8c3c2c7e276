//! No byte sequence that a server can send makes the client panic.

use std::path::Path;

use proptest::prelude::*;
use reprise_core::spotify::dialect;
use reprise_core::spotify::failure::{self, Refusal};
use reprise_core::spotify::{Endpoint, grant};
use serde_json::Value;

use crate::support::now;

/// Feeds a body to everything that reads bodies.
fn feed(body: &[u8]) {
    let asked = "2PlaylistArchive000000".parse().ok();
    let _ = dialect::profile(body);
    let _ = dialect::playlists(body);
    let _ = dialect::playlist(body, None);
    let _ = dialect::playlist(body, asked.as_ref());
    if let Ok(page) = dialect::items(body, u32::MAX) {
        assert_eq!(page.offset, u32::MAX);
    }
    let _ = dialect::snapshot(body);
    let _ = dialect::flags(body);
    let _ = dialect::track(body);
    let _ = dialect::player(body, now());
    let _ = dialect::recently_played(body);
    if let Some(tidied) = grant::tidy(body) {
        assert_eq!(grant::tidy(&tidied).as_ref(), Some(&tidied), "tidy is tidy");
    }
}

fn refuse(status: u16, retry_after: Option<&str>, body: &[u8]) {
    for endpoint in Endpoint::ALL {
        let refusal = Refusal {
            endpoint,
            status,
            retry_after,
            content_type: None,
            authenticate: retry_after,
            body,
            secret: "canary",
        };
        let told = failure::web_api(&refusal, now()).to_string();
        assert!(told.chars().count() < 300 && !told.contains("canary"), "{told}");
    }
    let told = failure::accounts(status, retry_after, None, body, &["canary"], now()).to_string();
    assert!(told.chars().count() < 300 && !told.contains("canary"), "{told}");
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spotify/fixtures");
    let dialects = std::fs::read_dir(folder).unwrap();
    let files = dialects.flat_map(|dialect| std::fs::read_dir(dialect.unwrap().path()).unwrap());
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Any JSON, with the odd numbers that clients trip over.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,24}".prop_map(Value::from),
        "spotify:(track|episode|local|playlist):[A-Za-z0-9:]{0,24}".prop_map(Value::from),
        "[0-9]{1,4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let name = prop_oneof![
            proptest::sample::select(vec![
                "items",
                "item",
                "track",
                "tracks",
                "total",
                "next",
                "id",
                "uri",
                "type",
                "name",
                "album",
                "artists",
                "images",
                "url",
                "width",
                "duration_ms",
                "is_local",
                "played_at",
                "cursors",
                "after",
                "before",
                "context",
                "device",
                "progress_ms",
                "timestamp",
                "actions",
                "disallows",
                "error",
                "message",
                "reason",
                "error_description",
                "access_token",
                "refresh_token",
                "expires_in",
                "scope",
                "snapshot_id",
                "owner",
                "external_ids",
                "isrc",
            ])
            .prop_map(str::to_owned),
            ".{0,8}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Puts `graft` in the place of the node that `path` leads to.
fn graft_at(node: &mut Value, path: &[usize], graft: Value) {
    let Some((step, rest)) = path.split_first() else {
        *node = graft;
        return;
    };
    let child = match node {
        Value::Array(entries) if !entries.is_empty() => {
            let at = step % entries.len();
            entries.get_mut(at)
        }
        Value::Object(fields) if !fields.is_empty() => {
            let at = step % fields.len();
            fields.values_mut().nth(at)
        }
        _ => None,
    };
    match child {
        Some(child) => graft_at(child, rest, graft),
        None => *node = graft,
    }
}

proptest! {
    #[test]
    fn on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        feed(&body);
    }

    #[test]
    fn on_any_json(value in json()) {
        feed(&serde_json::to_vec(&value).unwrap());
    }

    #[test]
    fn on_fixtures_with_a_foreign_part(
        which in any::<prop::sample::Index>(),
        path in proptest::collection::vec(any::<usize>(), 0..7),
        graft in json(),
    ) {
        let fixtures = fixtures();
        let mut value: Value = serde_json::from_slice(which.get::<Vec<u8>>(&fixtures)).unwrap();
        graft_at(&mut value, &path, graft);
        feed(&serde_json::to_vec(&value).unwrap());
    }

    #[test]
    fn on_fixtures_with_broken_bytes(
        which in any::<prop::sample::Index>(),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let fixtures = fixtures();
        let mut body = which.get::<Vec<u8>>(&fixtures).clone();
        for (at, byte) in hits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if cut {
            body.truncate(end.index(body.len()));
        }
        feed(&body);
    }

    #[test]
    fn on_any_refusal(
        status in 300_u16..600,
        retry_after in proptest::option::of(prop_oneof![".{0,40}", "[0-9]{1,40}", "[0-9]{1,3}\\.[0-9e]{1,9}"]),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            json().prop_map(|value| serde_json::to_vec(&value).unwrap()),
            ".{0,80} canary .{0,80}".prop_map(String::into_bytes),
            ".{0,300}".prop_map(|text| {
                let text = format!("{text}canary");
                serde_json::to_vec(&serde_json::json!({ "error": { "message": text } })).unwrap()
            }),
        ],
    ) {
        refuse(status, retry_after.as_deref(), &body);
    }
}
