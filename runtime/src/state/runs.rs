//! Which plans were applied.

use super::view::hash_of_runs;
use crate::planfile::Header;
use rulec_plan::time::Instant;
use rusqlite::{Connection, OptionalExtension, params};

/// A plan that was applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    seq: i64,
}

impl Run {
    /// The run of this plan, if it was applied.
    pub(crate) fn find(connection: &Connection, plan: &str) -> rusqlite::Result<Option<Run>> {
        let find = "SELECT seq FROM runs WHERE plan = ?1";
        connection.query_row(find, [plan], |row| Ok(Run { seq: row.get(0)? })).optional()
    }

    /// Records that this plan is applied.
    pub(crate) fn start(
        connection: &Connection,
        header: &Header,
        as_of: Instant,
        now: Instant,
    ) -> rusqlite::Result<Run> {
        connection.execute(
            "INSERT INTO runs (plan, as_of, applied_at, created_by, rules_hash, data_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![header.id, as_of.0, now.0, header.created_by, header.rules_hash, header.data_hash],
        )?;
        Ok(Run { seq: connection.last_insert_rowid() })
    }

    /// The number under which the other tables know it.
    pub(super) fn seq(self) -> i64 {
        self.seq
    }
}

/// The plan that was applied last.
pub(crate) fn last(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let last = "SELECT plan FROM runs ORDER BY seq DESC LIMIT 1";
    connection.query_row(last, [], |row| row.get(0)).optional()
}

/// The hash of the state as it is.
pub(crate) fn hash(connection: &Connection) -> rusqlite::Result<String> {
    hash_until(connection, Instant(i64::MAX))
}

/// The hash of the state as a run sees it that sees this far. Where later runs were applied it is another than that of
/// the state as it is, so that what replays the past cannot be applied.
pub(super) fn hash_until(connection: &Connection, horizon: Instant) -> rusqlite::Result<String> {
    let mut plans = connection.prepare("SELECT plan FROM runs WHERE as_of <= ?1 ORDER BY seq")?;
    let plans =
        plans.query_map([horizon.0], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(hash_of_runs(plans))
}
