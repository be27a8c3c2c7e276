//! The archive goes on where it arrives.

use std::time::Duration;

use reprise_domain::time::{days, hours};
use reprise_tests::listener::Listener;
use reprise_tests::trial::{Difference, Trial, compare};
use spotify_sim::{User, World};

use crate::homes::{PASSPHRASE, START, Table};
use crate::street::leave;

/// An installation with two listeners, a little over a week old, and the instant at which it began.
async fn a_week_old(seed: u64) -> (Trial, Vec<Listener>) {
    let mut trial = Trial::begin(World::Extended, START, seed).await;
    trial.set("REPRISE_EXPORT_PASSPHRASE", PASSPHRASE);
    let mut listeners = Vec::new();
    for name in ["ada", "bo"] {
        trial.sim.add_user(User::new(name));
        let mut listener = Listener::new(name);
        trial.sign_up(&mut listener).await;
        listeners.push(listener);
    }
    trial.pass(days(7) + hours(6)).await;
    (trial, listeners)
}

fn assert_archived_once(trial: &Trial, weeks: usize) {
    for name in ["ada", "bo"] {
        let difference = compare(&trial.readable(name, START.parse().unwrap()), &trial.archived(name));
        assert_eq!(difference, Difference::default(), "{name}");
        assert_eq!(trial.archived(name).len(), 30 * weeks, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_goes_on_where_it_arrives_and_nowhere_else() {
    let (mut trial, listeners) = a_week_old(31).await;
    let old_url = trial.url().await;
    assert_archived_once(&trial, 2);
    let file = trial.path("house.reprise");
    // The server still runs, as it may: it notices, and shows pages only.
    let said = leave(&trial.sim, trial.env(), &file).await;
    assert!(said.contains("does nothing for its listeners any more"), "{said}");
    let page = listeners[0].open(&old_url, "/settings").await.unwrap();
    let answer = listeners[0].fill_in(&old_url, &page, "/settings", &[]).await.unwrap_err();
    assert!(answer.0.contains("503"), "{}", answer.0);
    trial.pass(days(7)).await;
    for name in ["ada", "bo"] {
        assert_eq!(trial.archived(name).len(), 60, "{name}: the old house worked on");
    }
    trial.spare().await;
    let said = trial.try_run(&["serve"]).await.unwrap_err();
    assert!(said.contains("was carried away"), "{said}");
    let said = trial.try_run(&["doctor"]).await.unwrap_err();
    assert!(said.contains("checks failed") || said.contains("check failed"), "{said}");

    let _old = trial.moves();
    let said = trial.run(&["import", "--all", &file]).await;
    assert!(said.contains("works for them from now on"), "{said}");
    trial.pass(days(7) + hours(6)).await;
    assert_archived_once(&trial, 4);
    // Known listeners come in by the front door, with no link.
    let url = trial.url().await;
    for listener in &listeners {
        listener.connect(&url, "/", &trial.sim).await.unwrap();
        assert!(listener.open(&url, "/archive").await.unwrap().contains("2026-W49"));
    }
    trial.assert_no_canary();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_archives_from_a_table() {
    let (mut trial, _) = a_week_old(32).await;
    trial.spare().await;
    let file = trial.path("house.reprise");
    leave(&trial.sim, trial.env(), &file).await;
    let table = Table::new().await;
    let url = table.door.url.clone();
    for (name, value) in [
        ("DATABASE_URL", "dynamodb:reprise"),
        ("REPRISE_KEY_ID", "key"),
        ("REPRISE_DEPLOYMENT", "stack"),
        ("AWS_ENDPOINT_URL", &url),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ] {
        trial.set(name, value);
    }
    trial.run(&["import", "--all", &file]).await;
    trial.sim.clock().advance_by(days(7), Duration::from_mins(1)).await.unwrap();
    for _ in 0..4 {
        trial.run(&["archive", "run"]).await;
        // Until the next look may be taken, and what was added is read back.
        trial.sim.clock().advance_by(Duration::from_mins(10), Duration::from_mins(1)).await.unwrap();
    }
    assert_archived_once(&trial, 3);
    let status = trial.run(&["archive", "status"]).await;
    assert_eq!(status.matches("30 of 30  30 read  done").count(), 6, "{status}");
    let doctor = trial.run(&["doctor"]).await;
    assert!(doctor.contains("the table answers") && doctor.contains("listener ada"), "{doctor}");
    trial.assert_no_canary();
}
