//! The hash of the data that an answer rests on.
//!
//! For each customer, the values that the answer rests on (columns of the customer table, aggregates of its events) are
//! hashed, and the hashes of all customers added up: neither the order of rows matters, nor rows that change no value.
//! Outside data is hashed likewise, row by row. What the runtime keeps is left out: its state has a hash of its own. SHA-256 over the sums gives the hash of the answer. It is a fingerprint
//! against accidents (another copy, a changed row), not against forgery. It must stay the same between versions, so the
//! mixing is written out here.

use crate::answers::Keys;
use crate::column::{Column, UNKNOWN};
use crate::texts::{MISSING, Texts};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Of rows of values.
#[derive(Debug, Clone)]
pub(crate) struct RowsHash {
    description: String,
    rows: u64,
    sums: [u64; 2],
    /// Of the rows that are being taken.
    states: Vec<u64>,
}

const SEEDS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F];

/// Stands for a value that is not there.
const NONE: u64 = 0xD6E8_FEB8_6659_FD93;

impl RowsHash {
    /// Of no rows yet. The description says what they are.
    pub(crate) fn new(description: String) -> Self {
        Self { description, rows: 0, sums: [0; 2], states: Vec::new() }
    }

    /// Begins so many rows.
    pub(crate) fn begin(&mut self, rows: usize) {
        self.states.clear();
        self.states.resize(rows, SEEDS[0]);
    }

    /// Takes in the keys of some customers.
    pub(crate) fn add_keys(&mut self, keys: &Keys, customers: Range<usize>) {
        match keys {
            Keys::Integers(keys) => {
                absorb(&mut self.states, keys[customers].iter().map(|key| key.cast_unsigned()))
            }
            Keys::Texts(keys) => absorb(&mut self.states, keys[customers].iter().map(|key| hash_text(key))),
        }
    }

    /// Takes in a text, or none, of each row.
    pub(crate) fn add_texts<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>>) {
        absorb(&mut self.states, texts.map(|text| text.map_or(NONE, hash_text)));
    }

    /// Takes in one value of each row.
    pub(crate) fn add(&mut self, column: &Column, texts: &TextHashes) {
        let states = &mut self.states;
        match column {
            Column::Bool(truths) => {
                let word = |truth: &u8| if *truth == UNKNOWN { NONE } else { u64::from(*truth) };
                absorb(states, truths.iter().map(word));
            }
            Column::Int { values, known } => {
                let pairs = values.iter().zip(known);
                absorb(states, pairs.map(|(value, known)| if *known { value.cast_unsigned() } else { NONE }));
            }
            Column::Ratio { numerators, denominators } => {
                absorb(states, numerators.iter().map(|number| number.cast_unsigned()));
                absorb(states, denominators.iter().map(|number| number.cast_unsigned()));
            }
            Column::Text(codes) => absorb(states, codes.iter().map(|code| texts.text(*code))),
            Column::Set(codes) => absorb(states, codes.iter().map(|code| texts.set(*code))),
        }
    }

    /// Ends the rows begun last.
    pub(crate) fn end(&mut self) {
        self.rows += self.states.len() as u64;
        for state in &self.states {
            self.sums[0] = self.sums[0].wrapping_add(mix(*state));
            self.sums[1] = self.sums[1].wrapping_add(mix(*state ^ SEEDS[1]));
        }
    }
}

/// Of all, in the order given; lower-case hex.
pub(crate) fn combine(hashes: &[RowsHash]) -> String {
    let mut sha = Sha256::new();
    for hash in hashes {
        sha.update((hash.description.len() as u64).to_le_bytes());
        sha.update(hash.description.as_bytes());
        sha.update(hash.rows.to_le_bytes());
        hash.sums.iter().for_each(|sum| sha.update(sum.to_le_bytes()));
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One word into each state: multiplication mixes upwards, rotation brings it down again.
fn absorb(states: &mut [u64], words: impl Iterator<Item = u64>) {
    for (state, word) in states.iter_mut().zip(words) {
        *state = (*state ^ word).wrapping_mul(SEEDS[0]).rotate_left(29);
    }
}

/// The finalizer of MurmurHash3, by Austin Appleby (public domain): each bit of the input changes half of the output.
fn mix(mut word: u64) -> u64 {
    word = (word ^ word >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    word = (word ^ word >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    word ^ word >> 33
}

fn hash_text(text: &str) -> u64 {
    let mut state = SEEDS[1] ^ text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    state
}

/// The hashes of texts and sets by code.
#[derive(Debug)]
pub(crate) struct TextHashes {
    texts: Vec<u64>,
    sets: Vec<u64>,
}

impl TextHashes {
    /// Of all that there are.
    pub(crate) fn new(texts: &Texts) -> Self {
        let hashes: Vec<u64> = texts.texts().map(hash_text).collect();
        let of_set = |members: &[u32]| {
            members.iter().fold(SEEDS[0], |state, member| mix(state ^ hashes[*member as usize]))
        };
        Self { sets: texts.sets().map(of_set).collect(), texts: hashes }
    }

    fn text(&self, code: u32) -> u64 {
        if code == MISSING { NONE } else { self.texts[code as usize] }
    }

    fn set(&self, code: u32) -> u64 {
        if code == MISSING { NONE } else { self.sets[code as usize] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(rows: &[(i64, Option<&str>)]) -> String {
        let mut texts = Texts::default();
        let codes = rows.iter().map(|(_, text)| text.map_or(MISSING, |text| texts.intern(text))).collect();
        let mut hash = RowsHash::new("customers".to_owned());
        hash.begin(rows.len());
        hash.add(&Column::ints(rows.iter().map(|(number, _)| *number).collect()), &TextHashes::new(&texts));
        hash.add(&Column::Text(codes), &TextHashes::new(&texts));
        hash.end();
        combine(&[hash])
    }

    #[test]
    fn depends_on_rows_and_not_on_their_order() {
        let (a, b) = ((1, Some("x")), (2, None));
        assert_eq!(hash(&[a, b]), hash(&[b, a]));
        assert_ne!(hash(&[a, b]), hash(&[a]));
        assert_ne!(hash(&[a, a]), hash(&[a]));
        assert_ne!(hash(&[(a.0, b.1), (b.0, a.1)]), hash(&[a, b]));
    }

    #[test]
    fn does_not_depend_on_how_rows_are_cut() {
        let keys = Keys::Integers(vec![3, 5, 8]);
        let cut_at = |ends: &[usize]| {
            let mut hash = RowsHash::new(String::new());
            let mut start = 0;
            for end in ends {
                hash.begin(end - start);
                hash.add_keys(&keys, start..*end);
                hash.end();
                start = *end;
            }
            combine(&[hash])
        };
        assert_eq!(cut_at(&[3]), cut_at(&[1, 3]));
        assert_ne!(cut_at(&[3]), cut_at(&[2]));
    }

    #[test]
    fn stays_the_same_between_versions() {
        assert_eq!(
            hash(&[(1, Some("回归"))]),
            "529b511ac0af3bc31e5256c7a593e3fa309563de12682f91523dfbe1e2e73ea2"
        );
    }
}
