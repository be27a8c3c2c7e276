//! One playlist a week, one a year.

use reprise_domain::archive::{Fate, Style};
use reprise_domain::time::days;
use spotify_sim::{Fault, FaultKind, Oddities, User as Listener, Variant, When, World};

use crate::house::{House, recordings};
use crate::meet::plain;

#[tokio::test]
async fn a_weekly_archive_holds_every_list_whole_without_looking_at_other_weeks() {
    let house = House::build(World::Extended).await;
    let mut listener = Listener::new("ada");
    listener.discover_weekly.odd = Oddities { repeated: 30.0, other_edition: 10.0, ..Oddities::default() };
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.change_source(&ada, |source| source.settings.style = Style::Weekly).await;
    house.live(days(24)).await;
    let truth = house.sim.truth("ada").unwrap().discover_weekly.generations;
    let made = house.playlists("ada", "Discover Weekly 20");
    let names: Vec<_> = made.iter().map(|playlist| playlist.name.as_str()).collect();
    let weeks =
        ["2026-W47", "2026-W48", "2026-W49", "2026-W50"].map(|week| format!("Discover Weekly {week}"));
    assert_eq!(names, weeks);
    for (playlist, truth) in made.iter().zip(&truth) {
        let list: Vec<u32> = truth.entries.iter().filter_map(|entry| entry.recording).collect();
        assert_eq!(recordings(playlist), list, "{}", playlist.name);
        assert!(playlist.history.iter().any(|change| change.what == "replaced"), "in one call");
    }
}

#[tokio::test]
async fn a_weekly_archive_takes_a_variant_in_and_survives_unknown_outcomes() {
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore, FaultKind::status(503), FaultKind::EmptyBody]
    {
        let house = House::build(World::Extended).await;
        let mut listener = plain("ada");
        listener.discover_weekly.variant = Some(Variant { percent: 100.0, after_hours: 60, replaces: 8 });
        house.sim.add_user(listener);
        let ada = house.sign_up("ada").await;
        house.change_source(&ada, |source| source.settings.style = Style::Weekly).await;
        for on in ["PUT /v1/playlists/{id}/items", "POST /v1/playlists/{id}/items"] {
            house.sim.faults().add(Fault::once(on, kind.clone()).when(When::Next(2)));
        }
        house.live(days(11)).await;
        let made = house.playlists("ada", "Discover Weekly 20");
        assert_eq!(made.len(), 2, "{kind:?}");
        for (playlist, generation) in made.iter().zip(house.generations(&ada).await) {
            assert_eq!(playlist.items.len(), 38, "{kind:?}");
            let uris: Vec<_> = generation.tracks.iter().map(|found| found.identity.uri.as_str()).collect();
            let held: Vec<_> = playlist.items.iter().filter_map(|item| item.uri.as_deref()).collect();
            assert_eq!(held, uris, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_yearly_archive_begins_anew_with_the_year() {
    let house = House::furnished("2026-12-14T06:00:00Z", |app| app.world = World::Extended, |_| {}).await;
    let mut listener = Listener::new("ada");
    listener.discover_weekly.odd =
        Oddities { repeated: 20.0, other_edition: 0.0, mislabelled: 0.0, ..Oddities::default() };
    house.sim.add_user(listener);
    let ada = house.sign_up("ada").await;
    house.change_source(&ada, |source| source.settings.style = Style::Yearly).await;
    house.live(days(7 * 6)).await;
    let truth = house.sim.truth("ada").unwrap().discover_weekly.generations;
    for (name, year) in [("Discover Weekly Archive 2026", 2026), ("Discover Weekly Archive 2027", 2027)] {
        let made = house.playlists("ada", name);
        assert_eq!(made.len(), 1, "{name}");
        let generations = house.generations(&ada).await;
        let mut expected = Vec::new();
        for (truth, generation) in truth.iter().zip(&generations) {
            let tracks = truth.entries.iter().filter_map(|entry| entry.recording);
            expected.extend(tracks.filter(|_| generation.label.year() == year));
        }
        let mut once = Vec::new();
        expected.retain(|recording| {
            !once.contains(recording) && {
                once.push(*recording);
                true
            }
        });
        assert_eq!(recordings(&made[0]), expected, "{name}: each once a year");
    }
    let earlier = house.generations(&ada).await.into_iter().flat_map(|generation| generation.tracks);
    assert!(earlier.filter(|found| matches!(found.fate, Fate::Earlier { .. })).count() > 0);
}
