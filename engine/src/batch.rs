//! Rows as a source hands them over: batches of columns of undecoded cells.

/// How many rows a batch has, except the last of a scan. Small enough that a few columns stay in the first-level cache.
pub const BATCH_ROWS: usize = 1_024;

/// One undecoded value, by its storage class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text; not always valid UTF-8.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

/// The storage class of a cell, as a bit, so that the classes of many cells are one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Null = 1,
    Integer = 2,
    Real = 4,
    Text = 8,
    Blob = 16,
}

/// One column of a batch: at most [`BATCH_ROWS`] cells.
///
/// A cell is its class and one word: an integer, the bits of a floating-point number, or where its bytes stand. A column of
/// integers alone, which is what most columns are, is thus a plain slice of integers.
#[derive(Debug, Clone)]
pub struct RawColumn {
    classes: Box<[u8; BATCH_ROWS]>,
    words: Box<[i64; BATCH_ROWS]>,
    rows: usize,
    /// All classes that occur.
    seen: u8,
    bytes: Vec<u8>,
}

impl Default for RawColumn {
    fn default() -> Self {
        Self {
            classes: Box::new([0; BATCH_ROWS]),
            words: Box::new([0; BATCH_ROWS]),
            rows: 0,
            seen: 0,
            bytes: Vec::new(),
        }
    }
}

impl RawColumn {
    /// Appends a cell.
    ///
    /// # Panics
    /// If the column is full.
    #[inline]
    pub fn push(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.put(Class::Null, 0),
            Cell::Integer(number) => self.put(Class::Integer, number),
            Cell::Real(number) => self.put(Class::Real, number.to_bits().cast_signed()),
            Cell::Text(bytes) => self.put_bytes(Class::Text, bytes),
            Cell::Blob(bytes) => self.put_bytes(Class::Blob, bytes),
        }
    }

    #[inline]
    fn put(&mut self, class: Class, word: i64) {
        self.classes[self.rows] = class as u8;
        self.words[self.rows] = word;
        self.rows += 1;
        self.seen |= class as u8;
    }

    /// Bytes past 4 GiB in one batch are cut off; no source delivers them: SQLite ends at 2 GiB a row.
    #[inline]
    fn put_bytes(&mut self, class: Class, bytes: &[u8]) {
        let position = |length: usize| i64::from(u32::try_from(length).unwrap_or(u32::MAX));
        let start = position(self.bytes.len());
        self.bytes.extend_from_slice(bytes);
        self.put(class, start << 32 | (position(self.bytes.len()) - start));
    }

    /// Appends an integer.
    ///
    /// # Panics
    /// If the column is full.
    #[inline(always)]
    pub(crate) fn push_integer(&mut self, number: i64) {
        self.put(Class::Integer, number);
    }

    /// Appends a text of at most 16 bytes, which are followed by others up to 16: those many are copied at once, which
    /// costs less than copying just so many.
    ///
    /// # Panics
    /// If the column is full.
    #[inline(always)]
    pub(crate) fn push_short_text(&mut self, padded: &[u8; 16], length: usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(padded);
        self.bytes.truncate(start + length.min(padded.len()));
        let start = i64::from(u32::try_from(start).unwrap_or(u32::MAX));
        self.put(Class::Text, start << 32 | length.min(padded.len()) as i64);
    }

    /// Appends what `integer` gives for each of these, if it is an integer for all; says whether.
    ///
    /// # Panics
    /// If there is no room for so many.
    #[inline(always)]
    pub(crate) fn extend_if_integers<T>(&mut self, of: &[T], integer: impl Fn(&T) -> Option<i64>) -> bool {
        let rows = self.rows..self.rows + of.len();
        for (word, of) in self.words[rows.clone()].iter_mut().zip(of) {
            let Some(integer) = integer(of) else { return false };
            *word = integer;
        }
        if !rows.is_empty() {
            self.classes[rows.clone()].fill(Class::Integer as u8);
            self.seen |= Class::Integer as u8;
        }
        self.rows = rows.end;
        true
    }

    /// The text of this row of the batch, if it is one.
    ///
    /// # Panics
    /// If there are not so many rows.
    #[inline(always)]
    pub(crate) fn text(&self, row: usize) -> Option<&[u8]> {
        (self.classes[..self.rows][row] == Class::Text as u8).then(|| self.bytes_at(self.words[row]))
    }

    /// Appends integers.
    ///
    /// # Panics
    /// If there is no room for so many.
    #[inline]
    pub(crate) fn extend_integers(&mut self, numbers: impl ExactSizeIterator<Item = i64>) {
        let rows = self.rows..self.rows + numbers.len();
        self.classes[rows.clone()].fill(Class::Integer as u8);
        self.words[rows.clone()].iter_mut().zip(numbers).for_each(|(word, number)| *word = number);
        if !rows.is_empty() {
            self.seen |= Class::Integer as u8;
        }
        self.rows = rows.end;
    }

    /// Appends cells of a dictionary, by their places in it. Their bytes are copied once, however many cells share them.
    ///
    /// # Panics
    /// If there is no room for so many, or one is not in the dictionary.
    pub(crate) fn extend_coded(&mut self, dictionary: &RawColumn, codes: &[u8]) {
        let start = i64::from(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)) << 32;
        self.bytes.extend_from_slice(&dictionary.bytes);
        let has_bytes = Class::Text as u8 | Class::Blob as u8;
        let (mut classes, mut words) = ([0; 1 << u8::BITS], [0; 1 << u8::BITS]);
        let listed = dictionary.classes.iter().zip(dictionary.words.iter()).take(dictionary.rows);
        for ((known_class, known_word), (class, word)) in classes.iter_mut().zip(&mut words).zip(listed) {
            *known_class = *class;
            *known_word = if class & has_bytes == 0 { *word } else { *word + start };
        }
        let greatest = codes.iter().copied().max().map_or(0, usize::from);
        assert!(codes.is_empty() || greatest < dictionary.rows, "a code of the dictionary");
        let rows = self.rows..self.rows + codes.len();
        let places = self.words[rows.clone()].iter_mut().zip(codes);
        places.for_each(|(word, code)| *word = words[usize::from(*code)]);
        let filled = &mut self.classes[rows.clone()];
        if dictionary.seen.is_power_of_two() {
            filled.fill(dictionary.seen);
        } else {
            filled.iter_mut().zip(codes).for_each(|(class, code)| *class = classes[usize::from(*code)]);
        }
        self.seen |= dictionary.seen;
        self.rows = rows.end;
    }

    /// The cell of this row of the batch.
    ///
    /// # Panics
    /// If there are not so many rows.
    #[inline(always)]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        let (class, word) = (self.classes[..self.rows][row], self.words[row]);
        match class {
            class if class == Class::Integer as u8 => Cell::Integer(word),
            class if class == Class::Text as u8 => Cell::Text(self.bytes_at(word)),
            class if class == Class::Real as u8 => Cell::Real(f64::from_bits(word.cast_unsigned())),
            class if class == Class::Blob as u8 => Cell::Blob(self.bytes_at(word)),
            _ => Cell::Null,
        }
    }

    #[inline(always)]
    fn bytes_at(&self, word: i64) -> &[u8] {
        let (start, length) = ((word >> 32) as usize, (word & 0xFFFF_FFFF) as usize);
        &self.bytes[start..start + length]
    }

    /// All cells, if they are integers without exception.
    #[inline]
    pub fn integers(&self) -> Option<&[i64]> {
        (self.seen & !(Class::Integer as u8) == 0).then(|| &self.words[..self.rows])
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Takes out all cells and keeps the memory.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.seen = 0;
        self.bytes.clear();
    }
}

/// Up to [`BATCH_ROWS`] rows: the columns that were asked for, and for each filter whether a row fulfils it.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// One for each column of the request, in its order.
    pub columns: Vec<RawColumn>,
    /// One for each filter of the request, in its order; true where the row fulfils it.
    pub filters: Vec<Vec<bool>>,
    /// How many rows.
    pub rows: usize,
}

impl Batch {
    /// An empty batch of so many columns and filters.
    pub fn new(columns: usize, filters: usize) -> Self {
        Self { columns: vec![RawColumn::default(); columns], filters: vec![Vec::new(); filters], rows: 0 }
    }

    /// Takes out all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(RawColumn::clear);
        self.filters.iter_mut().for_each(Vec::clear);
        self.rows = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_in_at_once() {
        let listed = [Cell::Text(b"vip"), Cell::Null, Cell::Integer(3), Cell::Text(b"")];
        let mut dictionary = RawColumn::default();
        listed.iter().for_each(|cell| dictionary.push(*cell));
        let mut column = RawColumn::default();
        column.push(Cell::Text(b"before"));
        column.extend_coded(&dictionary, &[3, 0, 1, 0, 2]);
        column.extend_integers([7, i64::MIN].into_iter());
        let expected = [3, 0, 1, 0, 2].map(|code: usize| listed[code]);
        assert_eq!(column.cell(0), Cell::Text(b"before"));
        assert_eq!([1, 2, 3, 4, 5].map(|row| column.cell(row)), expected);
        assert_eq!([6, 7].map(|row| column.cell(row)), [Cell::Integer(7), Cell::Integer(i64::MIN)]);
        assert_eq!(column.integers(), None);
    }

    #[test]
    fn gives_back_what_was_put_in() {
        let cells = [
            Cell::Integer(i64::MIN),
            Cell::Text("回归".as_bytes()),
            Cell::Null,
            Cell::Real(-0.5),
            Cell::Blob(&[0, 255]),
            Cell::Text(b""),
        ];
        let mut column = RawColumn::default();
        cells.iter().for_each(|cell| column.push(*cell));
        for (row, cell) in cells.iter().enumerate() {
            assert_eq!(column.cell(row), *cell);
        }
        assert_eq!(column.integers(), None);
        column.clear();
        column.push(Cell::Integer(7));
        assert_eq!(column.integers(), Some([7].as_slice()));
    }
}
