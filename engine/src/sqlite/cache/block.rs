//! One column of up to [`BATCH_ROWS`] rows, as few bytes that become cells again without looking at each.
//!
//! Integers are differences from the least of them, in units of their greatest common divisor, in as many bytes as the
//! greatest needs (frame of reference). Cells that recur are places in a dictionary of the file. Everything else is its
//! storage class where those differ, its word likewise packed, and its bytes.

use super::dictionary::Dictionary;
use crate::batch::{BATCH_ROWS, Cell, RawColumn};
use std::ops::Range;

/// How many words describe a block.
pub(super) const DESCRIPTION_WORDS: usize = 6;

/// Where a block lies in its file, and how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    offset: u64,
    length: u32,
    pub(super) rows: u16,
    form: u8,
    /// Bytes a difference: 0, 1, 2, 4 or 8.
    width: u8,
    checksum: u64,
    least: i64,
    unit: u64,
    /// Of integers.
    greatest: i64,
}

/// Places in the dictionary.
const CODES: u8 = 0;
/// Cells of the class of that number.
const NULL: u8 = 1;
const INTEGER: u8 = 2;
const REAL: u8 = 4;
const TEXT: u8 = 8;
const BLOB: u8 = 16;
/// Cells of several classes, which stand before the words.
const MIXED: u8 = 32;

impl Block {
    /// Appends the stored form of a column to a buffer. Its place and checksum are yet to be filled in.
    pub(super) fn encode(column: &RawColumn, dictionary: &mut Dictionary, into: &mut Vec<u8>) -> Self {
        match column.integers() {
            Some(integers) if !integers.is_empty() => Self::new(INTEGER, column).pack(integers, into),
            _ if dictionary.encode(column, into) => Self::new(CODES, column),
            _ => Self::encode_plainly(column, into),
        }
    }

    /// Likewise without a dictionary.
    pub(super) fn encode_plainly(column: &RawColumn, into: &mut Vec<u8>) -> Self {
        let cells = || (0..column.len()).map(|row| column.cell(row));
        let first = cells().next().map_or(NULL, class);
        let form = if cells().all(|cell| class(cell) == first) { first } else { MIXED };
        if form == MIXED {
            into.extend(cells().map(class));
        }
        // What stands for NULL must not widen the others.
        let filler = cells().find_map(word).unwrap_or(0);
        let words: Vec<i64> = cells().map(|cell| word(cell).unwrap_or(filler)).collect();
        let block = Self::new(form, column).pack(&words, into);
        for cell in cells() {
            if let Cell::Text(bytes) | Cell::Blob(bytes) = cell {
                into.extend_from_slice(bytes);
            }
        }
        block
    }

    /// The same block of these bytes at this place of a file.
    pub(super) fn at(self, offset: u64, bytes: &[u8]) -> Option<Self> {
        let length = u32::try_from(bytes.len()).ok()?;
        Some(Self { offset, length, checksum: checksum(bytes), ..self })
    }

    /// Where in the file it lies.
    pub(super) fn place(&self) -> Range<u64> {
        // A sum that is too great is found to lie outside of the file.
        self.offset..self.offset.saturating_add(self.length.into())
    }

    /// Whether these are the bytes that were written.
    pub(super) fn is_of(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == u64::from(self.length) && checksum(bytes) == self.checksum
    }

    fn new(form: u8, column: &RawColumn) -> Self {
        // No column of a batch has more rows than fit.
        let rows = column.len() as u16;
        Self { offset: 0, length: 0, rows, form, width: 0, checksum: 0, least: 0, unit: 1, greatest: 0 }
    }

    /// The same block with these words, which are appended.
    fn pack(self, words: &[i64], into: &mut Vec<u8>) -> Self {
        let least = words.iter().copied().min().unwrap_or(0);
        let greatest = words.iter().copied().max().unwrap_or(0);
        let difference = |word: &i64| word.wrapping_sub(least).cast_unsigned();
        let unit =
            words.iter().map(difference).try_fold(0, |unit, difference| match divisor(unit, difference) {
                1 => None,
                unit => Some(unit),
            });
        let unit = unit.filter(|unit| *unit > 0).unwrap_or(1);
        let width: u8 = match difference(&greatest) / unit {
            0 => 0,
            1..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFFFF_FFFF => 4,
            _ => 8,
        };
        for word in words {
            into.extend_from_slice(&(difference(word) / unit).to_le_bytes()[..usize::from(width)]);
        }
        Self { width, least, unit, greatest, ..self }
    }

    /// Least and greatest of a block of integers.
    pub(super) fn range(&self) -> Option<(i64, i64)> {
        (self.form == INTEGER).then_some((self.least, self.greatest))
    }

    /// Appends the cells of a block. `None`, with the column as it was or longer, for bytes that no block has.
    pub(super) fn decode(&self, bytes: &[u8], dictionary: &Dictionary, out: &mut RawColumn) -> Option<()> {
        let rows = usize::from(self.rows);
        if rows > BATCH_ROWS - out.len() {
            return None;
        }
        match self.form {
            CODES => dictionary.decode(bytes.get(..rows)?, out),
            INTEGER => self.unpack(bytes, out),
            MIXED => {
                let (classes, rest) = bytes.split_at_checked(rows)?;
                self.decode_cells(classes.iter().copied(), rest, out)
            }
            form => self.decode_cells(std::iter::repeat_n(form, rows), bytes, out),
        }
    }

    fn decode_cells(
        &self,
        classes: impl Iterator<Item = u8>,
        bytes: &[u8],
        out: &mut RawColumn,
    ) -> Option<()> {
        let (packed, mut rest) = bytes.split_at_checked(usize::from(self.rows) * usize::from(self.width))?;
        let mut words = Vec::with_capacity(usize::from(self.rows));
        self.unpack(packed, &mut words)?;
        for (class, word) in classes.zip(words) {
            let mut take = || {
                let (taken, others) = rest.split_at_checked(usize::try_from(word).ok()?)?;
                rest = others;
                Some(taken)
            };
            out.push(match class {
                NULL => Cell::Null,
                INTEGER => Cell::Integer(word),
                REAL => Cell::Real(f64::from_bits(word.cast_unsigned())),
                TEXT => Cell::Text(take()?),
                BLOB => Cell::Blob(take()?),
                _ => return None,
            });
        }
        Some(())
    }

    fn unpack(&self, bytes: &[u8], out: &mut impl TakeWords) -> Option<()> {
        let rows = usize::from(self.rows);
        let bytes = bytes.get(..rows * usize::from(self.width))?;
        match self.width {
            0 => out.take_words(std::iter::repeat_n(self.least, rows)),
            1 => self.scale(bytes.iter().map(|byte| u64::from(*byte)), out),
            2 => self.scale(bytes.as_chunks().0.iter().map(|word| u64::from(u16::from_le_bytes(*word))), out),
            4 => self.scale(bytes.as_chunks().0.iter().map(|word| u64::from(u32::from_le_bytes(*word))), out),
            8 => self.scale(bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)), out),
            _ => return None,
        }
        Some(())
    }

    #[inline(always)]
    fn scale(&self, differences: impl ExactSizeIterator<Item = u64>, out: &mut impl TakeWords) {
        let (least, unit) = (self.least, self.unit);
        if unit == 1 {
            out.take_words(differences.map(|difference| least.wrapping_add_unsigned(difference)));
        } else {
            out.take_words(
                differences.map(|difference| least.wrapping_add_unsigned(difference.wrapping_mul(unit))),
            );
        }
    }

    /// The description as words, as it stands in the file.
    pub(super) fn to_words(self) -> [u64; DESCRIPTION_WORDS] {
        let shape = u64::from(self.length) << 32
            | u64::from(self.rows) << 16
            | u64::from(self.form) << 8
            | u64::from(self.width);
        let [least, greatest] = [self.least, self.greatest].map(i64::cast_unsigned);
        [self.offset, shape, self.checksum, least, self.unit, greatest]
    }

    /// What [`Block::to_words`] said.
    pub(super) fn from_words(words: [u64; DESCRIPTION_WORDS]) -> Self {
        let [offset, shape, checksum, least, unit, greatest] = words;
        Self {
            offset,
            length: (shape >> 32) as u32,
            rows: (shape >> 16) as u16,
            form: (shape >> 8) as u8,
            width: shape as u8,
            checksum,
            least: least.cast_signed(),
            unit,
            greatest: greatest.cast_signed(),
        }
    }
}

/// Where unpacked words go.
trait TakeWords {
    fn take_words(&mut self, words: impl ExactSizeIterator<Item = i64>);
}

impl TakeWords for RawColumn {
    #[inline(always)]
    fn take_words(&mut self, words: impl ExactSizeIterator<Item = i64>) {
        self.extend_integers(words);
    }
}

impl TakeWords for Vec<i64> {
    fn take_words(&mut self, words: impl ExactSizeIterator<Item = i64>) {
        self.extend(words);
    }
}

/// The storage class of a cell as it stands in a block.
pub(super) fn class(cell: Cell<'_>) -> u8 {
    match cell {
        Cell::Null => NULL,
        Cell::Integer(_) => INTEGER,
        Cell::Real(_) => REAL,
        Cell::Text(_) => TEXT,
        Cell::Blob(_) => BLOB,
    }
}

/// The word of a cell, of one with bytes how many; none of NULL.
fn word(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Null => None,
        Cell::Integer(number) => Some(number),
        Cell::Real(number) => Some(number.to_bits().cast_signed()),
        Cell::Text(bytes) | Cell::Blob(bytes) => i64::try_from(bytes.len()).ok(),
    }
}

/// The greatest common divisor (Euclid, «Elements», book VII, proposition 2).
fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A fingerprint against accidents: sums and sums of sums, in lanes that are added up at once (Fletcher, «An Arithmetic
/// Checksum for Serial Transmissions», 1982). A change of one word changes two of them.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const LANES: usize = 8;
    // The golden ratio without the point: a multiplication by it mixes upwards.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let (blocks, rest) = bytes.as_chunks::<{ 8 * LANES }>();
    let (mut sums, mut sums_of_sums) = ([0_u64; LANES], [0_u64; LANES]);
    for block in blocks {
        let words = block.as_chunks().0;
        for ((sum, sum_of_sums), word) in sums.iter_mut().zip(&mut sums_of_sums).zip(words) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
            *sum_of_sums = sum_of_sums.wrapping_add(*sum);
        }
    }
    let rest = rest.iter().map(|byte| u64::from(*byte));
    let words = sums.into_iter().chain(sums_of_sums).chain(rest);
    words.fold(bytes.len() as u64, |mixed, word| (mixed ^ word).wrapping_mul(FACTOR).rotate_left(29))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cell that owns its bytes.
    #[derive(Debug, Clone)]
    enum Owned {
        Null,
        Integer(i64),
        Real(f64),
        Text(Vec<u8>),
        Blob(Vec<u8>),
    }

    impl Owned {
        fn cell(&self) -> Cell<'_> {
            match self {
                Owned::Null => Cell::Null,
                Owned::Integer(number) => Cell::Integer(*number),
                Owned::Real(number) => Cell::Real(*number),
                Owned::Text(bytes) => Cell::Text(bytes),
                Owned::Blob(bytes) => Cell::Blob(bytes),
            }
        }
    }

    fn integers() -> impl Strategy<Value = Owned> {
        prop_oneof![
            any::<i64>(),
            -9..9_i64,
            (0..90_000_i64).prop_map(|n| n * 60),
            prop::sample::select(vec![i64::MIN, i64::MAX]),
        ]
        .prop_map(Owned::Integer)
    }

    fn cells() -> impl Strategy<Value = Vec<Owned>> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..12);
        let any_cell = prop_oneof![
            integers(),
            Just(Owned::Null),
            (-9e9..9e9).prop_map(Owned::Real),
            bytes().prop_map(Owned::Text),
            bytes().prop_map(Owned::Blob),
            prop::sample::select(vec!["vip", "new", ""]).prop_map(|text| Owned::Text(text.into())),
        ];
        prop_oneof![
            prop::collection::vec(integers(), 0..600),
            prop::collection::vec(bytes().prop_map(Owned::Text), 0..600),
            prop::collection::vec(any_cell, 0..600),
        ]
    }

    proptest! {
        #[test]
        fn gives_back_what_was_encoded(columns in prop::collection::vec(cells(), 1..4)) {
            let mut dictionary = Dictionary::default();
            let mut bytes = Vec::new();
            let mut blocks = Vec::new();
            for cells in &columns {
                let mut column = RawColumn::default();
                cells.iter().for_each(|cell| column.push(cell.cell()));
                let start = bytes.len();
                let block = Block::encode(&column, &mut dictionary, &mut bytes);
                let block = block.at(start as u64, &bytes[start..]).unwrap();
                prop_assert!(block.is_of(&bytes[start..]));
                blocks.push(Block::from_words(block.to_words()));
            }
            for (block, cells) in blocks.iter().zip(&columns) {
                let place = block.place();
                let mut column = RawColumn::default();
                column.push(Cell::Text(b"before"));
                block.decode(&bytes[place.start as usize..place.end as usize], &dictionary, &mut column).unwrap();
                prop_assert_eq!(column.len(), 1 + cells.len());
                for (row, cell) in cells.iter().enumerate() {
                    prop_assert_eq!(column.cell(row + 1), cell.cell());
                }
            }
        }

        #[test]
        fn other_bytes_are_refused_or_decoded_to_something(
            words in any::<[u64; DESCRIPTION_WORDS]>(),
            form in 0..40_u8,
            width in 0..10_u8,
            rows in 0..1_100_u16,
            bytes in prop::collection::vec(any::<u8>(), 0..4_000),
        ) {
            let block = Block { form, width, rows, ..Block::from_words(words) };
            let mut column = RawColumn::default();
            if block.decode(&bytes, &Dictionary::default(), &mut column).is_some() {
                prop_assert_eq!(column.len(), usize::from(rows));
            }
        }

        #[test]
        fn a_changed_byte_changes_the_checksum(
            bytes in prop::collection::vec(any::<u8>(), 1..300), at in any::<prop::sample::Index>(), change in 1..=255_u8,
        ) {
            let mut other = bytes.clone();
            other[at.index(bytes.len())] ^= change;
            prop_assert_ne!(checksum(&bytes), checksum(&other));
        }
    }
}
