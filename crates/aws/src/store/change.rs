//! The one way to write: attributes of one item change, if a condition holds.
//!
//! A write whose answer got lost is sent again by the SDK and then meets its own traces. So every
//! write leaves a random name in the item, and a refusal by an item that bears ours is a success. (If
//! somebody wrote on top of it in that moment, it is told as a conflict; whoever reads again sees what
//! came of both.)

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, Update,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reprise_core::ports::{StoreError, StoreResult, Version, Written};
use reprise_domain::ids::UserId;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use super::document::{Body, version};
use super::item::{Item, WRITE, s};
use super::keys::Key;
use super::transaction::Transaction;
use super::{DynamoStore, failed};
use crate::failure::code;
use crate::retry::{Pauses, is_passing};

/// What is to become of one item.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    key: Key,
    set: BTreeMap<&'static str, AttributeValue>,
    remove: Vec<&'static str>,
    add: Vec<(&'static str, AttributeValue)>,
    condition: String,
    compared: BTreeMap<&'static str, AttributeValue>,
    once: bool,
}

/// What became of a change.
#[derive(Debug)]
#[must_use]
pub(crate) enum Outcome {
    /// The item is as we want it.
    Done,
    /// The condition does not hold; the item as it is, if there is one.
    Refused(Option<Item>),
}

impl Change {
    /// A change of the item under `key`; it creates the item where no condition forbids that.
    pub(crate) fn of(key: Key) -> Self {
        Self {
            key,
            set: BTreeMap::new(),
            remove: Vec::new(),
            add: Vec::new(),
            condition: String::new(),
            compared: BTreeMap::new(),
            once: false,
        }
    }

    /// Names attributes in a condition as `#name`, and values as `:name`, which [`Change::comparing`]
    /// gives.
    pub(crate) fn only_if(mut self, condition: &str) -> Self {
        if !self.condition.is_empty() {
            self.condition.push_str(" AND ");
        }
        self.condition.push_str(condition);
        self
    }

    pub(crate) fn comparing(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.compared.insert(name, value);
        self
    }

    /// Only where nothing is.
    pub(crate) fn create(self) -> Self {
        self.only_if("attribute_not_exists(#pk)")
    }

    /// Only under the version that was read; leaves the next one.
    pub(crate) fn under(self, read: Version) -> Self {
        let next = self.with(version(read.next()));
        if read == Version::NEW {
            return next.create();
        }
        next.only_if("#v = :read").comparing("read", version(read).1)
    }

    pub(crate) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.insert(name, value);
        self
    }

    pub(crate) fn with(self, (name, value): (&'static str, AttributeValue)) -> Self {
        self.set(name, value)
    }

    pub(crate) fn remove(mut self, name: &'static str) -> Self {
        self.remove.push(name);
        self
    }

    /// Sets an attribute, or removes it.
    pub(crate) fn set_or_remove(self, name: &'static str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    /// Adds to a number or a set, which begin empty.
    pub(crate) fn add(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.add.push((name, value));
        self
    }

    /// Sends it once only, because its effects would add up.
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Sets the item's document.
    pub(crate) fn document(self, body: Body) -> Self {
        self.with(body.set).remove(body.remove)
    }

    fn expression(&self) -> String {
        let mut expression = String::new();
        let mut clause = |verb: &str, parts: Vec<String>| {
            if !parts.is_empty() {
                let _ = write!(expression, "{verb} {} ", parts.join(", "));
            }
        };
        clause("SET", self.set.keys().map(|name| format!("#{name} = :{name}")).collect());
        clause("REMOVE", self.remove.iter().map(|name| format!("#{name}")).collect());
        clause("ADD", self.add.iter().map(|(name, _)| format!("#{name} :{name}")).collect());
        expression
    }

    fn values(&self) -> HashMap<String, AttributeValue> {
        let changed = self.set.iter().chain(self.add.iter().map(|(name, value)| (name, value)));
        changed.chain(&self.compared).map(|(name, value)| (format!(":{name}"), value.clone())).collect()
    }

    /// As part of a transaction.
    pub(crate) fn update(&self, table: &str, operation: &'static str) -> StoreResult<Update> {
        let expression = self.expression();
        Update::builder()
            .table_name(table)
            .set_key(Some(self.key.clone().into_item()))
            .set_expression_attribute_names(Some(names(&[&expression, &self.condition])))
            .set_expression_attribute_values(some(self.values()))
            .update_expression(expression)
            .set_condition_expression((!self.condition.is_empty()).then(|| self.condition.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::new(operation, error))
    }

    /// Writes.
    pub(crate) async fn send(self, store: &DynamoStore, operation: &'static str) -> StoreResult<Outcome> {
        let write = unique(operation)?;
        let change = self.set(WRITE, s(&write));
        let expression = change.expression();
        let request = store
            .client
            .update_item()
            .table_name(&*store.table)
            .set_key(Some(change.key.clone().into_item()))
            .set_expression_attribute_names(Some(names(&[&expression, &change.condition])))
            .set_expression_attribute_values(some(change.values()))
            .update_expression(expression)
            .set_condition_expression((!change.condition.is_empty()).then(|| change.condition.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let sent = if change.once { send_once(request).await } else { request.send().await };
        match sent {
            Ok(done) => {
                store.units.writing(done.consumed_capacity.as_slice());
                Ok(Outcome::Done)
            }
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(refused) = error.into_err() else {
                    return Ok(Outcome::Refused(None));
                };
                store.units.refused();
                let item = refused.item;
                let ours = |item: &Item| item.get(WRITE) == Some(&s(&write));
                Ok(if item.as_ref().is_some_and(ours) { Outcome::Done } else { Outcome::Refused(item) })
            }
            Err(error) => Err(failed(operation)(error)),
        }
    }
}

impl DynamoStore {
    /// Stores a document of a listener under the version that was read.
    pub(crate) async fn put_theirs<T: Serialize + Sync>(
        &self,
        operation: &'static str,
        user: &UserId,
        key: Key,
        value: &T,
        read: Version,
    ) -> StoreResult<Written> {
        let change = Change::of(key).document(Body::of(value, operation)?).under(read);
        if read != Version::NEW {
            return Ok(change.send(self, operation).await?.written(read));
        }
        Ok(self.create_theirs(operation, user, change).await?.written(read))
    }

    /// Creates something for a listener, who must exist; fails if they do not.
    pub(crate) async fn create_theirs(
        &self,
        operation: &'static str,
        user: &UserId,
        change: Change,
    ) -> StoreResult<Outcome> {
        let mut transaction = Transaction::new(self, operation)?;
        let created = transaction.change(&change)?;
        let there = transaction.listener_exists(user)?;
        let Some(mut refused) = transaction.send().await? else { return Ok(Outcome::Done) };
        if refused.contains_key(&there) {
            return Err(StoreError::new(operation, format!("there is no listener {user}")));
        }
        Ok(Outcome::Refused(refused.remove(&created).flatten()))
    }
}

impl Outcome {
    /// For a change that was made [`Change::under`] a version.
    pub(crate) fn written(self, read: Version) -> Written {
        match self {
            Self::Done => Written::At(read.next()),
            Self::Refused(_) => Written::Conflict,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

/// Sends until it is not turned away at the door, but never again what may have been let in.
async fn send_once(
    request: UpdateItemFluentBuilder,
) -> Result<UpdateItemOutput, SdkError<UpdateItemError, HttpResponse>> {
    let mut pauses = Pauses::default();
    loop {
        let once = Builder::default().retry_config(RetryConfig::disabled());
        let sent = request.clone().customize().config_override(once).send().await;
        let Err(error) = &sent else { return sent };
        if !code(error).is_some_and(is_passing) || !pauses.pause().await {
            return sent;
        }
    }
}

/// What `#name` in expressions stands for: `name`, which may be a word that DynamoDB keeps for itself.
pub(crate) fn names(expressions: &[&str]) -> HashMap<String, String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = HashMap::new();
    for expression in expressions {
        for rest in expression.split('#').skip(1) {
            let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
            names.insert(format!("#{name}"), name);
        }
    }
    names
}

fn some<K, V>(map: HashMap<K, V>) -> Option<HashMap<K, V>> {
    (!map.is_empty()).then_some(map)
}

/// A name that no other write has.
pub(crate) fn unique(operation: &'static str) -> StoreResult<String> {
    let mut bytes = [0u8; 12];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| StoreError::new(operation, "the system gives no randomness"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
