//! The table.
//!
//! One write transaction (`BEGIN IMMEDIATE`) holds everything: the check whether the table is there, its removal, the new
//! table and all rows. Dropping a [`Target`] that was not committed rolls it back, and removes a database file that was
//! made for it. Other connections wait up to [`PATIENCE`].

use crate::diagnostics as says;
use crate::{CENTS, Column, ColumnType, Existing, Options, Result};
use rulec_diagnostic::{Diagnostic, Text};
use rusqlite::{Connection, OpenFlags, OptionalExtension, types::Value};
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A table in an open transaction.
pub(crate) struct Target {
    connection: Connection,
    database: PathBuf,
    insert: String,
    /// Whether the database file was not there before.
    made: bool,
    committed: bool,
}

/// A table that is there, with the names and types of its columns.
struct Present {
    is_table: bool,
    columns: Vec<(String, String)>,
}

impl Target {
    /// Opens the transaction and makes the table ready; nothing for a dry run. Types that do not fit a table to which rows
    /// are added become those of the table.
    pub(crate) fn prepare(
        options: &Options,
        table: &str,
        columns: &mut [Column],
        rows: u64,
    ) -> Result<Option<Target>> {
        let failed = |error: rusqlite::Error| vec![says::database(&options.database, &error)];
        let made = !options.database.exists();
        if options.dry_run {
            if !made {
                let connection =
                    Connection::open_with_flags(&options.database, OpenFlags::SQLITE_OPEN_READ_ONLY);
                let present =
                    connection.and_then(|connection| present(&connection, table)).map_err(failed)?;
                agree(options, table, present.as_ref(), columns, rows)?;
            }
            return Ok(None);
        }
        let connection = Connection::open(&options.database).map_err(failed)?;
        let insert = insert_statement(table, columns);
        let target =
            Target { connection, database: options.database.clone(), insert, made, committed: false };
        target.connection.busy_timeout(PATIENCE).map_err(failed)?;
        target.run("BEGIN IMMEDIATE")?;
        let present = present(&target.connection, table).map_err(failed)?;
        agree(options, table, present.as_ref(), columns, rows)?;
        if present.is_some() && options.existing == Existing::Replace {
            target.run(&format!("DROP TABLE {}", quoted(table)))?;
        }
        if present.is_none() || options.existing == Existing::Replace {
            target.run(&create_statement(table, columns))?;
        }
        Ok(Some(target))
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|error| vec![self.failed(&error)])
    }

    fn failed(&self, error: &rusqlite::Error) -> Diagnostic {
        says::database(&self.database, error)
    }

    /// Adds a row.
    pub(crate) fn insert(&mut self, values: Vec<Value>) -> Result<()> {
        let inserted = self
            .connection
            .prepare_cached(&self.insert)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)));
        inserted.map(|_| ()).map_err(|error| vec![self.failed(&error)])
    }

    /// Makes everything visible at once.
    pub(crate) fn commit(mut self) -> Result<()> {
        self.run("COMMIT")?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        // Nothing is left to tell: the reason for giving up is already on its way to the user, and SQLite rolls back by
        // itself when the connection closes.
        let _ = self.connection.execute_batch("ROLLBACK");
        if self.made {
            let _ = std::fs::remove_file(&self.database);
        }
    }
}

/// The table of this name, if there is one.
fn present(connection: &Connection, table: &str) -> rusqlite::Result<Option<Present>> {
    let kind: Option<String> = connection
        .query_row(
            "SELECT type FROM sqlite_master WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
            [table],
            |row| row.get(0),
        )
        .optional()?;
    let Some(kind) = kind else { return Ok(None) };
    let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
    let columns = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(Present { is_table: kind == "table", columns: columns.collect::<rusqlite::Result<_>>()? }))
}

/// Whether what is there and what is asked for go together.
fn agree(
    options: &Options,
    table: &str,
    present: Option<&Present>,
    columns: &mut [Column],
    rows: u64,
) -> Result<()> {
    let Some(present) = present else { return Ok(()) };
    match options.existing {
        _ if !present.is_table => Err(vec![says::view_exists(table)]),
        Existing::Refuse => Err(vec![says::table_exists(table)]),
        Existing::Replace => Ok(()),
        Existing::Append => fit(table, present, columns, rows),
    }
}

/// Gives the columns the types that the table needs; reports those that it does not have or cannot take.
fn fit(table: &str, present: &Present, columns: &mut [Column], rows: u64) -> Result<()> {
    let mut found = Vec::new();
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let absent =
        present.columns.iter().filter(|(name, _)| !columns.iter().any(|column| same(&column.name, name)));
    found.extend(absent.map(|(name, _)| says::column_absent(table, name)));
    for column in columns {
        let Some((_, declared)) = present.columns.iter().find(|(name, _)| same(name, &column.name)) else {
            found.push(says::column_foreign(table, &column.name));
            continue;
        };
        let declared = declared.to_ascii_uppercase();
        let exact = declared == column.kind.declared();
        let widened = declared == "REAL" && column.kind == ColumnType::Integer;
        let numeric = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
        if declared == "TEXT" && !exact {
            column.kind = ColumnType::Text;
            column.why = Text::new("as the table has it", "与已有的表一致");
        } else if declared == CENTS && numeric {
            column.kind = ColumnType::Money;
            column.why = Text::new("as the table has it, in cents", "与已有的表一致，单位是分");
        } else if !exact && !widened && column.missing < rows {
            found.push(says::column_type(table, &column.name, &declared, column.kind));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn create_statement(table: &str, columns: &[Column]) -> String {
    let columns: Vec<_> =
        columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.kind.declared())).collect();
    format!("CREATE TABLE {} ({})", quoted(table), columns.join(", "))
}

fn insert_statement(table: &str, columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
    let places = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO {} ({}) VALUES ({places})", quoted(table), names.join(", "))
}

/// A name as SQL text.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
