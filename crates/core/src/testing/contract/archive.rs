//! Lists of the archive's ledger, and its runs.

use reprise_domain::archive::{Source, Target, TargetState};
use reprise_domain::ids::{SnapshotId, SourceId, UserId};

use super::samples::{UNUSUAL, busy_generation, generation, minutes, run, source, target};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{RUNS_KEPT, Run, RunOutcome, Version, Written};
use crate::testing::sample::admit;

fn weekly() -> SourceId {
    SourceId::new("discover-weekly")
}

const CREATED: Written = Written::At(Version(1));

pub async fn sources_are_listed_in_order_of_id<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for id in ["b", "Z", "é", "a"] {
        assert_eq!(pair.one.put_source(&ana, &source(id), Version::NEW).await.unwrap(), CREATED);
    }
    let sources = pair.other.sources(&ana).await.unwrap();
    let ids: Vec<_> = sources.iter().map(|source| source.value.id.as_str()).collect();
    assert_eq!(ids, ["Z", "a", "b", "é"]);
    assert!(sources.iter().all(|source| source.version == Version(1)));
}

pub async fn generations_are_listed_newest_first_page_by_page<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for number in [3, 1, 12, 2, 100, u32::MAX] {
        let generation = generation(number);
        let written = pair.one.put_generation(&ana, &weekly(), &generation, Version::NEW).await.unwrap();
        assert_eq!(written, CREATED);
    }
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let page = pair.other.generations(&ana, &weekly(), before, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.value.number);
        listed.extend(page.into_iter().map(|generation| generation.value.number));
    }
    assert_eq!(listed, [u32::MAX, 100, 12, 3, 2, 1]);
    assert!(pair.one.generations(&ana, &weekly(), None, 0).await.unwrap().is_empty());
    let all = pair.one.generations(&ana, &weekly(), None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 6);
}

pub async fn targets_are_listed_in_order_of_key<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for (source, volume) in [("b", 1), ("a", 2), ("a", 1)] {
        let target = target(source, volume);
        assert_eq!(pair.one.put_target(&ana, &target, Version::NEW).await.unwrap(), CREATED);
    }
    let targets = pair.other.targets(&ana).await.unwrap();
    let keys: Vec<_> = targets.iter().map(|target| target.value.key.as_str()).collect();
    assert_eq!(keys, ["a/growing/1", "a/growing/2", "b/growing/1"]);
}

pub async fn large_documents_and_unusual_characters_come_back_whole<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    // Ten thousand tracks are far more than a list has, and over a megabyte.
    let large = busy_generation(1, 10_000);
    let written = pair.one.put_generation(&ana, &weekly(), &large, Version::NEW).await.unwrap();
    assert_eq!(written, CREATED);
    let stored = pair.other.generation(&ana, &weekly(), 1).await.unwrap().unwrap();
    assert!(stored.value == large, "a large generation comes back whole");

    let mut unusual = Source { newest: u32::MAX, enabled: false, ..source("片思い 'x' %_") };
    UNUSUAL.clone_into(&mut unusual.settings.name);
    assert_eq!(pair.one.put_source(&ana, &unusual, Version::NEW).await.unwrap(), CREATED);
    let stored = pair.other.source(&ana, &unusual.id).await.unwrap().unwrap();
    assert_eq!(stored.value, unusual);

    let target = Target {
        name: UNUSUAL.to_owned(),
        state: TargetState::Unverified,
        snapshot: Some(SnapshotId::new(UNUSUAL)),
        ..target("片思い 'x' %_", u32::MAX)
    };
    assert_eq!(pair.one.put_target(&ana, &target, Version::NEW).await.unwrap(), CREATED);
    assert_eq!(pair.other.target(&ana, &target.key).await.unwrap().unwrap().value, target);
}

pub async fn runs_are_listed_newest_first<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let failed = RunOutcome::Failed { why: UNUSUAL.to_owned() };
    let second = Run { outcome: failed, ..run(minutes(2), "a") };
    let third = Run { outcome: RunOutcome::NothingNew, ..run(minutes(3), "a") };
    for run in [&second, &run(minutes(1), "a"), &third] {
        pair.one.log_run(&ana, run).await.unwrap();
    }
    assert_eq!(pair.other.runs(&ana, 2).await.unwrap(), [third, second]);
    assert_eq!(pair.other.runs(&ana, 9).await.unwrap().len(), 3);
}

pub async fn a_run_noted_again_replaces_the_note<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let (first, elsewhere) = (run(noon(), "a"), run(noon(), "b"));
    let again = Run { calls: 9, outcome: RunOutcome::NothingNew, ..first.clone() };
    for run in [&first, &elsewhere, &again] {
        pair.one.log_run(&ana, run).await.unwrap();
    }
    let runs = pair.other.runs(&ana, 9).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs.contains(&again) && runs.contains(&elsewhere));
}

pub async fn the_newest_hundred_runs_are_kept_and_old_ones_go<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let bo = admit(&*pair.one, "bo", noon()).await;
    pair.one.log_run(&bo, &run(minutes(-1), "a")).await.unwrap();
    for minute in 0..250 {
        pair.one.log_run(&ana, &run(minutes(minute), "a")).await.unwrap();
    }
    let runs = pair.other.runs(&ana, usize::MAX).await.unwrap();
    assert!(runs.len() >= RUNS_KEPT && runs.len() <= 2 * RUNS_KEPT, "{}", runs.len());
    assert_eq!(runs[0].at, minutes(249));
    assert_eq!(runs[RUNS_KEPT - 1].at, minutes(150));
    assert_eq!(pair.other.runs(&bo, 9).await.unwrap().len(), 1);
}

pub async fn nothing_is_created_for_a_stranger<S: Store>(pair: Pair<S>) {
    let stranger = UserId::new("nobody");
    assert_refused(pair.one.put_source(&stranger, &source("a"), Version::NEW).await);
    assert_refused(pair.one.put_generation(&stranger, &weekly(), &generation(1), Version::NEW).await);
    assert_refused(pair.one.put_target(&stranger, &target("a", 1), Version::NEW).await);
    assert_refused(pair.one.log_run(&stranger, &run(noon(), "a")).await);
    assert!(pair.other.sources(&stranger).await.unwrap().is_empty());
    assert!(pair.other.generations(&stranger, &weekly(), None, 9).await.unwrap().is_empty());
    assert!(pair.other.targets(&stranger).await.unwrap().is_empty());
    assert!(pair.other.runs(&stranger, 9).await.unwrap().is_empty());
}
