//! Hashes as text.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of these parts with a zero byte between them, so that no two lists of parts give the same bytes.
pub(crate) fn of_parts(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("\0")))
}
