//! Workers whose time is short: they begin nothing that could be cut off, and stop by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::Core;
use reprise_core::dispatch::{self, Ended};
use reprise_core::ports::{Clock, RunOutcome};
use reprise_domain::archive::REQUEST_TIMEOUT;
use reprise_domain::time::{Mark, hours};
use spotify_sim::{Fault, FaultKind, When};

use crate::house::House;
use crate::queue::{Lane, TIME, deadline, full_house, is_done, tick, work};

#[tokio::test]
async fn what_there_is_no_time_for_is_left_to_the_next_worker() {
    let house = full_house(2).await;
    let lane = Lane::default();
    tick(&house, &lane).await.unwrap();
    let messages = lane.drain();
    let short = deadline(&house.core, Duration::from_secs(21), REQUEST_TIMEOUT);
    let calls = house.seq();
    let ended = dispatch::work(&house.core, &messages, &short).await;
    assert!(ended.iter().all(|ended| *ended == Ended::NotBegun), "{ended:?}");
    assert_eq!(house.seq(), calls);
    assert!(work(&house.core, &messages).await.iter().all(is_done));
}

/// A clock on which every look takes time.
struct Slow {
    inner: Arc<dyn Clock>,
    looks: AtomicU64,
    each: Duration,
}

impl Slow {
    fn passed(&self) -> Duration {
        self.each * u32::try_from(self.looks.load(Ordering::Relaxed)).unwrap()
    }
}

#[async_trait]
impl Clock for Slow {
    fn now(&self) -> Timestamp {
        self.mark().wall
    }

    fn mark(&self) -> Mark {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.inner.mark().plus(self.passed())
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.inner.sleep_until(at).await;
    }
}

fn slow(house: &House, each: Duration) -> (Core, Arc<Slow>) {
    let mut core = house.core.at(house.core.config.base_url.clone());
    let inner = Arc::clone(&core.ports.clock);
    let clock = Arc::new(Slow { inner, looks: AtomicU64::new(0), each });
    core.ports.clock = Arc::<Slow>::clone(&clock);
    (core, clock)
}

#[tokio::test]
async fn a_run_stops_by_itself_wherever_its_time_ends_and_the_next_goes_on() {
    let house = full_house(1).await;
    let ada = house.core.ports.users.users(None, 1).await.unwrap().remove(0);
    let mut stopped = 0;
    // The further apart its looks at the clock, the sooner a run's time is over.
    for tenths in (2..80).rev().step_by(3) {
        let lane = Lane::default();
        tick(&house, &lane).await.unwrap();
        let messages: Vec<_> = lane.drain().into_iter().filter(|claim| claim.work.source.is_some()).collect();
        let (core, clock) = slow(&house, Duration::from_millis(100 * tenths));
        let until = deadline(&core, Duration::from_mins(1), REQUEST_TIMEOUT);
        for ended in dispatch::work(&core, &messages, &until).await {
            let Ended::Done(Some(run)) = ended else { panic!("it gives its claim back: {ended:?}") };
            let why = match run.outcome {
                RunOutcome::Failed { why } => Some(why),
                RunOutcome::Worked { stopped, .. } => stopped,
                RunOutcome::NothingNew => None,
            };
            if let Some(why) = why {
                assert_eq!(why, "The time for this run is over");
                stopped += 1;
            }
        }
        assert!(clock.passed() < Duration::from_mins(2));
        house.sim.clock().advance_by(Duration::from_mins(15), TIME).await.unwrap();
    }
    assert!(stopped >= 3, "only {stopped} runs ran out of time");
    house.live(hours(1)).await;
    assert_eq!(house.archived("listener0"), house.expected("listener0"));
    assert_eq!(house.source(&ada).await.failures, 0);
}

#[tokio::test]
async fn a_run_that_hangs_is_left_behind_so_that_the_others_can_be_answered_for() {
    let house = full_house(2).await;
    let hangs = FaultKind::HoldBefore { ms: 60_000 };
    house.sim.faults().add(Fault::always("GET /v1/playlists/{id}/items", hangs).when(When::Next(1)));
    let lane = Lane::default();
    tick(&house, &lane).await.unwrap();
    let messages: Vec<_> = lane.drain().into_iter().filter(|claim| claim.work.source.is_some()).collect();
    // Real time, which the requests' own limit of five seconds would outlast.
    let until = deadline(&house.core, Duration::from_millis(3_500), Duration::from_millis(100));
    let ended = dispatch::work(&house.core, &messages, &until).await;
    let timed_out = Ended::Failed { why: "its time was over".into() };
    assert_eq!(ended.iter().filter(|ended| **ended == timed_out).count(), 1, "{ended:?}");
    assert_eq!(ended.iter().filter(|ended| is_done(ended)).count(), 1, "{ended:?}");
    house.sim.clock().advance_by(Duration::from_mins(15), TIME).await.unwrap();
    tick(&house, &lane).await.unwrap();
    assert!(work(&house.core, &lane.drain()).await.iter().all(is_done));
    for name in ["listener0", "listener1"] {
        assert_eq!(house.archived(name), house.expected(name));
    }
}
