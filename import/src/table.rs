//! A list as it stands, for whoever only wants to read it.

use crate::source::Source;
use crate::{Options, Result};
use std::path::Path;

/// A list without blanks around its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What stands above the columns.
    pub heading: Vec<String>,
    /// Each row that is not blank, with its line, from 1; `None` where its quotes are not closed.
    pub rows: Vec<(u64, Option<Vec<String>>)>,
}

impl Table {
    /// Reads a list as an import does that is told nothing: encoding, separator and first sheet are found out.
    ///
    /// # Errors
    /// What keeps the file from being read.
    pub fn read(file: &Path) -> Result<Table> {
        let mut source = Source::open(&Options::new(file, ""))?;
        let trimmed = |cell: &str| cell.trim().to_owned();
        let first = source.first_rows(1)?.into_iter().next();
        let heading =
            first.map(|row| row.cells.iter().map(|cell| trimmed(cell)).collect()).unwrap_or_default();
        let mut rows = Vec::new();
        source.each_row(&mut |row| {
            let cells = (!row.is_broken()).then(|| row.cells().map(trimmed).collect());
            rows.push((row.line, cells));
            Ok(())
        })?;
        Ok(Table { heading, rows })
    }
}
