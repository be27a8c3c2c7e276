//! How a listener in the second week of their archive meets an error.

use std::time::Duration;

use reprise_core::ports::{AlertKind, User};
use reprise_domain::archive::Step;
use reprise_domain::time::{days, earlier, hours, later};
use spotify_sim::{Fault, FaultKind, Oddities, User as Listener, World};

use crate::house::{House, START};

pub(crate) const READ: &str = "GET /v1/playlists/{id}/items";
pub(crate) const HEAD: &str = "GET /v1/playlists/{id}";
pub(crate) const ADD: &str = "POST /v1/playlists/{id}/items";
pub(crate) const CREATE: &str = "POST /v1/me/playlists";
pub(crate) const ME: &str = "GET /v1/me";
pub(crate) const TOKEN: &str = "POST /api/token";

/// What a run that ends early leaves behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met<'a> {
    /// How its line on the status page begins.
    pub(crate) says: &'a str,
    /// The alert, and words of it.
    pub(crate) alert: Option<(AlertKind, &'a str)>,
    /// How long until the next run.
    pub(crate) again: Duration,
}

/// A listener whose lists hold plain new tracks only.
pub(crate) fn plain(name: &str) -> Listener {
    let odd = Oddities { repeated: 0.0, other_edition: 0.0, mislabelled: 0.0, ..Oddities::default() };
    let mut listener = Listener::new(name);
    listener.discover_weekly.odd = odd;
    listener
}

/// Ada has signed up and has her first week archived; the second has turned half an hour ago, and
/// nobody has looked yet.
pub(crate) async fn second_week() -> (House, User) {
    let house = House::build(World::Extended).await;
    house.sim.add_user(plain("ada"));
    let ada = house.sign_up("ada").await;
    turn(&house).await;
    assert_eq!(house.archived("ada").len(), 30, "the first week is archived");
    (house, ada)
}

/// Lives on until half an hour after the next turn, an hour before anybody looks.
pub(crate) async fn turn(house: &House) {
    let mut monday = earlier(START.parse().unwrap(), hours(6));
    while monday <= house.now() {
        monday = later(monday, days(7));
    }
    house.live_until(monday).await;
    house.sim.clock().advance_by(Duration::from_mins(30), Duration::from_secs(20)).await.unwrap();
}

/// A run meets the error.
pub(crate) async fn meet(house: &House, user: &User, met: Met<'_>) {
    let told = house.told(user).len();
    house.run(user).await;
    let says = house.complaint(user).await.unwrap_or_default();
    assert!(says.starts_with(met.says), "{met:?}: {says}");
    let alerts = house.told(user).split_off(told);
    match (met.alert, alerts.as_slice()) {
        (None, []) => {}
        (Some((kind, words)), [(is, text)]) => {
            assert_eq!(kind, *is, "{met:?}");
            assert!(text.contains(words), "{met:?}: {text}");
        }
        _ => panic!("{met:?}: {alerts:?}"),
    }
    let again = house.due_in(user).await;
    let off = again.abs_diff(met.again);
    assert!(off <= Duration::from_secs(1), "{met:?}: again in {again:?}");
}

/// The error is over: soon everything of every week is archived, once and in order.
pub(crate) async fn ends_well(house: &House, user: &User, name: &str) {
    house.live(days(2)).await;
    for generation in house.generations(user).await {
        assert_eq!(generation.step, Step::Done, "{name} {}", generation.label);
    }
    assert_eq!(house.archived(name), house.expected(name), "{name}");
}

/// An answer that is not Spotify's usual one.
pub(crate) fn status(code: u16, body: &str, retry_after: Option<u32>) -> FaultKind {
    let content_type = if body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
    FaultKind::Status { code, body: body.to_owned(), content_type: content_type.to_owned(), retry_after }
}

/// Meets a fault on every call of `on`, lives with it for `lasts`, and sees it end well.
pub(crate) async fn meet_fault(on: &str, kind: FaultKind, lasts: Duration, met: Met<'_>) {
    let (house, ada) = second_week().await;
    house.sim.faults().add(Fault::always(on, kind));
    meet(&house, &ada, met).await;
    house.live(lasts).await;
    house.sim.faults().clear();
    ends_well(&house, &ada, "ada").await;
}
