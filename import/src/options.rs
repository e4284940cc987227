//! What the user asks for.

use crate::diagnostics as says;
use crate::{ColumnType, Result};
use std::path::PathBuf;

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The list: CSV or TSV, either of them compressed (`.gz`), or xlsx.
    pub file: PathBuf,
    /// The SQLite database; made if it is not there.
    pub database: PathBuf,
    /// The table; the file's name without its endings unless said, with `_` for what a rule could not write.
    pub table: Option<String>,
    /// What to do with a table that is there.
    pub existing: Existing,
    /// The sheet of an xlsx file; the first unless said.
    pub sheet: Option<String>,
    /// The row that holds the names of the columns, from 1; the first that is not blank unless said. What stands above is
    /// skipped.
    pub header_row: Option<u64>,
    /// `COLUMN=TYPE`, for columns that are not to be guessed.
    pub types: Vec<String>,
    /// The encoding of a text file by its usual name, such as `gb18030`; found out unless said.
    pub encoding: Option<String>,
    /// What stands between two cells of a text file; found out unless said.
    pub delimiter: Option<char>,
    /// Only look: write nothing.
    pub dry_run: bool,
}

/// What to do with a table that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Refuse.
    #[default]
    Refuse,
    /// Put the new table in its place, in the same transaction.
    Replace,
    /// Add rows to it; the columns must be the same.
    Append,
}

impl Options {
    /// The usual: everything found out, no table overwritten.
    pub fn new(file: impl Into<PathBuf>, database: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            database: database.into(),
            table: None,
            existing: Existing::Refuse,
            sheet: None,
            header_row: None,
            types: Vec::new(),
            encoding: None,
            delimiter: None,
            dry_run: false,
        }
    }

    /// The file as messages call it.
    pub(crate) fn file_name(&self) -> String {
        self.file.display().to_string()
    }

    /// The table to fill.
    pub(crate) fn table_name(&self) -> Result<String> {
        let name = self.table.clone().unwrap_or_else(|| self.name_from_file());
        let kept_by_sqlite = name.to_ascii_lowercase().starts_with("sqlite_");
        if name.is_empty() || name.contains('\0') || kept_by_sqlite {
            return Err(vec![says::table_name(&name)]);
        }
        Ok(name)
    }

    fn name_from_file(&self) -> String {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.strip_suffix(".gz").unwrap_or(&name);
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        let words: Vec<&str> =
            stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let name = words.join("_");
        if name.starts_with(|c: char| c.is_numeric()) { format!("t_{name}") } else { name }
    }

    /// For each column the type that was told, if any.
    pub(crate) fn told_types(&self, columns: &[String]) -> Result<Vec<Option<ColumnType>>> {
        let mut told = vec![None; columns.len()];
        let mut found = Vec::new();
        for option in &self.types {
            let (name, word) = option.rsplit_once('=').unwrap_or((option, ""));
            let column = columns.iter().position(|column| column == name.trim());
            match (column, ColumnType::parse(word.trim())) {
                (Some(column), Some(kind)) => told[column] = Some(kind),
                (None, _) => found.push(says::unknown_column(name.trim(), columns)),
                (_, None) => found.push(says::unknown_type(option, word.trim())),
            }
        }
        if found.is_empty() { Ok(told) } else { Err(found) }
    }
}
