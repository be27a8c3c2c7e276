//! The keys that wrap data keys, in a file of their own.
//!
//! ```text
//! reprise-keys v1
//! 3f0c9a1be2d47786 mzLkUXrWkq…(32 bytes in base64)…=
//! 8810d2c4a9e6b05d Qx9vJ1…
//! ```
//!
//! One key a line, newest last; the newest wraps, all unwrap. A key's name is the beginning of its
//! SHA-256, so that a damaged line is noticed. Empty lines and lines that begin with `#` are ignored.
//! A wrapped key is `1 ‖ name (8) ‖ nonce (12) ‖ AES-256-GCM(key) (48)`; the caller's context and
//! everything before the nonce are authenticated with it.

mod file;
mod key;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use reprise_core::ports::{KeyWrap, KeyWrapError};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use key::{Key, KeyName};

/// Why a key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The folder is missing.
    #[error("there is no folder {folder:?} for the key file: create it, or name another file")]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder, or something else that is no file.
    #[error("{path:?} is not a file: name the key file itself")]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// Others may read it.
    #[error(
        "others may read the key file {path:?} (mode {mode:03o}): run chmod 600 on it, and reprise keys rotate if anybody did"
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not what we wrote.
    #[error(
        "line {line} of the key file {path:?} is {what}: restore the file from a backup, for without it stored tokens cannot be read"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file system refuses.
    #[error("the key file {path:?} cannot be {what}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no random bytes for a key")]
    NoRandomness,
}

/// Wraps data keys under the newest key of a file that only its owner may read.
pub struct LocalKeyFile {
    path: PathBuf,
    random: SystemRandom,
    keys: RwLock<Vec<Key>>,
}

impl LocalKeyFile {
    /// Reads the file; creates it with one key, for its owner only, if it is missing.
    ///
    /// Of several processes that do so at the same time one creates it and the others read its key.
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let (path, random) = (path.into(), SystemRandom::new());
        let keys = match file::read(&path)? {
            Some(keys) => keys,
            None => file::create(&path, &random)?,
        };
        Ok(Self { path, random, keys: RwLock::new(keys) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many keys the file held when it was last read.
    pub fn len(&self) -> usize {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is no key; never so, for such a file is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a key, which wraps from now on; answers how many there are then.
    ///
    /// What was wrapped before still unwraps, also in processes that opened the file earlier: they
    /// read it again when they meet a key they do not know.
    pub fn rotate(&self) -> Result<usize, KeyFileError> {
        let keys = file::add(&self.path, &self.random)?;
        let count = keys.len();
        self.replace(keys);
        Ok(count)
    }

    fn replace(&self, keys: Vec<Key>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn find(&self, name: KeyName) -> Option<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.name() == name).cloned()
    }
}

impl fmt::Debug for LocalKeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeyFile")
            .field("path", &self.path)
            .field("keys", &self.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl KeyWrap for LocalKeyFile {
    async fn wrap(&self, key: &[u8; 32], context: &str) -> Result<Vec<u8>, KeyWrapError> {
        let newest = self.keys.read().unwrap_or_else(PoisonError::into_inner).last().cloned();
        let newest = newest.ok_or_else(|| KeyWrapError("the key file holds no key".to_owned()))?;
        newest.wrap(key, context, &self.random)
    }

    async fn unwrap(&self, wrapped: &[u8], context: &str) -> Result<Zeroizing<[u8; 32]>, KeyWrapError> {
        let name = key::name_in(wrapped)?;
        if self.find(name).is_none() {
            // Another process has rotated. The file is a few lines, and this happens once a rotation.
            let read = file::read(&self.path).map_err(|error| KeyWrapError(error.to_string()))?;
            self.replace(read.unwrap_or_default());
        }
        let key = self.find(name).ok_or_else(|| {
            KeyWrapError(format!("it was wrapped under {name}, which {:?} does not hold", self.path))
        })?;
        key.unwrap(wrapped, context)
    }
}
