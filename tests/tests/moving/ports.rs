//! From any store into any other, without a process between.

use std::io::Cursor;

use reprise_core::Core;
use reprise_core::moving::{self, Passphrase};
use reprise_core::testing::inventory::{furnish, inventory, memory_core};

use crate::homes::{Files, PASSPHRASE, Table, assert_same, clock};

/// Carries a copy from one core to another and opens it there; answers how many records there were.
async fn carry(from: &Core, to: &Core) -> u64 {
    let passphrase = Passphrase::new(PASSPHRASE);
    let mut file = Vec::new();
    let packed = moving::export(from, &passphrase, 10, false, &mut file, &mut |_| {}).await.unwrap();
    let unpacked = moving::import(to, &passphrase, &mut Cursor::new(&file), &mut |_| {}).await.unwrap();
    assert_eq!(unpacked.counts, packed.counts);
    assert_eq!(unpacked.already, 0);
    assert!(moving::open(to).await.unwrap().is_open());
    packed.counts.total()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_memory_into_files_and_back() {
    for seed in 0..5 {
        let memory = memory_core(&clock(), 1, "here");
        furnish(&memory, seed, 5).await;
        let files = Files::new();
        let (_store, at_rest) = files.core().await;
        assert!(carry(&memory, &at_rest).await > 50);
        let left = inventory(&memory).await;
        assert_same(&left, &inventory(&at_rest).await);
        let back = memory_core(&clock(), 2, "elsewhere");
        carry(&at_rest, &back).await;
        assert_same(&inventory(&at_rest).await, &inventory(&back).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_files_into_a_table_and_back() {
    for seed in 5..9 {
        let files = Files::furnished(seed, 5).await;
        let (_store, at_rest) = files.core().await;
        let table = Table::new().await;
        let deployed = table.core();
        assert!(carry(&at_rest, &deployed).await > 50);
        assert_same(&inventory(&at_rest).await, &inventory(&deployed).await);
        let again = Files::new();
        let (_store, back) = again.core().await;
        carry(&deployed, &back).await;
        assert_same(&inventory(&deployed).await, &inventory(&back).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_page_by_page_and_without_a_scan() {
    let memory = memory_core(&clock(), 1, "here");
    furnish(&memory, 9, 45).await;
    let table = Table::new().await;
    let deployed = table.core();
    carry(&memory, &deployed).await;
    let third = memory_core(&clock(), 3, "third");
    carry(&deployed, &third).await;
    assert_same(&inventory(&deployed).await, &inventory(&third).await);
    let used = format!("{:?}", table.door.used());
    assert!(!used.contains("Scan"), "{used}");
}
