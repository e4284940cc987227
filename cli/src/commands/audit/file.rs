//! Where exports and heads are written: never over a file that is something else, and never half.

use crate::console::BUFFER;
use crate::diagnostics;
use crate::language::Words;
use crate::outcome::Stop;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// So much of a file is looked at to tell what it is.
const START: u64 = 4 << 10;

/// Refuses a file that exists and does not begin like what is to be written: a slip of the finger must not cost a shop its
/// database, or the record itself.
pub fn spare_other_files(path: &Path, is_ours: impl Fn(&[u8]) -> bool, name: &Words) -> Result<(), Stop> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    // A pipe or a terminal loses nothing.
    if !found.is_file() && !found.is_dir() {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    if found.is_file() && read.is_ok() && (start.is_empty() || is_ours(&start)) {
        return Ok(());
    }
    Err(diagnostics::not_our_file(path.display(), name).into())
}

/// Fills a file that then takes the place of the one that is there, for its owner alone: who is cut off in the middle still
/// has the old one.
pub fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Stop>) -> Result<(), Stop> {
    let trouble = |error: &io::Error| Stop::from(diagnostics::cannot_write(path.display(), error));
    let filled = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            let file = OpenOptions::new().write(true).open(path).map_err(|error| trouble(&error))?;
            write(file, fill).map(drop)
        }
        // What a link names is replaced, not the link.
        Ok(_) => path.canonicalize().map_err(Stop::Output).and_then(|path| beside(&path, fill)),
        Err(_) => beside(path, fill),
    };
    match filled {
        Err(Stop::Output(error)) => Err(trouble(&error)),
        other => other,
    }
}

fn beside(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Stop>) -> Result<(), Stop> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = write(NamedTempFile::new_in(folder)?, fill)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn write<W: Write>(file: W, fill: impl FnOnce(&mut dyn Write) -> Result<(), Stop>) -> Result<W, Stop> {
    let mut out = BufWriter::with_capacity(BUFFER, file);
    fill(&mut out)?;
    out.into_inner().map_err(|error| Stop::Output(error.into_error()))
}
