//! Whether the database file, as it lies there, is exactly the state that a read transaction shows.
//!
//! With a rollback journal it is: a reader holds a shared lock, and nobody writes to the file before it is gone (SQLite,
//! «File Locking And Concurrency», section 3).
//!
//! With a write-ahead log, pages of our state may be in the log alone. The wal-index in the `-shm` file («WAL-mode File
//! Format», section 2.1) says how many frames the log has, `mxFrame`, and how many of them were copied into the database,
//! `nBackfill`. Both are read after our transaction began. A reader either marks the last frame m that it may use, or it
//! uses none.
//!
//! - With a mark, no checkpointer copies frames past it and nobody begins the log anew, for as long as we read. So
//!   nBackfill ≤ m ≤ mxFrame, whenever each of them is read, and if they are equal, our state is the log up to m and all of
//!   that is in the database; nothing more gets there while we read.
//! - Without one, we hold the lock that every checkpointer needs to write to the database, and use no frame.
//!
//! This needs locks that work: a `-shm` that can only be read may be without any (SQLite then reads without locks and
//! notices afterwards), so it must be possible to open it for writing, though nothing is ever written to it.

use super::DatabaseFile;
use super::held::HeldFile;
use rusqlite::Connection;
use std::fs::OpenOptions;
use std::path::PathBuf;

/// Two copies of the wal-index header, then `nBackfill`.
const INDEX_BYTES: usize = 100;
const HEADER_BYTES: usize = 48;
/// Only this version of the wal-index is known.
const INDEX_VERSION: u32 = 3_007_000;

/// Whether the file is the state that the read transaction of this connection shows, and stays so until the transaction
/// ends. Where that is not certain, it is not so.
pub(super) fn is_quiet(connection: &Connection, file: &DatabaseFile) -> bool {
    let Some(held) = &file.held else { return false };
    let mut header = [0; 20];
    if held.read_exact_at(&mut header, 0).is_err() {
        return false;
    }
    match (keeps_write_ahead_log(connection), [header[18], header[19]]) {
        (Some(false), [1, 1]) => !beside(file, "-wal").exists(),
        (Some(true), [2, 2]) => log_is_copied(file),
        _ => false,
    }
}

/// Whether the connection reads through a write-ahead log.
pub(super) fn keeps_write_ahead_log(connection: &Connection) -> Option<bool> {
    let mode = connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
    mode.ok().map(|mode| mode == "wal")
}

/// Whether every frame of the log is in the database, by the wal-index.
fn log_is_copied(file: &DatabaseFile) -> bool {
    let path = beside(file, "-shm");
    let open = || HeldFile::open(&path, OpenOptions::new().read(true).write(true));
    let Some(index) = file.wal_index.get_or_init(open) else { return false };
    let mut bytes = [0; INDEX_BYTES];
    if !index.is_at(&path) || index.read_exact_at(&mut bytes, 0).is_err() {
        return false;
    }
    let (headers, backfilled) = bytes.split_at(2 * HEADER_BYTES);
    let (header, copy) = headers.split_at(HEADER_BYTES);
    let is_initialised = header[12] == 1;
    header == copy
        && is_initialised
        && native(&header[..4]) == INDEX_VERSION
        && native(&header[16..20]) == native(backfilled)
}

/// The wal-index is in the byte order of the machine.
fn native(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(u32::MAX, u32::from_ne_bytes)
}

/// A file beside the database, by what its name ends with.
pub(super) fn beside(file: &DatabaseFile, ending: &str) -> PathBuf {
    let mut name = file.path.clone().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}
