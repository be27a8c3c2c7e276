//! Envelope encryption of everything secret that is stored or handed to a browser.
//!
//! A data key serves one epoch of thirty days and is itself stored wrapped. What is sealed is bound
//! to the deployment, its owner, its purpose and its epoch: moved to another row, it does not open.

mod seal;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use ring::aead::LessSafeKey;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::ports::{DataKeys, KeyWrap, KeyWrapError, Sealed, StoreError, WrappedKey};

/// One data key seals for this long.
pub const EPOCH_DAYS: i64 = 30;

/// What a sealed value is for; it opens for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A refresh token at rest.
    RefreshToken,
    /// An access token at rest.
    AccessToken,
    /// The cookie of a signed-in listener.
    Session,
    /// The cookie of a sign-up or sign-in under way.
    PendingLogin,
    /// The hidden field that ties a form to its session.
    Csrf,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh-token",
            Self::AccessToken => "access-token",
            Self::Session => "session",
            Self::PendingLogin => "pending-login",
            Self::Csrf => "csrf",
        }
    }
}

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VaultError {
    /// The sealed text was altered, moved, or sealed under another key.
    #[error("a sealed value does not open")]
    Unopenable,
    /// The wrapping key failed.
    #[error(transparent)]
    KeyWrap(#[from] KeyWrapError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals and opens; cheap to share, unwraps each epoch's key once.
pub struct Vault {
    deployment: String,
    keys: Arc<dyn DataKeys>,
    wrap: Arc<dyn KeyWrap>,
    opened: Mutex<HashMap<u32, Arc<LessSafeKey>>>,
    /// Held by whoever makes a key that is not there yet.
    making: Mutex<()>,
    random: SystemRandom,
}

impl Vault {
    /// A vault of `deployment`, the installation's name in everything sealed.
    pub fn new(deployment: impl Into<String>, keys: Arc<dyn DataKeys>, wrap: Arc<dyn KeyWrap>) -> Self {
        Self {
            deployment: deployment.into(),
            keys,
            wrap,
            opened: Mutex::default(),
            making: Mutex::default(),
            random: SystemRandom::new(),
        }
    }

    /// Seals `secret` of `owner` under the epoch of `now`.
    pub async fn seal(
        &self,
        owner: &str,
        purpose: Purpose,
        secret: &[u8],
        now: Timestamp,
    ) -> Result<Sealed, VaultError> {
        let (epoch, key) = self.current_key(now).await?;
        let bound = self.bound(owner, purpose, epoch);
        seal::seal(&key, &self.random, epoch, &bound, secret).map(Sealed).ok_or(VaultError::Unopenable)
    }

    /// Opens what was sealed for the same owner and purpose.
    pub async fn open(
        &self,
        owner: &str,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let epoch = seal::epoch_of(&sealed.0).ok_or(VaultError::Unopenable)?;
        let key = self.key_of(epoch).await?.ok_or(VaultError::Unopenable)?;
        let bound = self.bound(owner, purpose, epoch);
        seal::open(&key, &bound, &sealed.0).ok_or(VaultError::Unopenable)
    }

    /// Whether `sealed` is of an epoch before the one of `now`, and so due for re-sealing.
    pub fn is_old(&self, sealed: &Sealed, now: Timestamp) -> bool {
        seal::epoch_of(&sealed.0).is_none_or(|epoch| epoch < epoch_at(now))
    }

    /// Whether `sealed` is of the epoch of `now` or the one before: what a cookie must be.
    pub fn is_recent(&self, sealed: &Sealed, now: Timestamp) -> bool {
        seal::epoch_of(&sealed.0).is_some_and(|epoch| epoch + 1 >= epoch_at(now))
    }

    /// Re-wraps every data key, after the wrapping key was rotated; answers how many.
    pub async fn rewrap(&self) -> Result<usize, VaultError> {
        let keys = self.keys.data_keys().await?;
        let mut count = 0;
        for wrapped in keys {
            let context = self.context(wrapped.epoch);
            let key = self.wrap.unwrap(&wrapped.bytes, &context).await?;
            let bytes = self.wrap.wrap(&key, &context).await?;
            self.keys.rewrap_data_key(&WrappedKey { epoch: wrapped.epoch, bytes }).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Random bytes from the system, for secrets made here.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], VaultError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(|_| KeyWrapError("no randomness from the system".into()))?;
        Ok(bytes)
    }

    /// The key that seals at `now`: of its epoch, or of a later one if the clock was set back.
    async fn current_key(&self, now: Timestamp) -> Result<(u32, Arc<LessSafeKey>), VaultError> {
        let epoch = epoch_at(now);
        if let Some(key) = self.key_of(epoch).await? {
            return Ok((epoch, key));
        }
        // Ten who begin an epoch together make one key, not ten of which nine are thrown away.
        let _making = self.making.lock().await;
        if let Some(key) = self.key_of(epoch).await? {
            return Ok((epoch, key));
        }
        let fresh = Zeroizing::new(self.random::<32>()?);
        let bytes = self.wrap.wrap(&fresh, &self.context(epoch)).await?;
        // The loser of a race takes the winner's.
        let stored = self.keys.put_data_key(&WrappedKey { epoch, bytes }).await?;
        Ok((epoch, self.unwrap(&stored).await?))
    }

    async fn key_of(&self, epoch: u32) -> Result<Option<Arc<LessSafeKey>>, VaultError> {
        if let Some(key) = self.opened.lock().await.get(&epoch) {
            return Ok(Some(Arc::clone(key)));
        }
        match self.keys.data_key(epoch).await? {
            Some(wrapped) => Ok(Some(self.unwrap(&wrapped).await?)),
            None => Ok(None),
        }
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<Arc<LessSafeKey>, VaultError> {
        let mut opened = self.opened.lock().await;
        if let Some(key) = opened.get(&wrapped.epoch) {
            return Ok(Arc::clone(key));
        }
        let bytes = self.wrap.unwrap(&wrapped.bytes, &self.context(wrapped.epoch)).await?;
        let key = Arc::new(seal::key(&bytes).ok_or(VaultError::Unopenable)?);
        opened.insert(wrapped.epoch, Arc::clone(&key));
        Ok(key)
    }

    fn context(&self, epoch: u32) -> String {
        format!("{}/data-key/{epoch}", self.deployment)
    }

    fn bound(&self, owner: &str, purpose: Purpose, epoch: u32) -> Vec<u8> {
        // Length-prefixed, so that no two different bindings read the same.
        let mut bound = Vec::new();
        for part in [self.deployment.as_str(), owner, purpose.name(), seal::FORMAT] {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part.as_bytes());
        }
        bound.extend_from_slice(&epoch.to_be_bytes());
        bound
    }
}

/// The epoch an instant belongs to.
fn epoch_at(now: Timestamp) -> u32 {
    u32::try_from(now.as_second().div_euclid(EPOCH_DAYS * 86_400)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
