//! The reader that goes through statements, row after row: for whatever SQLite can read. Where it may, it does not step from
//! row to row but has a function called with each, which costs a quarter less.

use super::{DatabaseFile, errors, open, quiet, text};
use crate::batch::{BATCH_ROWS, Batch, Cell};
use crate::source::{Part, Parts, Request, Sink};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    let wrong = |error: rusqlite::Error| vec![errors::statement(&error, &place, file)];
    let taker = Taker::of(connection, request, range.is_some()).map_err(wrong)?;
    let sql = text::select(request, range.map(|range| range.rowid), taker.as_ref().map(|_| TAKE));
    let mut statement = connection.prepare(&sql).map_err(wrong)?;
    let bound = request.not_before.map(|not_before| (1, not_before.bound));
    let ends = range.into_iter().flat_map(|range| [(2, range.first), (3, range.last)]);
    for (place, number) in bound.into_iter().chain(ends) {
        statement.raw_bind_parameter(place, number).map_err(wrong)?;
    }
    let mut rows = statement.raw_query();
    if let Some(taker) = &taker {
        while rows.next().map_err(wrong)?.is_some() {
            taker.hand_on(sink)?;
        }
        taker.take_rest().map_err(wrong)?;
        return taker.hand_on(sink);
    }
    let way = Way::of(request);
    let mut batch = way.batch();
    while let Some(row) = rows.next().map_err(wrong)? {
        way.take(|place| row.get_ref(place), &mut batch).map_err(wrong)?;
        if batch.rows == BATCH_ROWS {
            sink(&batch)?;
            batch.clear();
        }
    }
    if batch.rows > 0 { sink(&batch) } else { Ok(()) }
}

/// How rows are taken.
#[derive(Debug, Clone, Copy)]
struct Way {
    columns: usize,
    filters: usize,
    /// Whether a row fulfils the only filter since the statement gives it.
    passes: bool,
    only_filtered: bool,
}

impl Way {
    fn of(request: &Request<'_>) -> Self {
        Self {
            columns: request.columns.len(),
            filters: request.filters.len(),
            passes: text::passes_by_being_there(request),
            only_filtered: request.only_filtered,
        }
    }

    fn batch(self) -> Batch {
        Batch::new(self.columns, self.filters)
    }

    /// Takes a row with these cells, columns and then filters, if it is wanted.
    #[inline(always)]
    fn take<'v>(
        self,
        cell: impl Fn(usize) -> rusqlite::Result<ValueRef<'v>>,
        batch: &mut Batch,
    ) -> rusqlite::Result<()> {
        let mut fulfils_one = self.passes;
        for (place, filter) in batch.filters.iter_mut().enumerate() {
            let fulfils = self.passes || cell(self.columns + place)? == ValueRef::Integer(1);
            filter.push(fulfils);
            fulfils_one |= fulfils;
        }
        if self.only_filtered && !fulfils_one {
            batch.filters.iter_mut().for_each(|filter| _ = filter.pop());
            return Ok(());
        }
        for (place, column) in batch.columns.iter_mut().enumerate() {
            column.push(match cell(place)? {
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
}

/// The name of the function that takes rows.
const TAKE: &str = "rulec_take";
/// The most arguments that every build of SQLite lets a function have.
const MOST_ARGUMENTS: usize = 100;

/// Takes rows while SQLite goes through the table: a function in the condition of the statement gets the cells and is true
/// when a batch is full, so SQLite comes back to us once a batch and not once a row.
struct Taker<'c> {
    connection: &'c Connection,
    full: Arc<Mutex<Batch>>,
}

impl<'c> Taker<'c> {
    /// For a request that was checked. `None` where it is not certain that the condition is asked once for each row: for
    /// views and queries, which SQLite may rewrite.
    fn of(
        connection: &'c Connection,
        request: &Request<'_>,
        is_part: bool,
    ) -> rusqlite::Result<Option<Self>> {
        let cells = request.columns.len() + request.filters.len();
        let (Source::Table(table), None, 1..=MOST_ARGUMENTS) = (request.source, request.at_most, cells)
        else {
            return Ok(None);
        };
        if !is_part && name_of_rowid(connection, table)?.is_none() {
            return Ok(None);
        }
        let way = Way::of(request);
        let full = Arc::new(Mutex::new(way.batch()));
        let (filling, handed) = (RefCell::new(way.batch()), Arc::clone(&full));
        let take = move |cells: &Context<'_>| {
            let mut filling = filling.borrow_mut();
            let is_rest = cells.is_empty();
            if !is_rest {
                way.take(|place| Ok(cells.get_raw(place)), &mut filling)?;
            }
            let is_full = is_rest || filling.rows == BATCH_ROWS;
            if is_full {
                std::mem::swap(&mut *filling, &mut *lock(&handed));
            }
            Ok(is_full)
        };
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        connection.create_scalar_function(TAKE, -1, flags, take)?;
        Ok(Some(Self { connection, full }))
    }

    /// Takes the last rows, which fill no batch.
    fn take_rest(&self) -> rusqlite::Result<()> {
        self.connection.query_row(&format!("SELECT {TAKE}()"), [], |_| Ok(()))
    }

    fn hand_on(&self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        let mut batch = lock(&self.full);
        if batch.rows > 0 {
            sink(&batch)?;
            batch.clear();
        }
        Ok(())
    }
}

impl Drop for Taker<'_> {
    fn drop(&mut self) {
        // No SQL of a project shall find it. That fails only while a statement runs; ours has ended by now.
        let _ = self.connection.remove_function(TAKE, -1);
    }
}

fn lock(batch: &Mutex<Batch>) -> MutexGuard<'_, Batch> {
    // A panic ends the reading, whatever is in the batch.
    batch.lock().unwrap_or_else(PoisonError::into_inner)
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
