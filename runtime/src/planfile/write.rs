//! Writing a plan file.

use super::{Header, Line, Planned};
use crate::diagnostics::{self, Result};
use crate::hash::hex;
use flate2::{Compression, GzBuilder, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Error, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How many bytes are handed to the system at once.
const BUFFER: usize = 256 << 10;

/// Writes the file, readable by its owner only, since it holds addresses; an old file of this name is replaced once the
/// new one is complete. Gives the header as written.
///
/// # Errors
/// `R0114` when it cannot be written.
pub fn write(planned: Planned<'_>, path: &Path) -> Result<Header> {
    let mut header = planned.header()?;
    let mut temporary = Temporary::new(path)?;
    let written = fill(&header, planned.lines(&header), &mut temporary.file, &mut temporary.body);
    header.id = written.map_err(|error| diagnostics::unwritable_plan(path, &error))?;
    temporary.keep(path)?;
    Ok(header)
}

/// The id hashes all lines and stands in the first of them. So the other lines are compressed into a file of their own,
/// which is then copied behind the compressed header: two gzip members after each other are one gzip file. Gives the id.
fn fill<'a>(
    header: &Header,
    lines: impl Iterator<Item = Line<'a>>,
    file: &mut File,
    body: &mut File,
) -> std::io::Result<String> {
    let mut content = Sha256::new();
    let mut text = Vec::new();
    line(header, &mut text)?;
    content.update(&text);
    let mut compressed = compressor(BufWriter::with_capacity(BUFFER, &mut *body));
    for one in lines {
        line(&one, &mut text)?;
        content.update(&text);
        compressed.write_all(&text)?;
    }
    compressed.finish()?.into_inner().map_err(|error| error.into_error())?;
    let id = hex(&content.finalize());
    let mut first = compressor(&mut *file);
    line(&Header { id: id.clone(), ..header.clone() }, &mut text)?;
    first.write_all(&text)?;
    first.finish()?;
    body.seek(SeekFrom::Start(0))?;
    std::io::copy(body, file)?;
    file.sync_all()?;
    Ok(id)
}

/// Writes a line in place of what was there.
fn line(value: &impl serde::Serialize, text: &mut Vec<u8>) -> std::io::Result<()> {
    text.clear();
    serde_json::to_writer(&mut *text, value).map_err(Error::other)?;
    text.push(b'\n');
    Ok(())
}

/// No time and no name in the gzip header, so that the same lines are the same bytes.
fn compressor<W: Write>(out: W) -> GzEncoder<W> {
    GzBuilder::new().mtime(0).write(out, Compression::fast())
}

/// The file under names that nobody reads yet; removed unless it is kept.
struct Temporary {
    file: File,
    body: File,
    paths: [PathBuf; 2],
}

impl Temporary {
    fn new(path: &Path) -> Result<Temporary> {
        let named = |ending: &str| {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}.{ending}", std::process::id()));
            path.with_file_name(name)
        };
        let paths = [named("tmp"), named("body")];
        let open = |at: &Path| open_private(at).map_err(|error| diagnostics::unwritable_plan(path, &error));
        Ok(Temporary { file: open(&paths[0])?, body: open(&paths[1])?, paths })
    }

    fn keep(&self, path: &Path) -> Result<()> {
        std::fs::rename(&self.paths[0], path).map_err(|error| diagnostics::unwritable_plan(path, &error))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        for path in &self.paths {
            // The first is gone when it was kept; and nothing can be done about a file that cannot be removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
