//! Documents in items: a small one as a map that can be read in the console, a larger one packed,
//! because a write costs by the kilobyte.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use reprise_core::ports::{StoreError, StoreResult, Version, Versioned};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{Item, Read, VERSION};

/// A document as a map.
pub(crate) const DOC: &str = "doc";

/// A document as JSON in zlib's format.
pub(crate) const PACKED: &str = "zip";

/// With its keys and versions, a document below this stays below a kilobyte.
const SMALL: usize = 700;

/// An item holds 400 KB; this leaves room for its other attributes.
const LARGEST: usize = 400 * 1024 - 4 * 1024;

/// Nothing that we pack is larger.
const LARGEST_UNPACKED: usize = 256 * 1024 * 1024;

/// The level where more effort saves little.
const LEVEL: u8 = 6;

/// A document on its way into an item: the attribute to set, and the one that must not be there.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) set: (&'static str, AttributeValue),
    pub(crate) remove: &'static str,
}

impl Body {
    pub(crate) fn of<T: Serialize>(value: &T, operation: &'static str) -> StoreResult<Self> {
        let json = serde_json::to_vec(value).map_err(|error| StoreError::new(operation, error))?;
        if json.len() <= SMALL {
            let map = serde_dynamo::to_attribute_value(value);
            let map = map.map_err(|error| StoreError::new(operation, error))?;
            return Ok(Self { set: (DOC, map), remove: PACKED });
        }
        let packed = compress_to_vec_zlib(&json, LEVEL);
        if packed.len() > LARGEST {
            let what = format!(
                "the document has {} bytes, {} when packed, and an item of DynamoDB holds {LARGEST}",
                json.len(),
                packed.len()
            );
            return Err(StoreError::new(operation, what));
        }
        Ok(Self { set: (PACKED, AttributeValue::B(Blob::new(packed))), remove: DOC })
    }
}

/// The document in an item.
pub(crate) fn value<T: DeserializeOwned>(item: &Item, operation: &'static str) -> StoreResult<T> {
    if let Some(map) = item.get(DOC) {
        return serde_dynamo::from_attribute_value(map.clone())
            .map_err(|error| StoreError::new(operation, error));
    }
    let odd = || Read::new(item, operation).odd(PACKED);
    let packed = item.get(PACKED).and_then(|packed| packed.as_b().ok()).ok_or_else(odd)?;
    let json = decompress_to_vec_zlib_with_limit(packed.as_ref(), LARGEST_UNPACKED).map_err(|_| odd())?;
    serde_json::from_slice(&json).map_err(|error| StoreError::new(operation, error))
}

/// The document in an item with its version; an item without a version holds none.
pub(crate) fn versioned<T: DeserializeOwned>(
    item: &Item,
    operation: &'static str,
) -> StoreResult<Option<Versioned<T>>> {
    let Some(version) = Read::new(item, operation).version()? else { return Ok(None) };
    Ok(Some(Versioned { value: value(item, operation)?, version }))
}

/// A version as an attribute.
pub(crate) fn version(version: Version) -> (&'static str, AttributeValue) {
    (VERSION, super::item::n(version.0))
}
