//! A DynamoDB in memory, for tests.
//!
//! It is a process of its own (`crates/aws/emulator`), since it needs another `SQLite` than the one that
//! Reprise ships. One serves all tests of a process, with a database for each, and it ends with them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::{Aws, DynamoStore};

const PROGRAM: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/emulator/release/reprise-aws-emulator");

struct Emulator {
    process: Child,
    answers: BufReader<ChildStdout>,
}

/// The address of an empty DynamoDB that nobody else has.
///
/// # Panics
///
/// If the emulator is not built: `tests/bin/setup` does that.
pub fn dynamodb() -> String {
    static EMULATOR: OnceLock<Mutex<Emulator>> = OnceLock::new();
    let emulator = EMULATOR.get_or_init(|| Mutex::new(start()));
    let mut emulator = emulator.lock().unwrap_or_else(PoisonError::into_inner);
    let mut address = String::new();
    let asked = emulator.process.stdin.as_mut().expect("it is piped").write_all(b"new\n");
    let answered = asked.and_then(|()| emulator.answers.read_line(&mut address));
    answered.expect("the emulator answers");
    address.trim_end().to_owned()
}

/// A store with its table, in a DynamoDB that nobody else has, and the address of that.
///
/// # Panics
///
/// If there is no emulator, or it makes no table.
pub async fn store() -> (DynamoStore, String) {
    let address = dynamodb();
    let store = Aws::at_endpoint(&address).store("reprise", 16);
    store.create_table().await.expect("the emulator makes a table");
    (store, address)
}

/// The keys of everything in a store's table.
///
/// # Panics
///
/// If the table cannot be read.
pub async fn everything(store: &DynamoStore) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    let mut pages = store.client.scan().table_name(&*store.table).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        let item = item.expect("the table can be read");
        let text = |name: &str| item.get(name).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        keys.push((text("pk"), text("sk")));
    }
    keys.sort();
    keys
}

fn start() -> Emulator {
    assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is not there: run tests/bin/setup, which builds it");
    let process = Command::new(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = process.expect("the emulator starts");
    let answers = BufReader::new(process.stdout.take().expect("it is piped"));
    Emulator { process, answers }
}
