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

/// A [`Cell`] that keeps its bytes in the arena of its column.
#[derive(Debug, Clone, Copy)]
enum Stored {
    Null,
    Integer(i64),
    Real(f64),
    Text { start: u32, end: u32 },
    Blob { start: u32, end: u32 },
}

/// One column of a batch.
#[derive(Debug, Clone, Default)]
pub struct RawColumn {
    cells: Vec<Stored>,
    bytes: Vec<u8>,
}

impl RawColumn {
    /// Appends a cell. Bytes past 4 GiB in one batch are cut off; no source delivers them: SQLite ends at 2 GiB a row.
    pub fn push(&mut self, cell: Cell<'_>) {
        let stored = match cell {
            Cell::Null => Stored::Null,
            Cell::Integer(number) => Stored::Integer(number),
            Cell::Real(number) => Stored::Real(number),
            Cell::Text(bytes) => {
                let (start, end) = self.keep(bytes);
                Stored::Text { start, end }
            }
            Cell::Blob(bytes) => {
                let (start, end) = self.keep(bytes);
                Stored::Blob { start, end }
            }
        };
        self.cells.push(stored);
    }

    fn keep(&mut self, bytes: &[u8]) -> (u32, u32) {
        let position = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = position(self.bytes.len());
        self.bytes.extend_from_slice(bytes);
        (start, position(self.bytes.len()))
    }

    /// The cell of this row of the batch.
    ///
    /// # Panics
    /// If there are not so many rows.
    #[inline]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self.cells[row] {
            Stored::Null => Cell::Null,
            Stored::Integer(number) => Cell::Integer(number),
            Stored::Real(number) => Cell::Real(number),
            Stored::Text { start, end } => Cell::Text(&self.bytes[start as usize..end as usize]),
            Stored::Blob { start, end } => Cell::Blob(&self.bytes[start as usize..end as usize]),
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    fn clear(&mut self) {
        self.cells.clear();
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
