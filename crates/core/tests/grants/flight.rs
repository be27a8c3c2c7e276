//! Many callers, one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use reprise_core::grants::{GrantError, MIN_TTL};
use reprise_core::ports::{Grant, StoreResult, Tokens, Version, Versioned, Written};
use reprise_core::testing::MemoryStore;
use reprise_domain::ids::UserId;
use reprise_domain::token::{REFRESH_LEASE, Reauth};
use spotify_sim::{Fault, FaultKind, Rotation};
use tokio::sync::Notify;

use crate::gates::Service;

const TOKEN: &str = "POST /api/token";

/// A store that holds up, or breaks, the first write.
struct Held {
    store: MemoryStore,
    writes: AtomicUsize,
    reached: Notify,
    go_on: Notify,
    panics: AtomicBool,
}

impl Held {
    fn new(store: &MemoryStore, panics: bool) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            writes: AtomicUsize::new(0),
            reached: Notify::new(),
            go_on: Notify::new(),
            panics: AtomicBool::new(panics),
        })
    }
}

#[async_trait]
impl Tokens for Held {
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>> {
        self.store.grant(user).await
    }

    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written> {
        let written = self.store.put_grant(user, grant, read).await;
        if self.writes.fetch_add(1, Ordering::Relaxed) == 0 {
            self.reached.notify_one();
            self.go_on.notified().await;
            if self.panics.swap(false, Ordering::Relaxed) {
                std::panic::resume_unwind(Box::new("a refresh that panics"));
            }
        }
        written
    }
}

#[tokio::test]
async fn a_hundred_callers_make_one_request_and_share_its_success() {
    let mut service = Service::open(Rotation::RotateRevoking).await;
    let listener = service.listener().await;
    let process = listener.process();
    let callers = (0..100).map(|_| process.access(&listener.user, MIN_TTL));
    let issued = futures::future::join_all(callers).await;
    let first = issued[0].as_ref().unwrap().access.expose().to_owned();
    assert!(issued.iter().all(|issued| issued.as_ref().unwrap().access.expose() == first));
    assert_eq!(service.asked(&listener), [Some(200)]);
}

#[tokio::test]
async fn a_hundred_callers_share_a_failure_as_well() {
    let mut service = Service::open(Rotation::None).await;
    for (kind, status) in [(FaultKind::FalseInvalidGrant, 400), (FaultKind::status(503), 503)] {
        let listener = service.listener().await;
        service.sim.faults().add(Fault::always(TOKEN, kind.clone()).user(&listener.name));
        let process = listener.process();
        let callers = (0..100).map(|_| process.access(&listener.user, MIN_TTL));
        for outcome in futures::future::join_all(callers).await {
            match outcome.unwrap_err() {
                GrantError::Reauth(Reauth::Revoked) => assert_eq!(status, 400),
                GrantError::NotBefore { .. } => assert_eq!(status, 503),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(service.asked(&listener), [Some(status)]);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_cancels_nothing() {
    let mut service = Service::open(Rotation::RotateRevoking).await;
    let listener = service.listener().await;
    let held = Held::new(&listener.store, false);
    let process = listener.over(Arc::clone(&held) as _);
    let impatient = tokio::spawn({
        let (process, user) = (process.clone(), listener.user.clone());
        async move { process.access(&user, MIN_TTL).await }
    });
    held.reached.notified().await;
    let patient = tokio::spawn({
        let (process, user) = (process.clone(), listener.user.clone());
        async move { process.access(&user, MIN_TTL).await }
    });
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    held.go_on.notify_one();
    patient.await.unwrap().unwrap();
    assert_eq!(service.asked(&listener), [Some(200)]);
    listener.is_usable().await.unwrap();
}

#[tokio::test]
async fn a_refresh_that_panics_blocks_nobody_for_longer_than_its_lease() {
    let mut service = Service::open(Rotation::RotateRevoking).await;
    let listener = service.listener().await;
    let held = Held::new(&listener.store, true);
    let process = listener.over(Arc::clone(&held) as _);
    let caller = tokio::spawn({
        let (process, user) = (process.clone(), listener.user.clone());
        async move { process.access(&user, MIN_TTL).await }
    });
    held.reached.notified().await;
    held.go_on.notify_one();
    assert!(matches!(caller.await.unwrap(), Err(GrantError::NotBefore { .. })));
    listener.clock.advance(REFRESH_LEASE);
    process.access(&listener.user, MIN_TTL).await.unwrap();
    listener.is_usable().await.unwrap();
}
