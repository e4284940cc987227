//! Making the files of a copy that are not there.

use super::column_file::{ColumnFile, ColumnWriter};
use super::folder::{self, NewFile};
use super::state::State;
use super::{Cache, Copied};
use crate::batch::{BATCH_ROWS, Batch, Cell, RawColumn};
use crate::source::{Filter, Request};
use crate::sqlite::read::Snapshot;
use std::io;

/// The file of one column or filter, in the making.
struct Target {
    new: NewFile,
    writer: ColumnWriter,
    stamp: Vec<u8>,
    from: From,
}

/// Where in a batch its cells are.
#[derive(Clone, Copy)]
enum From {
    Column(usize),
    Filter(usize),
}

impl Cache {
    /// Copies the columns and filters of a request that have no file of this state. `None` if that cannot be done: then
    /// no file has changed, except that some may be there which are as good as any.
    pub(super) fn fill(&self, snapshot: &Snapshot<'_>, request: &Request<'_>, state: &State) -> Option<()> {
        let is_missing = |copied| {
            let place = self.place(&snapshot.file.path, request, copied, state);
            ColumnFile::open(&place.path, &place.stamp).is_none()
        };
        let columns: Vec<&str> =
            request.columns.iter().copied().filter(|name| is_missing(Copied::Column(name))).collect();
        // The rows that are copied may depend on all filters; those whose file is there are then only answered.
        let filters = request.filters.iter().copied();
        let filters: Vec<Filter<'_>> =
            filters.filter(|asked| request.only_filtered || is_missing(Copied::Filter(asked.sql))).collect();
        let copied =
            columns.iter().enumerate().map(|(place, name)| (Copied::Column(name), From::Column(place)));
        let answered = filters.iter().enumerate();
        let answered = answered.map(|(place, filter)| (Copied::Filter(filter.sql), From::Filter(place)));
        folder::create(&self.folder).ok()?;
        let targets: Option<Vec<Target>> = copied
            .chain(answered)
            .filter(|(copied, _)| is_missing(*copied))
            .map(|(copied, from)| self.begin(snapshot, request, state, (copied, from)))
            .collect();
        let request = Request { columns: &columns, filters: &filters, not_before: None, ..*request };
        let mut filling = Filling { targets: targets?, most_bytes: self.most_bytes, is_over: false };
        // What is wrong with the table is said when it is read without a copy.
        for mut part in snapshot.pages(&request).ok()??.parts(1)? {
            part.scan(&mut |batch| filling.append(batch).map_err(|_| Vec::new())).ok()?;
        }
        filling.finish().ok()
    }

    fn begin(
        &self,
        snapshot: &Snapshot<'_>,
        request: &Request<'_>,
        state: &State,
        (copied, from): (Copied<'_>, From),
    ) -> Option<Target> {
        let place = self.place(&snapshot.file.path, request, copied, state);
        let (new, file) = NewFile::begin(place.path).ok()?;
        let is_settled = state.is_settled(&file.metadata().ok()?, self.settled);
        is_settled.then(|| Target { new, writer: ColumnWriter::new(file), stamp: place.stamp, from })
    }
}

struct Filling {
    targets: Vec<Target>,
    most_bytes: u64,
    /// Whether a batch was not full, which only the last is.
    is_over: bool,
}

impl Filling {
    fn append(&mut self, batch: &Batch) -> io::Result<()> {
        if self.is_over {
            return Err(io::Error::other("rows after the last batch"));
        }
        self.is_over = batch.rows < BATCH_ROWS;
        for target in &mut self.targets {
            match target.from {
                From::Column(place) => target.writer.append(&batch.columns[place])?,
                From::Filter(place) => {
                    let mut answers = RawColumn::default();
                    batch.filters[place]
                        .iter()
                        .for_each(|is_true| answers.push(Cell::Integer((*is_true).into())));
                    target.writer.append(&answers)?;
                }
            }
        }
        let bytes: u64 = self.targets.iter().map(|target| target.writer.length()).sum();
        if bytes > self.most_bytes { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn finish(self) -> io::Result<()> {
        for target in self.targets {
            target.writer.finish(&target.stamp)?;
            target.new.keep()?;
        }
        Ok(())
    }
}
