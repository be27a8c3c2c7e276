//! A queue in memory, and a dispatcher and workers around it.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::dispatch::{self, Dispatched, Ended};
use reprise_core::ports::{Claim, Queue, StoreError, StoreResult, WorkKind};
use reprise_core::{Core, Deadline};
use reprise_domain::archive::REQUEST_TIMEOUT;
use spotify_sim::{User, World};

use crate::house::House;

/// What a function is given.
pub(crate) const TIME: Duration = Duration::from_mins(2);

/// Claims on their way.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) claims: Mutex<Vec<Claim>>,
    /// Takes no more than so many at once; the rest is lost.
    pub(crate) narrow: Option<usize>,
    /// Takes them, and says that it did not.
    pub(crate) broken: bool,
}

#[async_trait]
impl Queue for Lane {
    async fn hand_on(&self, claims: &[Claim]) -> StoreResult<usize> {
        tokio::task::yield_now().await;
        let taken = &claims[..claims.len().min(self.narrow.unwrap_or(usize::MAX))];
        self.claims.lock().unwrap().extend_from_slice(taken);
        if self.broken {
            return Err(StoreError::new("hand work on", "the test has broken the queue"));
        }
        Ok(taken.len())
    }
}

impl Lane {
    /// All that waits.
    pub(crate) fn drain(&self) -> Vec<Claim> {
        std::mem::take(&mut self.claims.lock().unwrap())
    }
}

/// The deadline of a function that begins now and does things of `in_one_go`.
pub(crate) fn deadline(core: &Core, time: Duration, in_one_go: Duration) -> Deadline {
    Deadline::new(core.ports.clock.mark().plus(time), in_one_go)
}

pub(crate) async fn tick(house: &House, lane: &Lane) -> StoreResult<Dispatched> {
    let ports = &house.core.ports;
    let until = deadline(&house.core, TIME, Duration::from_secs(5));
    let kinds = [WorkKind::Archive, WorkKind::Grant];
    dispatch::dispatch(&*ports.due, &*ports.clock, lane, &kinds, &until).await
}

pub(crate) async fn work(core: &Core, claims: &[Claim]) -> Vec<Ended> {
    dispatch::work(core, claims, &deadline(core, TIME, REQUEST_TIMEOUT)).await
}

/// A house with so many listeners, whose first looks are due.
pub(crate) async fn full_house(listeners: usize) -> House {
    let house = House::build(World::Extended).await;
    for n in 0..listeners {
        let name = format!("listener{n}");
        house.sim.add_user(User::new(&name));
        house.sign_up(&name).await;
    }
    house
}

/// When something is due next.
pub(crate) async fn next_due(house: &House) -> Option<Timestamp> {
    let due = &house.core.ports.due;
    let archive = due.next_due(WorkKind::Archive).await.unwrap();
    let grant = due.next_due(WorkKind::Grant).await.unwrap();
    archive.into_iter().chain(grant).min()
}

/// How often Discover Weekly was looked at for each listener.
pub(crate) async fn runs_each(house: &House) -> Vec<usize> {
    let mut runs = Vec::new();
    for user in house.core.ports.users.users(None, 99).await.unwrap() {
        runs.push(house.runs(&user).await.len());
    }
    runs
}

pub(crate) fn is_done(ended: &Ended) -> bool {
    matches!(ended, Ended::Done(_))
}
