//! Adds that take effect after every bound: doubled by nobody's fault, found, and mended or left.

use reprise_core::ports::{AlertKind, User};
use reprise_domain::time::{days, hours};
use spotify_sim::{Act, Fault, FaultKind};

use crate::house::{House, recordings};
use crate::meet::{ADD, second_week, turn};

/// An add of the second week is given up, looked for, sent again, and takes effect hours later.
async fn doubled_week(mend: bool) -> (House, User) {
    let (house, ada) = second_week().await;
    house.change_source(&ada, |source| source.settings.mend = mend).await;
    house.sim.faults().add(Fault::once(ADD, FaultKind::LateEffect { after_sim_seconds: 3 * 3_600 }));
    house.live(days(1)).await;
    assert_eq!(house.archived("ada").len(), 90, "thirty stand twice");
    assert_eq!(house.told(&ada), [], "nobody has looked since");
    (house, ada)
}

async fn next_week(house: &House) {
    turn(house).await;
    house.live(days(1)).await;
}

#[tokio::test]
async fn a_doubling_is_found_with_the_next_week_and_mended_in_order() {
    let (house, ada) = doubled_week(true).await;
    next_week(&house).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    let told = house.told(&ada);
    assert!(
        matches!(told.as_slice(), [(AlertKind::Mended, text)] if text.starts_with("30 tracks")),
        "{told:?}"
    );
    let mended: u32 = house.generations(&ada).await.iter().map(|generation| generation.mended).sum();
    assert_eq!(mended, 30, "detected = mended");
    next_week(&house).await;
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert_eq!(house.told(&ada).len(), 1);
}

#[tokio::test]
async fn a_doubling_is_left_alone_with_an_alert_where_the_listener_says_so() {
    let (house, ada) = doubled_week(false).await;
    let doubled = house.archived("ada");
    next_week(&house).await;
    next_week(&house).await;
    assert_eq!(house.archived("ada")[..90], doubled, "left alone");
    assert_eq!(house.archived("ada")[90..], house.expected("ada")[60..], "and gone on with");
    let told = house.told(&ada);
    assert!(
        matches!(told.as_slice(), [(AlertKind::Doubled, text)] if text.contains("leaves them alone")),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_the_listener_took_out_stays_out_whether_or_not_a_doubling_is_mended() {
    for mend in [true, false] {
        let (house, _) = doubled_week(mend).await;
        let archive = house.archive("ada");
        let uri = |position: usize| archive.items[position].uri.clone().unwrap();
        // One of the first week, and one of the second with both its copies.
        let uris = vec![uri(5), uri(40)];
        house.act("ada", &Act::Remove { playlist: archive.id.clone(), uris });
        // One copy of another: whoever takes out a copy means the copy.
        house.act("ada", &Act::RemoveAt { playlist: archive.id.clone(), position: 85 });
        next_week(&house).await;
        next_week(&house).await;
        let is = house.archived("ada");
        let gone = [5, 40].map(|position| archive.items[position].recording.unwrap());
        assert!(gone.iter().all(|recording| !is.contains(recording)), "mend {mend}");
        let mut once = is.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), house.expected("ada").len() - 2, "mend {mend}: all else is there");
        if mend {
            let expected: Vec<u32> =
                house.expected("ada").into_iter().filter(|recording| !gone.contains(recording)).collect();
            assert_eq!(is, expected);
        }
    }
}

#[tokio::test]
async fn a_doubling_that_the_listener_has_scattered_is_mended_piece_by_piece() {
    let (house, ada) = doubled_week(true).await;
    let playlist = house.archive("ada").id;
    for (from, to) in [(35, 2), (47, 88), (52, 0)] {
        house.act("ada", &Act::Move { playlist: playlist.clone(), from, to });
    }
    next_week(&house).await;
    next_week(&house).await;
    let mut is = recordings(&house.archive("ada"));
    let mut expected = house.expected("ada");
    is.sort_unstable();
    expected.sort_unstable();
    assert_eq!(is, expected, "each once, wherever the listener wants it");
    let mended: u32 = house.generations(&ada).await.iter().map(|generation| generation.mended).sum();
    assert_eq!(mended, 30, "detected = mended");
}

#[tokio::test]
async fn a_mending_that_is_itself_interrupted_goes_on() {
    for on in ["DELETE /v1/playlists/{id}/items", ADD] {
        for kind in
            [FaultKind::ResetAfter, FaultKind::ResetBefore, FaultKind::status(500), FaultKind::EmptyBody]
        {
            let (house, ada) = doubled_week(true).await;
            house.sim.faults().add(Fault::once(on, kind.clone()));
            next_week(&house).await;
            house.live(hours(12)).await;
            assert_eq!(house.archived("ada"), house.expected("ada"), "{on} {kind:?}");
            let mended: u32 = house.generations(&ada).await.iter().map(|generation| generation.mended).sum();
            assert_eq!(mended, 30, "{on} {kind:?}");
        }
    }
}
