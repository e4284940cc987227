//! Bytes of an unknown encoding to UTF-8, strictly: a byte that is no text stops the reading and says where.

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};
use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// How a gzip file begins.
const GZIP: &[u8] = &[0x1F, 0x8B];

/// The bytes of a file, decompressed if need be.
pub(super) fn bytes(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut start = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut start)?;
    let file = File::open(path)?;
    Ok(if start == GZIP { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// The encoding of a file: by its byte order mark, else UTF-8 if all of it is, else GB18030 if all of it is.
pub(super) fn detect(path: &Path) -> io::Result<Result<&'static Encoding, [BadText; 2]>> {
    let mut start = Vec::new();
    bytes(path)?.take(3).read_to_end(&mut start)?;
    if let Some((encoding, _)) = Encoding::for_bom(&start) {
        return Ok(Ok(encoding));
    }
    let Some(not_utf8) = first_fault(path, UTF_8)? else { return Ok(Ok(UTF_8)) };
    let Some(not_gb18030) = first_fault(path, GB18030)? else { return Ok(Ok(GB18030)) };
    Ok(Err([not_utf8, not_gb18030]))
}

/// The first place at which a file is not text of this encoding.
pub(super) fn first_fault(path: &Path, encoding: &'static Encoding) -> io::Result<Option<BadText>> {
    let mut text = Decoded::new(bytes(path)?, encoding);
    match io::copy(&mut text, &mut io::sink()) {
        Ok(_) => Ok(None),
        Err(error) => match BadText::from(&error) {
            Some(bad) => Ok(Some(bad)),
            None => Err(error),
        },
    }
}

/// A byte that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadText {
    /// The line, from 1.
    pub(crate) line: u64,
    /// Whether it is a NUL, as in files that are no text at all.
    pub(crate) nul: bool,
}

impl BadText {
    /// What a reading error is about, if it is about this.
    pub(crate) fn from(error: &io::Error) -> Option<BadText> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not text", self.line)
    }
}

impl std::error::Error for BadText {}

/// Reads bytes as UTF-8 text.
pub(super) struct Decoded {
    bytes: Box<dyn Read>,
    decoder: Decoder,
    chunk: Vec<u8>,
    text: String,
    /// Bytes of `text` that were handed out.
    used: usize,
    lines: u64,
    ended: bool,
}

impl Decoded {
    pub(super) fn new(bytes: Box<dyn Read>, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { bytes, decoder, chunk: vec![0; CHUNK], text: String::new(), used: 0, lines: 0, ended: false }
    }

    /// Decodes the next bytes; leaves `text` empty only at the end.
    fn refill(&mut self) -> io::Result<()> {
        self.lines += count_lines(&self.text);
        self.text.clear();
        self.used = 0;
        while self.text.is_empty() && !self.ended {
            let read = match self.bytes.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            self.ended = read == 0;
            let room = self.decoder.max_utf8_buffer_length_without_replacement(read);
            self.text.reserve(room.ok_or(io::ErrorKind::OutOfMemory)?);
            let chunk = &self.chunk[..read];
            let (result, _) =
                self.decoder.decode_to_string_without_replacement(chunk, &mut self.text, self.ended);
            let nul = self.text.find('\0');
            if nul.is_some() || matches!(result, DecoderResult::Malformed(..)) {
                let before = &self.text[..nul.unwrap_or(self.text.len())];
                let line = self.lines + count_lines(before) + 1;
                return Err(io::Error::new(io::ErrorKind::InvalidData, BadText { line, nul: nul.is_some() }));
            }
        }
        Ok(())
    }
}

fn count_lines(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.text.len() {
            self.refill()?;
        }
        let rest = &self.text.as_bytes()[self.used..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.used += count;
        Ok(count)
    }
}
