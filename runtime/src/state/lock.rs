use crate::diagnostics::{self, Result};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Held by the one process that applies plans to a state. The operating system lets go of it when the process ends,
/// however it ends, so nothing is left to be cleared after a crash.
#[derive(Debug)]
pub struct ApplyLock {
    _file: File,
}

impl ApplyLock {
    /// Takes the lock of the state at this path, in a file beside it.
    ///
    /// # Errors
    /// `R0103` another process has it, `R0101` the lock cannot be made.
    pub fn take(state: &Path) -> Result<ApplyLock> {
        let path = state.with_extension("lock");
        let failed = |error| diagnostics::unopenable_state(state, &error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(ApplyLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(diagnostics::locked_state(state)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
