//! Numbers that look random and are always the same: every choice of the simulator is a hash of
//! the seed and of what is chosen, so that nothing has to be stored and any moment can be replayed.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A bijection of the 64-bit numbers; [`unmix`] is its inverse.
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Undoes [`mix`].
pub(crate) const fn unmix(mut z: u64) -> u64 {
    z = (z ^ (z >> 31) ^ (z >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    z = (z ^ (z >> 27) ^ (z >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    z ^ (z >> 30) ^ (z >> 60)
}

/// One number from several.
pub(crate) fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(STEP, |acc, part| mix(acc.wrapping_add(STEP) ^ mix(*part)))
}

/// One number from a text.
pub(crate) fn hash_text(text: &str) -> u64 {
    text.bytes().fold(STEP, |acc, byte| mix(acc.wrapping_add(STEP) ^ u64::from(byte)))
}

/// A number below `n`; 0 where `n` is 0.
pub(crate) fn below(hash: u64, n: u64) -> u64 {
    if n == 0 { 0 } else { hash % n }
}

/// One of the choices.
pub(crate) fn pick<T>(hash: u64, choices: &[T]) -> &T {
    let index = below(hash, choices.len() as u64);
    &choices[usize::try_from(index).expect("an index below a length")]
}

/// Whether something of `percent` (0–100) probability happens.
pub(crate) fn chance(hash: u64, percent: f64) -> bool {
    let per_million = u32::try_from(hash % 1_000_000).expect("below a million");
    f64::from(per_million) < percent * 10_000.0
}

const BASE62: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// 22 characters, as Spotify's ids have.
pub(crate) fn base62(mut value: u128) -> String {
    let mut text = [b'0'; 22];
    for place in text.iter_mut().rev() {
        *place = BASE62[usize::try_from(value % 62).expect("below 62")];
        value /= 62;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

/// Undoes [`base62`]; `None` where the text is no such id.
pub(crate) fn from_base62(text: &str) -> Option<u128> {
    if text.len() != 22 {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = BASE62.iter().position(|known| *known == byte)?;
        value.checked_mul(62)?.checked_add(digit as u128)
    })
}

/// An opaque 22-character id for a thing the simulator keeps a record of.
pub(crate) fn opaque_id(parts: &[u64]) -> String {
    let high = hash(parts);
    let low = hash(&[high, STEP]);
    base62((u128::from(high) << 64) | u128::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_can_be_undone() {
        for n in [0, 1, 2, 77, u64::MAX, 0x8000_0000_0000_0000] {
            assert_eq!(unmix(mix(n)), n);
        }
    }

    #[test]
    fn an_id_reads_back() {
        for n in [0, 61, 62, u128::MAX] {
            assert_eq!(from_base62(&base62(n)), Some(n));
        }
        assert_eq!(from_base62("short"), None);
        assert_eq!(from_base62("ZZZZZZZZZZZZZZZZZZZZZZ"), None);
    }

    #[test]
    fn chances_are_kept() {
        let hits = (0..10_000).filter(|n| chance(hash(&[*n]), 3.0)).count();
        assert!((200..400).contains(&hits), "{hits}");
    }
}
