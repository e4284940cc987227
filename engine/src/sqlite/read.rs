//! Reading tables within one snapshot.

use super::cache::{Cache, Finished, WarmCopy};
use super::pages::PageReading;
use super::{DatabaseFile, errors, quiet, stepping, text};
use crate::source::{Filter, Parts, Request, Sink, Tables};
use crate::{Reader, diagnostics};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::{Connection, Statement, Transaction};

/// One state of a database, for as long as this lives.
#[derive(Debug)]
pub(super) struct Snapshot<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) file: &'a DatabaseFile,
    reader: Reader,
    cache: Option<&'a Cache>,
}

impl<'a> Snapshot<'a> {
    /// Takes the shared lock: from now on every read shows the same state.
    pub(super) fn begin(
        connection: &'a Connection,
        file: &'a DatabaseFile,
        reader: Reader,
    ) -> Result<Self, Box<Diagnostic>> {
        let begun = connection.unchecked_transaction().and_then(|transaction| {
            // SQLite begins to read at the first statement that reads.
            transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(transaction)
        });
        let transaction = begun.map_err(|error| Box::new(errors::database(&error, file)))?;
        Ok(Self { transaction, file, reader, cache: None })
    }

    /// Reads copies from there where they are of the same state.
    pub(super) fn with(self, cache: Option<&'a Cache>) -> Self {
        Self { cache: cache.filter(|_| self.reader == Reader::Fastest), ..self }
    }

    /// The names of all tables and views, sorted.
    pub(super) fn tables(&self) -> Result<Vec<String>, Diagnostic> {
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' \
                   ESCAPE '\\' ORDER BY name";
        let read = self.transaction.prepare(sql).and_then(|mut statement| {
            let names = statement.query_map([], |row| row.get(0))?;
            names.collect()
        });
        read.map_err(|error| errors::database(&error, self.file))
    }

    /// Whether this is what the runtime keeps, and a state that does not have it yet.
    fn lacks_kept(&self, source: &Source) -> Result<bool, Vec<Diagnostic>> {
        let Source::Kept(kept) = source else { return Ok(false) };
        let tables = self.tables().map_err(|wrong| vec![wrong])?;
        Ok(!tables.iter().any(|table| table == kept.name()))
    }

    /// The names of the columns of a source that is there; else what is wrong with it.
    pub(super) fn columns(&self, source: &Source, section: &str) -> Result<Vec<String>, Diagnostic> {
        match source {
            Source::Kept(_) => {}
            Source::Table(name) => {
                let tables = self.tables()?;
                if !tables.iter().any(|table| table.eq_ignore_ascii_case(name)) {
                    return Err(diagnostics::no_such_table(name, tables.iter().map(String::as_str)));
                }
            }
            Source::Query(sql) => self.check_query(sql, &format!("[{section}] query"))?,
        }
        let sql = format!("SELECT * FROM {} LIMIT 0", text::from_clause(source));
        let place = match source {
            Source::Table(_) | Source::Kept(_) => format!("[{section}] table"),
            Source::Query(_) => format!("[{section}] query"),
        };
        let statement = self.prepare(&sql, &place)?;
        self.check_names()?;
        Ok(statement.column_names().map(str::to_owned).collect())
    }

    /// Names come out of the schema as they stand in the file, and asking for one that is not UTF-8 would panic.
    fn check_names(&self) -> Result<(), Diagnostic> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL";
        let read = self.transaction.prepare(sql).and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if row.get_ref(0)?.as_str().is_err() {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        match read {
            Ok(true) => Ok(()),
            Ok(false) => Err(diagnostics::database_damaged(&self.file.path)),
            Err(error) => Err(errors::database(&error, self.file)),
        }
    }

    /// A query must be one statement that only reads, on its own and not only with our brackets round it.
    fn check_query(&self, sql: &str, place: &str) -> Result<(), Diagnostic> {
        let statement = self.prepare(text::without_semicolon(sql), place)?;
        if statement.readonly() && statement.column_count() > 0 {
            Ok(())
        } else {
            Err(diagnostics::sql_not_reading(place))
        }
    }

    /// A condition must be one of single rows, on its own: among the columns of the joint statement an aggregate would
    /// turn all rows into one. It must also be whole, and not only with our brackets round it: `a) OR (b` is not.
    fn check_condition(&self, filter: &Filter<'_>, source: &Source) -> Result<(), Diagnostic> {
        let place = format!("[{}] where", filter.section);
        for condition in [filter.sql, &text::condition(filter.sql)] {
            let sql = format!("SELECT 1 FROM {} WHERE\n{condition}", text::from_clause(source));
            self.prepare(&sql, &place)?;
        }
        Ok(())
    }

    fn prepare(&self, sql: &str, place: &str) -> Result<Statement<'_>, Diagnostic> {
        self.transaction.prepare(sql).map_err(|error| errors::statement(&error, place, self.file))
    }

    /// Everything that is asked for must be there: SQLite would take an unknown name in double quotes for a text.
    fn check(&self, request: &Request<'_>) -> Result<(), Vec<Diagnostic>> {
        let columns = self.columns(request.source, request.section).map_err(|wrong| vec![wrong])?;
        let table = crate::run::label(request.source, request.section);
        let is_there = |wanted: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(wanted));
        let missing = request.columns.iter().filter(|wanted| !is_there(wanted));
        let named = || columns.iter().map(String::as_str);
        let no_such_column = |wanted: &&str| match request.source {
            Source::Kept(kept) => {
                let reason = format!("no such column: {}.{wanted}", kept.name());
                diagnostics::state_unreadable(&self.file.path, &reason)
            }
            Source::Table(_) | Source::Query(_) => diagnostics::no_such_column(table, wanted, named()),
        };
        let mut wrong: Vec<Diagnostic> = missing.map(no_such_column).collect();
        for filter in request.filters {
            wrong.extend(self.check_condition(filter, request.source).err());
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

impl Snapshot<'_> {
    /// The reading of pages that a checked request allows, if it does.
    pub(super) fn pages<'t>(
        &'t self,
        request: &Request<'t>,
    ) -> Result<Option<PageReading<'t>>, Vec<Diagnostic>> {
        if self.reader == Reader::Stepping || !quiet::is_quiet(&self.transaction, self.file) {
            return Ok(None);
        }
        PageReading::of(&self.transaction, self.file, request)
    }
}

impl Snapshot<'_> {
    /// The warm copy of a checked request, if there can be one.
    fn copy(&self, request: &Request<'_>) -> Option<WarmCopy<'_>> {
        self.cache.and_then(|cache| cache.copy(self, request))
    }

    /// What was finished of this state for earlier answers, if that is kept.
    pub(super) fn finished(&self) -> Option<Finished<'_>> {
        self.cache.and_then(|cache| cache.finished(self))
    }
}

impl Tables for Snapshot<'_> {
    fn scan(&self, request: &Request<'_>, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        if self.lacks_kept(request.source)? {
            return Ok(());
        }
        self.check(request)?;
        if let Some(copy) = self.copy(request) {
            return copy.parts(1).into_iter().try_for_each(|mut part| part.scan(sink));
        }
        match self.pages(request)?.and_then(|reading| reading.parts(1)) {
            Some(parts) => parts.into_iter().try_for_each(|mut part| part.scan(sink)),
            None => stepping::scan(&self.transaction, self.file, request, None, sink),
        }
    }

    fn parts<'t>(&'t self, request: &Request<'t>, most: usize) -> Result<Option<Parts<'t>>, Vec<Diagnostic>> {
        if matches!(request.source, Source::Kept(_)) {
            return Ok(None);
        }
        self.check(request)?;
        if let Some(copy) = self.copy(request) {
            return Ok(Some(copy.parts(most)));
        }
        match self.pages(request)?.and_then(|reading| reading.parts(most)) {
            Some(parts) => Ok(Some(parts)),
            None => Ok(stepping::parts(&self.transaction, self.file, request, most)),
        }
    }

    /// The greatest rowid: right for a table that only grows, and found without reading it.
    fn estimate(&self, source: &Source) -> Option<u64> {
        let Source::Table(name) = source else { return None };
        let sql = format!("SELECT max(rowid) FROM {}", text::quoted(name));
        let greatest: Option<i64> = self.transaction.query_row(&sql, [], |row| row.get(0)).ok()?;
        greatest.and_then(|rowid| u64::try_from(rowid).ok())
    }
}
