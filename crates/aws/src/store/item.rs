//! Attributes of items, to and from what they mean.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use reprise_core::ports::{StoreError, StoreResult, Version};
use serde::de::DeserializeOwned;

/// An item as DynamoDB answers it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version of what the item holds.
pub(crate) const VERSION: &str = "v";

/// Which write made the item what it is: a random text that tells our own write from another's.
pub(crate) const WRITE: &str = "w";

/// A text as an attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number as an attribute.
pub(crate) fn n<T: Copy + ToString>(number: T) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An instant as text whose order is the instants' (from the year 0 on), to the nanosecond.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// When DynamoDB may drop an item by itself: not before `at`.
pub(crate) fn time_to_live(at: Timestamp) -> AttributeValue {
    n(at.as_second().saturating_add(1))
}

/// An enum from its serialized name.
pub(crate) fn from_word<T: DeserializeOwned>(word: &str, operation: &'static str) -> StoreResult<T> {
    serde_json::from_value(word.into()).map_err(|error| StoreError::new(operation, error))
}

/// Reads attributes of one item, and says which one is not as it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read<'a> {
    pub(crate) item: &'a Item,
    pub(crate) operation: &'static str,
}

impl<'a> Read<'a> {
    pub(crate) fn new(item: &'a Item, operation: &'static str) -> Self {
        Self { item, operation }
    }

    /// A text, if it is there.
    pub(crate) fn text(self, name: &str) -> StoreResult<Option<&'a str>> {
        self.item.get(name).map(|value| value.as_s().map(String::as_str).or(Err(self.odd(name)))).transpose()
    }

    /// A text that must be there.
    pub(crate) fn needed(self, name: &str) -> StoreResult<&'a str> {
        self.text(name)?.ok_or_else(|| self.odd(name))
    }

    /// A number, if it is there.
    pub(crate) fn number<T: std::str::FromStr>(self, name: &str) -> StoreResult<Option<T>> {
        let number = |value: &AttributeValue| value.as_n().ok().and_then(|text| text.parse().ok());
        self.item.get(name).map(|value| number(value).ok_or_else(|| self.odd(name))).transpose()
    }

    /// An instant, if it is there.
    pub(crate) fn instant(self, name: &str) -> StoreResult<Option<Timestamp>> {
        let parse = |text: &str| text.parse().or(Err(self.odd(name)));
        self.text(name)?.map(parse).transpose()
    }

    /// The version; an item without one is not there for those who read documents.
    pub(crate) fn version(self) -> StoreResult<Option<Version>> {
        Ok(self.number(VERSION)?.map(Version))
    }

    pub(crate) fn odd(self, name: &str) -> StoreError {
        let key = |name| self.item.get(name).and_then(|key| key.as_s().ok()).map_or("?", String::as_str);
        let what = format!(
            "the item {} / {} has an attribute `{name}` that Reprise did not write so",
            key("pk"),
            key("sk")
        );
        StoreError::new(self.operation, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_instants_is_the_order_of_their_texts() {
        let instants = [
            "1969-12-31T23:59:59.999999999Z",
            "2026-11-16T06:00:00Z",
            "2026-11-16T06:00:00.000000001Z",
            "2026-11-16T06:00:00.5Z",
            "2026-11-16T06:00:01Z",
        ];
        let instants = instants.map(|text| text.parse::<Timestamp>().unwrap());
        let texts: Vec<_> = instants.into_iter().chain([Timestamp::MAX]).map(instant).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts.iter().all(|text| text.len() == 30), "{texts:?}");
    }

    #[test]
    fn an_odd_attribute_is_named_with_its_item() {
        let item = Item::from([
            ("pk".to_owned(), s("user#ana")),
            ("sk".to_owned(), s("grant")),
            ("v".to_owned(), s("one")),
        ]);
        let error = Read::new(&item, "read a grant").version().unwrap_err();
        let said = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(said, "the item user#ana / grant has an attribute `v` that Reprise did not write so");
    }
}
