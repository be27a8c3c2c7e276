//! What a whole installation needs to move.

use jiff::Timestamp;
use reprise_domain::budget::Purpose;
use reprise_domain::ids::{SourceId, UserId};
use reprise_domain::time::later;

use super::due::{LEASE, archive};
use super::samples::{alert, minutes, track};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::{
    Admission, Admitted, Appointment, CachedTrack, Check, CheckKind, CheckOutcome, Checklist, Invite, Role,
    Spent, Standing, User, Version, Versioned, Work, WorkKind, Written,
};
use crate::testing::sample::{admission, admit, invite};

fn left(minute: i64) -> Standing {
    Standing::Left { since: minutes(minute) }
}

pub async fn a_new_house_is_open<S: Store>(pair: Pair<S>) {
    let standing = pair.one.standing().await.unwrap();
    assert_eq!(standing, Versioned { value: Standing::Open { parcel: None }, version: Version::NEW });
}

pub async fn the_standing_is_written_under_the_version_read<S: Store>(pair: Pair<S>) {
    let parcel = || "0123".to_owned();
    let mut version = Version::NEW;
    for standing in [
        Standing::Arriving { parcel: parcel(), since: noon() },
        Standing::Waiting { parcel: parcel(), since: minutes(1) },
        Standing::Open { parcel: Some(parcel()) },
        left(2),
        Standing::Open { parcel: None },
    ] {
        let written = pair.one.put_standing(&standing, version).await.unwrap();
        assert_eq!(written, Written::At(version.next()));
        // Whoever read before is too late.
        assert_eq!(pair.other.put_standing(&left(9), version).await.unwrap(), Written::Conflict);
        version = version.next();
        assert_eq!(pair.other.standing().await.unwrap(), Versioned { value: standing, version });
    }
    let unread = version.next();
    assert_eq!(pair.one.put_standing(&left(9), unread).await.unwrap(), Written::Conflict);
}

pub async fn of_sixteen_who_close_the_house_one_does<S: Store>(pair: Pair<S>) {
    let closed = pair.race(|store, number| async move {
        let standing = left(i64::try_from(number).unwrap());
        store.put_standing(&standing, Version::NEW).await.unwrap() == Written::At(Version::NEW.next())
    });
    assert_eq!(closed.await.into_iter().filter(|done| *done).count(), 1);
}

async fn listed<S: Store>(store: &S, user: &UserId) -> Vec<Appointment> {
    let mut listed = store.appointments(user).await.unwrap();
    // What an admission puts on the calendar is not what these clauses are about.
    listed.retain(|appointment| appointment.work.kind == WorkKind::Archive);
    listed
}

pub async fn appointments_are_listed_as_they_stand_in_order_of_work<S: Store>(pair: Pair<S>) {
    let (ana, bo) = (admit(&*pair.one, "ana", noon()).await, admit(&*pair.one, "bo", noon()).await);
    let piece = |source: &str| Work::archive(&ana, &SourceId::new(source));
    assert_eq!(listed(&*pair.one, &ana).await, []);
    pair.one.schedule(&Work::archive(&bo, &SourceId::new("b")), noon()).await.unwrap();
    for source in ["c", "b", "d", "e"] {
        pair.one.schedule(&piece(source), minutes(9)).await.unwrap();
    }
    // Held, with and without a wish; finished and off the calendar.
    pair.one.claim_now(&piece("b"), noon(), LEASE).await.unwrap().unwrap();
    pair.one.claim_now(&piece("d"), noon(), LEASE).await.unwrap().unwrap();
    pair.one.schedule(&piece("d"), minutes(1)).await.unwrap();
    let done = pair.one.claim_now(&piece("e"), noon(), LEASE).await.unwrap().unwrap();
    assert!(pair.one.finish(&done, None).await.unwrap());
    let stands = |source, at, fence| Appointment { work: piece(source), at, fence };
    let expected = [
        stands("b", Some(later(noon(), LEASE)), 1),
        stands("c", Some(minutes(9)), 0),
        stands("d", Some(minutes(1)), 1),
        stands("e", None, 1),
    ];
    assert_eq!(listed(&*pair.other, &ana).await, expected);
    let looked_after = pair.other.appointments(&ana).await.unwrap();
    assert!(looked_after.is_sorted_by(|a, b| a.work < b.work), "{looked_after:?}");
}

pub async fn work_is_restored_as_it_stood_elsewhere<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let on = Appointment { work: archive(&ana), at: Some(minutes(30)), fence: 41 };
    assert!(pair.one.restore(&on).await.unwrap());
    assert_eq!(listed(&*pair.other, &ana).await, std::slice::from_ref(&on));
    assert_eq!(pair.other.due_at(&on.work).await.unwrap(), Some(minutes(30)));
    // Later as well as earlier, or off the calendar: what stood there gives way.
    for at in [Some(minutes(45)), Some(minutes(15)), None, Some(minutes(20))] {
        let other = Appointment { at, ..on.clone() };
        assert!(pair.other.restore(&other).await.unwrap());
        assert_eq!(listed(&*pair.one, &ana).await, [other]);
    }
    assert_eq!(pair.one.claim(WorkKind::Archive, minutes(19), LEASE, 9).await.unwrap(), []);
    let claims = pair.one.claim(WorkKind::Archive, minutes(20), LEASE, 9).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.fence).collect::<Vec<_>>(), [42]);
}

pub async fn restored_work_keeps_the_higher_fence<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let mut old = None;
    for _ in 0..3 {
        let claim = pair.one.claim_now(&archive(&ana), noon(), LEASE).await.unwrap().unwrap();
        assert!(pair.one.finish(&claim, Some(noon())).await.unwrap());
        old = Some(claim);
    }
    let lower = Appointment { work: archive(&ana), at: Some(minutes(1)), fence: 1 };
    assert!(pair.other.restore(&lower).await.unwrap());
    assert_eq!(listed(&*pair.one, &ana).await, [Appointment { fence: 3, ..lower }]);
    let next = pair.one.claim_now(&archive(&ana), minutes(1), LEASE).await.unwrap().unwrap();
    assert_eq!(next.fence, 4);
    assert!(!pair.one.finish(&old.unwrap(), None).await.unwrap());
}

pub async fn held_work_is_not_restored<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let claim = pair.one.claim_now(&archive(&ana), noon(), LEASE).await.unwrap().unwrap();
    let elsewhere = Appointment { work: archive(&ana), at: Some(minutes(90)), fence: 9 };
    assert!(!pair.other.restore(&elsewhere).await.unwrap());
    assert!(pair.one.finish(&claim, Some(minutes(60))).await.unwrap());
    let finished = Appointment { at: Some(minutes(60)), fence: 1, ..elsewhere.clone() };
    assert_eq!(listed(&*pair.other, &ana).await, [finished]);
    assert!(pair.other.restore(&elsewhere).await.unwrap());
    assert_eq!(listed(&*pair.one, &ana).await, [elsewhere]);
}

pub async fn nothing_is_restored_for_a_stranger<S: Store>(pair: Pair<S>) {
    let nobody = UserId::new("nobody");
    let elsewhere = Appointment { work: archive(&nobody), at: Some(noon()), fence: 9 };
    assert_refused(pair.one.restore(&elsewhere).await);
    assert_eq!(pair.other.appointments(&nobody).await.unwrap(), []);
    assert_eq!(pair.other.next_due(WorkKind::Archive).await.unwrap(), None);
}

pub async fn a_slot_counts_at_least_what_was_brought<S: Store>(pair: Pair<S>) {
    let spent = |calls| Spent { slot: noon(), purpose: Purpose::Archive, calls };
    pair.one.spent_at_least(&spent(5)).await.unwrap();
    pair.one.spent_at_least(&spent(5)).await.unwrap();
    assert_eq!(pair.other.spent(noon()).await.unwrap(), [spent(5)]);
    pair.other.spend(noon(), Purpose::Archive, 4).await.unwrap();
    pair.one.spent_at_least(&spent(7)).await.unwrap();
    assert_eq!(pair.other.spent(noon()).await.unwrap(), [spent(9)]);
    pair.one.spent_at_least(&spent(12)).await.unwrap();
    assert_eq!(pair.other.spent(noon()).await.unwrap(), [spent(12)]);
}

pub async fn the_operators_alerts_are_listed_alone<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let (first, second) = (alert("first", None, noon()), alert("second", None, minutes(1)));
    for raised in [&first, &alert("hers", Some(&ana), minutes(2)), &second] {
        assert!(pair.one.raise(raised).await.unwrap());
    }
    assert!(pair.one.acknowledge("first", None, minutes(3)).await.unwrap());
    let seen = crate::ports::Alert { acknowledged: Some(minutes(3)), ..first };
    assert_eq!(pair.other.operators_alerts().await.unwrap(), [second, seen]);
}

pub async fn an_alert_raised_as_seen_is_seen<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let seen = crate::ports::Alert { acknowledged: Some(minutes(5)), ..alert("week 47", Some(&ana), noon()) };
    assert!(pair.one.raise(&seen).await.unwrap());
    assert_eq!(pair.other.alerts(Some(&ana), 9).await.unwrap(), std::slice::from_ref(&seen));
    assert!(!pair.other.acknowledge("week 47", Some(&ana), minutes(6)).await.unwrap());
    assert_eq!(pair.one.alerts(Some(&ana), 9).await.unwrap(), [seen]);
}

pub async fn cached_tracks_tell_their_end<S: Store>(pair: Pair<S>) {
    let (short, long) = (track(1), track(2));
    let uris = [short.uri.clone(), long.uri.clone(), track(3).uri];
    pair.one.put_tracks(std::slice::from_ref(&short), noon(), minutes(5)).await.unwrap();
    pair.one.put_tracks(std::slice::from_ref(&long), noon(), minutes(50)).await.unwrap();
    let mut cached = pair.other.cached(&uris, noon()).await.unwrap();
    cached.sort_by_key(|cached| cached.expires);
    let expected = |track: &reprise_domain::track::Track, expires: Timestamp| CachedTrack {
        track: track.clone(),
        expires,
    };
    assert_eq!(cached, [expected(&short, minutes(5)), expected(&long, minutes(50))]);
    assert_eq!(pair.other.cached(&uris, minutes(5)).await.unwrap(), [expected(&long, minutes(50))]);
    assert_eq!(pair.other.cached(&[], noon()).await.unwrap(), []);
}

/// A listener comes from elsewhere with all that a life here has left on them.
pub async fn a_listener_is_admitted_with_their_past<S: Store>(pair: Pair<S>) {
    let Admission { user, grant, .. } = admission("ana", noon());
    let check =
        Check { kind: CheckKind::Playback, outcome: CheckOutcome::OtherWay, detail: "…".to_owned() };
    let user = User {
        role: Role::Admin,
        time_zone: Some("Europe/Berlin".to_owned()),
        session_epoch: 7,
        disabled: true,
        checklist: Some(Checklist { at: minutes(1), checks: vec![check] }),
        ..user
    };
    let came = Admission { user: user.clone(), grant, invite: None, at: minutes(2) };
    assert_eq!(pair.one.admit(&came).await.unwrap(), Admitted::Welcome(Role::Admin));
    assert_eq!(pair.other.user(&user.id).await.unwrap().unwrap().value, user);
}

pub async fn a_used_invitation_comes_in_and_goes_with_its_listener<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let used = |secret: &str| Invite {
        used: Some((ana.clone(), minutes(1))),
        ..invite(secret, Role::Admin, noon())
    };
    let withdrawn = Invite { revoked: true, ..invite("withdrawn", Role::Listener, minutes(1)) };
    for invite in [&used("hers"), &withdrawn] {
        pair.one.create_invite(invite).await.unwrap();
        assert_eq!(pair.other.invite(&invite.hash).await.unwrap().as_ref(), Some(invite));
    }
    assert_refused(pair.other.create_invite(&used("hers")).await);
    let erased = pair.other.erase(&ana).await.unwrap();
    assert!(erased.records.contains(&("invitation".to_owned(), 1)), "{erased:?}");
    assert_eq!(pair.one.invites().await.unwrap(), [withdrawn]);
}
