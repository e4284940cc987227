//! Rules by number.

use rusqlite::{CachedStatement, Connection};
use std::collections::HashMap;

/// Numbers rules within a transaction.
pub(crate) struct Rules<'a> {
    insert: CachedStatement<'a>,
    find: CachedStatement<'a>,
    known: HashMap<String, i64>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(connection: &'a Connection) -> rusqlite::Result<Rules<'a>> {
        Ok(Rules {
            insert: connection
                .prepare_cached("INSERT INTO rules (name) VALUES (?1) ON CONFLICT DO NOTHING")?,
            find: connection.prepare_cached("SELECT id FROM rules WHERE name = ?1")?,
            known: HashMap::new(),
        })
    }

    /// The number of a rule, which is added if it is new.
    pub(crate) fn number(&mut self, rule: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.known.get(rule) {
            return Ok(*number);
        }
        self.insert.execute([rule])?;
        let number = self.find.query_row([rule], |row| row.get(0))?;
        self.known.insert(rule.to_owned(), number);
        Ok(number)
    }
}
