//! Files that hold addresses, and are there after a power cut once we say so.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

/// How often, and how long in between, a file is asked for that somebody else holds.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);
/// How much of a file is read to find its last row, at first and at most.
const FIRST_LOOK: u64 = 1 << 16;
const LAST_LOOK: u64 = 1 << 26;

/// Opens a file for appending, or makes one that only its owner may read.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(folder_of(path))?;
            private(options.create(true)).open(path)
        }
        opened => opened,
    }
}

/// A new, empty file that only its owner may read.
pub(super) fn create(path: &Path) -> io::Result<File> {
    make_folder(folder_of(path))?;
    private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The folder that a file stands in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder and those that it stands in, each on the disk before what stands in it.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_folder(folder_of(folder))?;
    match DirBuilder::new().create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder_of(folder)
}

/// Puts on the disk that a file is in its folder.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    Ok(())
}

/// Keeps other writers of ours out until the file is closed, so that nobody takes what is being written for the torn end
/// of a row. Gives up after two seconds. Where the file system knows no locks, there is one writer or trouble anyway.
pub(super) fn lock(file: &File) -> io::Result<()> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

/// What stands behind the last `end` of the file; nothing where that is too long for a row of ours.
pub(super) fn behind_last(mut file: &File, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut look = FIRST_LOOK;
    loop {
        let start = length.saturating_sub(look);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(length - start).read_to_end(&mut bytes)?;
        let last = bytes.windows(end.len()).rposition(|window| window == end);
        match last {
            Some(last) => return Ok(Some(bytes.split_off(last + end.len()))),
            None if start == 0 => return Ok(Some(bytes)),
            None if look >= LAST_LOOK => return Ok(None),
            None => look *= 4,
        }
    }
}
