//! A tick of the dispatcher, as DynamoDB sees it.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use reprise_aws::{Aws, testing};
use reprise_core::Deadline;
use reprise_core::dispatch::dispatch;
use reprise_core::ports::{Claim, Clock, Due, Work, WorkKind};
use reprise_core::testing::TestClock;
use reprise_core::testing::sample::admit;
use reprise_domain::ids::SourceId;
use reprise_tests::cloud::{Cloud, Waits};

const KINDS: &[WorkKind] = &[WorkKind::Archive];

/// More than one page of each part of the index, and more than one request to the queue.
const DUE: usize = 700;

#[tokio::test]
async fn a_tick_hands_all_who_are_due_over_without_a_scan() {
    let noon: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let (store, address) = testing::store().await;
    let cloud = Cloud::before(&address, "a secret");
    for number in 0..DUE {
        let user = admit(&store, &format!("listener-{number}"), noon).await;
        store.schedule(&Work::archive(&user, &SourceId::new("discover-weekly")), noon).await.unwrap();
    }
    let door = cloud.door(Waits::default()).await;
    let aws = Aws::at_endpoint(&door.url);
    let (store, queue) = (aws.store("reprise", 16), aws.queue("http://127.0.0.1/queue"));
    let clock = TestClock::new(noon);
    let end = clock.mark().plus(Duration::from_mins(1));
    let deadline = Deadline::new(end, Duration::from_secs(1));
    let done = dispatch(&store, &clock, &queue, KINDS, &deadline).await.unwrap();
    assert_eq!((done.claimed, done.handed_on, done.is_cut_short), (DUE, DUE, false));

    let messages = cloud.take_messages();
    let claims = messages.iter().flat_map(|message| serde_json::from_str::<Vec<Claim>>(message).unwrap());
    let users: HashSet<String> = claims.map(|claim| claim.work.user.as_str().to_owned()).collect();
    assert_eq!(users.len(), DUE, "everybody once");
    assert_eq!(messages.len(), DUE / 10);

    let used = door.used();
    let asked: Vec<&str> = used.operations.keys().map(String::as_str).collect();
    let expected = [
        "dynamodb.BatchGetItem",
        "dynamodb.GetItem",
        "dynamodb.Query",
        "dynamodb.UpdateItem",
        "sqs.SendMessageBatch",
    ];
    assert_eq!(asked, expected, "nothing else is asked, and above all no Scan");
    // One unit for each claim, none for the index, which stays as it is.
    let due = f64::from(u32::try_from(DUE).unwrap());
    assert!((used.write_units - due).abs() < 0.01, "{used:?}");
    assert!(used.index_writes.values().sum::<f64>() < 0.01, "{used:?}");
    // Half a unit to look each up, and the index by pages.
    assert!(used.read_units < due, "{used:?}");
}
