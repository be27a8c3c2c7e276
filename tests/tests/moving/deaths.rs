//! Imports and exports that are killed over and over, and what they leave.

use std::time::Duration;

use reprise_core::testing::inventory::inventory;
use reprise_domain::time::hours;
use serde_json::Value;

use crate::homes::{Files, Table, assert_same};
use crate::street::{End, Street, killed_at, leave, ok, refused, run};

/// Where an import is killed, one death after the other: later each time, and at the very end.
const DEATHS: [&str; 8] = [
    "moving.arriving:1",
    "moving.stored:1",
    "moving.stored:2",
    "moving.stored:9",
    "moving.stored:17",
    "moving.stored:25",
    "moving.brought:1",
    "moving.settled:1",
];

/// Brings `file` in, killed again and again; in between nothing may be done there.
async fn import_through_deaths(env: &[(String, String)], file: &str) {
    for place in DEATHS {
        let end = run(&killed_at(env, place), &["import", "--all", file]).await;
        assert!(matches!(end, End::Killed), "{place}: {end:?}");
        if place != "moving.settled:1" {
            let said = refused(env, &["invite", "--admin"]).await;
            assert!(said.contains("an import was interrupted"), "{place}: {said}");
            let said = refused(env, &["import", "--open", "--yes"]).await;
            assert!(said.contains("an import was interrupted"), "{place}: {said}");
        }
    }
    let said = ok(env, &["import", "--all", file]).await;
    assert!(said.contains("all of it was brought in before"), "{said}");
}

/// The summary's lines, which both ends must agree on.
fn counts(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.starts_with("  ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_in_files_although_everything_dies() {
    let street = Street::new().await;
    let (old, new) = (Files::furnished(21, 14).await, Files::new());
    let file = old.path("house.reprise").display().to_string();
    let (from, to) = (street.files(&old), street.files(&new));
    for place in ["moving.packed:1", "moving.packed:13"] {
        let end = run(&killed_at(&from, place), &["export", "--all", &file]).await;
        assert!(matches!(end, End::Killed), "{place}: {end:?}");
        assert!(!old.path("house.reprise").exists(), "a file without its end has no name");
        // What the dead one held is free again when its lease is over.
        street.sim.clock().advance_by(hours(1), Duration::from_secs(20)).await.unwrap();
    }
    let exported = ok(&from, &["export", "--all", &file]).await;
    assert!(exported.contains("the file is a copy"), "{exported}");
    import_through_deaths(&to, &file).await;
    let said = ok(&to, &["import", "--all", &file]).await;
    assert_eq!(counts(&exported), counts(&said));
    assert!(counts(&said).iter().any(|line| line.trim() == "14  listeners with their consent"), "{said}");
    assert_same(&old.inventory().await, &new.inventory().await);
    let told: Value = serde_json::from_str(&ok(&to, &["import", "--all", &file, "--json"]).await).unwrap();
    assert_eq!(told["counts"]["listeners"], 14);
    assert_eq!((&told["before"], &told["open"]), (&Value::Bool(true), &Value::Bool(false)));
    // A copy waits for a word.
    let said = refused(&to, &["serve"]).await;
    assert!(said.contains("waits to be opened"), "{said}");
    let said = refused(&to, &["import", "--open"]).await;
    assert!(said.contains("say so with --yes"), "{said}");
    ok(&to, &["import", "--open", "--yes"]).await;
    ok(&to, &["invite"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_in_a_table_and_come_back_although_everything_dies() {
    let street = Street::new().await;
    let (old, table, back) = (Files::furnished(22, 14).await, Table::new().await, Files::new());
    let (from, deployed, to) = (street.files(&old), street.table(&table), street.files(&back));
    let (out, home) = (old.path("out.reprise"), old.path("home.reprise"));
    let (out, home) = (out.display().to_string(), home.display().to_string());
    let exported = ok(&from, &["export", "--all", &out]).await;
    import_through_deaths(&deployed, &out).await;
    assert_same(&old.inventory().await, &inventory(&table.core()).await);
    ok(&deployed, &["import", "--open", "--yes"]).await;
    let doctor = refused(&deployed, &["doctor"]).await;
    assert!(doctor.contains("checks failed"), "some listeners must consent again: {doctor}");
    let users = ok(&deployed, &["users", "--json"]).await;
    assert_eq!(users.lines().count(), 14);
    let said = refused(&deployed, &["keys", "rotate"]).await;
    assert!(said.contains("in KMS, which rotates it by itself"), "{said}");
    let said = refused(&deployed, &["serve"]).await;
    assert!(said.contains("its own functions serve"), "{said}");
    a_table_without_this_or_that(&deployed).await;
    let returned = leave(&street.sim, &deployed, &home).await;
    assert_eq!(counts(&exported), counts(&returned));
    let said = refused(&deployed, &["invite"]).await;
    assert!(said.contains("was carried away"), "{said}");
    import_through_deaths(&to, &home).await;
    assert_same(&inventory(&table.core()).await, &back.inventory().await);
    // What was left for good is open at once where it has arrived.
    ok(&to, &["invite"]).await;
}

/// Settings that a command may lack, and how it says so.
async fn a_table_without_this_or_that(deployed: &[(String, String)]) {
    let without = |names: &[&str]| -> Vec<_> {
        deployed.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
    };
    let said = refused(&without(&["REPRISE_BASE_URL"]), &["invite"]).await;
    assert!(said.contains("set REPRISE_BASE_URL"), "{said}");
    let said = refused(&without(&["REPRISE_DEPLOYMENT"]), &["users"]).await;
    assert!(said.contains("REPRISE_DEPLOYMENT is missing"), "{said}");
    let keyless = without(&["REPRISE_KEY_ID", "REPRISE_DEPLOYMENT"]);
    assert_eq!(ok(&keyless, &["users", "--json"]).await.lines().count(), 14);
    let said = refused(&keyless, &["export", "--all", "/tmp/nothing.reprise"]).await;
    assert!(said.contains("set REPRISE_KEY_ID"), "{said}");
    let mut parts = deployed.to_vec();
    parts.push(("REPRISE_DUE_PARTITIONS".to_owned(), "some".to_owned()));
    let said = refused(&parts, &["users"]).await;
    assert!(said.contains("REPRISE_DUE_PARTITIONS is \"some\""), "{said}");
}
