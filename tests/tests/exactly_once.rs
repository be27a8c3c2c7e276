//! Exactly once, with the real binary and SIGKILL: a year of weeks under faults, and in the end every
//! track that could be found stands in the archive once, in order.

#![expect(clippy::print_stdout, reason = "the figures are what these stories are told for")]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reprise_core::failpoint;
use reprise_domain::time::days;
use reprise_tests::listener::Listener;
use reprise_tests::trial::{Difference, SETTLED, Trial, append_new, compare};
use spotify_sim::{Act, CountBy, Fault, FaultKind, Rotation, User, Variant, Weekly, When, World};

const START: &str = "2026-11-16T06:00:00Z";
const WEEKS: u32 = 52;

/// Places around the moment that matters, killed over and over.
const HOT: [&str; 6] =
    ["archive.planned", "archive.sent", "archive.added", "archive.planned", "archive.sent", "archive.looked"];

/// Faults on a fifth of all calls, of every kind that leaves its caller guessing and some that do not.
fn faults() -> Vec<Fault> {
    let kinds = [
        FaultKind::status(500),
        FaultKind::status(503),
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::LateEffect { after_sim_seconds: 50 },
        FaultKind::Truncated,
        FaultKind::EmptyBody,
        FaultKind::Html { code: 200 },
        FaultKind::Html { code: 502 },
    ];
    kinds.map(|kind| Fault::always("*", kind).when(When::Percent(20.0 / 9.0))).to_vec()
}

/// Deaths to come: around the moment that matters mostly, every named place of the work in turn.
fn deaths(count: usize, named: &[&'static str]) -> Vec<(&'static str, u64)> {
    let place = |n: usize| if n.is_multiple_of(8) { named[n / 8 % named.len()] } else { HOT[n % HOT.len()] };
    (0..count).map(|n| (place(n), 1 + (n % 3) as u64)).collect()
}

/// Places that are passed again and again, so that a death ordered there comes.
fn in_every_week(name: &str) -> bool {
    let once = ["archive.creating", "archive.created", "archive.target", "archive.drained"];
    !name.starts_with("onboard.") && !once.contains(&name)
}

/// The steps that only a first sign-up passes.
const FIRST: [&str; 5] =
    ["onboard.exchanged", "onboard.admitted", "archive.creating", "archive.created", "archive.target"];

/// Listeners who have been warned consent again, within two days.
async fn consent_again(
    trial: &mut Trial,
    listeners: &mut [Listener],
    since: &mut BTreeMap<String, Timestamp>,
) {
    for user in trial.users().await {
        let name = user.spotify_id.as_str().to_owned();
        let last = since.get(&name).copied().unwrap_or(Timestamp::UNIX_EPOCH);
        let Some(warned) = trial.warned_since(&user, last).await else { continue };
        let Some(listener) = listeners.iter_mut().find(|listener| listener.name == name) else { continue };
        // Months later the browser has forgotten the session: they sign in again, which is consent.
        *listener = Listener::new(&name);
        let mut tries = 0;
        while listener.connect(&trial.url().await, "/", &trial.sim).await.is_err() {
            tries += 1;
            assert!(tries < 100, "{name} could not consent again");
            trial.pass(Duration::from_mins(5)).await;
        }
        let now = trial.sim.clock().now();
        assert!(now.duration_since(warned) < jiff::SignedDuration::from_hours(48), "{name} was too late");
        since.insert(name, now);
    }
}

fn report(title: &str, trial: &Trial, difference: Difference) {
    let Difference { lost, doubled, out_of_order } = difference;
    let kills = &trial.kills;
    println!("{title}: lost {lost}, doubled {doubled}, out of order {out_of_order}");
    println!(
        "{title}: {} kills, {} of them between Planned and Verified; {:?}",
        kills.total(),
        kills.while_unverified,
        kills.at
    );
    let counts = trial.sim.counts(CountBy::Endpoint);
    println!("{title}: {} calls; {counts:?}", counts.values().sum::<u64>());
}

fn sum(differences: &[Difference]) -> Difference {
    differences.iter().fold(Difference::default(), |sum, one| Difference {
        lost: sum.lost + one.lost,
        doubled: sum.doubled + one.doubled,
        out_of_order: sum.out_of_order + one.out_of_order,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_twenty_listeners_whose_lists_can_be_read() {
    const KILLS: usize = 320;
    let mut trial = Trial::begin(World::Extended, START, 11).await;
    trial.sim.change_settings(|settings| {
        settings.lag.playlist_ms = 60_000;
        settings.lag.listing_ms = 60_000;
    });
    let began = trial.sim.clock().now();
    let rotations = [Rotation::None, Rotation::Empty, Rotation::Same, Rotation::RotateGraceful];
    // The first sign-ups die after each of their steps.
    trial.kill_at(FIRST.map(|place| (place, 1)));
    let mut listeners = Vec::new();
    for n in 0..20 {
        let name = format!("listener{n:02}");
        // Some lists change in mid-week: what they showed until then was to be had for 60 hours.
        let variant = (n % 4 == 3).then_some(Variant { percent: 30.0, after_hours: 60, replaces: 10 });
        trial.sim.add_user(User {
            rotation: Some(rotations[n % 4]),
            discover_weekly: Weekly {
                variant,
                turn_hour: u16::try_from(n % 5).unwrap(),
                ..Weekly::default()
            },
            ..User::new(&name)
        });
        let mut listener = Listener::new(&name);
        trial.sign_up(&mut listener).await;
        trial.pass(Duration::from_mins(5)).await;
        listeners.push(listener);
    }
    for fault in faults() {
        trial.sim.faults().add(fault);
    }
    trial
        .sim
        .faults()
        .add(Fault::always("POST /api/token", FaultKind::FalseInvalidGrant).when(When::Percent(0.2)));
    trial.sim.faults().add(Fault::always("*", FaultKind::HoldAfter { ms: 3_500 }).when(When::Every(2_500)));
    let named: Vec<&str> = failpoint::NAMES.iter().copied().filter(|name| in_every_week(name)).collect();
    trial.spare().await;
    trial.kill_at(deaths(KILLS, &named));
    let mut since = BTreeMap::new();
    for _ in 0..WEEKS * 7 {
        trial.pass(days(1)).await;
        consent_again(&mut trial, &mut listeners, &mut since).await;
    }
    trial.spare().await;
    trial.sim.faults().clear();
    trial.pass(days(2) + SETTLED).await;
    let mut differences = Vec::new();
    for listener in &listeners {
        let name = listener.name.as_str();
        let (readable, archived) = (trial.readable(name, began), trial.archived(name));
        let difference = compare(&readable, &archived);
        if difference != Difference::default() {
            let missing: Vec<u32> = readable.into_iter().filter(|it| !archived.contains(it)).collect();
            println!(
                "{difference:?} {} {}",
                trial.tell(name).await,
                trial.tell_missing(name, &missing).await
            );
        }
        differences.push(difference);
    }
    report("extended, api", &trial, sum(&differences));
    assert_eq!(sum(&differences), Difference::default());
    assert!(trial.kills.total() >= 300, "{}", trial.kills.total());
    assert!(trial.kills.while_unverified >= 200, "{}", trial.kills.while_unverified);
    assert!(!since.is_empty(), "consent ends twice a year, and must have been renewed");
    for name in failpoint::NAMES.iter().filter(|name| **name != "archive.drained") {
        assert!(trial.kills.at.contains_key(*name), "{name} was never killed");
    }
    trial.assert_no_canary();
}

/// What a listener of the development world does once a week.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Adds the whole list to the inbox playlist.
    Copies,
    /// Pastes the list's links.
    Pastes,
}

/// Makes an inbox playlist and names it in the settings.
async fn set_inbox(trial: &mut Trial, listener: &Listener) -> String {
    let inbox = trial
        .sim
        .act(&listener.name, &Act::Create { name: "Inbox".into(), uris: vec![] })
        .expect("a new playlist");
    let inbox = inbox.playlist.expect("its id");
    let link = format!("https://open.spotify.com/playlist/{inbox}");
    for _ in 0..100 {
        let base = trial.url().await;
        if let Ok(page) = listener.open(&base, "/settings").await
            && listener
                .fill_in(&base, &page, "/settings", &[("inbox_url", &link), ("sources", "")])
                .await
                .is_ok()
        {
            return inbox;
        }
        trial.pass(Duration::from_mins(10)).await;
    }
    panic!("{} could not name an inbox", listener.name);
}

/// What Discover Weekly holds for a listener now: links and recordings.
fn current_list(trial: &Trial, name: &str) -> (Vec<String>, Vec<u32>) {
    let truth = trial.sim.truth(name).expect("a listener");
    let entries = truth.discover_weekly.generations.last().expect("a list").entries.iter();
    entries.filter_map(|entry| Some((entry.shown_uri.clone()?, entry.recording?))).unzip()
}

/// Pastes links, as often as it takes.
async fn paste(trial: &mut Trial, listener: &Listener, uris: &[String]) {
    let links: Vec<String> =
        uris.iter().map(|uri| uri.replace("spotify:track:", "https://open.spotify.com/track/")).collect();
    let text = links.join("\n");
    for _ in 0..100 {
        let base = trial.url().await;
        if let Ok(page) = listener.open(&base, "/archive").await
            && let Ok(preview) = listener.fill_in(&base, &page, "/archive/paste", &[("tracks", &text)]).await
        {
            let asks = preview.contains("/archive/paste/confirm");
            // Where nothing is new, an earlier press has arrived although its answer did not.
            if !asks || listener.fill_in(&base, &preview, "/archive/paste/confirm", &[]).await.is_ok() {
                return;
            }
        }
        trial.pass(Duration::from_mins(10)).await;
    }
    panic!("{} could not paste", listener.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_five_listeners_whose_app_may_not_read_the_list() {
    const KILLS: usize = 120;
    let mut trial = Trial::begin(World::Development, START, 23).await;
    trial.sim.change_settings(|settings| {
        settings.lag.playlist_ms = 60_000;
        settings.lag.listing_ms = 60_000;
    });
    let habits = [Habit::Copies, Habit::Pastes, Habit::Copies, Habit::Pastes, Habit::Copies];
    let (mut listeners, mut inboxes, mut expected) = (Vec::new(), Vec::new(), vec![Vec::new(); habits.len()]);
    for (n, habit) in habits.iter().enumerate() {
        let name = format!("listener{n:02}");
        trial.sim.add_user(User::new(&name));
        let mut listener = Listener::new(&name);
        trial.sign_up(&mut listener).await;
        inboxes.push(if *habit == Habit::Copies {
            Some(set_inbox(&mut trial, &listener).await)
        } else {
            None
        });
        listeners.push(listener);
    }
    for fault in faults() {
        trial.sim.faults().add(fault);
    }
    trial.spare().await;
    let named: Vec<&str> = failpoint::NAMES.iter().copied().filter(|name| in_every_week(name)).collect();
    trial.kill_at([("archive.drained", 1), ("archive.drained", 2)]);
    trial.kill_at(deaths(KILLS, &named));
    let mut since = BTreeMap::new();
    for week in 0..WEEKS as usize {
        for day in 0..7 {
            for n in 0..habits.len() {
                // Each has a day of their own, which wanders through the week.
                if (week + n) % 6 != day {
                    continue;
                }
                let (uris, recordings) = current_list(&trial, &listeners[n].name);
                match &inboxes[n] {
                    Some(inbox) => {
                        let act = Act::CopyDiscoverWeekly { into: inbox.clone() };
                        trial.sim.act(&listeners[n].name, &act).unwrap();
                    }
                    None => paste(&mut trial, &listeners[n], &uris).await,
                }
                append_new(&mut expected[n], recordings);
            }
            trial.pass(days(1)).await;
            consent_again(&mut trial, &mut listeners, &mut since).await;
        }
    }
    trial.spare().await;
    trial.sim.faults().clear();
    trial.pass(days(2) + SETTLED).await;
    let mut differences = Vec::new();
    for (listener, expected) in listeners.iter().zip(&expected) {
        let difference = compare(expected, &trial.archived(&listener.name));
        if difference != Difference::default() {
            println!("{difference:?} {}", trial.tell(&listener.name).await);
        }
        differences.push(difference);
    }
    report("development, copied and pasted", &trial, sum(&differences));
    assert_eq!(sum(&differences), Difference::default());
    assert!(trial.kills.total() >= 100, "{}", trial.kills.total());
    assert!(trial.kills.at.contains_key("archive.drained"));
    trial.assert_no_canary();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_later_than_every_bound_is_found_and_mended() {
    let mut trial = Trial::begin(World::Extended, START, 5).await;
    let began = trial.sim.clock().now();
    let mut listeners = Vec::new();
    for n in 0..4 {
        let name = format!("listener{n:02}");
        trial.sim.add_user(User::new(&name));
        let mut listener = Listener::new(&name);
        trial.sign_up(&mut listener).await;
        listeners.push(listener);
    }
    let late = FaultKind::LateEffect { after_sim_seconds: 900 };
    trial.sim.faults().add(Fault::always("POST /v1/playlists/{id}/items", late).when(When::Every(3)));
    trial.pass(days(7 * 8)).await;
    trial.sim.faults().clear();
    trial.pass(days(7)).await;
    let (mut mended, mut differences) = (0, Vec::new());
    for user in trial.users().await {
        mended += trial.generations(&user).await.iter().map(|generation| generation.mended).sum::<u32>();
        let name = user.spotify_id.as_str();
        differences.push(compare(&trial.readable(name, began), &trial.archived(name)));
    }
    report("later than every bound", &trial, sum(&differences));
    println!("later than every bound: doubled {mended}, detected {mended}, mended {mended}");
    // An insertion that takes effect when the places have shifted may land among its neighbours: what
    // is promised of the impossible is that nothing is lost and nothing stays double.
    let Difference { lost, doubled, .. } = sum(&differences);
    assert_eq!((lost, doubled), (0, 0));
    assert!(mended > 0, "nothing was doubled, so nothing was proven");
    trial.assert_no_canary();
}
