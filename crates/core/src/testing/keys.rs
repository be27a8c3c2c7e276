//! A wrapping key for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::ports::{KeyWrap, KeyWrapError};

/// Wraps under a fixed key, counts, and fails when told to; clones share it.
#[derive(Clone)]
pub struct TestKeyWrap {
    inner: Arc<Inner>,
}

struct Inner {
    key: LessSafeKey,
    wraps: AtomicU64,
    unwraps: AtomicU64,
    broken: AtomicBool,
}

impl TestKeyWrap {
    /// The key that every test shares.
    pub fn new() -> Self {
        Self::with_key(7)
    }

    /// A key of its own for each `byte`.
    pub fn with_key(byte: u8) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &[byte; 32]).expect("32 bytes are a key");
        Self {
            inner: Arc::new(Inner {
                key: LessSafeKey::new(key),
                wraps: AtomicU64::new(0),
                unwraps: AtomicU64::new(0),
                broken: AtomicBool::new(false),
            }),
        }
    }

    /// Makes everything fail from now on, or work again.
    pub fn set_broken(&self, broken: bool) {
        self.inner.broken.store(broken, Ordering::SeqCst);
    }

    /// How many keys have been wrapped.
    pub fn wraps(&self) -> u64 {
        self.inner.wraps.load(Ordering::SeqCst)
    }

    /// How many keys have been unwrapped, or tried to be.
    pub fn unwraps(&self) -> u64 {
        self.inner.unwraps.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), KeyWrapError> {
        if self.inner.broken.load(Ordering::SeqCst) {
            return Err(KeyWrapError("the test has broken it".to_owned()));
        }
        Ok(())
    }
}

impl Default for TestKeyWrap {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl KeyWrap for TestKeyWrap {
    async fn wrap(&self, key: &[u8; 32], context: &str) -> Result<Vec<u8>, KeyWrapError> {
        // A key elsewhere takes its time, in which others go on.
        tokio::task::yield_now().await;
        self.check()?;
        // A count is a nonce good enough for keys that protect nothing.
        let count = self.inner.wraps.fetch_add(1, Ordering::SeqCst);
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&count.to_be_bytes());
        let mut wrapped = key.to_vec();
        self.inner
            .key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut wrapped)
            .expect("a key is short enough to seal");
        wrapped.splice(..0, nonce);
        Ok(wrapped)
    }

    async fn unwrap(&self, wrapped: &[u8], context: &str) -> Result<Zeroizing<[u8; 32]>, KeyWrapError> {
        tokio::task::yield_now().await;
        self.check()?;
        self.inner.unwraps.fetch_add(1, Ordering::SeqCst);
        let refused = || KeyWrapError("the wrapped key does not open".to_owned());
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let key =
            self.inner.key.open_in_place(nonce, Aad::from(context), &mut sealed).map_err(|_| refused())?;
        Ok(Zeroizing::new(<[u8; 32]>::try_from(&*key).map_err(|_| refused())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_opens_under_its_context_only() {
        let wrap = TestKeyWrap::new();
        let wrapped = wrap.wrap(&[1; 32], "epoch 1").await.unwrap();
        assert_eq!(*wrap.unwrap(&wrapped, "epoch 1").await.unwrap(), [1; 32]);
        assert!(wrap.unwrap(&wrapped, "epoch 2").await.is_err());
        assert!(TestKeyWrap::with_key(8).unwrap(&wrapped, "epoch 1").await.is_err());
        assert!(wrap.unwrap(&[1, 2, 3], "epoch 1").await.is_err());
        assert_eq!((wrap.wraps(), wrap.unwraps()), (1, 3));
    }

    #[tokio::test]
    async fn it_fails_when_told_to() {
        let wrap = TestKeyWrap::new();
        let wrapped = wrap.wrap(&[1; 32], "").await.unwrap();
        wrap.set_broken(true);
        assert!(wrap.wrap(&[1; 32], "").await.is_err());
        assert!(wrap.unwrap(&wrapped, "").await.is_err());
        wrap.set_broken(false);
        assert!(wrap.unwrap(&wrapped, "").await.is_ok());
    }
}
