//! HMAC and hashes, as signatures of requests use them.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use rulec_plan::time::Instant;
use sha2::{Digest, Sha256};

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key may have any length, so this is always there.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

/// SHA-256 in hex digits.
pub(crate) fn sha256(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The instant for a signature that wants a date.
pub(crate) fn utc(now: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(now.0).unwrap_or_default()
}

/// Whole seconds since 1970.
pub(crate) fn unix(now: Instant) -> i64 {
    now.0.div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_is_that_of_the_rfc() {
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
