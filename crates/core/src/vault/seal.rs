//! The sealed text: `r1.{epoch}.{nonce ‖ ciphertext ‖ tag}` with AES-256-GCM.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// Names the format in the text and in what it is bound to.
pub(super) const FORMAT: &str = "r1";

pub(super) fn key(bytes: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, bytes).ok().map(LessSafeKey::new)
}

pub(super) fn seal(
    key: &LessSafeKey,
    random: &SystemRandom,
    epoch: u32,
    bound: &[u8],
    secret: &[u8],
) -> Option<String> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce).ok()?;
    let mut sealed = secret.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut sealed).ok()?;
    let mut bytes = nonce.to_vec();
    bytes.append(&mut sealed);
    Some(format!("{FORMAT}.{epoch}.{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The epoch a sealed text names, if it is one.
pub(super) fn epoch_of(text: &str) -> Option<u32> {
    let (format, rest) = text.split_once('.')?;
    (format == FORMAT).then(|| rest.split_once('.')?.0.parse().ok()).flatten()
}

pub(super) fn open(key: &LessSafeKey, bound: &[u8], text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, body) = text.rsplit_once('.')?;
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).ok()?);
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = Zeroizing::new(sealed.to_vec());
    let length = key.open_in_place(nonce, Aad::from(bound), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}
