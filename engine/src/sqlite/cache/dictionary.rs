//! The cells that recur in a column, each once.

use crate::batch::{BATCH_ROWS, Cell, RawColumn};
use rustc_hash::FxHashMap;

/// A place is one byte.
const MOST_CELLS: usize = 256;
/// All of them are copied once a batch, so they should not be much longer than the places of its rows.
const MOST_BYTES: usize = 2 * BATCH_ROWS;

/// Up to 256 cells, in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    cells: RawColumn,
    bytes: usize,
    places: FxHashMap<Box<[u8]>, u8>,
    key: Vec<u8>,
}

impl Dictionary {
    /// With these cells; `None` if they are too many.
    pub(super) fn of(cells: RawColumn) -> Option<Self> {
        (cells.len() <= MOST_CELLS).then(|| Self { cells, ..Self::default() })
    }

    /// The cells.
    pub(super) fn cells(&self) -> &RawColumn {
        &self.cells
    }

    /// Appends the places of all cells of a column, unless they are too many: then nothing.
    pub(super) fn encode(&mut self, column: &RawColumn, into: &mut Vec<u8>) -> bool {
        let start = into.len();
        for row in 0..column.len() {
            match self.place(column.cell(row)) {
                Some(place) => into.push(place),
                None => {
                    into.truncate(start);
                    return false;
                }
            }
        }
        true
    }

    fn place(&mut self, cell: Cell<'_>) -> Option<u8> {
        self.key.clear();
        let bytes = match cell {
            Cell::Null => [0; 8].as_slice(),
            Cell::Integer(number) => &number.to_le_bytes(),
            Cell::Real(number) => &number.to_bits().to_le_bytes(),
            Cell::Text(bytes) | Cell::Blob(bytes) => bytes,
        };
        if bytes.len() > MOST_BYTES {
            return None;
        }
        self.key.push(super::block::class(cell));
        self.key.extend_from_slice(bytes);
        if let Some(place) = self.places.get(self.key.as_slice()) {
            return Some(*place);
        }
        let place =
            u8::try_from(self.places.len()).ok().filter(|_| self.bytes + bytes.len() <= MOST_BYTES)?;
        self.bytes += bytes.len();
        self.cells.push(cell);
        self.places.insert(self.key.as_slice().into(), place);
        Some(place)
    }

    /// Appends the cells at these places. `None` if there is one that is none, with nothing appended.
    pub(super) fn decode(&self, places: &[u8], out: &mut RawColumn) -> Option<()> {
        let are_known = places.iter().copied().max().is_none_or(|last| usize::from(last) < self.cells.len());
        are_known.then(|| out.extend_coded(&self.cells, places))
    }
}
