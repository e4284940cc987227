//! The codes of texts that were met before. Most text columns hold a few short texts over and over.

use crate::faults::Found;
use rustc_hash::FxHashMap;

/// How many short texts are found at once; a power of two.
const SLOTS: usize = 256;

/// The longest text that two words tell apart from all others.
const SHORT: usize = 16;

/// How many longer texts are remembered; a column of texts that are all different must not be kept twice.
const MOST_LONG: usize = 4_096;

/// Codes by text.
#[derive(Debug)]
pub(super) struct KnownTexts {
    slots: Vec<Option<Short>>,
    long: FxHashMap<Box<[u8]>, u32>,
}

/// A short text as two words and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Short {
    words: [u64; 2],
    length: usize,
    code: u32,
}

impl Default for KnownTexts {
    fn default() -> Self {
        Self { slots: vec![None; SLOTS], long: FxHashMap::default() }
    }
}

impl KnownTexts {
    /// The code of a text: as remembered, or else from `code`.
    #[inline]
    pub(super) fn find(
        &mut self,
        bytes: &[u8],
        code: &mut impl FnMut(&str) -> Result<u32, Found>,
    ) -> Result<u32, Found> {
        if bytes.len() > SHORT {
            return self.find_long(bytes, code);
        }
        let (words, length) = (words(bytes), bytes.len());
        let slot = &mut self.slots[slot(words, length)];
        match slot {
            Some(known) if known.words == words && known.length == length => Ok(known.code),
            slot => {
                let code = code(text(bytes)?)?;
                *slot = Some(Short { words, length, code });
                Ok(code)
            }
        }
    }

    fn find_long(
        &mut self,
        bytes: &[u8],
        code: &mut impl FnMut(&str) -> Result<u32, Found>,
    ) -> Result<u32, Found> {
        if let Some(code) = self.long.get(bytes) {
            return Ok(*code);
        }
        let code = code(text(bytes)?)?;
        if self.long.len() < MOST_LONG {
            self.long.insert(bytes.into(), code);
        }
        Ok(code)
    }
}

fn text(bytes: &[u8]) -> Result<&str, Found> {
    std::str::from_utf8(bytes).map_err(|_| Found::NotUtf8)
}

/// Two words that, with the length, are different for different texts of at most [`SHORT`] bytes.
#[inline]
fn words(bytes: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return [u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))];
    }
    [bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0]
}

#[inline]
fn slot(words: [u64; 2], length: usize) -> usize {
    // Multiplication by a number without pattern (2^64 over the golden ratio) mixes upwards; the top bits are the slot.
    let mixed = (words[0] ^ words[1].rotate_left(29) ^ length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn equal_texts_and_no_others_have_equal_codes(texts in prop::collection::vec("[ab\u{0}]{0,20}", 0..400)) {
            let mut known = KnownTexts::default();
            let mut codes: HashMap<String, u32> = HashMap::new();
            for text in &texts {
                let next = codes.len() as u32;
                let expected = *codes.entry(text.clone()).or_insert(next);
                let mut code = |asked: &str| Ok(codes[asked]);
                prop_assert_eq!(known.find(text.as_bytes(), &mut code), Ok(expected));
            }
        }
    }
}
