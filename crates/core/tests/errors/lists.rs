//! Lists that are hidden, renamed, moved, odd, short, long, early, late or changed in between.

use reprise_core::ports::{AlertKind, CheckKind, CheckOutcome, RunOutcome};
use reprise_domain::archive::{Access, Expected, Fate, Generation, Rung, Step};
use reprise_domain::time::{days, hours};
use spotify_sim::{Act, Edition, LateTurn, Oddities, Refusal, Track, Variant, World};

use crate::house::{APP, House};
use crate::meet::{ends_well, plain, second_week, turn};

#[tokio::test]
async fn a_list_that_this_app_may_not_read_is_copied_or_pasted() {
    for (refusal, as_null, known) in [
        (Refusal::NotFound, true, true),
        (Refusal::Forbidden, false, true),
        (Refusal::NotFound, true, false),
        (Refusal::Forbidden, false, false),
    ] {
        let house = House::build(World::Development).await;
        house.sim.change_client(APP, |app| {
            app.generated_refusal = refusal;
            app.generated_as_null = as_null;
        });
        house.sim.add_user(plain("ada"));
        let ada = house.sign_up("ada").await;
        if known {
            // Ada has pasted the playlist's link in the settings.
            let id = house.sim.discover_weekly_id("ada").unwrap();
            house.change_source(&ada, |source| source.playlist = Some(id.parse().unwrap())).await;
        }
        let (outcome, words) = house.line(&ada, CheckKind::DiscoverWeekly).await;
        assert_eq!(outcome, CheckOutcome::OtherWay);
        let told = if known { "may not read Discover Weekly" } else { "not among the playlists" };
        assert!(words.contains(told) && words.to_lowercase().contains("inbox"), "{words}");

        let run = house.run(&ada).await;
        assert_eq!(run.outcome, RunOutcome::NothingNew, "hidden is no failure");
        assert!(run.calls <= 1, "{} calls", run.calls);
        turn(&house).await;
        house.live(days(3)).await;
        let told = house.told(&ada);
        assert!(matches!(told.as_slice(), [(AlertKind::WeekMissing, _)]), "{told:?}");
        assert!(told[0].1.contains("2026-W48") && told[0].1.contains("paste its links"), "{told:?}");

        house.paste(&ada, &house.shown("ada")).await;
        house.live(hours(1)).await;
        let inbox = house.make("ada", "Inbox", Vec::new());
        house.change_source(&ada, |source| source.inbox = Some(inbox.clone())).await;
        turn(&house).await;
        house.act("ada", &Act::CopyDiscoverWeekly { into: inbox.as_str().to_owned() });
        house.live(days(2)).await;
        let generations = house.generations(&ada).await;
        let rungs: Vec<_> = generations.iter().map(Generation::by_rung).collect();
        assert_eq!(rungs, [vec![(Rung::Pasted, 30)], vec![(Rung::Copy, 30)]]);
        assert!(generations.iter().all(|generation| generation.expected == Expected::Assumed(30)));
        assert_eq!(house.archived("ada"), house.expected("ada")[30..]);
        assert!(house.playlists("ada", "Inbox")[0].items.is_empty(), "drained");
        assert_eq!(house.told(&ada).len(), 1, "no more to tell");
    }
}

#[tokio::test]
async fn a_list_is_found_whatever_spotify_calls_it() {
    let house = House::build(World::Extended).await;
    for locale in ["en", "de", "fr", "es", "pt", "it", "ru", "ar", "fi", "hu", "pl", "tr", "zh-TW"] {
        let name = format!("ada-{locale}");
        let mut listener = plain(&name);
        locale.clone_into(&mut listener.locale);
        house.sim.add_user(listener);
        // Another's playlist of that name is no Discover Weekly.
        house.make(&name, "Discover Weekly", Vec::new());
        let ada = house.sign_up(&name).await;
        let found = house.source(&ada).await.playlist.map(|id| id.as_str().to_owned());
        assert_eq!(found, house.sim.discover_weekly_id(&name), "{locale}");
        let (outcome, _) = house.line(&ada, CheckKind::DiscoverWeekly).await;
        assert_eq!(outcome, CheckOutcome::Passed, "{locale}");
    }
}

#[tokio::test]
async fn a_list_that_spotify_gave_another_id_is_found_again_by_itself() {
    let (house, ada) = second_week().await;
    house.sim.change_user("ada", |ada| ada.discover_weekly.moved = 1);
    house.live(hours(2)).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    let found = house.source(&ada).await.playlist.map(|id| id.as_str().to_owned());
    assert_eq!(found, house.sim.discover_weekly_id("ada"));
    ends_well(&house, &ada, "ada").await;
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn a_list_that_left_the_library_is_read_all_the_same() {
    let (house, ada) = second_week().await;
    house.act("ada", &Act::FollowDiscoverWeekly(false));
    ends_well(&house, &ada, "ada").await;
    assert_eq!(house.line(&ada, CheckKind::DiscoverWeekly).await.0, CheckOutcome::Passed);
}

#[tokio::test]
async fn a_list_that_can_be_read_again_after_a_month_is() {
    let (house, ada) = second_week().await;
    house.sim.change_client(APP, |app| app.world = World::Development);
    house.live(days(2)).await;
    assert!(matches!(house.source(&ada).await.access, Access::Refused { .. }));
    house.sim.change_client(APP, |app| app.world = World::Extended);
    house.live(days(35)).await;
    assert_eq!(house.source(&ada).await.access, Access::Readable);
    assert_eq!(house.archived("ada").last(), house.expected("ada").last());
}

#[tokio::test]
async fn entries_that_are_no_tracks_are_counted_and_substitutes_are_recognised() {
    let house = House::build(World::Extended).await;
    let mut listener = plain("ada");
    listener.discover_weekly.odd = Oddities {
        relinked: 20.0,
        unavailable: 10.0,
        null: 10.0,
        local: 10.0,
        ..listener.discover_weekly.odd
    };
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.live(days(25)).await;
    let generations = house.generations(&ada).await;
    let truth = house.sim.truth("ada").unwrap().discover_weekly.generations;
    assert_eq!(generations.len(), truth.len());
    for (generation, truth) in generations.iter().zip(&truth) {
        let tracks = truth.entries.iter().filter(|entry| entry.recording.is_some()).count();
        assert!(tracks < 30, "{} has odd entries", generation.label);
        assert_eq!(generation.expected, Expected::Read(30), "m counts every entry");
        assert_eq!(generation.tracks.len(), tracks, "n of m: {} of 30", generation.label);
        assert_eq!(generation.step, Step::Done);
        // Lists say 1970 of everything: what counts is when it was seen.
        assert!(generation.first_seen >= truth.from);
    }
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert_eq!(house.told(&ada), [], "a substitute is no doubling and no removal");
    let uris: Vec<_> = house.archive("ada").items.into_iter().filter_map(|item| item.uri).collect();
    let relinked =
        |uri: &&String| Track::from_uri(uri).is_some_and(|track| track.edition == Edition::Relinked);
    assert!(uris.iter().any(|uri| relinked(&uri)), "the original is archived, not its substitute");
}

#[tokio::test]
async fn short_and_long_lists_are_archived_whole() {
    for size in [1, 12, 31, 50, 51, 64] {
        let house = House::build(World::Extended).await;
        let mut listener = plain("ada");
        listener.discover_weekly.size = size;
        house.sim.add_user(listener);
        let ada = house.sign_up("ada").await;
        house.live(days(16)).await;
        let generations = house.generations(&ada).await;
        assert_eq!(generations.len(), 3, "size {size}");
        assert!(generations.iter().all(|generation| generation.expected == Expected::Read(u32::from(size))));
        assert_eq!(house.archived("ada"), house.expected("ada"), "size {size}");
    }
}

#[tokio::test]
async fn a_variant_in_the_middle_of_the_week_joins_its_generation() {
    let house = House::build(World::Extended).await;
    let mut listener = plain("ada");
    listener.discover_weekly.variant = Some(Variant { percent: 100.0, after_hours: 60, replaces: 10 });
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.live(days(18)).await;
    let generations = house.generations(&ada).await;
    let tracks: Vec<_> = generations.iter().map(|generation| generation.tracks.len()).collect();
    assert_eq!(tracks, [40, 40, 40]);
    let archived = |fate: &Fate| matches!(fate, Fate::Archived { .. });
    assert!(generations.iter().flat_map(|known| &known.tracks).all(|found| archived(&found.fate)));
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn last_weeks_list_shown_for_hours_after_the_turn_starts_nothing() {
    let house = House::build(World::Extended).await;
    let mut listener = plain("ada");
    listener.discover_weekly.late = Some(LateTurn { percent: 50.0, hours: 5 });
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.live(days(7 * 8)).await;
    let generations = house.generations(&ada).await;
    let truth = house.sim.truth("ada").unwrap().discover_weekly.generations;
    let late = truth.iter().filter(|truth| truth.from.strftime("%H").to_string() == "05").count();
    assert!(late > 1 && late < truth.len(), "{late} of {} were late", truth.len());
    assert_eq!(generations.len(), truth.len());
    assert!(generations.iter().all(|generation| generation.tracks.len() == 30));
    let labels: Vec<_> = generations.iter().map(|generation| generation.label.to_string()).collect();
    let mut unique = labels.clone();
    unique.dedup();
    assert_eq!(labels, unique);
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert_eq!(house.told(&ada), []);
}
