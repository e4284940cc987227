//! What SQLite's errors mean to a person.

use super::{DatabaseFile, quiet};
use crate::diagnostics;
use rulec_diagnostic::Diagnostic;
use rusqlite::{Error, ErrorCode, ffi};

/// An error that is about the file as a whole.
pub(super) fn database(error: &Error, file: &DatabaseFile) -> Diagnostic {
    if file.is_state {
        return diagnostics::state_unreadable(&file.path, &error.to_string());
    }
    let Error::SqliteFailure(cause, _) = error else {
        return diagnostics::database_unreadable(&file.path, &error.to_string());
    };
    match (cause.code, cause.extended_code) {
        (
            _,
            ffi::SQLITE_READONLY_RECOVERY
            | ffi::SQLITE_READONLY_CANTINIT
            | ffi::SQLITE_READONLY_ROLLBACK
            | ffi::SQLITE_READONLY_DIRECTORY
            | ffi::SQLITE_CANTOPEN_DIRTYWAL,
        ) => diagnostics::database_needs_recovery(&file.path),
        (ErrorCode::NotADatabase, _) => diagnostics::not_a_database(&file.path),
        (ErrorCode::DatabaseCorrupt, _) => diagnostics::database_damaged(&file.path),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            diagnostics::database_locked(&file.path, file.patience)
        }
        (ErrorCode::CannotOpen, _) if has_side_file(file) => diagnostics::database_needs_recovery(&file.path),
        _ => diagnostics::database_unreadable(&file.path, &error.to_string()),
    }
}

/// Whether a write-ahead log or a journal with changes lies beside the database, or the database says that it has one: a 2
/// in byte 19 of its header (SQLite's file format, section 1.3).
fn has_side_file(file: &DatabaseFile) -> bool {
    let mut header = [0; 20];
    let read = file.held.as_ref().is_some_and(|held| held.read_exact_at(&mut header, 0).is_ok());
    ["-wal", "-journal"].into_iter().any(|ending| quiet::beside(file, ending).exists())
        || read && header[19] == 2
}

/// An error of a statement that holds SQL of the project; `place` says which.
pub(super) fn statement(error: &Error, place: &str, file: &DatabaseFile) -> Diagnostic {
    if file.is_state {
        return database(error, file);
    }
    match (error, refusal(error)) {
        (Error::MultipleStatement, _) => diagnostics::sql_several_statements(place),
        (_, Some(message)) => diagnostics::sql_refused(place, &message),
        (error, None) => database(error, file),
    }
}

/// What SQLite says of SQL that it does not understand or cannot carry out; `None` for every other error.
pub(super) fn refusal(error: &Error) -> Option<String> {
    match error {
        Error::SqlInputError { msg, .. } => Some(msg.clone()),
        Error::SqliteFailure(cause, message) if cause.code == ErrorCode::Unknown => {
            Some(message.clone().unwrap_or_else(|| cause.to_string()))
        }
        _ => None,
    }
}
