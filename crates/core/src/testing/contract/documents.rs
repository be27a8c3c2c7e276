//! Conditional writes, the same for every kind of document.

use std::fmt::Debug;

use async_trait::async_trait;
use reprise_domain::archive::{Generation, Source, Target};
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::time::Mark;
use reprise_domain::token::{GrantState, Reauth};

use super::samples::{UNUSUAL, generation, key, source, target};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{Grant, Sealed, StoreResult, User, Version, Versioned, Written};
use crate::testing::sample::{admit, grant, user};

/// One kind of versioned document; there is one of it for each listener.
#[async_trait]
trait Document: Clone + Debug + PartialEq + Send + Sync + Sized + 'static {
    /// The listener `ana`'s, which differs with `number`.
    fn make(number: u32) -> Self;

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>>;

    async fn write<S: Store>(&self, store: &S, user: &UserId, read: Version) -> StoreResult<Written>;
}

#[async_trait]
impl Document for User {
    fn make(number: u32) -> Self {
        Self { session_epoch: number.into(), ..user("ana", noon()) }
    }

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>> {
        store.user(user).await
    }

    async fn write<S: Store>(&self, store: &S, _: &UserId, read: Version) -> StoreResult<Written> {
        store.put_user(self, read).await
    }
}

#[async_trait]
impl Document for Grant {
    fn make(number: u32) -> Self {
        Self { lost: number, ..grant("ana", noon()) }
    }

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>> {
        store.grant(user).await
    }

    async fn write<S: Store>(&self, store: &S, user: &UserId, read: Version) -> StoreResult<Written> {
        store.put_grant(user, self, read).await
    }
}

#[async_trait]
impl Document for Source {
    fn make(number: u32) -> Self {
        Self { newest: number, ..source("discover-weekly") }
    }

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>> {
        store.source(user, &SourceId::new("discover-weekly")).await
    }

    async fn write<S: Store>(&self, store: &S, user: &UserId, read: Version) -> StoreResult<Written> {
        store.put_source(user, self, read).await
    }
}

#[async_trait]
impl Document for Generation {
    fn make(number: u32) -> Self {
        Self { mended: number, ..generation(7) }
    }

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>> {
        store.generation(user, &SourceId::new("discover-weekly"), 7).await
    }

    async fn write<S: Store>(&self, store: &S, user: &UserId, read: Version) -> StoreResult<Written> {
        store.put_generation(user, &SourceId::new("discover-weekly"), self, read).await
    }
}

#[async_trait]
impl Document for Target {
    fn make(number: u32) -> Self {
        Self { total: Some(number), ..target("discover-weekly", 1) }
    }

    async fn read<S: Store>(store: &S, user: &UserId) -> StoreResult<Option<Versioned<Self>>> {
        store.target(user, &key("discover-weekly", 1)).await
    }

    async fn write<S: Store>(&self, store: &S, user: &UserId, read: Version) -> StoreResult<Written> {
        store.put_target(user, self, read).await
    }
}

/// The document at its first version, created unless admission did.
async fn first<D: Document>(store: &impl Store, user: &UserId) -> Version {
    if let Some(stored) = D::read(store, user).await.unwrap() {
        return stored.version;
    }
    let written = D::make(0).write(store, user, Version::NEW).await.unwrap();
    assert_eq!(written, Written::At(Version::NEW.next()));
    Version::NEW.next()
}

async fn stored<D: Document>(store: &impl Store, user: &UserId) -> Versioned<D> {
    D::read(store, user).await.unwrap().unwrap()
}

async fn written_under_the_version_read<D: Document>(pair: Pair<impl Store>) {
    let (one, other) = (&*pair.one, &*pair.other);
    let ana = admit(one, "ana", noon()).await;
    let first = first::<D>(one, &ana).await;
    let second = first.next();
    assert_eq!(D::make(2).write(one, &ana, first).await.unwrap(), Written::At(second));
    assert_eq!(stored::<D>(other, &ana).await, Versioned { value: D::make(2), version: second });

    for stale in [Version::NEW, first, second.next()] {
        assert_eq!(D::make(3).write(other, &ana, stale).await.unwrap(), Written::Conflict);
    }
    assert_eq!(stored::<D>(one, &ana).await, Versioned { value: D::make(2), version: second });
    assert_eq!(D::make(3).write(other, &ana, second).await.unwrap(), Written::At(second.next()));
    assert_eq!(stored::<D>(one, &ana).await, Versioned { value: D::make(3), version: second.next() });
}

/// Sixteen write what they alone wrote, all under the same version read.
async fn one_of_sixteen_wins<D: Document, S: Store>(pair: Pair<S>, ana: UserId, read: Version) {
    let written = pair
        .race(|store, number| {
            let (ana, theirs) = (ana.clone(), D::make(100 + u32::try_from(number).unwrap()));
            async move { theirs.write(&*store, &ana, read).await.unwrap() }
        })
        .await;
    let wins: Vec<_> = (0..).zip(&written).filter(|(_, written)| **written != Written::Conflict).collect();
    let &[(winner, at)] = &wins[..] else { panic!("one should have won: {written:?}") };
    assert_eq!(*at, Written::At(read.next()));
    let expected = Versioned { value: D::make(100 + winner), version: read.next() };
    assert_eq!(stored::<D>(&*pair.other, &ana).await, expected);
}

async fn one_of_sixteen_writers_wins<D: Document>(pair: Pair<impl Store>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let first = first::<D>(&*pair.one, &ana).await;
    one_of_sixteen_wins::<D, _>(pair, ana, first).await;
}

async fn one_of_sixteen_creators_wins<D: Document>(pair: Pair<impl Store>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    one_of_sixteen_wins::<D, _>(pair, ana, Version::NEW).await;
}

async fn created_once<D: Document>(pair: Pair<impl Store>) {
    let (one, other) = (&*pair.one, &*pair.other);
    let ana = admit(one, "ana", noon()).await;
    assert_eq!(D::read(one, &ana).await.unwrap(), None);
    assert_eq!(D::make(1).write(one, &ana, Version(1)).await.unwrap(), Written::Conflict);
    assert_eq!(D::read(one, &ana).await.unwrap(), None);
    let first = Version::NEW.next();
    assert_eq!(D::make(1).write(one, &ana, Version::NEW).await.unwrap(), Written::At(first));
    assert_eq!(D::make(2).write(other, &ana, Version::NEW).await.unwrap(), Written::Conflict);
    assert_eq!(stored::<D>(other, &ana).await, Versioned { value: D::make(1), version: first });
}

macro_rules! clauses {
    ($body:ident: $($clause:ident $document:ty),* $(,)?) => {
        $(pub async fn $clause<S: Store>(pair: Pair<S>) {
            $body::<$document>(pair).await;
        })*
    };
}

clauses! { written_under_the_version_read:
    a_listener_is_written_under_the_version_read User,
    a_grant_is_written_under_the_version_read Grant,
    a_source_is_written_under_the_version_read Source,
    a_generation_is_written_under_the_version_read Generation,
    a_target_is_written_under_the_version_read Target,
}

clauses! { one_of_sixteen_writers_wins:
    of_sixteen_writers_of_a_listener_one_wins User,
    of_sixteen_writers_of_a_grant_one_wins Grant,
    of_sixteen_writers_of_a_source_one_wins Source,
    of_sixteen_writers_of_a_generation_one_wins Generation,
    of_sixteen_writers_of_a_target_one_wins Target,
}

clauses! { created_once:
    a_source_is_created_once Source,
    a_generation_is_created_once Generation,
    a_target_is_created_once Target,
}

clauses! { one_of_sixteen_creators_wins:
    of_sixteen_creators_of_a_source_one_wins Source,
    of_sixteen_creators_of_a_generation_one_wins Generation,
    of_sixteen_creators_of_a_target_one_wins Target,
}

pub async fn a_listener_and_a_grant_are_created_by_admission_only<S: Store>(pair: Pair<S>) {
    let stranger = user("ana", noon());
    for read in [Version::NEW, Version(1)] {
        assert_eq!(pair.one.put_user(&stranger, read).await.unwrap(), Written::Conflict);
        let grant = grant("ana", noon());
        assert_eq!(pair.one.put_grant(&stranger.id, &grant, read).await.unwrap(), Written::Conflict);
    }
    assert_eq!(pair.other.user(&stranger.id).await.unwrap(), None);
    assert_eq!(pair.other.grant(&stranger.id).await.unwrap(), None);
    assert_refused(pair.one.put_source(&stranger.id, &source("a"), Version::NEW).await);
}

pub async fn a_grant_is_read_back_in_every_state<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let until = Mark { wall: noon(), uptime_ms: 1, boot: UNUSUAL.to_owned() };
    let reauth = |why| GrantState::ReauthRequired { why, since: noon(), rechecked: true };
    let states = [
        GrantState::Fresh { access: Sealed(UNUSUAL.to_owned()), expires: noon() },
        GrantState::Stale,
        GrantState::Refreshing { owner: UNUSUAL.to_owned(), until },
        GrantState::Backoff { until: noon(), failures: u32::MAX },
        reauth(Reauth::Expired),
        reauth(Reauth::Revoked),
        reauth(Reauth::Scope),
        GrantState::Disabled,
    ];
    let mut version = Version::NEW.next();
    for state in states {
        let grant = Grant { state, warned_days: Some(3), ..grant("ana", noon()) };
        let written = pair.one.put_grant(&ana, &grant, version).await.unwrap();
        version = version.next();
        assert_eq!(written, Written::At(version));
        assert_eq!(stored::<Grant>(&*pair.other, &ana).await, Versioned { value: grant, version });
    }
}

pub async fn sixteen_counters_lose_no_increment<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    first::<Source>(&*pair.one, &ana).await;
    pair.race(|store, _| {
        let ana = ana.clone();
        async move {
            loop {
                let mut read = stored::<Source>(&*store, &ana).await;
                read.value.newest += 1;
                let written = read.value.write(&*store, &ana, read.version).await.unwrap();
                if written != Written::Conflict {
                    return;
                }
            }
        }
    })
    .await;
    let counted = stored::<Source>(&*pair.other, &ana).await;
    assert_eq!((counted.value.newest, counted.version), (16, Version(17)));
}
