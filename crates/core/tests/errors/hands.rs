//! Listeners who reorder, take out, rename, delete and bring along playlists of their own.

use reprise_core::archive::{self, ManageError};
use reprise_core::ports::{AlertKind, CheckKind, CheckOutcome, RunOutcome};
use reprise_domain::archive::{Fate, TargetState};
use reprise_domain::time::{days, hours};
use spotify_sim::{Act, Oddities, Track, User as Listener, World};

use crate::house::{House, recordings, weekly};
use crate::meet::{Met, ends_well, meet, plain, second_week, turn};

#[tokio::test]
async fn a_reordered_archive_keeps_its_order_and_goes_on_at_its_end() {
    let (house, ada) = second_week().await;
    let playlist = house.archive("ada").id;
    house.act("ada", &Act::Reverse { playlist: playlist.clone() });
    house.act("ada", &Act::Move { playlist, from: 3, to: 20 });
    let theirs = house.archived("ada");
    house.live(days(2)).await;
    let expected: Vec<u32> = theirs.iter().chain(&house.expected("ada")[30..]).copied().collect();
    assert_eq!(house.archived("ada"), expected);
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn what_the_listener_takes_out_is_noted_and_never_added_again() {
    let house = House::build(World::Extended).await;
    let mut listener = Listener::new("ada");
    listener.discover_weekly.odd = Oddities { repeated: 40.0, other_edition: 20.0, ..Oddities::default() };
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.live(days(16)).await;
    let archive = house.archive("ada");
    let taken: Vec<_> = archive.items.iter().step_by(2).collect();
    let uris = taken.iter().filter_map(|item| item.uri.clone()).collect();
    house.act("ada", &Act::Remove { playlist: archive.id.clone(), uris });
    house.live(days(70)).await;
    let is = house.archived("ada");
    let gone: Vec<u32> = taken.iter().filter_map(|item| item.recording).collect();
    let came_back = house.expected("ada");
    assert!(gone.iter().all(|recording| came_back.contains(recording) && !is.contains(recording)));
    let expected: Vec<u32> = came_back.into_iter().filter(|recording| !gone.contains(recording)).collect();
    assert_eq!(is, expected);
    let fates = house.generations(&ada).await.into_iter().flat_map(|generation| generation.tracks);
    let removed = fates.filter(|found| matches!(found.fate, Fate::Removed { .. })).count();
    assert_eq!(removed, gone.len());
}

#[tokio::test]
async fn a_renamed_archive_is_the_same_archive() {
    let (house, ada) = second_week().await;
    let playlist = house.archive("ada").id;
    house.act("ada", &Act::Rename { playlist: playlist.clone(), name: "Mine".to_owned() });
    house.act("ada", &Act::Describe { playlist, description: "My words".to_owned() });
    let (outcome, _) = house.line(&ada, CheckKind::ArchiveReadBack).await;
    assert_eq!(outcome, CheckOutcome::Passed);
    house.live(days(2)).await;
    let mine = house.playlists("ada", "Mine").remove(0);
    assert_eq!(recordings(&mine), house.expected("ada"));
    assert_eq!(mine.description.as_deref(), Some("My words"));
    assert_eq!(house.playlists("ada", "Discover").len(), 0);
    assert_eq!(house.told(&ada), []);
}

#[tokio::test]
async fn a_deleted_archive_is_noticed_within_a_month_and_rebuilt_in_order() {
    let (house, ada) = second_week().await;
    house.live(days(8)).await;
    let first = house.archive("ada");
    let kept = house.expected("ada");
    house.act("ada", &Act::Unfollow { playlist: first.id.clone() });
    house.live(days(35)).await;
    let told = house.told(&ada);
    assert!(
        matches!(told.first(), Some((AlertKind::ArchiveGone, text)) if text.contains("can be rebuilt")),
        "{told:?}"
    );
    assert_eq!(
        house.complaint(&ada).await.unwrap(),
        "The archive playlist is no longer in the listener's library"
    );
    assert!(house.due_in(&ada).await <= days(1));
    assert_eq!(house.targets(&ada).await[0].state, TargetState::Gone);
    let (outcome, words) = house.line(&ada, CheckKind::ArchiveReadBack).await;
    assert_eq!(outcome, CheckOutcome::Failed);
    assert!(words.contains("can be rebuilt"), "{words}");

    let waiting = archive::rebuild(&house.core, &ada.id, &weekly()).await.unwrap();
    assert!(waiting >= kept.len(), "{waiting} wait again");
    house.live(days(1)).await;
    let truth = house.sim.truth("ada").unwrap();
    let archives: Vec<_> = truth.playlists.iter().filter(|playlist| playlist.followed).collect();
    assert_eq!(archives.len(), 1);
    assert_eq!(recordings(archives[0]), house.expected("ada"), "all weeks, in order");
    assert_eq!(house.targets(&ada).await[0].state, TargetState::Replaced);
    turn(&house).await;
    house.live(days(1)).await;
    let truth = house.sim.truth("ada").unwrap();
    let archives: Vec<_> = truth.playlists.iter().filter(|playlist| playlist.followed).collect();
    assert_eq!(recordings(archives[0]), house.expected("ada"), "and the weeks after");
}

#[tokio::test]
async fn an_archive_that_is_gone_stops_nothing_but_itself() {
    let (house, ada) = second_week().await;
    house.live(days(32)).await;
    let first = house.archive("ada");
    house.act("ada", &Act::Unfollow { playlist: first.id });
    turn(&house).await;
    let met = Met {
        says: "The archive playlist is no longer in the listener's library",
        alert: Some((AlertKind::ArchiveGone, "until then new weeks wait")),
        again: days(1),
    };
    // The library is asked once a month; make it now.
    let mut target = house.core.ports.ledger.targets(&ada.id).await.unwrap().remove(0);
    target.value.seen_in_library = crate::house::START.parse().unwrap();
    let _ = house.core.ports.ledger.put_target(&ada.id, &target.value, target.version).await.unwrap();
    meet(&house, &ada, met).await;
    let newest = house.generations(&ada).await.pop().unwrap();
    assert_eq!(newest.pending().count(), 30, "seen, and waiting");
}

#[tokio::test]
async fn an_archive_that_another_tool_made_is_adopted_and_nothing_is_doubled() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(plain("ada"));
    house.sim.add_user(plain("bob"));
    let ada = house.sign_up("ada").await;
    let shown = house.shown("ada");
    // Ten of this week's tracks, one of them in another edition, and some of before.
    let old: Vec<String> = (0..20).map(|number| Track::new(700_000 + number).uri()).collect();
    let single = Track::from_uri(shown[3].as_str()).unwrap().edition(spotify_sim::Edition::Single);
    let ten = shown[..10].iter().map(|uri| uri.as_str().to_owned());
    let held =
        old.into_iter().chain(ten).map(|uri| if uri == shown[3].as_str() { single.uri() } else { uri });
    let theirs = house.make("ada", "My weekly finds", held.collect());
    let strange = house.make("bob", "Not hers", Vec::new());
    let refused = archive::adopt(&house.core, &ada.id, &weekly(), &strange).await;
    assert!(matches!(refused, Err(ManageError::NotOwned)));
    archive::adopt(&house.core, &ada.id, &weekly(), &theirs).await.unwrap();
    house.live(days(9)).await;
    let adopted = house.playlists("ada", "My weekly finds").remove(0);
    let before: Vec<u32> = (700_000..700_020).collect();
    let expected: Vec<u32> = before.into_iter().chain(house.expected("ada")).collect();
    assert_eq!(recordings(&adopted), expected);
    assert_eq!(house.playlists("ada", "Discover").len(), 0, "no second archive");
    let first = house.generations(&ada).await.remove(0);
    let present = first.tracks.iter().filter(|found| matches!(found.fate, Fate::Present { .. })).count();
    assert_eq!(present, 10);
    assert_eq!(house.told(&ada), []);
    // Deleted, it is rebuilt with what it held of Discover Weekly.
    let waiting = house.expected("ada").len();
    house.act("ada", &Act::Unfollow { playlist: theirs.as_str().to_owned() });
    house.live(days(36)).await;
    archive::rebuild(&house.core, &ada.id, &weekly()).await.unwrap();
    house.live(days(1)).await;
    let rebuilt = house.archived("ada");
    assert!(rebuilt.len() >= waiting);
    assert_eq!(rebuilt, house.expected("ada"));
}

#[tokio::test]
async fn a_look_before_the_leap_writes_nothing_anywhere() {
    let (house, ada) = second_week().await;
    let before = (house.source(&ada).await, house.generations(&ada).await, house.targets(&ada).await);
    let (seq, runs) = (house.seq(), house.runs(&ada).await);
    let preview = archive::preview(&house.core, &ada.id, &weekly()).await.unwrap();
    assert!(preview.is_new);
    assert_eq!(preview.additions.len(), 30);
    assert!(preview.additions.iter().all(|(_, title)| title.is_some()));
    let links: Vec<_> = preview.additions.into_iter().map(|(uri, _)| uri).collect();
    assert_eq!(links, house.shown("ada"), "in order");
    let calls = house.calls_after(seq);
    assert!(calls.iter().all(|call| call.starts_with("GET ")), "{calls:?}");
    let after = (house.source(&ada).await, house.generations(&ada).await, house.targets(&ada).await);
    assert_eq!(before, after);
    assert_eq!(runs, house.runs(&ada).await);
    ends_well(&house, &ada, "ada").await;
    let preview = archive::preview(&house.core, &ada.id, &weekly()).await.unwrap();
    assert_eq!((preview.is_new, preview.additions.len(), preview.known), (false, 0, 30));
    house.live(hours(1)).await;
    assert!(matches!(house.run(&ada).await.outcome, RunOutcome::NothingNew));
}
