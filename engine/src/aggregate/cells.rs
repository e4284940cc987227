//! The cells of a range of customers: one row of words a customer, so that all that a row of the database changes lies
//! side by side.

use super::layout::Layout;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// How many words a cache line has on nearly all machines.
pub(super) const LINE_WORDS: usize = 8;

/// What the rows seen so far have come to, for some customers.
///
/// A fresh cell is 0 in all measures: a count or a sum of nothing, and no value yet (see [`high`] and [`low`]).
#[derive(Debug)]
pub(crate) struct Cells {
    /// Customers by number.
    customers: Range<usize>,
    pub(super) words: Vec<u64>,
    /// Words a customer.
    pub(super) stride: usize,
    /// Where the first customer's words begin: at the beginning of a cache line.
    start: usize,
    /// How often a sum of 64 bits went past its upper end, less how often past its lower, by word. The sum itself goes
    /// round; so it is exact whatever the order of rows.
    pub(super) carries: FxHashMap<usize, i64>,
    /// How often a count of 16 bits went past its end, by [`Count::place`]. Hardly any does, and a customer takes half the
    /// memory that counts of 32 bits would.
    pub(super) full_counts: FxHashMap<usize, i64>,
    /// For each family of different values: customer and value, and in which of the family's cells it occurs, as bits.
    pub(super) distinct: Vec<FxHashMap<(u32, [u64; 2]), u64>>,
}

impl Cells {
    /// Fresh cells for these customers.
    pub(crate) fn new(layout: &Layout, customers: Range<usize>) -> Self {
        let words = vec![0; layout.words * customers.len() + LINE_WORDS];
        Self {
            start: words.as_ptr().align_offset(LINE_WORDS * size_of::<u64>()).min(LINE_WORDS),
            words,
            stride: layout.words,
            customers,
            carries: FxHashMap::default(),
            full_counts: FxHashMap::default(),
            distinct: layout.families.iter().map(|_| FxHashMap::default()).collect(),
        }
    }

    /// Whose cells these are.
    pub(crate) fn customers(&self) -> Range<usize> {
        self.customers.clone()
    }

    /// Where the words of a customer begin.
    #[inline]
    pub(super) fn base(&self, customer: usize) -> usize {
        self.start + (customer - self.customers.start) * self.stride
    }

    /// Loads the words of some customers, which lie anywhere, into the cache: many loads at once, none of which waits for
    /// another, as an update of one cell after the other would.
    pub(super) fn touch(&self, bases: &[usize]) {
        let mut seen = 0;
        for base in bases {
            for word in self.words[*base..*base + self.stride].iter().step_by(LINE_WORDS) {
                seen |= word;
            }
        }
        std::hint::black_box(seen);
    }

    /// About how many bytes the sets of different values take.
    pub(crate) fn distinct_bytes(&self) -> u64 {
        // Key, bits and a control byte, in a table that is half full at worst.
        const ENTRY: u64 = 2 * (24 + 8 + 1);
        self.distinct.iter().map(|values| values.len() as u64 * ENTRY).sum()
    }
}

/// How many counts share a word.
pub(super) const COUNTS_A_WORD: usize = 4;

/// Where the count of a cell stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    /// Which of the customer's words.
    pub(super) word: usize,
    /// Where in the word its lowest bit is.
    shift: u32,
}

impl Count {
    #[inline(always)]
    pub(super) fn of(cell: usize) -> Self {
        Self { word: cell / COUNTS_A_WORD, shift: 16 * (cell % COUNTS_A_WORD) as u32 }
    }

    #[inline(always)]
    pub(super) fn read(self, word: u64) -> u16 {
        (word >> self.shift) as u16
    }

    /// Counts one more, and says whether the count became full and begins at 0 again.
    #[inline(always)]
    pub(super) fn add_one(self, word: &mut u64) -> bool {
        let sum = word.wrapping_add(1 << self.shift);
        let is_full = self.read(sum) == 0;
        // The carry of a full count must not reach the next one.
        *word = if is_full { *word & !(0xFFFF << self.shift) } else { sum };
        is_full
    }

    /// In `full_counts`, for the customer whose words begin at `base`.
    pub(super) fn place(self, base: usize) -> usize {
        (base + self.word) * COUNTS_A_WORD + self.shift as usize / 16
    }
}

/// An integer as a word that is never 0 and grows with it: the greatest wins, and 0 is none. The least integer, which
/// would be 0, is refused before, see [`super::update`].
#[inline]
pub(super) fn high(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

/// Takes [`high`] back.
#[inline]
pub(super) fn from_high(word: u64) -> i64 {
    (word ^ (1 << 63)).cast_signed()
}

/// Likewise a word that falls as the integer grows: the least wins.
#[inline]
pub(super) fn low(value: i64) -> u64 {
    !high(value)
}

/// Takes [`low`] back.
#[inline]
pub(super) fn from_low(word: u64) -> i64 {
    from_high(!word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_count_begins_again_and_leaves_the_others_alone() {
        for cell in 0..COUNTS_A_WORD {
            let count = Count::of(cell);
            let mut word = u64::MAX - (1 << count.shift);
            assert!(!count.add_one(&mut word));
            assert_eq!(word, u64::MAX);
            assert!(count.add_one(&mut word));
            assert_eq!(word, !(0xFFFF << count.shift));
        }
    }

    #[test]
    fn words_keep_the_order_and_0_is_free() {
        let values = [i64::MIN + 1, -1, 0, 1, i64::MAX - 1];
        for pair in values.windows(2) {
            assert!(high(pair[0]) < high(pair[1]));
            assert!(low(pair[0]) > low(pair[1]));
        }
        for value in values {
            assert_eq!((from_high(high(value)), from_low(low(value))), (value, value));
            assert!(high(value) != 0 && low(value) != 0);
        }
    }
}
