use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use reprise_domain::ids::SourceId;
use reprise_domain::time::days;
use zeroize::Zeroizing;

use super::record::Record;
use super::seal::Sealer;
use super::*;
use crate::ports::{Clock as _, Work, WorkKind};
use crate::testing::inventory::{core, furnish, inventory, memory_core};
use crate::testing::{MemoryStore, TestClock, TestKeyWrap, sample};
use crate::vault::Purpose;

/// Enough for tests: nobody guesses here.
const FEW: u32 = 10;

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple")
}

async fn pack(core: &Core, leave: bool) -> Result<(Vec<u8>, Packed), MoveError> {
    let mut file = Vec::new();
    let packed = export(core, &passphrase(), FEW, leave, &mut file, &mut |_| {}).await?;
    Ok((file, packed))
}

async fn unpack(core: &Core, file: &[u8]) -> Result<Unpacked, MoveError> {
    import(core, &passphrase(), &mut Cursor::new(file), &mut |_| {}).await
}

/// When the next sleeper wants to wake, once there is one.
async fn sleeper(clock: &TestClock) -> Timestamp {
    loop {
        clock.asleep(1).await;
        if let Some(at) = clock.next_wake().filter(|at| *at > clock.now()) {
            return at;
        }
        tokio::task::yield_now().await;
    }
}

/// A clock that lets sleepers sleep for no time at all.
fn running_clock() -> TestClock {
    let clock = TestClock::default();
    let hand = clock.clone();
    tokio::spawn(async move {
        loop {
            let at = sleeper(&hand).await;
            hand.set(at);
        }
    });
    clock
}

/// An installation with something of everything, its file, and how much there is.
async fn furnished(seed: u64, leave: bool) -> (Core, Vec<u8>, Packed) {
    let from = memory_core(&running_clock(), 1, "here");
    furnish(&from, seed, 4).await;
    let (file, packed) = pack(&from, leave).await.unwrap();
    (from, file, packed)
}

fn empty() -> Core {
    memory_core(&running_clock(), 2, "there")
}

fn differences(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<String> {
    let names = a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name));
    names.map(|name| format!("{name}: {:?} / {:?}", a.get(name), b.get(name))).collect()
}

#[track_caller]
fn assert_same(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) {
    let differences = differences(a, b);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[tokio::test]
async fn an_installation_arrives_as_it_was_under_other_keys_and_another_name() {
    for seed in 0..40 {
        let (from, file, packed) = furnished(seed, true).await;
        let to = empty();
        let unpacked = unpack(&to, &file).await.unwrap();
        assert_eq!(unpacked.counts, packed.counts);
        assert_eq!((unpacked.already, unpacked.before), (0, false));
        assert_eq!(unpacked.begin.deployment, "here");
        let (left, arrived) = (inventory(&from).await, inventory(&to).await);
        assert_same(&left, &arrived);
        assert!(left.len() > 20 && packed.counts.listeners == 4, "seed {seed} made too little");
        // And back, into a third.
        let (file, _) = pack(&to, true).await.unwrap();
        let back = memory_core(&running_clock(), 3, "here");
        unpack(&back, &file).await.unwrap();
        assert_same(&inventory(&to).await, &inventory(&back).await);
    }
}

#[tokio::test]
async fn an_empty_installation_is_a_file_too() {
    let (file, packed) = pack(&empty(), false).await.unwrap();
    assert_eq!(packed.counts.total(), 0);
    assert_eq!(unpack(&empty(), &file).await.unwrap().counts, Counts::default());
}

#[tokio::test]
async fn a_file_says_what_it_is_and_nothing_else() {
    let (_, file, _) = furnished(1, false).await;
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.starts_with("reprise-house v1 "));
    for secret in ["CANARY", "user-", "discover", "spotify", "listener"] {
        assert!(!text.lines().skip(1).any(|line| line.contains(secret)), "{secret} can be read");
    }
    let (_, again, _) = furnished(1, false).await;
    let lines = |file: &[u8]| String::from_utf8_lossy(file).lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(lines(&file).iter().zip(&lines(&again)).all(|(a, b)| a != b), "no two files share a key");
}

/// Every error of a spoiled file leaves what it met as it was, and open.
async fn refused(file: &[u8], with: &Passphrase) -> MoveError {
    let to = empty();
    let error = import(&to, with, &mut Cursor::new(file), &mut |_| {}).await.unwrap_err();
    assert!(inventory(&to).await.is_empty(), "{error}: something was written");
    assert!(is_open(&to).await.unwrap(), "{error}: the house was closed");
    error
}

#[tokio::test]
async fn another_passphrase_opens_nothing() {
    let (_, file, _) = furnished(2, false).await;
    let error = refused(&file, &Passphrase::new("correct horse battery stapler")).await;
    assert!(matches!(error, MoveError::WrongPassphrase), "{error}");
}

#[tokio::test]
async fn a_file_cut_anywhere_is_found_out() {
    let (_, file, _) = furnished(3, false).await;
    let ends: Vec<_> = (0..file.len()).filter(|at| file[*at] == b'\n').map(|at| at + 1).collect();
    assert!(ends.len() > 20);
    for (number, end) in (1..).zip(&ends[..ends.len() - 1]) {
        let error = refused(&file[..*end], &passphrase()).await;
        assert!(matches!(error, MoveError::Truncated { line } if line == number + 1), "{number}: {error}");
        let error = refused(&file[..end + 9], &passphrase()).await;
        assert!(matches!(error, MoveError::Truncated { line } if line == number + 1), "{number}: {error}");
    }
    for cut in [0, 10, ends[0] - 1] {
        let error = refused(&file[..cut], &passphrase()).await;
        assert!(matches!(error, MoveError::NotOurs | MoveError::Truncated { .. }), "{cut}: {error}");
    }
    // The last line's end alone tells nothing.
    assert!(unpack(&empty(), &file[..file.len() - 1]).await.is_ok());
}

#[tokio::test]
async fn a_flipped_byte_is_found_in_its_line() {
    let (_, file, _) = furnished(4, false).await;
    let mut line = 1;
    for at in 0..file.len() {
        // Each line's first bytes, some in its middle, its last: and what ends it.
        let is_edge = at < 3 || file[at - 1] == b'\n' || file.get(at + 1) == Some(&b'\n') || at % 997 == 0;
        if is_edge {
            let mut spoiled = file.clone();
            spoiled[at] ^= 0x04;
            let error = refused(&spoiled, &passphrase()).await;
            let is_told = match (&error, line) {
                (MoveError::NotOurs | MoveError::Newer { .. }, 1) | (MoveError::WrongPassphrase, 1 | 2) => {
                    true
                }
                (MoveError::Damaged { line: told }, line) => *told == line,
                _ => false,
            };
            assert!(is_told, "byte {at} of line {line}: {error}");
        }
        line += u64::from(file[at] == b'\n');
    }
}

fn lines(file: &[u8]) -> Vec<Vec<u8>> {
    file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn lines_open_in_their_own_place_and_file_only() {
    let (_, file, _) = furnished(5, false).await;
    let (_, other, _) = furnished(5, false).await;
    let (own, other) = (lines(&file), lines(&other));
    let last = own.len() - 1;
    for (a, b) in [(2, 3), (4, 9), (2, last), (last - 1, last)] {
        let mut swapped = own.clone();
        swapped.swap(a, b);
        let error = refused(&swapped.concat(), &passphrase()).await;
        assert!(matches!(error, MoveError::Damaged { line } if line == a as u64 + 1), "{a}, {b}: {error}");
    }
    let mut doubled = own.clone();
    doubled.insert(6, own[5].clone());
    let mut dropped = own.clone();
    dropped.remove(5);
    let mut foreign = own.clone();
    foreign[5] = other[5].clone();
    for (spoiled, line) in [(doubled, 7), (dropped, 6), (foreign, 6)] {
        let error = refused(&spoiled.concat(), &passphrase()).await;
        assert!(matches!(error, MoveError::Damaged { line: told } if told == line), "{error}");
    }
    let mut longer = own.clone();
    longer.push(own[last].clone());
    let error = refused(&longer.concat(), &passphrase()).await;
    assert!(matches!(error, MoveError::AfterEnd { line } if line == last as u64 + 2), "{error}");
}

/// A file with these records, whatever they are.
fn written(records: &[&str]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut sealer = Sealer::begin(&mut file, &passphrase(), FEW).unwrap();
    for record in records {
        sealer.write(Zeroizing::new(record.as_bytes().to_vec())).unwrap();
    }
    file
}

#[tokio::test]
async fn what_a_newer_one_wrote_is_not_brought_in_by_halves() {
    let begin = r#"{"kind":"begin","record":{"at":"2026-11-16T06:00:00Z","deployment":"a","left":true}}"#;
    let end = String::from_utf8(Record::End(Counts::default()).bytes().unwrap().to_vec()).unwrap();
    assert!(unpack(&empty(), &written(&[begin, &end])).await.is_ok());
    let play = r#"{"kind":"play","record":{"track":"x"}}"#;
    let error = refused(&written(&[begin, play, &end]), &passphrase()).await;
    assert!(matches!(&error, MoveError::UnknownKind { line: 3, kind } if kind == "play"), "{error}");
    let moody = begin.replace("\"left\"", "\"mood\":1,\"left\"");
    let error = refused(&written(&[&moody, &end]), &passphrase()).await;
    assert!(matches!(&error, MoveError::Strange { line: 2, what } if what.contains("mood")), "{error}");
    let newer = String::from_utf8(written(&[begin, &end])).unwrap().replacen(" v1 ", " v2 ", 1);
    let error = refused(newer.as_bytes(), &passphrase()).await;
    assert!(matches!(error, MoveError::Newer { format: 2 }), "{error}");
    // Whole, and yet not what it says.
    let lying = end.replace("\"weeks\":0", "\"weeks\":1");
    for records in [vec![begin, &lying], vec![begin, begin, &end], vec![&*end]] {
        let error = refused(&written(&records), &passphrase()).await;
        assert!(matches!(error, MoveError::Damaged { .. } | MoveError::Truncated { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_import_that_dies_anywhere_goes_on_and_harms_nothing_meanwhile() {
    let from = memory_core(&running_clock(), 1, "here");
    furnish(&from, 6, 2).await;
    let (file, _) = pack(&from, true).await.unwrap();
    let expected = inventory(&from).await;
    let (mut deaths, mut died) = (0, true);
    while died {
        let store = MemoryStore::new();
        let to = core(store.clone(), &running_clock(), Arc::new(TestKeyWrap::with_key(2)), "there");
        store.fail_after(deaths);
        died = unpack(&to, &file).await.is_err();
        store.heal();
        if died {
            deaths += 1;
            // Whatever came so far, nothing is done for anybody.
            let due = to.ports.due.claim(WorkKind::Archive, to.ports.clock.now(), days(1), 9).await.unwrap();
            let is_empty = to.ports.users.users(None, 9).await.unwrap().is_empty();
            assert!(is_empty || !is_open(&to).await.unwrap(), "open after {deaths} operations");
            for claim in due {
                assert_eq!(crate::archive::run(&to, &claim).await.unwrap(), None);
            }
        }
        let again = unpack(&to, &file).await.unwrap();
        assert!(again.standing.is_open());
        let mut arrived = inventory(&to).await;
        // Claims of a closed house are given back for later, and count.
        let mut expected = expected.clone();
        if died {
            for all in [&mut arrived, &mut expected] {
                all.retain(|name, _| !name.starts_with("appointment"));
            }
        }
        assert_same(&expected, &arrived);
    }
    assert!(deaths > 60, "{deaths} places to die at");
}

#[tokio::test]
async fn an_export_that_dies_anywhere_is_made_again() {
    let (mut deaths, mut died) = (0, true);
    while died {
        let (store, clock) = (MemoryStore::new(), running_clock());
        let from = core(store.clone(), &clock, Arc::new(TestKeyWrap::with_key(1)), "here");
        furnish(&from, 7, 2).await;
        store.fail_after(deaths);
        died = pack(&from, true).await.is_err();
        store.heal();
        deaths += 1;
        // What was held when it died is free after the lease at the latest.
        let (file, packed) = pack(&from, true).await.unwrap();
        assert!(packed.left && !is_open(&from).await.unwrap());
        let to = empty();
        unpack(&to, &file).await.unwrap();
        assert_same(&inventory(&from).await, &inventory(&to).await);
    }
    assert!(deaths > 50, "{deaths} places to die at");
}

#[tokio::test]
async fn who_has_left_does_nothing_more_until_taken_back() {
    let (from, file, packed) = furnished(8, true).await;
    assert!(packed.left);
    let ada = from.ports.users.users(None, 1).await.unwrap().remove(0).id;
    let source = SourceId::new("discover-weekly");
    assert_eq!(crate::archive::run_now(&from, &ada, &source).await.unwrap(), None);
    let error = unpack(&from, &file).await.unwrap_err();
    assert!(matches!(error, MoveError::HasLeft { .. }), "{error}");
    assert!(pack(&from, false).await.unwrap().1.left, "once left, every file is a move");
    assert!(open(&from).await.unwrap().is_open());
    assert!(!pack(&from, false).await.unwrap().1.left);
}

#[tokio::test]
async fn a_copy_waits_until_somebody_says_that_its_original_is_gone() {
    let (from, file, packed) = furnished(9, false).await;
    assert!(!packed.left && is_open(&from).await.unwrap());
    let to = empty();
    let unpacked = unpack(&to, &file).await.unwrap();
    assert!(matches!(unpacked.standing, Standing::Waiting { .. }));
    assert!(!is_open(&to).await.unwrap());
    assert_same(&inventory(&from).await, &inventory(&to).await);
    assert!(matches!(pack(&to, false).await, Err(MoveError::NeverOpened)));
    assert!(unpack(&to, &file).await.unwrap().before);
    assert!(open(&to).await.unwrap().is_open());
    assert!(unpack(&to, &file).await.unwrap().standing.is_open());
}

#[tokio::test]
async fn what_has_arrived_is_never_set_back_by_its_own_file() {
    let (_, file, _) = furnished(10, true).await;
    let to = empty();
    unpack(&to, &file).await.unwrap();
    let gone = to.ports.users.users(None, 1).await.unwrap().remove(0).id;
    to.ports.users.erase(&gone).await.unwrap();
    let now = inventory(&to).await;
    let again = unpack(&to, &file).await.unwrap();
    assert!(again.before && again.standing.is_open());
    assert_same(&now, &inventory(&to).await);
}

#[tokio::test]
async fn an_incomplete_house_is_finished_with_its_own_file_only() {
    let (_, file, _) = furnished(11, true).await;
    let (_, other, _) = furnished(12, true).await;
    let store = MemoryStore::new();
    let to = core(store.clone(), &running_clock(), Arc::new(TestKeyWrap::with_key(2)), "there");
    store.fail_after(60);
    unpack(&to, &file).await.unwrap_err();
    store.heal();
    assert!(matches!(to.ports.house.standing().await.unwrap().value, Standing::Arriving { .. }));
    assert!(matches!(unpack(&to, &other).await, Err(MoveError::Another)));
    assert!(matches!(open(&to).await, Err(MoveError::Incomplete)));
    assert!(matches!(pack(&to, true).await, Err(MoveError::Incomplete)));
    assert!(unpack(&to, &file).await.unwrap().already > 0);
}

/// A change that makes one record of an otherwise identical installation differ.
async fn conflict(change: impl AsyncFn(&Core, &UserId)) -> String {
    let (from, file, _) = furnished(13, true).await;
    let to = empty();
    unpack(&to, &file).await.unwrap();
    // Another file of the same installation: the next import compares.
    open(&from).await.unwrap();
    let (file, _) = pack(&from, true).await.unwrap();
    let mut users = to.ports.users.users(None, 9).await.unwrap();
    change(&to, &users.remove(0).id).await;
    let before = inventory(&to).await;
    let error = unpack(&to, &file).await.unwrap_err();
    assert!(matches!(error, MoveError::Conflict { .. }), "{error}");
    assert_same(&before, &inventory(&to).await);
    assert!(is_open(&to).await.unwrap(), "a conflict closes nothing");
    error.to_string()
}

#[tokio::test]
async fn a_conflict_names_the_record_and_changes_nothing() {
    let named = conflict(async |to: &Core, user: &UserId| {
        let mut read = to.ports.users.user(user).await.unwrap().unwrap();
        read.value.session_epoch += 1;
        let _ = to.ports.users.put_user(&read.value, read.version).await.unwrap();
    });
    assert!(named.await.contains("the listener user-l000-"));
    let named = conflict(async |to: &Core, user: &UserId| {
        let mut read = to.ports.tokens.grant(user).await.unwrap().unwrap();
        let now = to.ports.clock.now();
        let token = to.vault.seal(user.as_str(), Purpose::RefreshToken, b"another", now).await.unwrap();
        read.value.refresh = token;
        let _ = to.ports.tokens.put_grant(user, &read.value, read.version).await.unwrap();
    });
    assert!(named.await.contains("the consent of listener user-l000-"));
    let named = conflict(async |to: &Core, user: &UserId| {
        let mut read = to.ports.sources.sources(user).await.unwrap().remove(0);
        read.value.failures += 1;
        let _ = to.ports.sources.put_source(user, &read.value, read.version).await.unwrap();
    });
    assert!(named.await.contains("the source discover-weekly of listener user-l000-"));
    let named = conflict(async |to: &Core, user: &UserId| {
        let source = SourceId::new("discover-weekly");
        let mut read = to.ports.ledger.generations(user, &source, None, 1).await.unwrap().remove(0);
        read.value.mended += 1;
        let put = to.ports.ledger.put_generation(user, &source, &read.value, read.version);
        let _ = put.await.unwrap();
    });
    assert!(named.await.contains("the week 2026-W47 (number "));
}

#[tokio::test]
async fn a_spotify_account_that_is_somebody_elses_here_is_a_conflict() {
    let from = memory_core(&running_clock(), 1, "here");
    sample::admit(&*from.ports.users, "ana", from.ports.clock.now()).await;
    // Its sample grant is not really sealed, and so is carried without a token.
    let (file, packed) = pack(&from, true).await.unwrap();
    assert_eq!(packed.without_token.len(), 1);
    let to = empty();
    let mut other = sample::admission("ana", to.ports.clock.now());
    other.user.id = UserId::new("signed-up-here");
    let _ = to.ports.users.admit(&other).await.unwrap();
    let error = unpack(&to, &file).await.unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("as listener signed-up-here"), "{error}");
}

#[tokio::test]
async fn listeners_of_both_houses_live_together_afterwards() {
    let (from, file, _) = furnished(14, true).await;
    let to = empty();
    let ana = sample::admit(&*to.ports.users, "ana", to.ports.clock.now()).await;
    unpack(&to, &file).await.unwrap();
    let users = to.ports.users.users(None, 99).await.unwrap();
    assert_eq!(users.len(), from.ports.users.users(None, 99).await.unwrap().len() + 1);
    assert!(users.iter().any(|user| user.id == ana));
}

#[tokio::test]
async fn a_token_that_does_not_open_keeps_nobody_else_here() {
    let from = memory_core(&running_clock(), 1, "here");
    furnish(&from, 15, 3).await;
    let unlucky = sample::admit(&*from.ports.users, "unlucky", from.ports.clock.now()).await;
    let (file, packed) = pack(&from, true).await.unwrap();
    assert_eq!(packed.without_token, std::slice::from_ref(&unlucky));
    let to = empty();
    assert_eq!(unpack(&to, &file).await.unwrap().counts.listeners, 4);
    let grant = to.ports.tokens.grant(&unlucky).await.unwrap().unwrap().value;
    assert_eq!(grant.state.name(), "revoked");
}

#[tokio::test]
async fn a_listener_is_read_between_runs_and_never_during_one() {
    let clock = TestClock::default();
    let from = memory_core(&clock, 1, "here");
    furnish(&from, 16, 1).await;
    let user = from.ports.users.users(None, 1).await.unwrap().remove(0).id;
    let work = Work::archive(&user, &SourceId::new("discover-weekly"));
    let now = clock.now();
    let run = from.ports.due.claim_now(&work, now, days(1)).await.unwrap().unwrap();
    let from = Arc::new(from);
    let packing = tokio::spawn({
        let from = Arc::clone(&from);
        async move { pack(&from, false).await }
    });
    // It sleeps until it asks again, and finds the run still there.
    for _ in 0..3 {
        let at = sleeper(&clock).await;
        assert!(!packing.is_finished());
        clock.set(at);
    }
    let mut source =
        from.ports.sources.source(&user, &SourceId::new("discover-weekly")).await.unwrap().unwrap();
    source.value.failures = 77;
    let _ = from.ports.sources.put_source(&user, &source.value, source.version).await.unwrap();
    sleeper(&clock).await;
    assert!(from.ports.due.finish(&run, Some(now)).await.unwrap());
    clock.set(sleeper(&clock).await);
    let (file, _) = packing.await.unwrap().unwrap();
    let to = empty();
    unpack(&to, &file).await.unwrap();
    assert_same(&inventory(&from).await, &inventory(&to).await);
    assert!(inventory(&to).await.values().any(|record| record.contains("failures: 77")));
}

#[tokio::test]
async fn whoever_leaves_waits_for_requests_under_way() {
    let clock = TestClock::default();
    let from = Arc::new(memory_core(&clock, 1, "here"));
    let packing = tokio::spawn({
        let from = Arc::clone(&from);
        async move { pack(&from, true).await }
    });
    let until = sleeper(&clock).await;
    assert_eq!(until, later(clock.now(), UNDER_WAY));
    assert!(!is_open(&from).await.unwrap());
    // A form that was on its way is stored after the door was closed, and comes along.
    sample::admit(&*from.ports.users, "late", clock.now()).await;
    clock.set(until);
    assert_eq!(packing.await.unwrap().unwrap().1.counts.listeners, 1);
}
