//! Weeks under fire: faults on a fifth of the calls, and runs that die at named places.

#[path = "archive/house.rs"]
mod house;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use reprise_core::failpoint;
use reprise_domain::time::{days, hours};
use spotify_sim::{Fault, FaultKind, User, When, World};

use self::house::House;

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

#[tokio::test]
async fn nothing_is_lost_doubled_or_out_of_order_whatever_fails_and_dies() {
    static RANDOM: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);
    // Nobody dies before the sign-ups are over.
    static DEATHS: AtomicU64 = AtomicU64::new(u64::MAX / 2);
    const WEEKS: u64 = 16;
    failpoint::install(|name| {
        if !name.starts_with("archive.") && !name.starts_with("grant.") {
            return;
        }
        let mut x = RANDOM.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        RANDOM.store(x, Ordering::Relaxed);
        if DEATHS.load(Ordering::Relaxed) < 150 && x.is_multiple_of(9) {
            DEATHS.fetch_add(1, Ordering::Relaxed);
            // A run that unwinds leaves everything as a killed process would: written or not.
            std::panic::resume_unwind(Box::new(name));
        }
    });
    let house = House::build(World::Extended).await;
    house.sim.change_settings(|settings| {
        settings.lag.playlist_ms = 60_000;
        settings.lag.listing_ms = 60_000;
    });
    let names = ["ada", "bob", "cyd"];
    let mut users = BTreeMap::new();
    for name in names {
        house.sim.add_user(User::new(name));
        users.insert(name, house.sign_up(name).await);
    }
    if let Ok(seed) = std::env::var("CHAOS_SEED") { RANDOM.fetch_xor(seed.parse::<u64>().unwrap() << 7, Ordering::Relaxed); }
    DEATHS.store(0, Ordering::Relaxed);
    let kinds = faults();
    let share = 20.0 / f64::from(u32::try_from(kinds.len()).unwrap());
    for kind in kinds {
        house.sim.faults().add(Fault::always("*", kind).when(When::Percent(share)));
    }
    house.live(days(7) * u32::try_from(WEEKS).unwrap()).await;
    house.sim.faults().clear();
    DEATHS.fetch_add(1_000, Ordering::Relaxed);
    house.live(days(2) + hours(12)).await;
    assert!(DEATHS.load(Ordering::Relaxed) > 1_050, "{DEATHS:?}: the test must kill to mean anything");
    for name in names {
        if std::env::var("CHAOS_TELL").is_ok() {
            for run in house.core.ports.ledger.runs(&users[name].id, 40).await.unwrap() {
                println!("{name} {} {} {:?}", run.at, run.calls, run.outcome);
            }
            println!(
                "{:?}",
                house.core.ports.tokens.grant(&users[name].id).await.unwrap().unwrap().value.state.name()
            );
        }
        for generation in house.generations(&users[name]).await {
            let fates = generation.tracks.iter().filter(|found| {
                !matches!(
                    found.fate,
                    reprise_domain::archive::Fate::Archived { .. }
                        | reprise_domain::archive::Fate::Earlier { .. }
                )
            });
            assert_eq!(fates.count(), 0, "{name} {} {:?}", generation.label, generation.step);
        }
        assert_eq!(house.archived(name), house.expected(name), "{name}");
    }
}
