//! What was used, as DynamoDB counts it for the bill.

use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Request units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Read request units.
    pub read: f64,
    /// Write request units.
    pub write: f64,
    /// Requests that were answered.
    pub requests: u64,
    /// Writes among them that a condition refused. DynamoDB bills these too, at least one unit each, but
    /// does not say how much; they are not in `write`.
    pub refused: u64,
}

impl std::ops::Sub for Units {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            read: self.read - before.read,
            write: self.write - before.write,
            requests: self.requests - before.requests,
            refused: self.refused - before.refused,
        }
    }
}

/// Adds up.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Units>);

impl Meter {
    pub(crate) fn read(&self) -> Units {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reading(&self, used: &[ConsumedCapacity]) {
        self.add(|units| units.read += sum(used));
    }

    pub(crate) fn writing(&self, used: &[ConsumedCapacity]) {
        self.add(|units| units.write += sum(used));
    }

    pub(crate) fn refused(&self) {
        self.add(|units| units.refused += 1);
    }

    fn add(&self, add: impl FnOnce(&mut Units)) {
        let mut units = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        units.requests += 1;
        add(&mut units);
    }
}

fn sum(used: &[ConsumedCapacity]) -> f64 {
    used.iter().filter_map(ConsumedCapacity::capacity_units).sum()
}
