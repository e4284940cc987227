//! The tables of the state, and how older ones become them. A migration that was released is never changed: what is to
//! be otherwise is a further one at the end.
//!
//! All that a file lacks is done in one transaction, so whatever happens meanwhile, it is either what it was or up to date.

mod chain;

use crate::audit::chain::{commitment, message_seal};
use crate::diagnostics::{self, Result};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// `RULC`.
const APPLICATION: i64 = 0x5255_4c43;

/// What SQL cannot say of a migration.
type Rest = fn(&Transaction<'_>) -> rusqlite::Result<()>;

const MIGRATIONS: [(&str, Rest); 3] = [
    (include_str!("migrations/1.sql"), |_| Ok(())),
    (include_str!("migrations/2.sql"), |_| Ok(())),
    (include_str!("migrations/3.sql"), chain::forge),
];

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

/// Whether the tables are up to date.
pub(super) fn is_done(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(version(connection)? == newest())
}

/// Brings the tables up to date. Leaves it open whether foreign keys are looked at.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let mut migrate = || {
        if version(connection)? == newest() {
            return Ok(());
        }
        let transaction = begin(connection)?;
        run(&transaction)?;
        transaction.commit()
    };
    migrate().map_err(|error| diagnostics::state(path, &error))
}

/// A new state, in memory.
pub(crate) fn fresh() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    let transaction = begin(&mut connection)?;
    run(&transaction)?;
    transaction.commit()?;
    Ok(connection)
}

/// Begins all that is to be done.
fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    define_functions(connection)?;
    // Until the end tables refer to what is about to go.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Migrates, looks at what is on the disk then, and does not keep it.
#[cfg(test)]
pub(super) fn half_done(connection: &mut Connection, look: impl FnOnce()) {
    let transaction = begin(connection).unwrap();
    run(&transaction).unwrap();
    look();
}

/// Looks at the version again: another process may have been faster.
fn run(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let seen = usize::try_from(version(transaction)?).unwrap_or(0);
    for (migration, rest) in MIGRATIONS.iter().skip(seen) {
        transaction.execute_batch(migration)?;
        reach("migrating")?;
        rest(transaction)?;
        reach("migrating")?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", newest())?;
    reach("migrating")
}

fn reach(point: &str) -> rusqlite::Result<()> {
    rulec_channels::failpoint::reach(point)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// What migrations ask of SQL beside what it has.
fn define_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("commitment", 2, flags, |arguments| {
        let salt = arguments.get_raw(0).as_blob()?;
        Ok(commitment(salt, arguments.get_raw(1).as_str()?))
    })?;
    connection.create_scalar_function("message_seal", 3, flags, |arguments| {
        let (salt, key) = (arguments.get_raw(0).as_blob()?, arguments.get_raw(1).as_blob()?);
        Ok(message_seal(salt, key, arguments.get_raw(2).as_bytes()?))
    })
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn newest() -> i64 {
    MIGRATIONS.len() as i64
}
