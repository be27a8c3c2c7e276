//! Keys that wrap keys, and where wrapped data keys are kept.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::StoreResult;

/// Why a key could not be wrapped or unwrapped.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the key that protects stored tokens cannot be used: {0}")]
pub struct KeyWrapError(pub String);

/// Wraps data keys under a key that never leaves its keeper: a local file's, or KMS.
#[async_trait]
pub trait KeyWrap: Send + Sync {
    /// Wraps a data key; `context` is bound to it.
    async fn wrap(&self, key: &[u8; 32], context: &str) -> Result<Vec<u8>, KeyWrapError>;

    /// Unwraps a data key wrapped under the same `context`.
    async fn unwrap(&self, wrapped: &[u8], context: &str) -> Result<Zeroizing<[u8; 32]>, KeyWrapError>;
}

/// A data key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The epoch it serves.
    pub epoch: u32,
    /// The wrapped bytes.
    pub bytes: Vec<u8>,
}

/// Wrapped data keys, one an epoch.
#[async_trait]
pub trait DataKeys: Send + Sync {
    /// The key of an epoch.
    async fn data_key(&self, epoch: u32) -> StoreResult<Option<WrappedKey>>;

    /// Stores the key of an epoch unless there is one; answers the one that is stored then.
    async fn put_data_key(&self, key: &WrappedKey) -> StoreResult<WrappedKey>;

    /// The newest epoch with a key.
    async fn newest_epoch(&self) -> StoreResult<Option<u32>>;

    /// All keys, oldest first.
    async fn data_keys(&self) -> StoreResult<Vec<WrappedKey>>;

    /// Replaces a key's wrapping (the key inside stays), after the wrapping key was changed; an epoch
    /// without a key is an error.
    async fn rewrap_data_key(&self, key: &WrappedKey) -> StoreResult<()>;
}
