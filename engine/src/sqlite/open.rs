//! Opening a database strictly for reading.

use super::{DatabaseFile, errors};
use crate::diagnostics;
use rulec_diagnostic::Diagnostic;
use rusqlite::{Connection, OpenFlags};
use std::io::ErrorKind;
use std::time::Duration;

/// Settings of the connection: nothing is written, not even by a view or trigger with side effects; sorting of a query of
/// the project stays in memory, since the folder may be read-only.
const SETTINGS: &str = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY";

/// Opens the file and reads its first page, so that what is wrong with it is known at once.
pub(super) fn open(file: &DatabaseFile) -> Result<Connection, Diagnostic> {
    look_at(file)?;
    connect(file, file.patience).map_err(|error| errors::database(&error, file))
}

/// A connection that reads, and waits so long for a lock of another program.
pub(super) fn connect(file: &DatabaseFile, patience: Duration) -> rusqlite::Result<Connection> {
    // Without SQLITE_OPEN_URI a question mark in a file name is a question mark.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&file.path, flags)?;
    connection.busy_timeout(patience)?;
    connection.execute_batch(SETTINGS)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// What the system says of the file; SQLite itself says only «unable to open».
fn look_at(file: &DatabaseFile) -> Result<(), Diagnostic> {
    match std::fs::metadata(&file.path) {
        Ok(found) if found.is_dir() => Err(diagnostics::database_is_folder(&file.path)),
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(diagnostics::database_not_found(&file.path))
        }
        Err(error) => Err(diagnostics::database_unreadable(&file.path, &error.to_string())),
    }
}
