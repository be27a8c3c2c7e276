//! The `SQLite` store: the contract of every store, and what only a file has to promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod file;
mod key_file;
mod kill;

use std::path::PathBuf;

use jiff::Timestamp;
use reprise_sql::SqlStore;
use tempfile::TempDir;

/// A folder of its own, and the database in it.
fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reprise.db");
    (folder, path)
}

async fn open(path: &std::path::Path) -> SqlStore {
    SqlStore::open(path.to_str().unwrap()).await.unwrap()
}

fn noon() -> Timestamp {
    "2026-11-16T12:00:00Z".parse().unwrap()
}
