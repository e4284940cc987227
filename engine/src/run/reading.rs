//! One reading of a table on one thread: counted, and told as progress.

use crate::Progress;
use crate::answers::{Timings, Work};
use crate::batch::Batch;
use crate::source::{Request, Tables};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use std::time::Instant;

/// The columns of a request, none twice.
#[derive(Debug, Default)]
pub(crate) struct ColumnNames<'a> {
    pub(crate) names: Vec<&'a str>,
}

impl<'a> ColumnNames<'a> {
    /// The place of a column in the request, new if need be.
    pub(crate) fn place(&mut self, name: &'a str) -> usize {
        self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

/// What people call a source: the table, or for a query the section of the project file.
pub(crate) fn label<'a>(source: &'a Source, section: &'a str) -> &'a str {
    source.table().unwrap_or(section)
}

/// How many rows lie between two reports of progress.
const PROGRESS_ROWS: u64 = 65_536;

/// Whether progress is to be told after a batch, the last of so many rows.
pub(super) fn is_time_to_tell(rows: u64, batch: usize) -> bool {
    rows % PROGRESS_ROWS < batch as u64
}

/// Reads everything that is asked for, on this thread.
pub(super) fn read(
    tables: &dyn Tables,
    request: &Request<'_>,
    (work, timings): (&mut Work, &mut Timings),
    progress: &mut dyn FnMut(Progress<'_>),
    mut take: impl FnMut(&Batch),
) -> Result<(), Vec<Diagnostic>> {
    let table = label(request.source, request.section);
    let of = tables.estimate(request.source);
    let mut rows = 0;
    let mut before = Instant::now();
    tables.scan(request, &mut |batch| {
        rows += batch.rows as u64;
        timings.read += before.elapsed();
        before = Instant::now();
        take(batch);
        timings.aggregate += before.elapsed();
        before = Instant::now();
        if is_time_to_tell(rows, batch.rows) {
            progress(Progress { table, rows, of });
        }
        Ok(())
    })?;
    progress(Progress { table, rows, of });
    timings.read += before.elapsed();
    work.count(table, rows, 0);
    Ok(())
}
