//! Files that are read beside SQLite without taking its locks away.
//!
//! POSIX locks belong to a process and a file, not to a descriptor: closing *any* descriptor of a file drops all locks that
//! the process has on it, those of SQLite too (`man 2 fcntl`; «How To Corrupt An SQLite Database File», section 2.2). So a
//! file of a database is opened here before the connection and closed after it, one descriptor for each file however many
//! connections there are, and the last one that holds it closes it while nobody can be about to take it up again.
//! Connections that this crate does not make must not share a process and a file with one that it makes, unless it is a
//! state of the runtime: beside those nothing is opened here.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which file it is, whatever its path: device and inode.
type Identity = (u64, u64);

/// All files that are held in this process.
static HELD: Mutex<BTreeMap<Identity, Entry>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
struct Entry {
    file: Arc<File>,
    holders: usize,
}

/// A file that stays open as long as one of its holders lives.
#[derive(Debug)]
pub(super) struct HeldFile {
    // Dropped before the holder, which is thereby the one that closes the file.
    file: Arc<File>,
    holder: Holder,
}

#[derive(Debug)]
struct Holder(Identity);

impl HeldFile {
    /// Opens a file, or takes part in its being open. `None` where it cannot be opened so, or where the system does not
    /// say which file it is.
    pub(super) fn open(path: &Path, how: &OpenOptions) -> Option<Self> {
        let identity = identity(&std::fs::metadata(path).ok()?)?;
        let mut held = lock();
        if let Some(entry) = held.get_mut(&identity) {
            entry.holders += 1;
            return Some(Self { file: Arc::clone(&entry.file), holder: Holder(identity) });
        }
        let file = Arc::new(how.open(path).ok()?);
        if file.metadata().ok().and_then(|found| self::identity(&found)) != Some(identity) {
            // Another file has taken its place just now. It may be one that is held, so it is never closed.
            std::mem::forget(file);
            return None;
        }
        held.insert(identity, Entry { file: Arc::clone(&file), holders: 1 });
        Some(Self { file, holder: Holder(identity) })
    }

    /// Whether the path still leads to this file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        std::fs::metadata(path).ok().and_then(|found| identity(&found)) == Some(self.holder.0)
    }

    /// What the system says of the file.
    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Fills the buffer from this place of the file on.
    pub(super) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        read_exact_at(&self.file, buffer, offset)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut held = lock();
        if let Some(entry) = held.get_mut(&self.0) {
            entry.holders -= 1;
            if entry.holders == 0 {
                held.remove(&self.0);
            }
        }
    }
}

/// A panic elsewhere leaves the list as right as it was: every change of it is one step.
fn lock() -> MutexGuard<'static, BTreeMap<Identity, Entry>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}

/// Fills the buffer from this place of a file on.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Nothing: such a file is read by SQLite alone.
#[cfg(not(unix))]
pub(super) fn read_exact_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
