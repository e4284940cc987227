//! Reading a plan file.

use super::{FORMAT, Header, Line, VERSION, version1};
use crate::diagnostics::{self, Result};
use crate::hash::hex;
use flate2::bufread::MultiGzDecoder;
use rulec_diagnostic::Diagnostic;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// A plan file that is open: its header, and as an iterator its lines. The last item is an error if the content is not
/// what the id says, so whoever acts on the lines must read them all first, or be able to undo.
#[derive(Debug)]
pub struct PlanReader {
    path: PathBuf,
    header: Header,
    input: BufReader<MultiGzDecoder<BufReader<File>>>,
    content: Sha256,
    /// The bytes of the last line, to be used again.
    line: Vec<u8>,
    finished: bool,
}

/// What every version has in its first line.
#[derive(Deserialize)]
struct Marker {
    format: String,
    version: u32,
    id: String,
}

/// Opens a plan file.
///
/// # Errors
/// `R0110` it cannot be read, `R0111` it is no plan, `R0112` it was written by a newer version, `R0113` it is damaged.
pub fn read(path: &Path) -> Result<PlanReader> {
    let file = File::open(path).map_err(|error| diagnostics::unreadable_plan(path, &error))?;
    let mut input = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
    let mut line = String::new();
    input.read_line(&mut line).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
            diagnostics::not_a_plan(path)
        }
        _ => diagnostics::unreadable_plan(path, &error),
    })?;
    let marker: Marker = serde_json::from_str(&line).map_err(|_| diagnostics::not_a_plan(path))?;
    if marker.format != FORMAT {
        return Err(diagnostics::not_a_plan(path));
    }
    if marker.version > VERSION {
        return Err(diagnostics::newer_plan(path, marker.version, VERSION));
    }
    let mut header: Header = serde_json::from_str(&line).map_err(|_| diagnostics::damaged_plan(path))?;
    if header.version == 1 {
        version1::complete_header(&mut header);
    }
    let mut content = Sha256::new();
    content.update(line.replacen(&format!("\"id\":\"{}\"", marker.id), "\"id\":\"\"", 1));
    Ok(PlanReader { path: path.to_owned(), header, input, content, line: Vec::new(), finished: false })
}

impl PlanReader {
    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the rest without looking at it, to see whether the content is what the id says.
    ///
    /// # Errors
    /// As the iterator's.
    pub fn verify(&mut self) -> Result<()> {
        let mut line = Vec::new();
        while self.next_bytes(&mut line)? {}
        self.finished = true;
        Ok(())
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn next_line(&mut self) -> Result<Option<Line<'static>>> {
        let mut line = std::mem::take(&mut self.line);
        let read = self.next_bytes(&mut line)?.then(|| serde_json::from_slice::<Line<'static>>(&line));
        self.line = line;
        let Some(mut read) = read.transpose().map_err(|_| diagnostics::damaged_plan(&self.path))? else {
            return Ok(None);
        };
        if self.header.version == 1 {
            version1::complete_line(&self.header, &mut read);
        }
        Ok(Some(read))
    }

    /// Puts the next line in place of what was there; false at the end, if the content is what the id says.
    fn next_bytes(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        let damaged = || diagnostics::damaged_plan(&self.path);
        line.clear();
        self.input.read_until(b'\n', line).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => damaged(),
            _ => diagnostics::unreadable_plan(&self.path, &error),
        })?;
        if line.is_empty() {
            let content = hex(&std::mem::take(&mut self.content).finalize());
            return if content == self.header.id { Ok(false) } else { Err(damaged()) };
        }
        self.content.update(&line);
        Ok(true)
    }
}

impl Iterator for PlanReader {
    type Item = std::result::Result<Line<'static>, Box<Diagnostic>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let line = self.next_line().transpose();
        self.finished = !matches!(line, Some(Ok(_)));
        line
    }
}
