//! Texts and sets of texts as numbers: equal texts have equal codes, in all columns of an answer.

use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The code of a missing text or set.
pub(crate) const MISSING: u32 = u32::MAX;

/// All texts and sets of one answer.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    texts: Vec<Box<str>>,
    codes: FxHashMap<Box<str>, u32>,
    sets: Vec<Box<[u32]>>,
    set_codes: FxHashMap<Box<[u32]>, u32>,
}

impl Texts {
    /// The code of a text, new if need be.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = next_code(self.texts.len());
        self.texts.push(text.into());
        self.codes.insert(text.into(), code);
        code
    }

    /// The code of a set. The pieces may stand in any order and more than once.
    pub(crate) fn intern_set<'t>(&mut self, pieces: impl IntoIterator<Item = &'t str>) -> u32 {
        let mut members: Vec<u32> = pieces.into_iter().map(|piece| self.intern(piece)).collect();
        members.sort_by(|a, b| self.text(*a).cmp(self.text(*b)));
        members.dedup();
        let members = members.into_boxed_slice();
        if let Some(code) = self.set_codes.get(&members) {
            return *code;
        }
        let code = next_code(self.sets.len());
        self.sets.push(members.clone());
        self.set_codes.insert(members, code);
        code
    }

    /// All texts, in the order of their codes.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The members of all sets, in the order of their codes.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &[u32]> {
        self.sets.iter().map(|members| &**members)
    }

    /// The text of a code that is not [`MISSING`].
    pub(crate) fn text(&self, code: u32) -> &str {
        &self.texts[code as usize]
    }

    /// The codes of a set's members, in the order of their texts.
    pub(crate) fn members(&self, set: u32) -> &[u32] {
        &self.sets[set as usize]
    }
}

/// Texts that several threads add to. Which code a new text gets depends on which thread comes first, so a code says
/// whether two texts are equal and nothing else.
#[derive(Debug, Default)]
pub(crate) struct SharedTexts {
    texts: Mutex<Texts>,
}

impl SharedTexts {
    /// The texts alone, once no thread adds to them.
    pub(crate) fn into_inner(self) -> Texts {
        self.texts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, for as long as this is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Texts> {
        // Texts are only ever added, each whole, so a thread that panicked left nothing half done.
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How two texts compare, by their bytes.
    pub(crate) fn compare(&self, a: u32, b: u32) -> Ordering {
        let texts = self.lock();
        texts.text(a).cmp(texts.text(b))
    }
}

/// Codes end one before [`MISSING`]. Four thousand million different texts do not fit into memory before.
fn next_code(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(MISSING - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_the_same_whatever_the_order_of_its_pieces() {
        let mut texts = Texts::default();
        let set = texts.intern_set(["b", "a", "b"]);
        assert_eq!(set, texts.intern_set(["a", "b"]));
        let members: Vec<&str> = texts.members(set).iter().map(|code| texts.text(*code)).collect();
        assert_eq!(members, ["a", "b"]);
    }
}
