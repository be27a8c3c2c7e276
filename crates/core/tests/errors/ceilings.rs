//! What a playlist can hold and be called.

use reprise_core::archive;
use reprise_core::ports::AlertKind;
use reprise_domain::archive::{Fate, TargetState};
use reprise_domain::time::{days, hours};
use spotify_sim::{Track, World};

use crate::house::{House, recordings, weekly};
use crate::meet::{Met, ends_well, meet, plain, second_week, turn};

#[tokio::test]
async fn a_playlist_that_takes_no_more_is_told_and_loses_nothing() {
    for (code, says, again) in [
        (403, "Spotify refuses: status 403: Playlist size limit reached", hours(6)),
        (500, "Spotify is unavailable: status 500: Playlist size limit reached", hours(0)),
    ] {
        let (house, ada) = second_week().await;
        house.sim.change_settings(|settings| {
            settings.playlist_ceiling = 45;
            settings.ceiling_status = code;
        });
        let again = if code == 500 { std::time::Duration::from_mins(2) } else { again };
        meet(&house, &ada, Met { says, alert: None, again }).await;
        house.live(hours(20)).await;
        assert_eq!(house.archived("ada").len(), 30);
        house.sim.change_settings(|settings| settings.playlist_ceiling = 10_000);
        ends_well(&house, &ada, "ada").await;
    }
}

#[tokio::test]
async fn a_playlist_that_calls_every_track_wrong_is_told_and_loses_nothing() {
    let (house, ada) = second_week().await;
    house.sim.change_settings(|settings| {
        settings.playlist_ceiling = 30;
        settings.ceiling_status = 400;
    });
    let met = Met {
        says: "Spotify refuses: status 400: Playlist size limit reached",
        alert: Some((AlertKind::Refused, "Nothing is lost: they wait in the ledger")),
        again: hours(6),
    };
    let calls = house.sim.used_today("sim-developer");
    meet(&house, &ada, met).await;
    let calls = house.sim.used_today("sim-developer") - calls;
    assert!(calls < 30, "{calls}: it is not asked track by track");
    house.live(hours(20)).await;
    assert_eq!(house.archived("ada").len(), 30);
    assert_eq!(house.told(&ada).len(), 1, "told once while it lasts");
    house.sim.change_settings(|settings| settings.playlist_ceiling = 10_000);
    ends_well(&house, &ada, "ada").await;
}

#[tokio::test]
async fn a_growing_archive_rolls_over_before_ten_thousand() {
    let house = House::furnished(
        crate::house::START,
        |app| app.world = World::Extended,
        |config| config.daily_calls = 10_000,
    )
    .await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    let many = (0..9_880).map(|number| Track::new(1_000_000 + number).uri()).collect();
    let old = house.make("ada", "Discover Weekly Archive", many);
    archive::adopt(&house.core, &ada.id, &weekly(), &old).await.unwrap();
    house.live(hours(1)).await;
    turn(&house).await;
    house.live(days(1)).await;
    let mut archives = house.playlists("ada", "Discover Weekly Archive");
    archives.sort_by_key(|archive| archive.name.len());
    let names: Vec<_> = archives.iter().map(|archive| archive.name.as_str()).collect();
    assert_eq!(names, ["Discover Weekly Archive", "Discover Weekly Archive (2)"]);
    assert_eq!(archives[0].items.len(), 9_880, "nothing is put where no whole list fits");
    assert_eq!(recordings(&archives[1]), house.expected("ada"));
    let states: Vec<_> = house.targets(&ada).await.iter().map(|target| target.state).collect();
    assert_eq!(states, [TargetState::Open, TargetState::Open]);
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn names_that_are_too_long_are_cut_and_private_is_only_asked_for() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    house.change_source(&ada, |source| source.settings.name = "Ünïcödé ".repeat(30)).await;
    house.live(days(1)).await;
    let made = house.playlists("ada", "Ünïcödé").remove(0);
    assert_eq!(made.name.chars().count(), 100);
    let description = made.description.clone().unwrap();
    assert!(description.chars().count() <= 300 && !description.contains(['\n', '<', '>']));
    // Asked to be private, Spotify made it public; the archive works all the same.
    assert!(made.public);
    assert_eq!(recordings(&made), house.expected("ada"));
    house.act("ada", &spotify_sim::Act::SetPublic { playlist: made.id, public: false });
    turn(&house).await;
    house.live(days(1)).await;
    assert_eq!(recordings(&house.playlists("ada", "Ünïcödé")[0]), house.expected("ada"));
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn more_than_a_hundred_tracks_are_added_in_pieces_and_in_order() {
    let house = House::build(World::Development).await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    let many: Vec<u32> = (500_000..500_250).collect();
    let links: Vec<_> = many.iter().map(|number| Track::new(*number).uri().parse().unwrap()).collect();
    house.paste(&ada, &links).await;
    house.live(hours(1)).await;
    assert_eq!(house.archived("ada"), many);
    let refused = house.sim.log().into_iter().filter(|entry| entry.status == Some(400)).count();
    assert_eq!(refused, 0, "never more than a hundred in one request");
    let generation = house.generations(&ada).await.remove(0);
    assert!(generation.tracks.iter().all(|found| matches!(found.fate, Fate::Archived { .. })));
}
