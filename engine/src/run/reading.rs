//! One reading of a table: counted, hashed, and told as progress.

use crate::Progress;
use crate::answers::{TableWork, Work};
use crate::batch::Batch;
use crate::hash::ScanHash;
use crate::source::{Request, Tables};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;

/// How many rows lie between two reports of progress.
const PROGRESS_ROWS: u64 = 65_536;

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
    match source {
        Source::Table(name) => name,
        Source::Query(_) => section,
    }
}

/// Reads everything that is asked for. `take` returns how many rows of a batch belong to no known customer.
pub(super) fn read(
    tables: &dyn Tables,
    request: &Request<'_>,
    work: &mut Work,
    progress: &mut dyn FnMut(Progress<'_>),
    mut take: impl FnMut(&Batch) -> u64,
) -> Result<ScanHash, Vec<Diagnostic>> {
    let table = label(request.source, request.section);
    let of = tables.estimate(request.source);
    let mut hash = ScanHash::new(description(request));
    let (mut rows, mut strangers) = (0, 0);
    tables.scan(request, &mut |batch| {
        let before = rows;
        rows += batch.rows as u64;
        strangers += take(batch);
        hash.add(batch);
        if before / PROGRESS_ROWS != rows / PROGRESS_ROWS {
            progress(Progress { table, rows, of });
        }
        Ok(())
    })?;
    progress(Progress { table, rows, of });
    let place = work.tables.iter().position(|known| known.table == table).unwrap_or_else(|| {
        work.tables.push(TableWork { table: table.to_owned(), ..TableWork::default() });
        work.tables.len() - 1
    });
    let counted = &mut work.tables[place];
    counted.scans += 1;
    counted.rows += rows;
    counted.strangers += strangers;
    Ok(hash)
}

/// What is read, as the hash of the data knows it.
fn description(request: &Request<'_>) -> String {
    let source = match request.source {
        Source::Table(name) => format!("table {name}"),
        Source::Query(sql) => format!("query {sql}"),
    };
    let filters = request.filters.iter().map(|filter| filter.sql);
    let parts: Vec<&str> =
        std::iter::once(source.as_str()).chain(request.columns.iter().copied()).chain(filters).collect();
    parts.join("\0")
}
