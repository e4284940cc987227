//! The names of the columns.

use crate::Result;
use crate::diagnostics as says;
use crate::kind::content;
use crate::source::{FirstRow, Source};
use rulec_diagnostic::Diagnostic;

/// Rows that are looked at to tell a title from the names of the columns.
const LOOKED_AT: usize = 6;

/// The title with which a list begins, and the row of the names of its columns: rows with one cell, then several rows with
/// more.
fn title(rows: &[FirstRow]) -> Option<(&FirstRow, &FirstRow)> {
    let header = rows.iter().position(|row| row.filled() > 1).filter(|header| *header > 0)?;
    let below = &rows[header + 1..];
    (!below.is_empty() && below.iter().all(|row| row.filled() > 1)).then(|| (&rows[0], &rows[header]))
}

/// The names of the columns, each different from the others as SQLite compares them.
pub(crate) struct Header {
    pub(crate) names: Vec<String>,
    /// Which names were put right.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Header {
    pub(crate) fn read(source: &mut Source) -> Result<Header> {
        let mut rows = source.first_rows(LOOKED_AT)?;
        if let Some((title, header)) = title(&rows) {
            return Err(vec![says::title_row(source.name(), title, header)]);
        }
        if rows.is_empty() {
            return Err(vec![says::empty(source.name(), source.sheet(), &source.other_sheets())]);
        }
        let cells = rows.swap_remove(0).cells;
        let mut header = Header { names: Vec::new(), warnings: Vec::new() };
        for (cell, number) in cells.iter().zip(1..) {
            let written = content(cell);
            let wanted = if written.is_empty() { format!("column_{number}") } else { written.to_owned() };
            let name = header.free(wanted);
            if name != written {
                header.warnings.push(says::column_renamed(source.name(), number, written, &name));
            }
            header.names.push(name);
        }
        Ok(header)
    }

    /// This name, or with a number if it is taken.
    fn free(&self, wanted: String) -> String {
        let taken = |name: &str| self.names.iter().any(|other| other.to_lowercase() == name.to_lowercase());
        if !taken(&wanted) {
            return wanted;
        }
        let numbered = (2..).map(|number: usize| format!("{wanted}_{number}"));
        numbered.into_iter().find(|name| !taken(name)).unwrap_or(wanted)
    }
}
