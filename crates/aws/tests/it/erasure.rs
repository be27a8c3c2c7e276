//! An erasure that dies anywhere is finished by the next one, and leaves nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use reprise_aws::{Aws, DynamoStore, testing};
use reprise_core::ports::{
    Admission, Admitted, Alert, AlertKind, Alerts as _, ArchiveLedger as _, Due as _, Invites as _, Role,
    Run, RunOutcome, Severity, Sources as _, Users as _, Version, Work, Written,
};
use reprise_core::testing::sample::{admission, admit, invite};
use reprise_domain::archive::{Expected, Generation, Label, Source, SourceKind};
use reprise_domain::ids::{SourceId, UserId};

use crate::unkind::{Fate, Unkind, error};

fn minutes(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-16T12:00:00Z".parse().unwrap();
    noon.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

/// Somebody with some of everything, and more than one page and one batch of it.
async fn with_much(store: &DynamoStore, name: &str) -> UserId {
    let invite = invite(name, Role::Listener, minutes(0));
    store.create_invite(&invite).await.unwrap();
    let admission = Admission { invite: Some(invite.hash), ..admission(name, minutes(0)) };
    assert_eq!(store.admit(&admission).await.unwrap(), Admitted::Welcome(Role::Listener));
    let (user, weekly) = (admission.user.id, SourceId::new("discover-weekly"));
    let created = Written::At(Version(1));
    let source = Source::new(weekly.clone(), SourceKind::DiscoverWeekly);
    assert_eq!(store.put_source(&user, &source, Version::NEW).await.unwrap(), created);
    let label = Label::nearest(minutes(0), &jiff::tz::TimeZone::UTC);
    for number in 1..=40 {
        let week = Generation::begin(number, label, minutes(0), Expected::Read(30));
        assert_eq!(store.put_generation(&user, &weekly, &week, Version::NEW).await.unwrap(), created);
    }
    for minute in 0..40 {
        let run =
            Run { at: minutes(minute), source: weekly.clone(), calls: 1, outcome: RunOutcome::NothingNew };
        store.log_run(&user, &run).await.unwrap();
    }
    store.schedule(&Work::archive(&user, &weekly), minutes(0)).await.unwrap();
    let alert = Alert {
        key: "week 47".to_owned(),
        kind: AlertKind::WeekMissing,
        severity: Severity::Warning,
        user: Some(user.clone()),
        at: minutes(0),
        text: String::new(),
        acknowledged: None,
    };
    assert!(store.raise(&alert).await.unwrap());
    user
}

#[tokio::test]
async fn an_erasure_cut_short_anywhere_is_finished_by_the_next() {
    let (other, address) = testing::store().await;
    let between = Unkind::before(&address, |_| Fate::Answered).await;
    let bo = with_much(&other, "bo").await;
    let left_of_bo = testing::everything(&other).await;
    for lived in 0.. {
        let ana = with_much(&other, "ana").await;
        between.decide(
            move |request| {
                if request.number < lived { Fate::Answered } else { error("AccessDeniedException") }
            },
        );
        let dying = Aws::at_endpoint(&between.url).store("reprise", 16);
        let lived_through = dying.erase(&ana).await.is_ok();
        // Once begun, nothing can be added, and the account is free at once.
        if other.user(&ana).await.unwrap().is_none() {
            let late = Source::new(SourceId::new("late"), SourceKind::DiscoverWeekly);
            assert!(other.put_source(&ana, &late, Version::NEW).await.is_err());
            let mut again = admission("ana", minutes(1));
            again.user.id = UserId::new("second life");
            assert_eq!(other.admit(&again).await.unwrap(), Admitted::Welcome(Role::Listener));
            // Whoever erases anybody finishes what was left of others.
            assert_eq!(other.erase(&again.user.id).await.unwrap().records.len(), 3);
        } else {
            assert!(!lived_through);
            assert_eq!(other.erase(&ana).await.unwrap().records.len(), 8);
        }
        let left = testing::everything(&other).await;
        assert_eq!(left, left_of_bo, "after {lived} requests");
        if lived_through {
            assert!(lived > 4, "it takes more than {lived} requests");
            break;
        }
    }
    assert!(other.user(&bo).await.unwrap().is_some());
}

#[tokio::test]
async fn finishing_erasures_finds_the_stones_that_are_left() {
    let (other, address) = testing::store().await;
    assert_eq!(other.finish_erasures().await.unwrap(), 0);
    let transactions = Arc::new(AtomicUsize::new(0));
    let between = Unkind::before(&address, {
        let transactions = Arc::clone(&transactions);
        move |request| match request.operation {
            "TransactWriteItems" => {
                transactions.fetch_add(1, Ordering::SeqCst);
                Fate::Answered
            }
            _ if transactions.load(Ordering::SeqCst) == 0 => Fate::Answered,
            _ => error("AccessDeniedException"),
        }
    })
    .await;
    let ana = with_much(&other, "ana").await;
    admit(&other, "bo", minutes(0)).await;
    let dying = Aws::at_endpoint(&between.url).store("reprise", 16);
    assert!(dying.erase(&ana).await.is_err());
    assert_eq!(other.users(None, 9).await.unwrap().len(), 1, "a stone is nobody");
    assert_eq!(other.finish_erasures().await.unwrap(), 1);
    assert_eq!(other.finish_erasures().await.unwrap(), 0);
    let left = testing::everything(&other).await;
    assert!(!left.iter().any(|(pk, _)| pk.contains("user-ana")), "{left:?}");
}
