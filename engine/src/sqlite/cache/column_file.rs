//! The file of one column: its blocks, then what they are.
//!
//! ```text
//! block …  footer  length of the footer (8)  checksum of the footer (8)  magic (8)
//! footer: stamp, dictionary as a block of its own, descriptions of all blocks
//! ```
//!
//! Numbers are little-endian. Whoever reads a file believes nothing of it that the checksums do not cover.

use super::block::{Block, DESCRIPTION_WORDS, checksum};
use super::dictionary::Dictionary;
use crate::batch::RawColumn;
use crate::sqlite::held::read_exact_at;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

/// The version of the form is its end.
const MAGIC: [u8; 8] = *b"rulecol\x01";
const TRAILER: usize = 24;
/// A footer longer than any that would be written is damage, not a reason to ask for so much memory.
const MOST_FOOTER: u64 = 1 << 28;
/// How much is read at a time: it should stay in the second-level cache until it is decoded.
const RUN_BYTES: u64 = 128 << 10;
/// How much is written at a time.
const WRITE_BYTES: usize = 128 << 10;

/// A file that is being written.
#[derive(Debug)]
pub(super) struct ColumnWriter {
    file: BufWriter<File>,
    dictionary: Dictionary,
    blocks: Vec<Block>,
    length: u64,
    buffer: Vec<u8>,
}

impl ColumnWriter {
    /// Into an empty file.
    pub(super) fn new(file: File) -> Self {
        Self {
            file: BufWriter::with_capacity(WRITE_BYTES, file),
            dictionary: Dictionary::default(),
            blocks: Vec::new(),
            length: 0,
            buffer: Vec::new(),
        }
    }

    /// How many bytes were written.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends the rows of a batch.
    pub(super) fn append(&mut self, column: &RawColumn) -> io::Result<()> {
        self.buffer.clear();
        let block = Block::encode(column, &mut self.dictionary, &mut self.buffer);
        let block = block.at(self.length, &self.buffer).ok_or(io::ErrorKind::FileTooLarge)?;
        self.file.write_all(&self.buffer)?;
        self.length = block.place().end;
        self.blocks.push(block);
        Ok(())
    }

    /// Ends the file. The stamp says of what, and of which state of the database, it is a copy.
    pub(super) fn finish(mut self, stamp: &[u8]) -> io::Result<()> {
        let mut listed = Vec::new();
        let dictionary = Block::encode_plainly(self.dictionary.cells(), &mut listed);
        let mut footer = Vec::new();
        let mut put = |word: u64| footer.extend_from_slice(&word.to_le_bytes());
        put(stamp.len() as u64);
        put(listed.len() as u64);
        put(self.blocks.len() as u64);
        std::iter::once(&dictionary).chain(&self.blocks).flat_map(|block| block.to_words()).for_each(put);
        footer.extend_from_slice(stamp);
        footer.extend_from_slice(&listed);
        self.file.write_all(&footer)?;
        self.file.write_all(&(footer.len() as u64).to_le_bytes())?;
        self.file.write_all(&checksum(&footer).to_le_bytes())?;
        self.file.write_all(&MAGIC)?;
        self.file.flush()
    }
}

/// A file that is whole, and of the state that was asked for.
#[derive(Debug)]
pub(super) struct ColumnFile {
    path: PathBuf,
    file: File,
    dictionary: Dictionary,
    blocks: Vec<Block>,
}

impl ColumnFile {
    /// Opens a file if it has this stamp.
    pub(super) fn open(path: &Path, stamp: &[u8]) -> Option<Self> {
        let file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut trailer = [0; TRAILER];
        let end = length.checked_sub(TRAILER as u64)?;
        read_exact_at(&file, &mut trailer, end).ok()?;
        let (words, magic) = trailer.split_at(16);
        let [footer_length, sum] = words_of(words)?;
        let start = end.checked_sub(footer_length).filter(|_| footer_length <= MOST_FOOTER)?;
        if magic != MAGIC {
            return None;
        }
        let mut footer = vec![0; usize::try_from(footer_length).ok()?];
        read_exact_at(&file, &mut footer, start).ok()?;
        let (dictionary, blocks) =
            (checksum(&footer) == sum).then(|| read_footer(&footer, stamp, start)).flatten()?;
        Some(Self { path: path.to_owned(), file, dictionary, blocks })
    }

    /// Its blocks, in the order of rows.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Removes the file, which is not as it was written.
    pub(super) fn remove(&self) {
        // If that fails, the file is found damaged the next time too: slower, not wrong.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Dictionary and blocks, which lie before `end`, of a footer with this stamp.
fn read_footer(footer: &[u8], stamp: &[u8], end: u64) -> Option<(Dictionary, Vec<Block>)> {
    let (counts, rest) = footer.split_at_checked(24)?;
    let [stamp_length, listed_length, count] = words_of(counts)?;
    let described = usize::try_from(count).ok()?.checked_add(1)?.checked_mul(8 * DESCRIPTION_WORDS)?;
    let (described, rest) = rest.split_at_checked(described)?;
    let (found, listed) = rest.split_at_checked(usize::try_from(stamp_length).ok()?)?;
    if found != stamp || listed.len() as u64 != listed_length {
        return None;
    }
    let mut blocks = described
        .as_chunks::<{ 8 * DESCRIPTION_WORDS }>()
        .0
        .iter()
        .map(|words| words_of(words).map(Block::from_words));
    let mut cells = RawColumn::default();
    blocks.next()??.decode(listed, &Dictionary::default(), &mut cells)?;
    let blocks: Vec<Block> = blocks.collect::<Option<_>>()?;
    let is_inside = |block: &Block| block.place().end <= end;
    blocks.iter().all(is_inside).then_some((Dictionary::of(cells)?, blocks))
}

/// So many words from just so many bytes.
fn words_of<const WORDS: usize>(bytes: &[u8]) -> Option<[u64; WORDS]> {
    let mut words = [0; WORDS];
    let chunks = bytes.as_chunks().0;
    (chunks.len() == WORDS).then(|| {
        words.iter_mut().zip(chunks).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        words
    })
}

/// Reads blocks of a file, of which the next ones are likely to be asked for soon.
#[derive(Debug)]
pub(super) struct BlockReader<F> {
    pub(super) file: F,
    /// What of the file is in the buffer.
    held: Range<u64>,
    buffer: Vec<u8>,
}

impl<F: Deref<Target = ColumnFile>> BlockReader<F> {
    /// Nothing is read yet.
    pub(super) fn new(file: F) -> Self {
        Self { file, held: 0..0, buffer: Vec::new() }
    }

    /// Appends the cells of a block. `None` for one that is damaged, or that the system does not give.
    pub(super) fn read(&mut self, block: usize, out: &mut RawColumn) -> Option<()> {
        let described = *self.file.blocks.get(block)?;
        let wanted = described.place();
        if !(self.held.start <= wanted.start && wanted.end <= self.held.end) {
            self.read_run(block, &wanted)?;
        }
        let start = usize::try_from(wanted.start - self.held.start).ok()?;
        let bytes = self.buffer.get(start..)?.get(..usize::try_from(wanted.end - wanted.start).ok()?)?;
        if !described.is_of(bytes) {
            return None;
        }
        described.decode(bytes, &self.file.dictionary, out)
    }

    /// Reads this block, which lies there, and those behind it.
    fn read_run(&mut self, block: usize, first: &Range<u64>) -> Option<()> {
        let most = first.start.saturating_add(RUN_BYTES);
        let ends = self.file.blocks[block..].iter().map(|block| block.place().end);
        let end = ends.take_while(|end| (first.end..=most).contains(end)).last().unwrap_or(first.end);
        let length = usize::try_from(end - first.start).ok()?;
        self.held = 0..0;
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        read_exact_at(&self.file.file, &mut self.buffer[..length], first.start).ok()?;
        self.held = first.start..end;
        Some(())
    }
}
