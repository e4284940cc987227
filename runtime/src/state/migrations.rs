//! The tables of the state, and how older ones become them. A migration that was released is never changed: what is to
//! be otherwise is a further one at the end.

use crate::diagnostics::{self, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// `RULC`.
const APPLICATION: i64 = 0x5255_4c43;

const MIGRATIONS: [&str; 1] = [
    // Instants are microseconds since 1970-01-01T00:00:00Z, customers their keys as text.
    "
CREATE TABLE runs (
    seq         INTEGER PRIMARY KEY,
    plan        TEXT    NOT NULL UNIQUE,
    as_of       INTEGER NOT NULL,
    applied_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    rules_hash  TEXT    NOT NULL,
    data_hash   TEXT    NOT NULL
) STRICT;

-- payload: what is to be sent, as one JSON line; NULL once it is.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY,
    key         TEXT    NOT NULL UNIQUE,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    customer    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    step        INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    channel     TEXT,
    payload     TEXT,
    status      TEXT    NOT NULL CHECK (status IN ('pending', 'sent')),
    CHECK ((payload IS NULL) = (status = 'sent'))
) STRICT;
CREATE INDEX outbox_pending ON outbox (run, seq) WHERE status = 'pending';

-- One row each time that a rule fired for a customer, so that the past can be replayed.
-- ended_at: the run in which the customer was seen outside the condition.
CREATE TABLE spells (
    rule        TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    fired_at    INTEGER NOT NULL,
    ended_at    INTEGER,
    PRIMARY KEY (rule, customer, fired_at)
) STRICT, WITHOUT ROWID;

-- facts and actions: JSON. Personal facts stand as \"(personal)\".
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    customer    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    rule_hash   TEXT    NOT NULL,
    verdict     TEXT    NOT NULL,
    reason      TEXT,
    facts       TEXT    NOT NULL,
    actions     TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_customer ON audit (customer);
",
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
