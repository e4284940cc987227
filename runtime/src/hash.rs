//! Hashes as text.

use sha2::{Digest, Sha256};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    write_hex(bytes, &mut text);
    text
}

/// Adds lower-case hex to a text.
pub(crate) fn write_hex(bytes: &[u8], text: &mut String) {
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// The beginning of a hash.
pub(crate) fn first_bytes<const N: usize>(hash: &[u8]) -> [u8; N] {
    std::array::from_fn(|place| hash.get(place).copied().unwrap_or_default())
}

/// SHA-256 of these parts with a zero byte between them, so that no two lists of parts give the same bytes.
pub(crate) fn of_parts(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("\0")))
}
