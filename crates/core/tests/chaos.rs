//! Weeks under fire: faults on a fifth of the calls, and runs that die at named places.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/house.rs"]
mod house;

use std::cell::Cell;
use std::collections::BTreeMap;

use reprise_core::failpoint;
use reprise_core::ports::User;
use reprise_domain::archive::Fate;
use reprise_domain::time::{days, hours};
use spotify_sim::{Act, Fault, FaultKind, User as Listener, When, World};

use self::house::House;

const WEEKS: u32 = 7;

/// Enough deaths, of each seed, to mean something.
const DEATHS: u32 = 60;

/// Who dies when; every test has a thread of its own.
#[derive(Clone, Copy)]
struct Reaper {
    dice: u64,
    left: u32,
}

thread_local! {
    static REAPER: Cell<Reaper> = const { Cell::new(Reaper { dice: 1, left: 0 }) };
}

impl Reaper {
    /// Whether whoever passes a place dies there.
    fn strikes() -> bool {
        let mut reaper = REAPER.get();
        reaper.dice ^= reaper.dice << 13;
        reaper.dice ^= reaper.dice >> 7;
        reaper.dice ^= reaper.dice << 17;
        let strikes = reaper.left > 0 && reaper.dice.is_multiple_of(7);
        reaper.left -= u32::from(strikes);
        REAPER.set(reaper);
        strikes
    }

    fn let_loose(seed: u64) {
        REAPER.set(Self { dice: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, left: DEATHS });
    }

    /// Calls it off; answers how many it took.
    fn call_off() -> u32 {
        DEATHS - REAPER.replace(Self { dice: 1, left: 0 }).left
    }
}

/// Every kind of fault that leaves its caller guessing, and some that do not.
fn faults() -> Vec<FaultKind> {
    vec![
        FaultKind::status(500),
        FaultKind::status(503),
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::LateEffect { after_sim_seconds: 45 },
        FaultKind::Truncated,
        FaultKind::EmptyBody,
        FaultKind::Html { code: 200 },
        FaultKind::Html { code: 502 },
    ]
}

fn with_deaths() {
    failpoint::install(|name| {
        if Reaper::strikes() {
            // A run that unwinds leaves everything as a killed process would: written or not.
            std::panic::resume_unwind(Box::new(name));
        }
    });
}

/// A house whose reads lag behind its writes by up to a minute.
async fn lagging(world: World) -> House {
    let house = House::build(world).await;
    house.sim.change_settings(|settings| {
        settings.lag.playlist_ms = 60_000;
        settings.lag.listing_ms = 60_000;
    });
    house
}

/// From now on a fifth of the calls go wrong, and whoever passes a place may die.
fn under_fire(house: &House, seed: u64) {
    let kinds = faults();
    let share = 20.0 / f64::from(u32::try_from(kinds.len()).unwrap());
    for kind in kinds {
        house.sim.faults().add(Fault::always("*", kind).when(When::Percent(share)));
    }
    Reaper::let_loose(seed);
}

/// Peace again; nothing waits, and the archive is what it should be.
async fn is_whole(house: &House, users: &BTreeMap<String, User>, seed: u64) {
    house.sim.faults().clear();
    let deaths = Reaper::call_off();
    house.live(days(2) + hours(12)).await;
    assert!(deaths > 40, "seed {seed}: only {deaths} deaths; the test must kill to mean anything");
    for (name, user) in users {
        for generation in house.generations(user).await {
            let is_archived = |fate: &Fate| matches!(fate, Fate::Archived { .. } | Fate::Earlier { .. });
            let waiting = generation.tracks.iter().filter(|found| !is_archived(&found.fate)).count();
            assert_eq!(waiting, 0, "{name} {} {:?}", generation.label, generation.step);
        }
        assert_eq!(house.archived(name), house.expected(name), "{name}");
    }
}

async fn lists_that_are_read(seed: u64) {
    with_deaths();
    let house = lagging(World::Extended).await;
    let mut users = BTreeMap::new();
    for name in ["ada", "bob", "cyd"].map(|name| format!("{name}{seed}")) {
        house.sim.add_user(Listener::new(&name));
        users.insert(name.clone(), house.sign_up(&name).await);
    }
    under_fire(&house, seed);
    house.live(days(7) * WEEKS).await;
    is_whole(&house, &users, seed).await;
}

async fn lists_that_are_handed_over(seed: u64) {
    with_deaths();
    let house = lagging(World::Development).await;
    let mut users = BTreeMap::new();
    for name in ["ada", "bob", "cyd"].map(|name| format!("{name}{seed}")) {
        house.sim.add_user(Listener::new(&name));
        users.insert(name.clone(), house.sign_up(&name).await);
    }
    // The first of them copies, the others paste.
    let copying = users.keys().next().unwrap().clone();
    let inbox = house.make(&copying, "Inbox", Vec::new());
    house.change_source(&users[&copying], |source| source.inbox = Some(inbox.clone())).await;
    under_fire(&house, seed);
    for _ in 0..WEEKS {
        house.act(&copying, &Act::CopyDiscoverWeekly { into: inbox.as_str().to_owned() });
        for (name, user) in users.iter().skip(1) {
            house.paste(user, &house.shown(name)).await;
        }
        house.live(days(7)).await;
    }
    // In the seventh week, as every Monday morning.
    house.act(&copying, &Act::CopyDiscoverWeekly { into: inbox.as_str().to_owned() });
    for (name, user) in users.iter().skip(1) {
        house.paste(user, &house.shown(name)).await;
    }
    is_whole(&house, &users, seed).await;
    assert!(house.playlists(&copying, "Inbox")[0].items.is_empty(), "the inbox is drained");
}

#[tokio::test]
async fn lists_that_are_read_with_the_first_seed() {
    lists_that_are_read(1).await;
}

#[tokio::test]
async fn lists_that_are_read_with_the_second_seed() {
    lists_that_are_read(2).await;
}

#[tokio::test]
async fn lists_that_are_handed_over_with_the_first_seed() {
    lists_that_are_handed_over(3).await;
}

#[tokio::test]
async fn lists_that_are_handed_over_with_the_second_seed() {
    lists_that_are_handed_over(4).await;
}
