//! Tables of tests as databases.

use crate::reference::Table;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Result, params_from_iter};
use std::path::Path;

/// Writes tables into a new SQLite file. Columns have no declared type, so that cells stay as they are; pages are as small
/// as can be, so that small tables have several, for several threads to read.
///
/// # Errors
/// What SQLite refuses.
pub fn write<'t>(path: &Path, tables: impl IntoIterator<Item = (&'t str, &'t Table)>) -> Result<()> {
    let mut database = Connection::open(path)?;
    database
        .execute_batch("PRAGMA page_size = 512; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")?;
    let transaction = database.transaction()?;
    for (name, table) in tables {
        let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
        transaction.execute_batch(&format!("CREATE TABLE \"{name}\" ({})", columns.join(", ")))?;
        let places = vec!["?"; table.columns.len()].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO \"{name}\" VALUES ({places})"))?;
        for row in &table.rows {
            insert.execute(params_from_iter(row))?;
        }
    }
    transaction.commit()
}

/// The same table for the engine that keeps its tables in memory.
pub fn in_memory(table: &Table) -> rulec_engine::Table {
    let value = |cell: &Sql| match cell {
        Sql::Null => rulec_engine::Value::Null,
        Sql::Integer(number) => rulec_engine::Value::Integer(*number),
        Sql::Real(number) => rulec_engine::Value::Real(*number),
        Sql::Text(text) => rulec_engine::Value::Text(text.clone()),
        Sql::Blob(bytes) => rulec_engine::Value::Blob(bytes.clone()),
    };
    let rows = table.rows.iter().map(|row| row.iter().map(value).collect()).collect();
    rulec_engine::Table { columns: table.columns.clone(), rows }
}
