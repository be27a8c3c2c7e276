//! Every store port on one table.

mod alerts;
mod archive;
mod batch;
mod budget;
mod change;
mod data_keys;
mod document;
mod due;
mod erase;
mod house;
mod invites;
mod item;
mod keys;
mod query;
mod runs;
mod table;
mod tokens;
mod tracks;
mod transaction;
mod units;
mod users;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use reprise_core::ports::StoreError;
use tokio::sync::OnceCell;

pub use units::Units;

use crate::failure::failure;

/// Everything Reprise keeps, in one table of DynamoDB; clones share it.
#[derive(Clone)]
pub struct DynamoStore {
    pub(crate) client: Client,
    pub(crate) table: Arc<str>,
    /// As many parts of the index this deployment writes to.
    partitions: u16,
    /// As many as any deployment has ever written to; learned once.
    all_partitions: Arc<OnceCell<u16>>,
    units: Arc<units::Meter>,
}

impl DynamoStore {
    pub(crate) fn new(client: Client, table: &str, partitions: u16) -> Self {
        Self {
            client,
            table: Arc::from(table),
            partitions: partitions.max(1),
            all_partitions: Arc::default(),
            units: Arc::default(),
        }
    }

    /// What this handle and its clones have used so far, as DynamoDB counts it.
    pub fn units(&self) -> Units {
        self.units.read()
    }
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoStore").field("table", &self.table).finish_non_exhaustive()
    }
}

/// Says which operation an error of DynamoDB ended.
fn failed<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug,
    SdkError<E, R>: RequestId,
{
    move |error| StoreError::new(operation, failure("DynamoDB", &error))
}
