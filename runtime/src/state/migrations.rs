//! The tables of the state, and how older ones become them. A migration that was released is never changed: what is to
//! be otherwise is a further one at the end.

use crate::diagnostics::{self, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// `RULC`.
const APPLICATION: i64 = 0x5255_4c43;

const MIGRATIONS: [&str; 2] = [include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];

/// Whether this is a state that this version understands, or an empty file that can become one.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<()> {
    let read = |connection: &Connection| {
        let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((application, tables, version(connection)?))
    };
    let (application, tables, version) =
        read(connection).map_err(|error| diagnostics::state(path, &error))?;
    if application != APPLICATION && (application, tables, version) != (0, 0, 0) {
        return Err(diagnostics::foreign_state(path));
    }
    if version > newest() {
        return Err(diagnostics::newer_state(path, version, newest()));
    }
    Ok(())
}

/// Brings the tables up to date.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let mut migrate = || {
        if version(connection)? == newest() {
            return Ok(());
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        run(&transaction)?;
        transaction.commit()
    };
    migrate().map_err(|error| diagnostics::state(path, &error))
}

/// Looks at the version again: another process may have been faster.
fn run(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let seen = usize::try_from(version(transaction)?).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(seen) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", newest())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn newest() -> i64 {
    MIGRATIONS.len() as i64
}
