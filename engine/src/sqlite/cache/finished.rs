//! Finished aggregates beside the copies of columns, in files of the same form.

use super::column_file::{BlockReader, ColumnFile, ColumnWriter};
use super::folder::{self, NewFile};
use super::state::State;
use super::{Cache, Place, quiet};
use crate::batch::{BATCH_ROWS, RawColumn};
use crate::memo::{Entry, Memo, NewEntry};
use crate::source::Request;
use crate::sqlite::read::Snapshot;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The finished aggregates of one state of a database.
#[derive(Debug)]
pub(in crate::sqlite) struct Finished<'c> {
    cache: &'c Cache,
    database: &'c Path,
    state: State,
}

impl Cache {
    /// What was finished of the state that a snapshot shows. `None` where nothing is kept of it.
    pub(in crate::sqlite) fn finished<'c>(&'c self, snapshot: &'c Snapshot<'_>) -> Option<Finished<'c>> {
        if !quiet::is_quiet(&snapshot.transaction, snapshot.file) {
            return None;
        }
        let state = State::of(snapshot.file.held.as_ref()?)?;
        let database = &snapshot.file.path;
        (state.length >= self.worthwhile_bytes).then_some(Finished { cache: self, database, state })
    }
}

impl Finished<'_> {
    fn place(&self, meaning: &str) -> Place {
        self.cache.place_of(self.database, &self.state, format!("aggregate {meaning}"))
    }
}

impl Memo for Finished<'_> {
    fn find(&self, meaning: &str) -> Option<Box<dyn Entry + '_>> {
        let Place { path, stamp } = self.place(meaning);
        let file = Box::new(ColumnFile::open(&path, &stamp)?);
        let entry = FinishedEntry {
            reader: BlockReader::new(file),
            block: RawColumn::default(),
            damaged: &self.cache.damaged,
        };
        Some(Box::new(entry))
    }

    fn begin(&self, meaning: &str) -> Option<Box<dyn NewEntry + '_>> {
        let Place { path, stamp } = self.place(meaning);
        folder::create(&self.cache.folder).ok()?;
        let (new, file) = NewFile::begin(path).ok()?;
        let writer = ColumnWriter::new(file);
        Some(Box::new(NewFinished { new, writer, stamp, block: RawColumn::default(), written: Ok(()) }))
    }

    /// That the rows were copied says so: only what depends on nothing else is, and only of a file that was left alone for
    /// so long that any later change of it shows.
    fn is_pure(&self, request: &Request<'_>) -> bool {
        self.cache.open(self.database, request, &self.state).is_some()
    }

    fn tidy(&self) {
        // What cannot be removed now is tried again the next time.
        let _ = folder::prune(&self.cache.folder, self.cache.most_bytes);
    }
}

struct FinishedEntry<'c> {
    reader: BlockReader<Box<ColumnFile>>,
    block: RawColumn,
    damaged: &'c AtomicBool,
}

impl Entry for FinishedEntry<'_> {
    fn read(&mut self, block: usize, integers: usize) -> Option<&[i64]> {
        self.block.clear();
        let is_read = self.reader.read(block, &mut self.block).is_some();
        let found = self.block.integers().filter(|found| is_read && found.len() == integers);
        if found.is_none() {
            self.damaged.store(true, Ordering::Relaxed);
            self.reader.file.remove();
        }
        found
    }
}

struct NewFinished {
    new: NewFile,
    writer: ColumnWriter,
    stamp: Vec<u8>,
    block: RawColumn,
    /// Whether all blocks could be written.
    written: io::Result<()>,
}

impl NewEntry for NewFinished {
    fn append(&mut self, integers: &[i64]) {
        for integers in integers.chunks(BATCH_ROWS) {
            self.block.clear();
            self.block.extend_integers(integers.iter().copied());
            if self.written.is_ok() {
                self.written = self.writer.append(&self.block);
            }
        }
    }

    fn keep(self: Box<Self>) {
        let Self { new, writer, stamp, written, .. } = *self;
        // What could not be kept is computed again: slower, not wrong.
        let _ = written.and_then(|()| writer.finish(&stamp)).and_then(|()| new.keep());
    }
}
