//! Reading a copy as its table would be read.

use super::block::Block;
use super::column_file::{BlockReader, ColumnFile};
use crate::batch::{BATCH_ROWS, Batch, RawColumn};
use crate::source::{NotBefore, Part, Parts, Sink};
use rulec_diagnostic::Diagnostic;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The copied columns and filters of a request.
#[derive(Debug)]
pub(in crate::sqlite) struct WarmCopy<'c> {
    pub(super) columns: Vec<ColumnFile>,
    pub(super) filters: Vec<ColumnFile>,
    pub(super) not_before: Option<NotBefore>,
    /// Set when a file turns out to be damaged.
    pub(super) damaged: &'c AtomicBool,
}

/// What a block has for a request.
enum Chosen {
    Nothing,
    Everything,
    Rows(Vec<usize>),
}

impl<'c> WarmCopy<'c> {
    /// Whether all files have the same rows in the same blocks.
    pub(super) fn is_even(&self) -> bool {
        let rows = |file: &ColumnFile| file.blocks().iter().map(|block| block.rows).collect::<Vec<_>>();
        let mut files = self.files().map(rows);
        files.next().is_none_or(|first| files.all(|other| other == first))
    }

    /// First the columns, then the filters.
    fn files(&self) -> impl Iterator<Item = &ColumnFile> {
        self.columns.iter().chain(&self.filters)
    }

    fn blocks(&self) -> usize {
        self.files().next().map_or(0, |file| file.blocks().len())
    }

    /// Cuts it into at most so many parts.
    pub(in crate::sqlite) fn parts<'t>(self, most: usize) -> Parts<'t>
    where
        'c: 't,
    {
        let (blocks, copy) = (self.blocks(), Arc::new(self));
        let length = blocks.div_ceil(most.max(1)).max(1);
        let part = |start: usize| {
            let blocks = start..blocks.min(start + length);
            Box::new(WarmPart { copy: Arc::clone(&copy), blocks }) as Box<dyn Part + 't>
        };
        (0..blocks).step_by(length).map(part).collect()
    }
}

/// Some blocks of a copy.
#[derive(Debug)]
struct WarmPart<'c> {
    copy: Arc<WarmCopy<'c>>,
    blocks: Range<usize>,
}

impl Part for WarmPart<'_> {
    /// Without a word if a file is damaged: whoever asked looks at [`super::Cache::was_damaged`] then.
    fn scan(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        let mut reading = Reading::new(&self.copy);
        for block in self.blocks.clone() {
            reading.take(block, sink)?;
        }
        reading.hand_on(sink)
    }
}

struct Reading<'p> {
    copy: &'p WarmCopy<'p>,
    columns: Vec<BlockReader<&'p ColumnFile>>,
    filters: Vec<BlockReader<&'p ColumnFile>>,
    batch: Batch,
    /// A block of which only some rows are wanted.
    scratch: RawColumn,
}

impl<'p> Reading<'p> {
    fn new(copy: &'p WarmCopy<'_>) -> Self {
        let readers = |files: &'p [ColumnFile]| files.iter().map(BlockReader::new).collect();
        Self {
            copy,
            columns: readers(&copy.columns),
            filters: readers(&copy.filters),
            batch: Batch::new(copy.columns.len(), copy.filters.len()),
            scratch: RawColumn::default(),
        }
    }

    fn hand_on(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        if self.batch.rows > 0 {
            sink(&self.batch)?;
            self.batch.clear();
        }
        Ok(())
    }

    fn take(&mut self, block: usize, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        match self.chosen(block) {
            Ok(Chosen::Nothing) => Ok(()),
            Ok(Chosen::Everything) => {
                self.hand_on(sink)?;
                self.take_all(block).or_else(|damage| self.give_up(damage))
            }
            Ok(Chosen::Rows(rows)) => {
                if self.batch.rows + rows.len() > BATCH_ROWS {
                    self.hand_on(sink)?;
                }
                self.take_rows(block, &rows).or_else(|damage| self.give_up(damage))
            }
            Err(damage) => self.give_up(damage),
        }
    }

    fn give_up(&self, Damage(file): Damage<'_>) -> Result<(), Vec<Diagnostic>> {
        self.copy.damaged.store(true, Ordering::Relaxed);
        file.remove();
        Err(Vec::new())
    }

    /// Which rows of a block are late enough; whether it has any is known without reading it.
    fn chosen(&mut self, block: usize) -> Result<Chosen, Damage<'p>> {
        let Some(NotBefore { column, bound }) = self.copy.not_before else { return Ok(Chosen::Everything) };
        match self.copy.columns[column].blocks().get(block).and_then(Block::range) {
            Some((_, greatest)) if greatest < bound => return Ok(Chosen::Nothing),
            Some((least, _)) if bound <= least => return Ok(Chosen::Everything),
            _ => {}
        }
        self.scratch.clear();
        read(&mut self.columns[column], block, &mut self.scratch)?;
        let is_late = |row: &usize| !NotBefore::drops(bound, self.scratch.cell(*row));
        Ok(Chosen::Rows((0..self.scratch.len()).filter(is_late).collect()))
    }

    /// Into an empty batch.
    fn take_all(&mut self, block: usize) -> Result<(), Damage<'p>> {
        for (reader, column) in self.columns.iter_mut().zip(&mut self.batch.columns) {
            read(reader, block, column)?;
            self.batch.rows = column.len();
        }
        for (reader, filter) in self.filters.iter_mut().zip(&mut self.batch.filters) {
            self.scratch.clear();
            read(reader, block, &mut self.scratch)?;
            let answers = self.scratch.integers().ok_or(Damage(reader.file))?;
            filter.extend(answers.iter().map(|answer| *answer == 1));
            self.batch.rows = filter.len();
        }
        Ok(())
    }

    fn take_rows(&mut self, block: usize, rows: &[usize]) -> Result<(), Damage<'p>> {
        for (reader, column) in self.columns.iter_mut().zip(&mut self.batch.columns) {
            self.scratch.clear();
            read(reader, block, &mut self.scratch)?;
            rows.iter().for_each(|row| column.push(self.scratch.cell(*row)));
        }
        for (reader, filter) in self.filters.iter_mut().zip(&mut self.batch.filters) {
            self.scratch.clear();
            read(reader, block, &mut self.scratch)?;
            let answers = self.scratch.integers().ok_or(Damage(reader.file))?;
            filter.extend(rows.iter().map(|row| answers[*row] == 1));
        }
        self.batch.rows += rows.len();
        Ok(())
    }
}

/// Reads a block, which has as many rows as it says.
fn read<'f>(
    reader: &mut BlockReader<&'f ColumnFile>,
    block: usize,
    out: &mut RawColumn,
) -> Result<(), Damage<'f>> {
    reader.read(block, out).ok_or(Damage(reader.file))
}

/// A file that is not as it was written.
struct Damage<'f>(&'f ColumnFile);
