//! Claimed work on its way to workers.

use std::collections::BTreeSet;
use std::error::Error as _;

use jiff::Timestamp;
use reprise_aws::{Aws, SqsQueue};
use reprise_core::ports::{Claim, Queue as _, Work};
use reprise_domain::ids::{SourceId, UserId};

use crate::double::{Double, Refusal};

fn claims(count: usize) -> Vec<Claim> {
    let claim = |number| {
        let user = UserId::new(format!("user-{number:05}"));
        let work = Work::archive(&user, &SourceId::new("discover-weekly"));
        Claim { work, until: Timestamp::from_second(600).unwrap(), fence: 41 }
    };
    (0..count).map(claim).collect()
}

fn queue(double: &Double) -> SqsQueue {
    Aws::at_endpoint(&double.url).queue("https://sqs/queue")
}

/// What workers get to see.
fn delivered(double: &Double) -> Vec<Claim> {
    let account = double.account();
    account.queued.iter().flat_map(|body| serde_json::from_str::<Vec<Claim>>(body).unwrap()).collect()
}

#[tokio::test]
async fn claims_arrive_as_they_were_ten_to_a_message() {
    let double = Double::start().await;
    assert_eq!(queue(&double).hand_on(&[]).await.unwrap(), 0);
    assert_eq!(double.count("SendMessageBatch"), 0);
    let claims = claims(1_234);
    assert_eq!(queue(&double).hand_on(&claims).await.unwrap(), 1_234);
    let key = |claim: &Claim| claim.work.clone();
    let mut arrived = delivered(&double);
    arrived.sort_by_key(key);
    assert_eq!(arrived, claims);
    assert_eq!(double.account().queued.len(), 124);
    let longest = double.account().queued.iter().map(String::len).max();
    assert!(longest < Some(4 * 1024), "{longest:?} bytes are far from the 256 KB that SQS takes");
    assert_eq!(double.count("SendMessageBatch"), 13);
}

#[tokio::test]
async fn what_the_queue_could_not_take_is_sent_once_more_and_then_counted_as_lost() {
    let double = Double::start().await;
    let refuse = |number: usize, times, sender_fault| Refusal {
        holds: format!("user-{number:05}"),
        times,
        sender_fault,
    };
    // In the third message once, in the fifth again and again, in the seventh because of what it says.
    double.account().refusals = vec![refuse(25, 1, false), refuse(45, 9, false), refuse(65, 9, true)];
    assert_eq!(queue(&double).hand_on(&claims(100)).await.unwrap(), 80);
    assert_eq!(double.count("SendMessageBatch"), 2);
    let arrived: BTreeSet<_> = delivered(&double).into_iter().map(|claim| claim.work.user).collect();
    let lost =
        |user: &UserId| ["user-0004", "user-0006"].iter().any(|start| user.as_str().starts_with(start));
    let expected = claims(100).into_iter().map(|claim| claim.work.user).filter(|user| !lost(user));
    assert_eq!(arrived, expected.collect());
}

#[tokio::test]
async fn a_throttled_queue_is_asked_again() {
    let double = Double::start().await;
    double.account().errors.extend([(400, "RequestThrottled"), (503, "ServiceUnavailable")]);
    assert_eq!(queue(&double).hand_on(&claims(10)).await.unwrap(), 10);
    assert_eq!(delivered(&double).len(), 10);
}

#[tokio::test]
async fn a_queue_that_takes_nothing_is_an_error_and_one_that_takes_some_a_count() {
    let double = Double::start().await;
    double.account().errors.push_back((400, "AWS.SimpleQueueService.NonExistentQueue"));
    let error = queue(&double).hand_on(&claims(10)).await.unwrap_err();
    assert_eq!(error.to_string(), "the store could not hand work on");
    let why = error.source().unwrap().to_string();
    assert!(why.starts_with("SQS answered ") && why.contains("NonExistentQueue"), "{why}");
    double.account().errors.push_back((403, "AccessDeniedException"));
    assert_eq!(queue(&double).hand_on(&claims(300)).await.unwrap(), 200);
}
