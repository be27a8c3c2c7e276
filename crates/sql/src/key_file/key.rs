//! One wrapping key: its name, its line in the file, and what it wraps.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reprise_core::ports::KeyWrapError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::KeyFileError;

const KEY_LEN: usize = 32;
const NAME_LEN: usize = 8;

/// The first byte of everything wrapped.
const FORMAT: u8 = 1;

/// Format and name, before the nonce.
const HEADER_LEN: usize = 1 + NAME_LEN;

/// The beginning of a key's SHA-256; it tells nothing of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyName([u8; NAME_LEN]);

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A wrapping key; wiped when dropped, and never printed.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; KEY_LEN]>);

impl Key {
    pub(super) fn generate(random: &SystemRandom) -> Result<Self, KeyFileError> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        random.fill(&mut *bytes).map_err(|_| KeyFileError::NoRandomness)?;
        Ok(Self(bytes))
    }

    pub(super) fn name(&self) -> KeyName {
        let digest = digest(&SHA256, &*self.0);
        let mut name = [0; NAME_LEN];
        name.copy_from_slice(&digest.as_ref()[..NAME_LEN]);
        KeyName(name)
    }

    /// Reads a line of the file; an error says what the line is.
    pub(super) fn parse(line: &str) -> Result<Self, &'static str> {
        let (name, key) = line.split_once(' ').ok_or("neither a key nor a comment")?;
        let bytes = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| "not base64")?);
        let bytes = <[u8; KEY_LEN]>::try_from(bytes.as_slice()).map_err(|_| "not a key of 32 bytes")?;
        let key = Self(Zeroizing::new(bytes));
        if key.name().to_string() != name {
            return Err("damaged: the key is not the one its name says");
        }
        Ok(key)
    }

    /// Appends the line of the file.
    pub(super) fn write(&self, text: &mut String) {
        let key = Zeroizing::new(STANDARD.encode(*self.0));
        text.push_str(&self.name().to_string());
        text.push(' ');
        text.push_str(&key);
        text.push('\n');
    }

    pub(super) fn wrap(
        &self,
        key: &[u8; KEY_LEN],
        context: &str,
        random: &SystemRandom,
    ) -> Result<Vec<u8>, KeyWrapError> {
        let mut nonce = [0; NONCE_LEN];
        let no_random = |_| KeyWrapError("the operating system gives no random bytes".to_owned());
        random.fill(&mut nonce).map_err(no_random)?;
        let mut wrapped = vec![FORMAT];
        wrapped.extend(self.name().0);
        let aad = associated(&wrapped, context);
        let mut sealed = Zeroizing::new(key.to_vec());
        // Room for the tag, so that no copy of the key is left behind by growing.
        sealed.reserve_exact(AES_256_GCM.tag_len());
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut *sealed)
            .map_err(|_| KeyWrapError("the key could not be sealed".to_owned()))?;
        wrapped.extend(nonce);
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    pub(super) fn unwrap(
        &self,
        wrapped: &[u8],
        context: &str,
    ) -> Result<Zeroizing<[u8; KEY_LEN]>, KeyWrapError> {
        let (header, rest) = wrapped.split_at_checked(HEADER_LEN).ok_or_else(malformed)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or_else(malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| malformed())?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let key = self
            .cipher()
            .open_in_place(nonce, Aad::from(associated(header, context)), &mut sealed)
            .map_err(|_| KeyWrapError("it was changed, or wrapped for another purpose".to_owned()))?;
        Ok(Zeroizing::new(<[u8; KEY_LEN]>::try_from(&*key).map_err(|_| malformed())?))
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*self.0).expect("32 bytes are an AES-256 key"))
    }
}

fn associated(header: &[u8], context: &str) -> Vec<u8> {
    [header, context.as_bytes()].concat()
}

fn malformed() -> KeyWrapError {
    KeyWrapError("what is stored is not a wrapped key".to_owned())
}

/// The name of the key under which something was wrapped.
pub(super) fn name_in(wrapped: &[u8]) -> Result<KeyName, KeyWrapError> {
    let (format, rest) = wrapped.split_first().ok_or_else(malformed)?;
    let name = rest.first_chunk().filter(|_| *format == FORMAT).ok_or_else(malformed)?;
    Ok(KeyName(*name))
}
