//! Installations to leave and to move into: two files, or a table and a key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reprise_aws::Aws;
use reprise_core::Core;
use reprise_core::testing::TestClock;
use reprise_core::testing::inventory::{core, furnish, inventory};
use reprise_sql::{LocalKeyFile, SqlStore};
use reprise_tests::cloud::{Cloud, Door, Waits};
use tempfile::TempDir;

pub(crate) const START: &str = "2026-11-16T06:00:00Z";
pub(crate) const PASSPHRASE: &str = "four words are enough";

pub(crate) type Records = BTreeMap<String, String>;

#[track_caller]
pub(crate) fn assert_same(left: &Records, arrived: &Records) {
    let names = left.keys().chain(arrived.keys());
    let differences: Vec<_> = names
        .filter(|name| left.get(*name) != arrived.get(*name))
        .map(|name| format!("{name}: {:?} / {:?}", left.get(name), arrived.get(name)))
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// A clock at which nobody waits.
pub(crate) fn clock() -> TestClock {
    TestClock::at(START)
}

/// An installation in two files, which the binary may open as well.
pub(crate) struct Files {
    pub(crate) dir: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The core of the binary's making, but at rest.
    pub(crate) async fn core(&self) -> (SqlStore, Core) {
        let address = format!("sqlite:{}", self.path("reprise.db").display());
        let store = SqlStore::open(&address).await.unwrap();
        let key = LocalKeyFile::open_or_create(self.path("reprise.key")).unwrap();
        (store.clone(), core(store, &clock(), Arc::new(key), "standalone"))
    }

    pub(crate) async fn furnished(seed: u64, listeners: usize) -> Self {
        let files = Self::new();
        let (store, core) = files.core().await;
        furnish(&core, seed, listeners).await;
        store.close().await;
        files
    }

    pub(crate) async fn inventory(&self) -> Records {
        let (store, core) = self.core().await;
        let records = inventory(&core).await;
        store.close().await;
        records
    }
}

/// An installation in a table and a key.
pub(crate) struct Table {
    pub(crate) door: Door,
}

impl Table {
    /// An empty one, in an account that nobody else has.
    pub(crate) async fn new() -> Self {
        let (_, address) = reprise_aws::testing::store().await;
        Self { door: Cloud::before(&address, "unused").door(Waits::default()).await }
    }

    pub(crate) fn core(&self) -> Core {
        let aws = Aws::at_endpoint(&self.door.url);
        core(aws.store("reprise", 16), &clock(), Arc::new(aws.key_wrap("key", "stack")), "stack")
    }
}
