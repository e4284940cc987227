//! What an import tells about itself.

use crate::ColumnType;
use rulec_diagnostic::{Diagnostic, Text};
use serde::Serialize;

/// What was imported, and how the file was understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The table that was filled (or would be, in a dry run).
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// The encoding of a text file, such as `UTF-8` or `gb18030`.
    pub encoding: Option<&'static str>,
    /// What stands between two cells of a text file.
    pub delimiter: Option<char>,
    /// The sheet of an xlsx file.
    pub sheet: Option<String>,
    /// Its other sheets, which were not imported.
    pub other_sheets: Vec<String>,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// What was put right by itself, such as a column without a heading.
    pub warnings: Vec<Diagnostic>,
}

/// A column and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its name in the table.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Why it has that type.
    pub why: Text,
    /// In how many rows it is blank.
    pub missing: u64,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// Rows done in this phase.
    pub rows: u64,
}

/// The two passes over a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Finding out what the columns hold.
    Looking,
    /// Loading the rows.
    Loading,
}
