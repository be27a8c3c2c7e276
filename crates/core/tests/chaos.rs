//! Weeks under fire: faults on a fifth of the calls, and runs that die at named places.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/house.rs"]
mod house;

use std::cell::Cell;
use std::collections::BTreeMap;

use reprise_core::failpoint;
use reprise_domain::archive::Fate;
use reprise_domain::time::{days, hours};
use spotify_sim::{Fault, FaultKind, User as Listener, When, World};

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

async fn nothing_is_lost_doubled_or_out_of_order(seed: u64) {
    failpoint::install(|name| {
        if Reaper::strikes() {
            // A run that unwinds leaves everything as a killed process would: written or not.
            std::panic::resume_unwind(Box::new(name));
        }
    });
    let house = House::build(World::Extended).await;
    house.sim.change_settings(|settings| {
        settings.lag.playlist_ms = 60_000;
        settings.lag.listing_ms = 60_000;
    });
    let mut users = BTreeMap::new();
    for name in ["ada", "bob", "cyd"].map(|name| format!("{name}{seed}")) {
        house.sim.add_user(Listener::new(&name));
        users.insert(name.clone(), house.sign_up(&name).await);
    }
    let kinds = faults();
    let share = 20.0 / f64::from(u32::try_from(kinds.len()).unwrap());
    for kind in kinds {
        house.sim.faults().add(Fault::always("*", kind).when(When::Percent(share)));
    }
    Reaper::let_loose(seed);
    house.live(days(7) * WEEKS).await;
    house.sim.faults().clear();
    let deaths = Reaper::call_off();
    house.live(days(2) + hours(12)).await;
    assert!(deaths > 40, "seed {seed}: only {deaths} deaths; the test must kill to mean anything");
    for (name, user) in &users {
        for generation in house.generations(user).await {
            let is_archived = |fate: &Fate| matches!(fate, Fate::Archived { .. } | Fate::Earlier { .. });
            let waiting = generation.tracks.iter().filter(|found| !is_archived(&found.fate)).count();
            assert_eq!(waiting, 0, "{name} {} {:?}", generation.label, generation.step);
        }
        assert_eq!(house.archived(name), house.expected(name), "{name}");
    }
}

#[tokio::test]
async fn whatever_fails_and_dies_with_the_first_seed() {
    nothing_is_lost_doubled_or_out_of_order(1).await;
}

#[tokio::test]
async fn whatever_fails_and_dies_with_the_second_seed() {
    nothing_is_lost_doubled_or_out_of_order(2).await;
}

#[tokio::test]
async fn whatever_fails_and_dies_with_the_third_seed() {
    nothing_is_lost_doubled_or_out_of_order(3).await;
}
