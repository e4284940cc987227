//! Outside data, read whole: one row a key.

use crate::column::{Column, differing_shapes};
use crate::texts::MISSING;
use rulec_plan::audience::ColumnId;
use rustc_hash::FxHashMap;

/// One table of outside data.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    /// Row by key: an Int as it is, a Text as its code.
    pub(crate) rows: FxHashMap<i64, u32>,
    /// The columns that are used, in the order of the plan.
    pub(crate) columns: Vec<Column>,
}

impl Lookup {
    /// The values of a column at these keys; missing where there is no such key. `rows` is only room to work in.
    pub(crate) fn find(&self, column: ColumnId, keys: &Column, rows: &mut Vec<u32>, out: &mut Column) {
        let row = |key: i64| self.rows.get(&key).copied().unwrap_or(MISSING);
        rows.clear();
        rows.extend((0..keys.len()).map(|at| key_at(keys, at).map_or(MISSING, row)));
        out.gather_from(&self.columns[column.0 as usize], rows);
    }
}

/// The key of one row, as [`Lookup::rows`] has it.
pub(crate) fn key_at(keys: &Column, row: usize) -> Option<i64> {
    keys.is_known(row).then(|| match keys {
        Column::Int { values, .. } => values[row],
        Column::Text(codes) => i64::from(codes[row]),
        _ => differing_shapes(),
    })
}
