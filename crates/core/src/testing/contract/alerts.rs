//! What somebody should know, once.

use reprise_domain::ids::UserId;

use super::samples::{alert, minutes};
use super::{Pair, Store, assert_refused, noon};
use crate::ports::Alert;
use crate::testing::sample::admit;

pub async fn an_alert_is_raised_once_under_its_key<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for user in [None, Some(&ana)] {
        let first = alert("week 47", user, noon());
        assert!(pair.one.raise(&first).await.unwrap());
        let again = Alert { text: "again".to_owned(), ..alert("week 47", user, minutes(1)) };
        assert!(!pair.other.raise(&again).await.unwrap());
        assert!(pair.other.alerts(user, 9).await.unwrap().contains(&first));
    }
    assert_eq!(pair.one.alerts(None, 9).await.unwrap().len(), 2);
    let stranger = UserId::new("nobody");
    assert_refused(pair.one.raise(&alert("week 47", Some(&stranger), noon())).await);
}

pub async fn of_sixteen_who_raise_an_alert_one_is_told_it_is_new<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for user in [None, Some(ana)] {
        let new = pair
            .race(|store, _| {
                let alert = alert("week 47", user.as_ref(), noon());
                async move { store.raise(&alert).await.unwrap() }
            })
            .await;
        assert_eq!(new.iter().filter(|new| **new).count(), 1);
    }
}

pub async fn alerts_are_listed_newest_first<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    for (key, user, minute) in [("b", None, 2), ("c", Some(&ana), 3), ("a", Some(&ana), 1)] {
        assert!(pair.one.raise(&alert(key, user, minutes(minute))).await.unwrap());
    }
    let keys = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| alert.key).collect::<Vec<_>>();
    assert_eq!(keys(pair.other.alerts(None, 9).await.unwrap()), ["c", "b", "a"]);
    assert_eq!(keys(pair.other.alerts(None, 2).await.unwrap()), ["c", "b"]);
    assert_eq!(keys(pair.other.alerts(Some(&ana), 9).await.unwrap()), ["c", "a"]);
}

pub async fn an_alert_is_acknowledged_once<S: Store>(pair: Pair<S>) {
    assert!(!pair.one.acknowledge("quota", None, noon()).await.unwrap());
    assert!(pair.one.raise(&alert("quota", None, noon())).await.unwrap());
    assert!(pair.one.acknowledge("quota", None, minutes(1)).await.unwrap());
    assert!(!pair.other.acknowledge("quota", None, minutes(2)).await.unwrap());
    let seen = Alert { acknowledged: Some(minutes(1)), ..alert("quota", None, noon()) };
    assert_eq!(pair.other.alerts(None, 9).await.unwrap(), [seen]);
}

pub async fn a_listener_acknowledges_only_their_own<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let bo = admit(&*pair.one, "bo", noon()).await;
    for user in [None, Some(&ana), Some(&bo)] {
        assert!(pair.one.raise(&alert("week 47", user, noon())).await.unwrap());
    }
    assert!(pair.one.raise(&alert("quota", None, noon())).await.unwrap());
    assert!(pair.one.acknowledge("week 47", Some(&ana), minutes(1)).await.unwrap());
    assert!(!pair.one.acknowledge("quota", Some(&ana), minutes(1)).await.unwrap());
    let unseen = |alerts: Vec<Alert>| alerts.iter().filter(|alert| alert.acknowledged.is_none()).count();
    assert_eq!(unseen(pair.other.alerts(Some(&ana), 9).await.unwrap()), 0);
    assert_eq!(unseen(pair.other.alerts(Some(&bo), 9).await.unwrap()), 1);
    assert_eq!(unseen(pair.other.alerts(None, 9).await.unwrap()), 3);
    // The operator acknowledges whoever's it is.
    assert!(pair.other.acknowledge("week 47", None, minutes(2)).await.unwrap());
    assert_eq!(unseen(pair.one.alerts(None, 9).await.unwrap()), 1);
}

pub async fn an_acknowledged_alert_is_not_raised_again<S: Store>(pair: Pair<S>) {
    let ana = admit(&*pair.one, "ana", noon()).await;
    let first = alert("week 47", Some(&ana), noon());
    assert!(pair.one.raise(&first).await.unwrap());
    assert!(pair.one.acknowledge("week 47", Some(&ana), minutes(1)).await.unwrap());
    assert!(!pair.other.raise(&first).await.unwrap());
    assert_eq!(pair.other.alerts(Some(&ana), 9).await.unwrap()[0].acknowledged, Some(minutes(1)));
}
