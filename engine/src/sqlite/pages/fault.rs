//! What can go wrong while pages are read.

use crate::diagnostics;
use crate::sqlite::{DatabaseFile, errors};
use rulec_diagnostic::Diagnostic;

/// Why a reading ended early.
#[derive(Debug)]
pub(super) enum Fault {
    /// The pages are not as SQLite writes them.
    Damaged,
    /// The system does not give the bytes.
    Unreadable(std::io::Error),
    /// SQLite cannot carry out a condition for some values.
    Condition {
        /// Where the condition stands.
        place: String,
        error: rusqlite::Error,
    },
    /// What the taker of the rows said.
    Sink(Vec<Diagnostic>),
}

impl Fault {
    /// For people.
    pub(super) fn diagnostics(self, file: &DatabaseFile) -> Vec<Diagnostic> {
        match self {
            Fault::Damaged => vec![diagnostics::database_damaged(&file.path)],
            Fault::Unreadable(error) => {
                vec![diagnostics::database_unreadable(&file.path, &error.to_string())]
            }
            Fault::Condition { place, error } => vec![errors::statement(&error, &place, file)],
            Fault::Sink(wrong) => wrong,
        }
    }
}
