//! What only a store on DynamoDB has to promise: about lost answers, throttling, an index that lags,
//! and what does not fit.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reprise_aws::{Aws, DynamoStore, testing};
use reprise_core::ports::{
    ArchiveLedger as _, Budget as _, Due as _, Sources as _, StoreError, Tracks as _, Users as _, Version,
    Work, WorkKind, Written,
};
use reprise_core::testing::sample::admit;
use reprise_domain::archive::{
    Expected, Fate as TrackFate, Found, Generation, Label, Rung, Source, SourceKind,
};
use reprise_domain::budget::Purpose;
use reprise_domain::identity::Identity;
use reprise_domain::ids::{SourceId, UserId};
use serde_json::json;

use crate::unkind::{Fate, Request, Unkind, canceled, error};

const LEASE: Duration = Duration::from_mins(10);

fn minutes(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-16T12:00:00Z".parse().unwrap();
    noon.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

fn source(newest: u32) -> Source {
    Source { newest, ..Source::new(SourceId::new("discover-weekly"), SourceKind::DiscoverWeekly) }
}

fn archive(user: &UserId) -> Work {
    Work::archive(user, &SourceId::new("discover-weekly"))
}

/// What an error says below "the store could not …".
fn why(error: &StoreError) -> String {
    error.source().unwrap().to_string()
}

/// A store whose requests may meet something, and one whose requests meet nothing.
async fn two(
    decide: impl Fn(&Request<'_>) -> Fate + Send + Sync + 'static,
) -> (Unkind, DynamoStore, DynamoStore) {
    let (kind, address) = testing::store().await;
    let between = Unkind::before(&address, decide).await;
    let unkind = Aws::at_endpoint(&between.url).store("reprise", 16);
    (between, unkind, kind)
}

/// Meets the first requests of an operation with a fate, and lets the others through.
fn first(count: usize, operation: &'static str, fate: fn() -> Fate) -> impl Fn(&Request<'_>) -> Fate {
    let met = AtomicUsize::new(0);
    move |request| {
        let is_met = request.operation == operation && met.fetch_add(1, Ordering::SeqCst) < count;
        if is_met { fate() } else { Fate::Answered }
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_no_conflict_with_itself() {
    let (between, store, other) = two(|_| Fate::Answered).await;
    let ana = admit(&store, "ana", minutes(0)).await;
    for lost in [|| Fate::Unanswered, || Fate::AnsweredByMistake] {
        let read = store.source(&ana, &source(0).id).await.unwrap().map_or(Version::NEW, |read| read.version);
        between.decide(first(
            1,
            if read == Version::NEW { "TransactWriteItems" } else { "UpdateItem" },
            lost,
        ));
        let written = store.put_source(&ana, &source(1), read).await.unwrap();
        assert_eq!(written, Written::At(read.next()));
        assert_eq!(between.seen().len(), 2, "it was sent twice: {:?}", between.seen());
        // Somebody else's write is a conflict still.
        between.decide(first(1, "UpdateItem", || error("ThrottlingException")));
        assert_eq!(
            other.put_source(&ana, &source(2), read.next()).await.unwrap(),
            Written::At(read.next().next())
        );
        assert_eq!(store.put_source(&ana, &source(3), read.next()).await.unwrap(), Written::Conflict);
    }
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_ours() {
    let (between, store, _) = two(|_| Fate::Answered).await;
    let ana = admit(&store, "ana", minutes(0)).await;
    store.schedule(&archive(&ana), minutes(0)).await.unwrap();
    between.decide(first(1, "UpdateItem", || Fate::Unanswered));
    let claims = store.claim(WorkKind::Archive, minutes(1), LEASE, 9).await.unwrap();
    assert_eq!(claims.len(), 1);
    between.decide(first(1, "UpdateItem", || Fate::Unanswered));
    let ours = store.take_over(&claims[0], minutes(2), LEASE).await.unwrap().unwrap();
    between.decide(first(1, "UpdateItem", || Fate::Unanswered));
    assert!(store.finish(&ours, Some(minutes(60))).await.unwrap());
    assert_eq!(store.due_at(&archive(&ana)).await.unwrap(), Some(minutes(60)));
}

#[tokio::test]
async fn a_transaction_that_ran_into_another_is_repeated_unless_a_condition_failed_as_well() {
    let (between, store, _) = two(|_| Fate::Answered).await;
    let ana = admit(&store, "ana", minutes(0)).await;
    between.decide(first(3, "TransactWriteItems", || canceled(&["None", "TransactionConflict"])));
    let written = store.put_source(&ana, &source(1), Version::NEW).await.unwrap();
    assert_eq!(written, Written::At(Version(1)));
    assert_eq!(between.seen().len(), 4);
    let both = || canceled(&["ConditionalCheckFailed", "TransactionConflict"]);
    between.decide(first(9, "TransactWriteItems", both));
    assert_eq!(store.put_source(&ana, &source(1), Version::NEW).await.unwrap(), Written::Conflict);
    assert_eq!(between.seen().len(), 1);
}

#[tokio::test]
async fn what_is_throttled_again_and_again_is_an_error_that_says_what_to_do() {
    let (between, store, _) = two(|_| Fate::Answered).await;
    let ana = admit(&store, "ana", minutes(0)).await;
    between.decide(first(usize::MAX, "GetItem", || error("ProvisionedThroughputExceededException")));
    let refused = store.user(&ana).await.unwrap_err();
    assert_eq!(refused.to_string(), "the store could not read a listener");
    assert_eq!(
        why(&refused),
        "DynamoDB answered ProvisionedThroughputExceededException: as ordered; too much was asked at once, several \
         times over; try later, or give the table more capacity"
    );
    assert_eq!(between.seen().len(), 8);
}

#[tokio::test]
async fn a_batch_that_is_never_done_is_given_up() {
    let (between, store, _) = two(|_| Fate::Answered).await;
    let uris = ["a", "b", "c"].map(|letter| format!("spotify:track:{}", letter.repeat(22)).parse().unwrap());
    between.decide(|request| Fate::Instead(json!({"UnprocessedKeys": request.body["RequestItems"]})));
    let refused = store.tracks(&uris, minutes(0)).await.unwrap_err();
    assert_eq!(
        why(&refused),
        "DynamoDB handed back 4 items of a batch again and again: the table lacks capacity"
    );
    assert_eq!(between.seen().len(), 8);
}

#[tokio::test]
async fn permits_given_back_are_counted_once_whatever_becomes_of_the_answer() {
    let (between, store, other) = two(|_| Fate::Answered).await;
    let spent = async || other.spent(minutes(0)).await.unwrap().iter().map(|spent| spent.calls).sum::<u32>();
    store.spend(minutes(0), Purpose::Archive, 10).await.unwrap();
    between.decide(first(1, "UpdateItem", || Fate::Unanswered));
    assert!(store.spend(minutes(0), Purpose::Archive, -4).await.is_err());
    assert_eq!((spent().await, between.seen().len()), (6, 1));
    // What was turned away at the door is sent again.
    between.decide(first(2, "UpdateItem", || error("ThrottlingException")));
    store.spend(minutes(0), Purpose::Archive, -1).await.unwrap();
    assert_eq!((spent().await, between.seen().len()), (5, 3));
    // Spent twice is on the safe side.
    between.decide(first(1, "UpdateItem", || Fate::Unanswered));
    store.spend(minutes(0), Purpose::Archive, 4).await.unwrap();
    assert_eq!(spent().await, 13);
}

/// An index row, as it was once.
fn row(user: &UserId, at: Timestamp) -> serde_json::Value {
    json!({
        "pk": {"S": format!("user#{user}")}, "sk": {"S": "due#archive#discover-weekly"},
        "due": {"S": "archive#0"}, "at": {"S": format!("{at:.9}")},
    })
}

#[tokio::test]
async fn an_index_that_lags_proposes_and_the_item_decides() {
    let (between, store, other) = two(|_| Fate::Answered).await;
    let mut users = Vec::new();
    for name in ["held", "finished", "off", "erased", "due"] {
        let user = admit(&other, name, minutes(0)).await;
        other.schedule(&archive(&user), minutes(0)).await.unwrap();
        users.push(user);
    }
    let held =
        async |user: &UserId| other.claim_now(&archive(user), minutes(0), LEASE).await.unwrap().unwrap();
    held(&users[0]).await;
    assert!(other.finish(&held(&users[1]).await, Some(minutes(60))).await.unwrap());
    assert!(other.finish(&held(&users[2]).await, None).await.unwrap());
    other.erase(&users[3]).await.unwrap();
    // All five still show where they were, and one that was moved while the index was read shows twice.
    let mut rows: Vec<_> = users.iter().map(|user| row(user, minutes(0))).collect();
    rows.push(row(&users[4], minutes(-1)));
    let page = Arc::new(json!({"Count": 6, "ScannedCount": 6, "Items": rows}));
    between.decide(move |request| match &request.body["ExpressionAttributeValues"][":pk"]["S"] {
        part if request.operation == "Query" && part == "archive#0" => Fate::Instead((*page).clone()),
        _ if request.operation == "Query" => {
            Fate::Instead(json!({"Count": 0, "ScannedCount": 0, "Items": []}))
        }
        _ => Fate::Answered,
    });
    assert_eq!(store.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(0)));
    let claims = store.claim(WorkKind::Archive, minutes(1), LEASE, 9).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.work.user).collect::<Vec<_>>(), [&users[4]]);
    // What is left is held until the first lease ends.
    assert_eq!(store.next_due(WorkKind::Archive).await.unwrap(), Some(minutes(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_lag_behind_the_index_are_taken_by_one_only() {
    let (between, store, other) = two(|_| Fate::Answered).await;
    let ana = admit(&other, "ana", minutes(0)).await;
    other.schedule(&archive(&ana), minutes(0)).await.unwrap();
    // Somebody claims after the item was looked up, and before it is taken.
    let claimed = AtomicUsize::new(0);
    between.decide(move |request| {
        if request.operation == "UpdateItem" && claimed.fetch_add(1, Ordering::SeqCst) == 0 {
            let work = archive(&ana);
            let claim = other.claim_now(&work, minutes(1), LEASE);
            let claim = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(claim));
            assert!(claim.unwrap().is_some());
        }
        Fate::Answered
    });
    assert_eq!(store.claim(WorkKind::Archive, minutes(1), LEASE, 9).await.unwrap(), []);
    assert_eq!(between.seen().last().unwrap(), "UpdateItem");
}

#[tokio::test]
async fn work_whose_holders_die_again_and_again_does_not_hold_up_the_others() {
    let (store, _) = testing::store().await;
    for name in ["poisoned-1", "poisoned-2", "poisoned-3"] {
        store.schedule(&archive(&admit(&store, name, minutes(0)).await), minutes(0)).await.unwrap();
    }
    let bo = admit(&store, "bo", minutes(0)).await;
    store.schedule(&archive(&bo), minutes(5)).await.unwrap();
    let claim =
        async |minute, limit| store.claim(WorkKind::Archive, minutes(minute), LEASE, limit).await.unwrap();
    assert_eq!(claim(0, 9).await.len(), 3);
    // Their leases ended at ten; bo has been due since five.
    let next = claim(11, 1).await;
    assert_eq!(next.iter().map(|claim| &claim.work.user).collect::<Vec<_>>(), [&bo]);
    assert_eq!(claim(11, 9).await.len(), 3);
}

#[tokio::test]
async fn what_could_be_claimed_is_worked_on_although_others_could_not() {
    let (between, store, other) = two(|_| Fate::Answered).await;
    for name in ["ana", "bo", "cy"] {
        let user = admit(&other, name, minutes(0)).await;
        other.schedule(&archive(&user), minutes(0)).await.unwrap();
    }
    let refuse = |name: &'static str| {
        move |request: &Request<'_>| {
            let is_theirs = request.body["Key"]["pk"]["S"].as_str().is_some_and(|pk| pk.contains(name));
            if request.operation == "UpdateItem" && is_theirs {
                error("AccessDeniedException")
            } else {
                Fate::Answered
            }
        }
    };
    between.decide(refuse("user-bo"));
    assert_eq!(store.claim(WorkKind::Archive, minutes(1), LEASE, 9).await.unwrap().len(), 2);
    let refused = store.claim(WorkKind::Archive, minutes(1), LEASE, 9).await.unwrap_err();
    assert_eq!(
        why(&refused),
        "DynamoDB answered AccessDeniedException: as ordered; the role lacks this action or this resource"
    );
}

/// Text as it comes, a different one for each number.
pub(crate) fn noise(number: usize, length: usize) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, &number.to_be_bytes());
    let letters = digest.as_ref().iter().cycle().map(|byte| char::from(b'a' + byte % 26));
    letters.take(length).collect()
}

/// A list of tracks that have nothing in common.
pub(crate) fn list_of(tracks: usize) -> Generation {
    let label = Label::nearest(minutes(0), &jiff::tz::TimeZone::UTC);
    let mut list = Generation::begin(1, label, minutes(0), Expected::Read(30));
    let found = |number: usize| Found {
        identity: Identity::new(
            format!("spotify:track:{}", noise(number, 22)).parse().unwrap(),
            format!("USRC{:08}", number * 7_919 % 100_000_000).parse().ok(),
            u32::try_from(number * 7_919 % 200_000).ok(),
            &noise(number + 1_000_000, 20),
            [noise(number + 2_000_000, 12).as_str()],
        ),
        rung: Rung::Api,
        at: minutes(0),
        fate: TrackFate::Pending,
    };
    list.tracks = (0..tracks).map(found).collect();
    list
}

#[tokio::test]
async fn a_document_that_no_item_holds_is_refused_with_its_size() {
    let (store, _) = testing::store().await;
    let (ana, weekly) = (admit(&store, "ana", minutes(0)).await, SourceId::new("a"));
    // A week's list is two units to write, in the transaction that creates it twice as much, and two for
    // looking at the listener.
    let before = store.units();
    let week = store.put_generation(&ana, &weekly, &list_of(30), Version::NEW).await.unwrap();
    assert_eq!(week, Written::At(Version(1)));
    assert!((store.units() - before).write <= 6.0);
    let largest = Generation { number: 2, ..list_of(6_000) };
    let written = store.put_generation(&ana, &weekly, &largest, Version::NEW).await.unwrap();
    assert_eq!(written, Written::At(Version(1)));
    assert_eq!(store.generation(&ana, &weekly, 2).await.unwrap().unwrap().value, largest);
    let huge = Generation { number: 3, ..list_of(12_000) };
    let refused = store.put_generation(&ana, &weekly, &huge, Version::NEW).await.unwrap_err();
    let said = why(&refused);
    assert!(
        said.starts_with("the document has ") && said.ends_with("an item of DynamoDB holds 405504"),
        "{said}"
    );
}

#[tokio::test]
async fn an_error_says_where_and_what_to_do() {
    let nowhere = Aws::at_endpoint("http://127.0.0.1:9").store("reprise", 16);
    let said = why(&nowhere.user(&UserId::new("ana")).await.unwrap_err());
    assert!(
        said.starts_with("DynamoDB could not be reached: ") && said.contains("AWS_ENDPOINT_URL"),
        "{said}"
    );
    let (_, address) = testing::store().await;
    let other_table = Aws::at_endpoint(&address).store("reprise-staging", 16);
    let said = why(&other_table.user(&UserId::new("ana")).await.unwrap_err());
    assert!(said.contains("ResourceNotFoundException") && said.contains("check the table's name"), "{said}");
}

#[tokio::test]
async fn a_table_that_is_there_is_left_as_it_is() {
    let (store, _) = testing::store().await;
    let ana = admit(&store, "ana", minutes(0)).await;
    store.create_table().await.unwrap();
    assert!(store.user(&ana).await.unwrap().is_some());
}
