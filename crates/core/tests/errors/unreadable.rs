//! Apps that may write the listener's own playlist but not read it, as some of 2026.

use reprise_core::archive::{Verdict, decide};
use reprise_core::ports::{AlertKind, CheckKind, CheckOutcome, User};
use reprise_domain::archive::{Fate, Step, TargetState};
use reprise_domain::time::{days, hours};
use spotify_sim::{Fault, FaultKind, World};

use crate::house::{APP, House, weekly};
use crate::meet::{ADD, plain, turn};

async fn quirk() -> (House, User) {
    let house = House::furnished(
        crate::house::START,
        |app| {
            app.world = World::Development;
            app.own_items_forbidden = true;
        },
        |_| {},
    )
    .await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    (house, ada)
}

async fn pasted(house: &House, ada: &User) {
    house.paste(ada, &house.shown("ada")).await;
    house.live(days(1)).await;
}

#[tokio::test]
async fn what_cannot_be_read_back_is_archived_once_and_stays_marked() {
    let (house, ada) = quirk().await;
    pasted(&house, &ada).await;
    let told = house.told(&ada);
    assert!(
        matches!(told.as_slice(), [(AlertKind::Unverified, text)] if text.contains("cannot be checked")),
        "{told:?}"
    );
    assert_eq!(house.targets(&ada).await[0].state, TargetState::Unverified);
    let (outcome, words) = house.line(&ada, CheckKind::ArchiveReadBack).await;
    assert_eq!(outcome, CheckOutcome::OtherWay);
    assert!(words.contains("not read it back"), "{words}");
    for _ in 0..2 {
        turn(&house).await;
        pasted(&house, &ada).await;
    }
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert!(house.generations(&ada).await.iter().all(|generation| generation.step == Step::Done));
    assert_eq!(house.told(&ada).len(), 1, "told once");
    house.sim.change_client(APP, |app| app.own_items_forbidden = false);
    turn(&house).await;
    pasted(&house, &ada).await;
    assert_eq!(house.targets(&ada).await[0].state, TargetState::Open, "readable again");
    assert_eq!(house.archived("ada"), house.expected("ada"));
}

#[tokio::test]
async fn an_add_of_unknown_outcome_waits_for_the_listeners_word() {
    let cases = [(FaultKind::ResetAfter, Verdict::There), (FaultKind::ResetBefore, Verdict::Missing)];
    for (kind, verdict) in cases {
        let (house, ada) = quirk().await;
        pasted(&house, &ada).await;
        turn(&house).await;
        house.sim.faults().add(Fault::once(ADD, kind.clone()));
        pasted(&house, &ada).await;
        let doubted = house.generations(&ada).await.pop().unwrap();
        assert!(matches!(doubted.step, Step::Planned { .. }), "{kind:?}: {:?}", doubted.step);
        assert!(house.complaint(&ada).await.unwrap().starts_with("Spotify refuses"), "{kind:?}");
        decide(&house.core, &ada.id, &weekly(), doubted.number, verdict).await.unwrap();
        house.live(hours(1)).await;
        let decided = house.generations(&ada).await.pop().unwrap();
        assert_eq!(decided.step, Step::Done, "{kind:?}");
        assert!(decided.tracks.iter().all(|found| matches!(found.fate, Fate::Archived { .. })), "{kind:?}");
        assert_eq!(house.archived("ada"), house.expected("ada"), "{kind:?}");
        turn(&house).await;
        pasted(&house, &ada).await;
        assert_eq!(house.archived("ada"), house.expected("ada"), "{kind:?}");
    }
}
