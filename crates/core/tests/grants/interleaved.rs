//! Every order in which two processes can take the steps of a refresh (read, announce, ask, record),
//! and every step after which one of them can die.

use std::time::Duration;

use reprise_core::grants::GrantError;
use reprise_domain::token::{GrantState, REFRESH_LEASE, Reauth};
use spotify_sim::{Fault, FaultKind, Rotation, When};
use tokio::sync::{mpsc, oneshot};

use crate::gates::{Installation, Report, Service, Stage};

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// A process takes its step.
    Go(usize),
    /// The lease of the other's announcement passes before a sleeper looks again.
    Late(usize),
    /// A process dies before its step.
    Die(usize),
}

/// What may happen in a run at all.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// Whether one of the two may die.
    death: bool,
    /// Whether a holder may be so slow that its lease passes.
    late: bool,
}

/// What happened in one order of steps.
#[derive(Debug)]
struct Ended {
    moves: Vec<Move>,
    /// Whether whoever died had an answer of Spotify's in hand.
    died_with_answer: bool,
    died: bool,
    late: bool,
}

/// One run, that follows `script` as far as it goes and then always takes the first move. Answers
/// what happened, and at every point how many moves there were.
async fn walk(listener: &Installation, rules: Rules, script: &[usize]) -> (Ended, Vec<usize>) {
    let (reports, mut reported) = mpsc::unbounded_channel();
    let mut at: [Option<(Stage, oneshot::Sender<()>)>; 2] = [None, None];
    let mut over = [false; 2];
    let mut ended = Ended { moves: Vec::new(), died_with_answer: false, died: false, late: false };
    let mut widths = Vec::new();
    for (process, place) in at.iter_mut().enumerate() {
        listener.gated(process, &reports);
        // The first look is the one before the queue; the order matters from the second on.
        let (_, Report::At(Stage::Read, open)) = reported.recv().await.unwrap() else { panic!("no look") };
        open.send(()).unwrap();
        let (_, Report::At(stage, open)) = reported.recv().await.unwrap() else { panic!("no second look") };
        *place = Some((stage, open));
    }
    while at.iter().any(Option::is_some) {
        let mut moves = Vec::new();
        for process in 0..2 {
            let Some((stage, _)) = &at[process] else { continue };
            let other_works = at[1 - process].is_some();
            match stage {
                // Looking again early changes nothing; late, it takes the other for dead.
                Stage::Sleep if !other_works => moves.push(Move::Late(process)),
                Stage::Sleep if rules.late && !ended.late => moves.push(Move::Late(process)),
                Stage::Sleep => {}
                _ => moves.push(Move::Go(process)),
            }
            if rules.death && !ended.died {
                moves.push(Move::Die(process));
            }
        }
        let choice = script.get(widths.len()).copied().unwrap_or(0);
        widths.push(moves.len());
        let chosen = moves[choice];
        ended.moves.push(chosen);
        let process = match chosen {
            Move::Die(process) => {
                let (stage, _) = at[process].take().unwrap();
                ended.died = true;
                ended.died_with_answer = stage == Stage::Record;
                over[process] = true;
                continue;
            }
            Move::Late(process) => {
                ended.late |= at[1 - process].is_some();
                listener.clock.advance(REFRESH_LEASE + Duration::from_secs(1));
                process
            }
            Move::Go(process) => process,
        };
        let (_, open) = at[process].take().unwrap();
        open.send(()).unwrap();
        match reported.recv().await.unwrap() {
            (whose, Report::At(stage, open)) => at[whose] = Some((stage, open)),
            (whose, Report::Done) => over[whose] = true,
        }
    }
    assert_eq!(over, [true, true], "{:?}", ended.moves);
    (ended, widths)
}

/// Walks through every order there is; `check` looks at each listener afterwards.
#[expect(clippy::future_not_send, reason = "a test stays on its thread")]
async fn every_order(
    service: &mut Service,
    rules: Rules,
    fault: Option<&dyn Fn(&str) -> Fault>,
    mut check: impl AsyncFnMut(&Service, &Installation, &Ended),
) -> usize {
    let mut script = Vec::new();
    let mut orders = 0;
    loop {
        let listener = service.listener().await;
        service.sim.faults().clear();
        if let Some(fault) = fault {
            service.sim.faults().add(fault(&listener.name));
        }
        let (ended, widths) = walk(&listener, rules, &script).await;
        check(service, &listener, &ended).await;
        orders += 1;
        // The next script in order: the last choice that has an alternative takes it.
        script.resize(widths.len(), 0);
        loop {
            match script.pop() {
                None => return orders,
                Some(choice) if choice + 1 < widths[script.len()] => {
                    script.push(choice + 1);
                    break;
                }
                Some(_) => {}
            }
        }
    }
}

const ROTATIONS: [Rotation; 5] =
    [Rotation::None, Rotation::Empty, Rotation::Same, Rotation::RotateGraceful, Rotation::RotateRevoking];

/// Long enough for any lease and any back-off.
const LATER: Duration = Duration::from_mins(20);

#[tokio::test]
async fn two_living_processes_ask_once_and_both_have_the_token() {
    for rotation in ROTATIONS {
        let mut service = Service::open(rotation).await;
        let rules = Rules { death: false, late: false };
        let orders = every_order(&mut service, rules, None, async |service, listener, ended| {
            assert_eq!(service.asked(listener), [Some(200)], "{rotation:?} {:?}", ended.moves);
            assert!(matches!(listener.grant().await.state, GrantState::Fresh { .. }));
            listener.is_usable().await.unwrap();
        })
        .await;
        println!("{rotation:?}: {orders} orders of two living processes, one request each, nothing lost");
        assert!(orders > 10, "{orders}");
    }
}

#[tokio::test]
async fn a_holder_slower_than_its_lease_loses_nothing() {
    for rotation in ROTATIONS {
        let mut service = Service::open(rotation).await;
        let rules = Rules { death: false, late: true };
        let mut late = 0;
        let orders = every_order(&mut service, rules, None, async |service, listener, ended| {
            late += usize::from(ended.late);
            let asked = service.asked(listener).len();
            assert!(asked <= 1 + usize::from(ended.late), "{rotation:?} {:?}: one a lease", ended.moves);
            listener.clock.advance(LATER);
            let usable = listener.is_usable().await;
            assert!(usable.is_ok(), "{rotation:?} {:?}: {usable:?}", ended.moves);
            assert_eq!(listener.grant().await.lost, 0, "{rotation:?} {:?}", ended.moves);
        })
        .await;
        println!("{rotation:?}: {orders} orders, {late} with a lease that passed, nothing lost");
        assert!(late > 10, "{late}");
    }
}

#[tokio::test]
async fn only_a_death_between_a_revoking_answer_and_our_commit_loses_the_grant_and_is_counted() {
    for rotation in ROTATIONS {
        let mut service = Service::open(rotation).await;
        let rules = Rules { death: true, late: false };
        let (mut deaths, mut lost) = (0, 0);
        let orders = every_order(&mut service, rules, None, async |_, listener, ended| {
            deaths += usize::from(ended.died);
            listener.clock.advance(LATER);
            let usable = listener.is_usable().await;
            let grant = listener.grant().await;
            let is_lost = rotation == Rotation::RotateRevoking && ended.died_with_answer;
            if is_lost {
                lost += 1;
                assert!(
                    matches!(usable, Err(GrantError::Reauth(Reauth::Revoked))),
                    "{:?}: {usable:?}",
                    ended.moves
                );
                assert_eq!((grant.state.name(), grant.lost), ("revoked", 1), "{:?}", ended.moves);
            } else {
                assert!(usable.is_ok(), "{rotation:?} {:?}: {usable:?}", ended.moves);
                assert_eq!(grant.lost, 0, "{rotation:?} {:?}", ended.moves);
            }
        })
        .await;
        println!("{rotation:?}: {orders} orders, {deaths} deaths, {lost} grants lost and counted");
        assert!(deaths > 20, "{deaths}");
        assert_eq!(lost > 0, rotation == Rotation::RotateRevoking);
    }
}

#[tokio::test]
async fn a_success_overrides_a_failure_recorded_meanwhile_and_never_the_other_way_round() {
    let kinds = [FaultKind::FalseInvalidGrant, FaultKind::status(503), FaultKind::ResetBefore];
    for (rotation, kind) in [Rotation::None, Rotation::RotateGraceful]
        .into_iter()
        .flat_map(|one| kinds.iter().map(move |kind| (one, kind)))
    {
        for nth in [1, 2] {
            let mut service = Service::open(rotation).await;
            let rules = Rules { death: false, late: true };
            let fault =
                |name: &str| Fault::once("POST /api/token", kind.clone()).user(name).when(When::Nth(nth));
            let mut both = 0;
            let orders = every_order(&mut service, rules, Some(&fault), async |service, listener, ended| {
                service.sim.faults().clear();
                let asked = service.asked(listener);
                let state = listener.grant().await.state;
                if asked.contains(&Some(200)) {
                    both += usize::from(asked.len() > 1);
                    assert_eq!(state.name(), "fresh", "{kind:?} {:?}", ended.moves);
                } else {
                    assert!(["revoked", "backoff"].contains(&state.name()), "{kind:?} {:?}", ended.moves);
                    listener.process().try_again(&listener.user).await.unwrap();
                }
                listener.is_usable().await.unwrap();
            })
            .await;
            println!("{rotation:?}, answer {nth} fails: {orders} orders, {both} with a success as well");
            assert!(both > 0, "{kind:?} {nth}");
        }
    }
}

#[tokio::test]
async fn an_answer_lost_on_the_way_is_counted_where_it_revoked() {
    for rotation in ROTATIONS {
        let mut service = Service::open(rotation).await;
        for kind in [FaultKind::ResetAfter, FaultKind::Truncated, FaultKind::EmptyBody] {
            let listener = service.listener().await;
            service.sim.faults().add(Fault::once("POST /api/token", kind.clone()));
            let first = listener.is_usable().await;
            assert!(matches!(first, Err(GrantError::NotBefore { .. })), "{rotation:?} {kind:?}: {first:?}");
            listener.clock.advance(LATER);
            let then = listener.is_usable().await;
            let lost = listener.grant().await.lost;
            if rotation == Rotation::RotateRevoking {
                assert!(matches!(then, Err(GrantError::Reauth(Reauth::Revoked))), "{kind:?}: {then:?}");
                assert_eq!(lost, 1, "{kind:?}");
            } else {
                assert!(then.is_ok(), "{rotation:?} {kind:?}: {then:?}");
                assert_eq!(lost, 0, "{rotation:?} {kind:?}");
            }
        }
    }
}
