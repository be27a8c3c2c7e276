//! The worker's side: messages that come twice, late, to two at once, or that nobody can handle.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reprise_core::dispatch::Ended;
use reprise_core::ports::{Claim, RunOutcome, Sources, StoreError, StoreResult, Version, Versioned, Written};
use reprise_domain::archive::Source;
use reprise_domain::ids::{SourceId, UserId};

use crate::queue::{Lane, TIME, full_house, is_done, runs_each, tick, work};

/// Everything due, handed on.
async fn messages(house: &crate::house::House) -> Vec<Claim> {
    let lane = Lane::default();
    tick(house, &lane).await.unwrap();
    lane.drain()
}

#[tokio::test]
async fn a_message_that_comes_again_does_nothing() {
    let house = full_house(2).await;
    let messages = messages(&house).await;
    assert!(work(&house.core, &messages).await.iter().all(is_done));
    let calls = house.seq();
    let again = work(&house.core, &messages).await;
    assert!(again.iter().all(|ended| *ended == Ended::NotOurs), "{again:?}");
    assert_eq!(house.seq(), calls, "Spotify was not asked");
    assert_eq!(runs_each(&house).await, [1, 1]);
}

#[tokio::test]
async fn of_two_workers_with_the_same_messages_each_piece_has_one() {
    let house = full_house(6).await;
    let messages = messages(&house).await;
    let mut backwards = messages.clone();
    backwards.reverse();
    let (one, mut other) = futures::join!(work(&house.core, &messages), work(&house.core, &backwards));
    other.reverse();
    for (one, other) in one.iter().zip(&other) {
        assert!(is_done(one) != is_done(other), "{one:?} {other:?}");
        assert!([one, other].contains(&&Ended::NotOurs), "{one:?} {other:?}");
    }
    assert_eq!(runs_each(&house).await, [1; 6]);
    for n in 0..6 {
        let name = format!("listener{n}");
        assert_eq!(house.archived(&name), house.expected(&name), "each track once");
    }
}

#[tokio::test]
async fn a_late_message_is_good_until_its_work_was_handed_on_anew() {
    let house = full_house(2).await;
    let late = messages(&house).await;
    house.sim.clock().advance_by(Duration::from_mins(20), TIME).await.unwrap();
    // The lease has ended, and nobody has looked since.
    let (first, rest) = late.split_first().unwrap();
    assert!(is_done(&work(&house.core, std::slice::from_ref(first)).await[0]));
    let anew = messages(&house).await;
    assert_eq!(anew.len(), rest.len());
    assert!(work(&house.core, rest).await.iter().all(|ended| *ended == Ended::NotOurs));
    assert!(work(&house.core, &anew).await.iter().all(is_done));
    assert_eq!(runs_each(&house).await, [1, 1]);
}

#[tokio::test]
async fn a_message_about_somebody_who_left_does_nothing() {
    let house = full_house(1).await;
    let messages = messages(&house).await;
    let user = messages[0].work.user.clone();
    reprise_core::onboard::leave(&house.core, &user).await.unwrap();
    assert!(work(&house.core, &messages).await.iter().all(|ended| *ended == Ended::NotOurs));
}

/// What is stored of one listener cannot be read, or kills whoever tries.
struct Spoiled {
    inner: Arc<dyn Sources>,
    unreadable: UserId,
    deadly: UserId,
}

#[async_trait]
impl Sources for Spoiled {
    async fn source(&self, user: &UserId, id: &SourceId) -> StoreResult<Option<Versioned<Source>>> {
        assert!(*user != self.deadly, "the test wants a panic");
        if *user == self.unreadable {
            return Err(StoreError::new("read a source", "its document is damaged"));
        }
        self.inner.source(user, id).await
    }

    async fn sources(&self, user: &UserId) -> StoreResult<Vec<Versioned<Source>>> {
        self.inner.sources(user).await
    }

    async fn put_source(&self, user: &UserId, source: &Source, read: Version) -> StoreResult<Written> {
        self.inner.put_source(user, source, read).await
    }
}

#[tokio::test]
async fn a_poisoned_message_spoils_no_other() {
    let house = full_house(4).await;
    let users = house.core.ports.users.users(None, 9).await.unwrap();
    let (unreadable, deadly) = (users[1].id.clone(), users[2].id.clone());
    let mut core = house.core.at(house.core.config.base_url.clone());
    let inner = Arc::clone(&core.ports.sources);
    core.ports.sources = Arc::new(Spoiled { inner, unreadable: unreadable.clone(), deadly: deadly.clone() });
    let messages: Vec<_> =
        messages(&house).await.into_iter().filter(|claim| claim.work.source.is_some()).collect();
    for (message, ended) in messages.iter().zip(work(&core, &messages).await) {
        let why = match &ended {
            Ended::Failed { why } => why.as_str(),
            Ended::Done(Some(run)) if matches!(run.outcome, RunOutcome::Worked { .. }) => "",
            other => panic!("{other:?}"),
        };
        match &message.work.user {
            user if *user == unreadable => {
                assert_eq!(why, "the store could not read a source: its document is damaged");
            }
            user if *user == deadly => assert_eq!(why, "it panicked: the test wants a panic"),
            _ => assert_eq!(why, ""),
        }
    }
    // It comes back when its lease ends, and once it is mended it is done.
    house.sim.clock().advance_by(Duration::from_mins(15), TIME).await.unwrap();
    let lane = Lane::default();
    tick(&house, &lane).await.unwrap();
    assert!(work(&house.core, &lane.drain()).await.iter().all(is_done));
    for n in 0..4 {
        let name = format!("listener{n}");
        assert_eq!(house.archived(&name), house.expected(&name));
    }
}
