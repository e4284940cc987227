//! Which plans were applied.

use super::changes;
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
        let seq = connection.last_insert_rowid();
        changes::add(connection, Some(seq), (now, as_of), &header.id)?;
        let mut matched =
            connection.prepare_cached("INSERT INTO matched (run, rule, customers) VALUES (?1, ?2, ?3)")?;
        for (name, rule) in &header.rules {
            let customers = i64::try_from(rule.matched(header.population)).unwrap_or(i64::MAX);
            matched.execute(params![seq, name, customers])?;
        }
        Ok(Run { seq })
    }

    /// The number under which the other tables know it.
    pub(super) fn seq(self) -> i64 {
        self.seq
    }
}
