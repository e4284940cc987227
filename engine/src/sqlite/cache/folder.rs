//! The folder of the copies. They hold customers' data: nobody but the user may read them, and git leaves them alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is being written. It is removed unless it is kept.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    destination: PathBuf,
}

/// Numbers the new files of this process.
static MADE: AtomicU64 = AtomicU64::new(0);

impl NewFile {
    /// Begins a file that shall once be at this place. What is there stays until then.
    pub(super) fn begin(destination: PathBuf) -> io::Result<(Self, File)> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = destination.with_extension(format!("{}-{number}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok((Self { path, destination }, file))
    }

    /// Puts it where it shall be, at once.
    pub(super) fn keep(self) -> io::Result<()> {
        fs::rename(&self.path, &self.destination)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After it was kept, nothing is there any more; where removing fails otherwise, `prune` comes by.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes the folder if it is not there.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    fs::write(folder.join(".gitignore"), "*\n")
}

/// Removes the files that were written longest ago until the others have at most so many bytes.
pub(super) fn prune(folder: &Path, most_bytes: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A file may be gone by now.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            files.push((metadata.modified()?, entry.path(), metadata.len()));
        }
    }
    files.sort_unstable();
    let mut bytes: u64 = files.iter().map(|(_, _, length)| length).sum();
    for (_, path, length) in files {
        if bytes <= most_bytes {
            break;
        }
        bytes -= length;
        fs::remove_file(path)?;
    }
    Ok(())
}
