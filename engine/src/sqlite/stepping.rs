//! The reader that steps through statements, row after row: for whatever SQLite can read.

use super::{DatabaseFile, errors, open, quiet, text};
use crate::batch::{BATCH_ROWS, Batch, Cell};
use crate::source::{Part, Parts, Request, Sink};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::time::Duration;

/// A part of a table: its rows from one rowid to another, both included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// A name of the rowid that no column has taken.
    rowid: &'static str,
    first: i64,
    last: i64,
}

/// Reads all rows of a request that was checked, or those of a range.
pub(super) fn scan(
    connection: &Connection,
    file: &DatabaseFile,
    request: &Request<'_>,
    range: Option<Range>,
    sink: Sink<'_>,
) -> Result<(), Vec<Diagnostic>> {
    let place = format!("[{}]", request.section);
    let wrong = |error: &rusqlite::Error| vec![errors::statement(error, &place, file)];
    let sql = text::select(request, range.map(|range| range.rowid));
    let mut statement = connection.prepare(&sql).map_err(|error| wrong(&error))?;
    let bound = request.not_before.map(|not_before| (1, not_before.bound));
    let ends = range.into_iter().flat_map(|range| [(2, range.first), (3, range.last)]);
    for (place, number) in bound.into_iter().chain(ends) {
        statement.raw_bind_parameter(place, number).map_err(|error| wrong(&error))?;
    }
    let passes = text::passes_by_being_there(request);
    let mut rows = statement.raw_query();
    let mut batch = Batch::new(request.columns.len(), request.filters.len());
    while let Some(row) = rows.next().map_err(|error| wrong(&error))? {
        let is_answered =
            if passes { pass(&mut batch) } else { answer(row, &mut batch).map_err(|error| wrong(&error))? };
        if request.only_filtered && !is_answered {
            batch.filters.iter_mut().for_each(|filter| _ = filter.pop());
            continue;
        }
        push(row, &mut batch).map_err(|error| wrong(&error))?;
        if batch.rows == BATCH_ROWS {
            sink(&batch)?;
            batch.clear();
        }
    }
    if batch.rows > 0 { sink(&batch) } else { Ok(()) }
}

/// Notes that the row fulfils the only filter.
fn pass(batch: &mut Batch) -> bool {
    batch.filters.iter_mut().for_each(|filter| filter.push(true));
    true
}

/// Notes which filters the row fulfils. Says whether it fulfils one.
fn answer(row: &Row<'_>, batch: &mut Batch) -> rusqlite::Result<bool> {
    let first = batch.columns.len();
    let mut fulfils_one = false;
    for (place, filter) in batch.filters.iter_mut().enumerate() {
        let fulfils = row.get_ref(first + place)? == ValueRef::Integer(1);
        filter.push(fulfils);
        fulfils_one |= fulfils;
    }
    Ok(fulfils_one)
}

fn push(row: &Row<'_>, batch: &mut Batch) -> rusqlite::Result<()> {
    for (place, column) in batch.columns.iter_mut().enumerate() {
        column.push(match row.get_ref(place)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(bytes) => Cell::Text(bytes),
            ValueRef::Blob(bytes) => Cell::Blob(bytes),
        });
    }
    batch.rows += 1;
    Ok(())
}

/// A part of a request, with a connection of its own that reads the same state as all others.
struct SteppingPart<'t> {
    connection: Connection,
    file: &'t DatabaseFile,
    request: Request<'t>,
    range: Range,
}

impl Part for SteppingPart<'_> {
    fn scan(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        scan(&self.connection, self.file, &self.request, Some(self.range), sink)
    }
}

/// Cuts a request that was checked into at most so many parts by rowid. `None` where that cannot be done, or where it is
/// not certain that all connections show the same state: then one connection reads everything.
pub(super) fn parts<'t>(
    connection: &Connection,
    file: &'t DatabaseFile,
    request: &Request<'t>,
    most: usize,
) -> Option<Parts<'t>> {
    let (Source::Table(table), None) = (request.source, request.at_most) else { return None };
    let ranges = ranges(connection, table, most).ok().flatten()?;
    let opened = ranges.into_iter().map(|range| {
        let connection = reading(file, quiet::keeps_write_ahead_log(connection)?)?;
        Some(SteppingPart { connection, file, request: *request, range })
    });
    let parts: Option<Vec<SteppingPart<'t>>> = opened.collect();
    // Asked when the last one has begun to read: with the file as the state of each of them, all have the same.
    let parts = parts.filter(|_| quiet::is_quiet(connection, file))?;
    Some(parts.into_iter().map(|part| Box::new(part) as Box<dyn Part + 't>).collect())
}

/// A connection that has begun to read. It does not wait: a writer may be waiting for us.
fn reading(file: &DatabaseFile, keeps_log: bool) -> Option<Connection> {
    let connection = open::connect(file, Duration::ZERO).ok()?;
    let begin = "BEGIN; SELECT count(*) FROM sqlite_schema";
    connection.execute_batch(begin).ok()?;
    (quiet::keeps_write_ahead_log(&connection)? == keeps_log).then_some(connection)
}

/// Ranges of rowids of about the same length.
fn ranges(connection: &Connection, table: &str, most: usize) -> rusqlite::Result<Option<Vec<Range>>> {
    let Some(rowid) = name_of_rowid(connection, table)? else { return Ok(None) };
    let sql = format!("SELECT min({rowid}), max({rowid}) FROM {}", text::quoted(table));
    let ends: (Option<i64>, Option<i64>) =
        connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(least), Some(greatest)) = ends else { return Ok(Some(Vec::new())) };
    let rows = i128::from(greatest) - i128::from(least) + 1;
    let parts = i128::try_from(most.max(1)).unwrap_or(i128::MAX).min(rows);
    // Both ends of every part lie between two numbers of 64 bits.
    let begin = |part: i128| (i128::from(least) + rows * part / parts) as i64;
    let range = |part| Range { rowid, first: begin(part), last: begin(part + 1).wrapping_sub(1) };
    Ok(Some((0..parts).map(range).collect()))
}

/// What the rowid is called; `None` for a table without one, for views, and where columns have taken all its names.
fn name_of_rowid(connection: &Connection, table: &str) -> rusqlite::Result<Option<&'static str>> {
    let sql =
        "SELECT count(*) FROM pragma_table_list(?1) WHERE schema = 'main' AND type = 'table' AND wr = 0";
    if connection.query_row(sql, [table], |row| row.get::<_, i64>(0))? != 1 {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE";
    for name in ["rowid", "_rowid_", "oid"] {
        if connection.query_row(sql, [table, name], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
