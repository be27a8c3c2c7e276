//! Several items change together or not at all.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, ReturnConsumedCapacity, TransactWriteItem};
use reprise_core::ports::{StoreError, StoreResult};
use reprise_domain::ids::UserId;

use super::change::{Change, names, unique};
use super::item::{Item, WRITE, s};
use super::keys::Key;
use super::{DynamoStore, failed};

/// Which part of a transaction.
pub(crate) type Part = usize;

/// A transaction in the making. It is named, so that sent twice it happens once.
pub(crate) struct Transaction<'a> {
    store: &'a DynamoStore,
    operation: &'static str,
    name: String,
    parts: Vec<TransactWriteItem>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(store: &'a DynamoStore, operation: &'static str) -> StoreResult<Self> {
        Ok(Self { store, operation, name: unique(operation)?, parts: Vec::new() })
    }

    pub(crate) fn change(&mut self, change: &Change) -> StoreResult<Part> {
        let change = change.clone().set(WRITE, s(&self.name));
        let update = change.update(&self.store.table, self.operation)?;
        Ok(self.push(TransactWriteItem::builder().update(update).build()))
    }

    pub(crate) fn delete(&mut self, key: Key) -> StoreResult<Part> {
        let delete = Delete::builder().table_name(&*self.store.table).set_key(Some(key.into_item())).build();
        let delete = delete.map_err(|error| StoreError::new(self.operation, error))?;
        Ok(self.push(TransactWriteItem::builder().delete(delete).build()))
    }

    /// Nothing happens unless there is such a listener.
    pub(crate) fn listener_exists(&mut self, user: &UserId) -> StoreResult<Part> {
        let condition = "attribute_exists(#v)";
        let check = ConditionCheck::builder()
            .table_name(&*self.store.table)
            .set_key(Some(Key::user(user).into_item()))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names(&[condition])))
            .build()
            .map_err(|error| StoreError::new(self.operation, error))?;
        Ok(self.push(TransactWriteItem::builder().condition_check(check).build()))
    }

    fn push(&mut self, part: TransactWriteItem) -> Part {
        self.parts.push(part);
        self.parts.len() - 1
    }

    /// Sends; answers `None` if all of it happened, else which parts' conditions do not hold, each with
    /// its item as it is.
    pub(crate) async fn send(self) -> StoreResult<Option<HashMap<Part, Option<Item>>>> {
        let sent = self
            .store
            .client
            .transact_write_items()
            .set_transact_items(Some(self.parts))
            .client_request_token(self.name)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let error = match sent {
            Ok(done) => {
                self.store.units.writing(done.consumed_capacity());
                return Ok(None);
            }
            Err(error) => error,
        };
        if let SdkError::ServiceError(answer) = &error
            && let TransactWriteItemsError::TransactionCanceledException(canceled) = answer.err()
        {
            let reasons = canceled.cancellation_reasons().iter().enumerate();
            let refused: HashMap<_, _> = reasons
                .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
                .map(|(part, reason)| (part, reason.item().cloned()))
                .collect();
            if !refused.is_empty() {
                self.store.units.refused();
                return Ok(Some(refused));
            }
        }
        Err(failed(self.operation)(error))
    }
}
