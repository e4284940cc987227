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

/// A fingerprint against accidents. Each step is a bijection of the word, so a change of one word always shows.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let (blocks, rest) = bytes.as_chunks::<32>();
    let mut lanes = [bytes.len() as u64, 1, 2, 3];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks().0) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR).rotate_left(29);
        }
    }
    let rest = rest.iter().map(|byte| u64::from(*byte));
    lanes.into_iter().chain(rest).fold(0, |sum, word| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29))
}
