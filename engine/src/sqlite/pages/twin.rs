//! An empty twin of a table in a database of its own, to ask SQLite what it makes of single rows.
//!
//! The twin is made by the statement that made the table, so that types, collations and defaults are its own. Rows are
//! put in through a second table without types that lies over the same pages, so that they are kept exactly as they are
//! stored in the file, and no constraint is in the way.

use super::table::TableShape;
use crate::sqlite::text;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

/// The twin, with one row.
#[derive(Debug)]
pub(super) struct Twin {
    pub(super) connection: Connection,
    /// The table without types.
    untyped: String,
}

impl Twin {
    /// Of this table. Its row is shorter than any column but the first, as if it were older than they are.
    pub(super) fn of(table: &TableShape) -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        let untyped = format!("{} untyped", table.name);
        let first = text::quoted(&format!("{} first", table.name));
        connection.execute_batch(&format!(
            "PRAGMA trusted_schema = OFF; CREATE TABLE {first}(c0); INSERT INTO {first} VALUES (NULL);
             PRAGMA writable_schema = ON"
        ))?;
        let columns: Vec<String> = (0..table.columns.len()).map(|place| format!("c{place}")).collect();
        let create = format!("CREATE TABLE {}({})", text::quoted(&untyped), columns.join(", "));
        let add = "INSERT INTO sqlite_schema SELECT 'table', ?1, ?1, rootpage, ?2 FROM sqlite_schema LIMIT 1";
        connection.execute(add, params![table.name, table.sql])?;
        connection.execute(add, params![untyped, create])?;
        connection.execute_batch("PRAGMA writable_schema = RESET")?;
        Ok(Self { connection, untyped })
    }

    /// What each column of the table holds in a row that was written before the column was added.
    pub(super) fn defaults(&self, table: &TableShape) -> rusqlite::Result<Vec<Value>> {
        let sql = format!("SELECT * FROM {} NOT INDEXED", text::quoted(&table.name));
        let values = |row: &Row<'_>| (0..table.columns.len()).map(|place| row.get(place)).collect();
        self.connection.query_row(&sql, [], values)
    }

    /// The statement that replaces the row by one that has these columns, one parameter each.
    pub(super) fn put(&self, places: &[usize]) -> String {
        let columns: String = places.iter().map(|place| format!(", c{place}")).collect();
        let values = ", ?".repeat(places.len());
        let untyped = text::quoted(&self.untyped);
        format!("INSERT OR REPLACE INTO {untyped}(rowid{columns}) VALUES (1{values})")
    }
}
