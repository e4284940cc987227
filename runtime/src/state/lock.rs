//! One process at a time applies plans and sends.

use crate::diagnostics::{self, Result};
use rulec_plan::time::{Instant, Zone};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So often a lock is tried again before it is somebody else's, and so long it rests in between.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(10);

/// Who holds a lock, so that whoever finds it taken knows whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// What it does: `rulec apply`.
    pub command: String,
    /// Its process.
    pub process: u32,
    /// Since when, RFC 3339.
    pub since: String,
}

impl LockOwner {
    /// This process, from now on.
    pub fn of_this_process(command: &str, now: Instant, zone: Zone) -> LockOwner {
        let command = format!("rulec {command}");
        LockOwner { command, process: std::process::id(), since: now.to_rfc3339(zone) }
    }
}

/// Held by the one process that applies plans to a state or sends from it. The operating system lets go of it when the
/// process ends, however it ends, so nothing is left to be cleared after a crash; the name in the file stays until somebody
/// else takes the lock.
#[derive(Debug)]
pub struct ApplyLock {
    _file: File,
}

impl ApplyLock {
    /// Takes the lock of the state at this path, in a file beside it.
    ///
    /// # Errors
    /// `R0103` another process has it, by its name; `R0101` the lock cannot be made.
    pub fn take(state: &Path, owner: &LockOwner) -> Result<ApplyLock> {
        let path = path_beside(state);
        let failed = |error| diagnostics::unopenable_state(state, &error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        // Not cut off: as long as the lock is somebody else's, the file says whose.
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match try_for_a_moment(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(diagnostics::locked_state(state, owner_in(&mut file).as_ref()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let text = serde_json::to_string(owner).map_err(|error| failed(error.into()))?;
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(failed)?;
        Ok(ApplyLock { _file: file })
    }

    /// Who holds the lock of the state at this path just now.
    ///
    /// # Errors
    /// `R0101` the file of the lock cannot be read.
    pub fn holder(state: &Path) -> Result<Option<LockOwner>> {
        let failed = |error| diagnostics::unopenable_state(state, &error);
        let mut file = match File::open(path_beside(state)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(owner_in(&mut file)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// Where the lock of a state is. A state with several names, by links, has one lock.
fn path_beside(state: &Path) -> PathBuf {
    let path = std::fs::canonicalize(state);
    path.as_deref().unwrap_or(state).with_extension("lock")
}

/// Tries several times: whoever only [looks](ApplyLock::holder) has the lock for a moment, too.
fn try_for_a_moment(file: &File) -> Result<(), TryLockError> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
            tried => return tried,
        }
    }
    file.try_lock()
}

/// Who the file says has the lock; nobody while that is just being written.
fn owner_in(file: &mut File) -> Option<LockOwner> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::fixture::{Folder, at, zone};

    #[test]
    fn a_state_with_two_names_has_one_lock() {
        let folder = Folder::new();
        let (state, link) = (folder.join("a/state.db"), folder.join("link.db"));
        std::fs::create_dir_all(folder.join("a")).unwrap();
        std::fs::write(&state, "").unwrap();
        std::os::unix::fs::symlink(&state, &link).unwrap();
        let owner = LockOwner::of_this_process("send", at("2026-11-21T20:00:00"), zone());
        let _lock = ApplyLock::take(&state, &owner).unwrap();
        assert!(ApplyLock::take(&link, &owner).is_err());
        assert_eq!(ApplyLock::holder(&link).unwrap(), Some(owner));
    }
}
