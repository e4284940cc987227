//! What the fast reader must know of a table, and whether it may read it.

use rusqlite::{Connection, OptionalExtension, Row};

/// An ordinary table: rows by rowid, nothing computed.
#[derive(Debug, Clone)]
pub(super) struct TableShape {
    pub(super) name: String,
    /// The root of its tree.
    pub(super) root: u32,
    /// The statement that made it.
    pub(super) sql: String,
    /// In the order of its records.
    pub(super) columns: Vec<TableColumn>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct TableColumn {
    pub(super) name: String,
    declared: String,
    pub(super) has_default: bool,
    /// Whether it is another name of the rowid.
    pub(super) is_rowid: bool,
    in_primary_key: bool,
    /// Whether it is computed, or hidden as in a virtual table.
    is_special: bool,
}

impl TableShape {
    /// The place of a column.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

impl TableColumn {
    /// Whether it has REAL affinity, by the rules of «Datatypes In SQLite», section 3.1, in their order.
    pub(super) fn is_real(&self) -> bool {
        let declared = self.declared.to_ascii_uppercase();
        let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        !says(&["INT"]) && !says(&["CHAR", "CLOB", "TEXT", "BLOB"]) && says(&["REAL", "FLOA", "DOUB"])
    }
}

/// The table of this name; `None` for views, virtual tables, tables without rowid, and those with computed columns.
pub(super) fn describe(connection: &Connection, name: &str) -> rusqlite::Result<Option<TableShape>> {
    let sql =
        "SELECT count(*) FROM pragma_table_list(?1) WHERE schema = 'main' AND type = 'table' AND wr = 0";
    if connection.query_row(sql, [name], |row| row.get::<_, i64>(0))? != 1 {
        return Ok(None);
    }
    let sql =
        "SELECT name, rootpage, sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    let stored = |row: &Row<'_>| {
        Ok(TableShape { name: row.get(0)?, root: row.get(1)?, sql: row.get(2)?, columns: Vec::new() })
    };
    let Some(table) = connection.query_row(sql, [name], stored).optional()? else { return Ok(None) };
    let columns = columns(connection, &table.name)?;
    let is_known = columns.iter().all(|column| !column.is_special);
    Ok(is_known.then_some(TableShape { columns, ..table }))
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<TableColumn>> {
    let sql = "SELECT name, type, dflt_value IS NOT NULL, pk > 0, hidden <> 0 FROM pragma_table_xinfo(?1) ORDER BY cid";
    let mut statement = connection.prepare(sql)?;
    let read = statement.query_map([table], |row| {
        Ok(TableColumn {
            name: row.get(0)?,
            declared: row.get(1)?,
            has_default: row.get(2)?,
            is_rowid: false,
            in_primary_key: row.get(3)?,
            is_special: row.get(4)?,
        })
    })?;
    let mut columns: Vec<TableColumn> = read.collect::<rusqlite::Result<_>>()?;
    // A primary key is either another name of the rowid or has an index of its own: `INTEGER PRIMARY KEY DESC` has one.
    let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
    let indexes: i64 = connection.query_row(sql, [table], |row| row.get(0))?;
    if indexes == 0 {
        columns.iter_mut().for_each(|column| column.is_rowid = column.in_primary_key);
    }
    Ok(columns)
}
