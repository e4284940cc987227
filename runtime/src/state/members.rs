//! Who belongs to the segments that rules ask about, as runs saw it.

use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, params};

/// Changes memberships within a transaction.
pub(crate) struct Members<'a> {
    record: CachedStatement<'a>,
    enter: CachedStatement<'a>,
    leave: CachedStatement<'a>,
    as_of: Instant,
}

impl<'a> Members<'a> {
    /// The changes of a run at this instant.
    pub(crate) fn new(connection: &'a Connection, as_of: Instant) -> rusqlite::Result<Members<'a>> {
        Ok(Members {
            record: connection.prepare_cached(
                "INSERT INTO recorded (segment, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?,
            enter: connection.prepare_cached(
                "INSERT INTO members (segment, customer, entered_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET left_at = NULL",
            )?,
            leave: connection.prepare_cached(
                "UPDATE members SET left_at = ?3 WHERE segment = ?1 AND customer = ?2 AND left_at IS NULL",
            )?,
            as_of,
        })
    }

    /// From now on the members of this segment are known.
    pub(crate) fn record(&mut self, segment: &str) -> rusqlite::Result<()> {
        self.record.execute(params![segment, self.as_of.0]).map(drop)
    }

    /// A customer is seen in a segment for the first time, or no longer.
    pub(crate) fn change(&mut self, segment: &str, customer: &str, entered: bool) -> rusqlite::Result<()> {
        let statement = if entered { &mut self.enter } else { &mut self.leave };
        statement.execute(params![segment, customer, self.as_of.0]).map(drop)
    }
}
