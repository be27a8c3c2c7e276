//! The contract, by one handle and by two that know nothing of each other.

use reprise_core::testing::contract::Pair;
use reprise_sql::SqlStore;
use tempfile::TempDir;

use crate::{database, open};

/// One process: two clones of a handle.
async fn cloned() -> (TempDir, Pair<SqlStore>) {
    let (folder, path) = database();
    let store = open(&path).await;
    (folder, Pair::new(store.clone(), store))
}

/// Two processes, as far as `SQLite` can tell: two handles opened apart.
async fn opened_twice() -> (TempDir, Pair<SqlStore>) {
    let (folder, path) = database();
    let one = open(&path).await;
    (folder, Pair::new(one, open(&path).await))
}

mod one_handle {
    reprise_core::store_contract!(super::super::cloned);
}

mod two_handles {
    reprise_core::store_contract!(super::super::opened_twice);
}
