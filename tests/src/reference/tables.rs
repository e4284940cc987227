//! The data of a run, as a database holds it.

use rulec_engine::Key;
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;

/// A table: rows of raw cells, in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Sql>>,
}

/// What the reference reads. Plain SQL of a project file (`where`, queries) has been applied to it already.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    /// The rows of `[customer]`.
    pub customers: Table,
    /// The rows of each `[events.NAME]`.
    pub events: BTreeMap<String, Table>,
    /// What the runtime keeps, by [`rulec_plan::project::Kept::name`].
    pub kept: BTreeMap<String, Table>,
    /// The rows of each `[lookups.NAME]`.
    pub lookups: BTreeMap<String, Table>,
}

impl Table {
    /// Where a column stands.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn column(&self, name: &str) -> usize {
        let found = self.columns.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("no column `{name}` among {:?}", self.columns))
    }
}

/// The key in a cell, if it is one.
pub fn key_of(cell: &Sql) -> Option<Key<'_>> {
    match cell {
        Sql::Integer(number) => Some(Key::Integer(*number)),
        Sql::Text(text) => Some(Key::Text(text)),
        _ => None,
    }
}
