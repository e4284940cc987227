//! The least that writing the same rows can take: one prepared statement a table, and values bound as they are.

use crate::Outcome;
use cpu_time::ProcessTime;
use rulec_runtime::state::State;
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction};
use std::fmt::{self, Display, Formatter};
use std::path::Path;

/// What was copied.
pub struct Copied {
    /// CPU seconds of the inserts, the commit and the checkpoint.
    pub seconds: f64,
    rows: usize,
    bytes: u64,
    from: u64,
}

/// A table in memory.
struct Table {
    name: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
}

/// Copies all tables of a state into an empty one, each in its order, with the settings that the state has.
pub fn copy(from: &Path, to: &Path) -> Outcome<Copied> {
    let tables = read(&Connection::open(from)?)?;
    drop(State::open(to).map_err(|error| error.message.en)?);
    let mut connection = Connection::open(to)?;
    for (name, value) in [("synchronous", "full"), ("secure_delete", "true"), ("cache_size", "-131072")] {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "foreign_keys", false)?;
    for table in &tables {
        connection.execute(&format!("DELETE FROM {}", table.name), [])?;
    }
    let start = ProcessTime::now();
    let transaction = connection.transaction()?;
    for table in &tables {
        insert(&transaction, table)?;
    }
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let seconds = start.elapsed().as_secs_f64();
    let size = |path: &Path| std::fs::metadata(path).map(|data| data.len());
    let rows = tables.iter().map(|table| table.rows.len()).sum();
    Ok(Copied { seconds, rows, bytes: size(to)?, from: size(from)? })
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut names =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
    let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    names.into_iter().map(|name| table(connection, name)).collect()
}

fn table(connection: &Connection, name: String) -> rusqlite::Result<Table> {
    let mut query = connection.prepare(&format!("SELECT * FROM {name}"))?;
    let columns = query.column_count();
    let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Table { name, columns, rows })
}

fn insert(transaction: &Transaction<'_>, table: &Table) -> rusqlite::Result<()> {
    let marks = vec!["?"; table.columns].join(", ");
    let mut insert = transaction.prepare(&format!("INSERT INTO {} VALUES ({marks})", table.name))?;
    for row in &table.rows {
        for (place, value) in (1..).zip(row) {
            insert.raw_bind_parameter(place, value)?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

impl Display for Copied {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let Copied { rows, bytes, from, .. } = self;
        write!(to, "{rows} rows, {bytes} bytes on disk, {from} as recorded")
    }
}
