//! The published function by which customers are drawn for holdouts, experiments and scarce messages.
//!
//! A customer's number is the first eight bytes, big-endian, of SHA-256(name ‖ 0x00 ‖ key as text): anybody can compute
//! it again, in any SQL engine. It depends on nothing else, so it never changes, and two names are independent.

use rulec_engine::Key;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};

/// The longest text of a 64-bit integer, with its sign.
const DIGITS: usize = 20;

/// The draw of one name.
#[derive(Debug, Clone)]
pub struct Draw(Sha256);

impl Draw {
    /// The draw of this name: of an experiment its own, of a holdout `holdout:CAMPAIGN`.
    pub fn new(name: &str) -> Draw {
        Draw(Sha256::new().chain_update(name).chain_update([0]))
    }

    /// The number of this customer: a part of 2^64.
    pub fn of(&self, key: Key<'_>) -> u64 {
        let mut hasher = self.0.clone();
        match key {
            Key::Text(text) => hasher.update(text),
            Key::Integer(number) => {
                let mut digits = Cursor::new([0; DIGITS]);
                // Every 64-bit integer fits.
                let _ = write!(digits, "{number}");
                let length = usize::try_from(digits.position()).unwrap_or(DIGITS);
                hasher.update(&digits.get_ref()[..length]);
            }
        }
        let [a, b, c, d, e, f, g, h, ..] = hasher.finalize().0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rulec_plan::campaign::Share;

    #[test]
    fn as_published() {
        // printf 'holdout:winback\0%s' 4711 | sha256sum
        assert_eq!(Draw::new("holdout:winback").of(Key::Integer(4711)), PUBLISHED);
        assert_eq!(Draw::new("holdout:winback").of(Key::Text("4711")), PUBLISHED);
    }

    const PUBLISHED: u64 = 0x612f68fa1b78ff87;

    #[test]
    fn a_share_takes_about_its_part() {
        let draw = Draw::new("test");
        let taken = (0..10_000).filter(|key| Share(5_000_000_000).takes(draw.of(Key::Integer(*key)))).count();
        assert!((400..600).contains(&taken), "{taken}");
    }

    proptest! {
        #[test]
        fn a_number_is_drawn_as_its_text(number in any::<i64>()) {
            let draw = Draw::new("test");
            prop_assert_eq!(draw.of(Key::Integer(number)), draw.of(Key::Text(&number.to_string())));
        }
    }
}
