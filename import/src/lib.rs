//! Brings the lists that marketers have — CSV, TSV, xlsx — into a table of a SQLite database.
//!
//! A file is read twice, row by row: once to find out what its columns hold, once to load them. Memory does not grow with
//! the number of rows. Either every row arrives, in one transaction, or none does and every bad row is named.

mod diagnostics;
mod guess;
mod header;
mod kind;
mod load;
mod options;
mod report;
mod source;
mod table;

pub use kind::{CENTS, ColumnType};
pub use options::{Existing, Options};
pub use report::{Column, Phase, Progress, Report};
pub use table::Table;

use diagnostics as says;
use guess::Guess;
use header::Header;
use load::Target;
use rulec_diagnostic::{Diagnostic, Text};
use source::{Row, Source};

/// A result, or everything that is wrong.
type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

/// Bad rows that are named one by one; further ones are only counted.
const NAMED_BAD_ROWS: usize = 50;
/// So many rows pass between two calls for progress.
const PROGRESS_STEP: u64 = 10_000;

/// Imports one file. `progress` is called now and then, and once at the end of each phase.
///
/// # Errors
/// Everything found wrong with the options, the file or the database; the database is then as it was before.
///
/// ```no_run
/// use rulec_import::{Options, import};
///
/// let options = Options::new("会员.csv", "shop.db");
/// match import(&options, &mut |_| {}) {
///     Ok(report) => println!("{} rows into {}", report.rows, report.table),
///     Err(found) => found.iter().for_each(|finding| println!("{}", finding.message.en)),
/// }
/// ```
pub fn import(options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Report> {
    let mut source = Source::open(options)?;
    let table = options.table_name()?;
    let header = Header::read(&mut source)?;
    let told = options.told_types(&header.names)?;
    let mut guesses: Vec<Guess> = header.names.iter().map(|_| Guess::default()).collect();
    let rows = look(&mut source, &header, &mut guesses, progress)?;
    let columns = header.names.iter().zip(&guesses).zip(told);
    let mut columns: Vec<Column> = columns.map(|((name, guess), told)| column(name, guess, told)).collect();
    let mut target = Target::prepare(options, &table, &mut columns, rows)?;
    load(&mut source, &header, &columns, target.as_mut(), progress)?;
    if let Some(target) = target {
        target.commit()?;
    }
    Ok(Report {
        table,
        rows,
        encoding: source.encoding(),
        delimiter: source.delimiter(),
        sheet: source.sheet().map(str::to_owned),
        other_sheets: source.other_sheets(),
        columns,
        warnings: header.warnings,
    })
}

fn column(name: &str, guess: &Guess, told: Option<ColumnType>) -> Column {
    let (kind, why) = match told {
        Some(kind) => (kind, Text::new("as told", "按指定的类型")),
        None => guess.best(),
    };
    Column { name: name.to_owned(), kind, why, missing: guess.missing }
}

/// The first pass: what do the columns hold, and how many rows are there?
fn look(
    source: &mut Source,
    header: &Header,
    guesses: &mut [Guess],
    progress: &mut dyn FnMut(Progress),
) -> Result<u64> {
    let mut rows = 0;
    source.each_row(&mut |row| {
        rows += 1;
        if row.fault(&header.names).is_none() {
            guesses.iter_mut().zip(row.cells()).for_each(|(guess, cell)| guess.see(cell, row.line));
        }
        step(Phase::Looking, rows, progress);
        Ok(())
    })?;
    if rows == 0 {
        return Err(vec![says::no_rows(source.name(), source.sheet(), &source.other_sheets())]);
    }
    progress(Progress { phase: Phase::Looking, rows });
    Ok(rows)
}

/// The second pass: every row into the target, or at least through the conversion, so that bad ones are found.
fn load(
    source: &mut Source,
    header: &Header,
    columns: &[Column],
    mut target: Option<&mut Target>,
    progress: &mut dyn FnMut(Progress),
) -> Result<()> {
    let mut bad = BadRows::default();
    let mut rows = 0;
    let name = source.name().to_owned();
    source.each_row(&mut |row| {
        rows += 1;
        match converted(row, header, columns) {
            Ok(values) if bad.count == 0 => {
                if let Some(target) = &mut target {
                    target.insert(values)?;
                }
            }
            Ok(_) => {}
            Err(reason) => bad.add(&name, row.line, &reason),
        }
        step(Phase::Loading, rows, progress);
        Ok(())
    })?;
    progress(Progress { phase: Phase::Loading, rows });
    bad.into_result(&name)
}

/// The values of a row, or why it is bad.
fn converted(
    row: &Row<'_>,
    header: &Header,
    columns: &[Column],
) -> std::result::Result<Vec<rusqlite::types::Value>, Text> {
    if let Some(fault) = row.fault(&header.names) {
        return Err(fault);
    }
    let values = columns.iter().zip(row.cells()).map(|(column, cell)| {
        column.kind.value(cell).ok_or_else(|| says::not_of_type(&column.name, cell, column.kind))
    });
    values.collect()
}

fn step(phase: Phase, rows: u64, progress: &mut dyn FnMut(Progress)) {
    if rows.is_multiple_of(PROGRESS_STEP) {
        progress(Progress { phase, rows });
    }
}

/// Bad rows: the first are named, all are counted.
#[derive(Default)]
struct BadRows {
    named: Vec<Diagnostic>,
    count: usize,
}

impl BadRows {
    fn add(&mut self, file: &str, line: u64, reason: &Text) {
        self.count += 1;
        if self.count <= NAMED_BAD_ROWS {
            self.named.push(says::bad_row(file, line, reason));
        }
    }

    fn into_result(mut self, file: &str) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        self.named.push(says::bad_rows(file, self.count, self.count.saturating_sub(NAMED_BAD_ROWS)));
        Err(self.named)
    }
}
