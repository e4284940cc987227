//! Both readers held against each other.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod damage;
mod known;
mod locks;
mod random;

use crate::batch::Batch;
use crate::source::{Filter, NotBefore, Request, Tables};
use crate::sqlite::read::Snapshot;
use crate::{Options, Reader, SqliteEngine};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// A database in a folder of its own.
struct Database {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Database {
    /// Made by these statements.
    fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let database = Self { _folder: folder, path };
        database.open().execute_batch(sql).unwrap();
        database
    }

    /// A connection that may write.
    fn open(&self) -> Connection {
        let connection = Connection::open(&self.path).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        connection
    }
}

/// What is asked of a table `t`.
#[derive(Debug, Clone, Default)]
struct Asked {
    columns: Vec<String>,
    filters: Vec<String>,
    only_filtered: bool,
    not_before: Option<NotBefore>,
}

impl Asked {
    fn columns(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    fn filter(self, sql: &str) -> Self {
        Self { filters: self.filters.into_iter().chain([sql.to_owned()]).collect(), ..self }
    }

    fn with<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let filter = |sql| Filter { section: "events.t", sql };
        let filters: Vec<Filter<'_>> = self.filters.iter().map(|sql| filter(sql)).collect();
        ask(&Request {
            source: &Source::Table("t".to_owned()),
            section: "events.t",
            columns: &columns,
            filters: &filters,
            only_filtered: self.only_filtered,
            not_before: self.not_before,
            at_most: None,
        })
    }
}

fn engine(path: &Path, reader: Reader) -> Result<SqliteEngine, Diagnostic> {
    Ok(SqliteEngine::open(path)?.with(Options { reader, ..Options::default() }))
}

/// All rows, sorted, read in so many parts; with none by a scan.
fn rows(tables: &dyn Tables, asked: &Asked, parts: usize) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut rows = Vec::new();
    let mut take = |batch: &Batch| {
        for row in 0..batch.rows {
            let cells = batch.columns.iter().map(|column| format!("{:?}", column.cell(row)));
            let answers = batch.filters.iter().map(|filter| filter[row].to_string());
            rows.push(cells.chain(answers).collect::<Vec<_>>().join(" "));
        }
        Ok(())
    };
    asked.with(|request| match tables.parts(request, parts)? {
        Some(several) if parts > 0 => several.into_iter().try_for_each(|mut part| part.scan(&mut take)),
        _ => tables.scan(request, &mut take),
    })?;
    rows.sort_unstable();
    Ok(rows)
}

/// The rows that this reader finds in the file.
fn read(path: &Path, reader: Reader, asked: &Asked, parts: usize) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut engine = engine(path, reader).map_err(|wrong| vec![wrong])?;
    engine.snapshot(|tables| rows(tables, asked, parts)).map_err(|wrong| vec![wrong])?
}

/// Whether the pages of the table are decoded.
fn reads_pages(engine: &SqliteEngine, asked: &Asked) -> bool {
    let snapshot = Snapshot::begin(&engine.connection, &engine.file, engine.options.reader).unwrap();
    asked.with(|request| snapshot.pages(request).unwrap().is_some())
}

/// Checks that all ways of reading give the same rows, and returns whether pages were decoded.
fn agree(path: &Path, asked: &Asked) -> bool {
    let expected = read(path, Reader::Stepping, asked, 0).unwrap();
    for (reader, parts) in [(Reader::Fastest, 0), (Reader::Fastest, 3), (Reader::Stepping, 2)] {
        assert_eq!(
            read(path, reader, asked, parts).unwrap(),
            expected,
            "{reader:?} in {parts} parts: {asked:?}"
        );
    }
    reads_pages(&engine(path, Reader::Fastest).unwrap(), asked)
}
