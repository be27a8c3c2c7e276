//! The fixtures of both dialects decode to the same values.

use reprise_core::spotify::dialect;
use reprise_core::spotify::player::{Episode, LocalFile};
use reprise_core::spotify::{
    Device, Entry, Media, Page, PlayContext, Played, PlayerState, PlayingKind, PlaylistHead, PlaylistSummary,
    Profile, RecentPage, TrackItem,
};
use reprise_domain::ids::{AccountId, SnapshotId, SpotifyUserId};
use reprise_domain::track::Track;

use crate::support::{DIALECTS, fixture, now};

const DISCOVER: &str = "37i9dQZEVXcInventedIdX";

fn lantern() -> Track {
    Track {
        uri: "spotify:track:1TrackLantern000000000".parse().unwrap(),
        title: "Lantern Season".to_owned(),
        artists: vec!["Vesna Korhonen".to_owned(), "Paper Harbour".to_owned()],
        album: Some("Low Tide Almanac".to_owned()),
        duration_ms: Some(214_867),
        isrc: "FIVES1900318".parse().ok(),
        cover: Some("https://i.scdn.co/image/a1300".to_owned()),
        explicit: false,
    }
}

fn gravel() -> Track {
    Track {
        uri: "spotify:track:1TrackGravel0000000000".parse().unwrap(),
        title: "Gravel Choir - 2021 Remaster".to_owned(),
        artists: vec!["Paper Harbour".to_owned()],
        album: Some("Harbour Lights".to_owned()),
        duration_ms: Some(187_040),
        isrc: "GBPHB2100027".parse().ok(),
        cover: Some("https://i.scdn.co/image/b2300".to_owned()),
        explicit: true,
    }
}

fn item(track: Track) -> TrackItem {
    TrackItem { track, playable: true, linked_from: None }
}

fn archive() -> PlaylistSummary {
    PlaylistSummary {
        id: "2PlaylistArchive000000".parse().unwrap(),
        name: "Discover Weekly Archive".to_owned(),
        description: Some("kept by Reprise &#x2F; r7Qm2x".to_owned()),
        owner: Some(SpotifyUserId::new("mira.test")),
        owner_name: Some("Mira".to_owned()),
        total: Some(212),
        snapshot: Some(SnapshotId::new("AAAAB1nvented")),
        public: Some(true),
        collaborative: false,
    }
}

fn discover_weekly() -> PlaylistSummary {
    PlaylistSummary {
        id: DISCOVER.parse().unwrap(),
        name: "Discover Weekly".to_owned(),
        description: Some("Your weekly mixtape.".to_owned()),
        owner: Some(SpotifyUserId::new("spotify")),
        owner_name: Some("Spotify".to_owned()),
        total: Some(30),
        snapshot: Some(SnapshotId::new("AAAAD1nvented")),
        public: Some(true),
        collaborative: false,
    }
}

fn head(summary: PlaylistSummary, readable: bool) -> PlaylistHead {
    PlaylistHead {
        id: summary.id,
        name: summary.name,
        description: summary.description,
        owner: summary.owner,
        owner_name: summary.owner_name,
        total: summary.total,
        readable,
        snapshot: summary.snapshot,
        public: summary.public,
        collaborative: summary.collaborative,
    }
}

#[test]
fn the_profile_has_an_account_id_in_the_new_dialect_only() {
    for dialect in DIALECTS {
        let expected = Profile {
            account_id: (dialect == "new").then(|| AccountId::new("aB3dE5fG7h")),
            id: SpotifyUserId::new("mira.test"),
            display_name: Some("Mira".to_owned()),
            image: Some("https://i.scdn.co/image/mira300".to_owned()),
        };
        assert_eq!(dialect::profile(&fixture(dialect, "me")), Ok(expected));
    }
}

#[test]
fn a_hidden_playlist_is_listed_as_nothing_and_counted() {
    for dialect in DIALECTS {
        let shared = PlaylistSummary {
            id: "2PlaylistShared0000000".parse().unwrap(),
            name: "Kitchen".to_owned(),
            description: None,
            owner: Some(SpotifyUserId::new("jonas.test")),
            owner_name: None,
            total: Some(7),
            snapshot: Some(SnapshotId::new("AAAAC1nvented")),
            public: None,
            collaborative: true,
        };
        let discover = (dialect == "old").then(discover_weekly);
        let expected = Page { items: vec![Some(archive()), discover, Some(shared)], total: 5, next: true };
        assert_eq!(dialect::playlists(&fixture(dialect, "my_playlists")), Ok(expected));
    }
}

#[test]
fn a_foreign_playlist_is_metadata_without_items_in_the_new_dialect() {
    for dialect in DIALECTS {
        let id = archive().id;
        let own = dialect::playlist(&fixture(dialect, "playlist_own"), Some(&id));
        assert_eq!(own, Ok(head(archive(), true)));

        let id = discover_weekly().id;
        let foreign = dialect::playlist(&fixture(dialect, "playlist_foreign"), Some(&id));
        let (total, readable) = if dialect == "old" { (Some(30), true) } else { (None, false) };
        assert_eq!(foreign, Ok(head(PlaylistSummary { total, ..discover_weekly() }, readable)));
    }
}

#[test]
fn items_keep_their_positions_whatever_they_are() {
    for dialect in DIALECTS {
        let page = dialect::items(&fixture(dialect, "playlist_items"), 0).unwrap();
        assert_eq!((page.offset, page.total, page.next), (0, 212, true));
        // Development mode does not tell what was replaced.
        let replaced = "spotify:track:1TrackGravelOld0000000".parse().unwrap();
        let linked_from = (dialect == "old").then_some(replaced);
        let expected = [
            Entry::Track(item(lantern())),
            Entry::Track(TrackItem { track: gravel(), playable: false, linked_from }),
            Entry::Local,
            Entry::Episode,
            Entry::Unavailable,
        ];
        assert_eq!(page.entries, expected);
    }
}

#[test]
fn changes_answer_with_a_version() {
    for dialect in DIALECTS {
        for name in ["add_items", "replace_items", "remove_items"] {
            let snapshot = dialect::snapshot(&fixture(dialect, name)).unwrap();
            assert!(snapshot.as_str().starts_with("AAAAE1nvented"));
        }
        let made = dialect::playlist(&fixture(dialect, "create_playlist"), None).unwrap();
        assert_eq!(made.description.as_deref(), Some("marker 81c2"));
        assert_eq!(dialect::flags(&fixture(dialect, "library_contains")), Ok(vec![true, false]));
    }
}

#[test]
fn a_track_is_itself_in_both_dialects() {
    for dialect in DIALECTS {
        assert_eq!(dialect::track(&fixture(dialect, "track")), Ok(gravel()));
    }
}

fn discover_context() -> PlayContext {
    PlayContext { uri: format!("spotify:playlist:{DISCOVER}"), kind: Some("playlist".to_owned()) }
}

fn speaker() -> Device {
    Device {
        id: Some("d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819203".to_owned()),
        name: Some("Kitchen speaker".to_owned()),
        kind: Some("Speaker".to_owned()),
        is_active: true,
        is_private_session: false,
        is_restricted: false,
        volume_percent: Some(59),
        supports_volume: Some(true),
    }
}

fn playing() -> PlayerState {
    PlayerState {
        observed_at: now(),
        changed_at: "2026-11-20T10:00:00.123Z".parse().ok(),
        is_playing: true,
        progress_ms: Some(61_250),
        kind: PlayingKind::Track,
        item: Some(Media::Track(item(lantern()))),
        context: Some(discover_context()),
        device: Some(speaker()),
        repeat: Some("off".to_owned()),
        shuffle: Some(false),
        smart_shuffle: Some(false),
        disallows: vec!["resuming".to_owned()],
    }
}

#[test]
fn the_player_tells_tracks_episodes_files_and_advertisements_apart() {
    for dialect in DIALECTS {
        let player = |name| dialect::player(&fixture(dialect, name), now()).unwrap();
        assert_eq!(player("player_track"), playing());

        let episode = Episode {
            uri: Some("spotify:episode:5EpisodeTides000000000".to_owned()),
            title: "Why tides turn".to_owned(),
            show: Some("Short Talks".to_owned()),
            duration_ms: Some(1_686_230),
        };
        let context = PlayContext {
            uri: "spotify:show:6ShowTalks000000000000".to_owned(),
            kind: Some("show".to_owned()),
        };
        assert_eq!(context.playlist(), None);
        let expected = PlayerState {
            kind: PlayingKind::Episode,
            item: Some(Media::Episode(episode)),
            context: Some(context),
            ..playing()
        };
        assert_eq!(player("player_episode"), expected);

        let device = Device { id: None, volume_percent: None, is_private_session: true, ..speaker() };
        let expected = PlayerState {
            kind: PlayingKind::Ad,
            item: None,
            context: None,
            progress_ms: None,
            device: Some(device),
            ..playing()
        };
        assert_eq!(player("player_ad"), expected);

        let file = LocalFile {
            uri: Some("spotify:local:Basement+Tape:Demos:Rough+Mix:93".to_owned()),
            title: "Rough Mix".to_owned(),
            artists: vec!["Basement Tape".to_owned()],
            duration_ms: Some(93_000),
        };
        let expected =
            PlayerState { is_playing: false, item: Some(Media::Local(file)), context: None, ..playing() };
        assert_eq!(player("player_local"), expected);
    }
}

#[test]
fn the_history_keeps_its_order_milliseconds_and_cursors() {
    for dialect in DIALECTS {
        let expected = RecentPage {
            plays: vec![
                Played {
                    media: Media::Track(item(gravel())),
                    played_at: "2026-11-20T10:31:07.481Z".parse().unwrap(),
                    context: Some(discover_context()),
                },
                Played {
                    media: Media::Track(item(lantern())),
                    played_at: "2026-11-20T10:28:00.002Z".parse().unwrap(),
                    context: None,
                },
            ],
            unreadable: 0,
            next: true,
            after_ms: Some(1_795_170_667_481),
            before_ms: Some(1_795_170_480_002),
        };
        assert_eq!(dialect::recently_played(&fixture(dialect, "recently_played")), Ok(expected));
        assert_eq!(discover_context().playlist(), DISCOVER.parse().ok());

        let end = RecentPage { plays: vec![], unreadable: 0, next: false, after_ms: None, before_ms: None };
        assert_eq!(dialect::recently_played(&fixture(dialect, "recently_played_end")), Ok(end));
    }
}
