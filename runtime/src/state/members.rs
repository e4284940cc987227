//! Who belongs to the segments that rules ask about, as runs saw it.

use super::Run;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::collections::HashMap;

/// Changes memberships within a transaction.
pub(crate) struct Members<'a> {
    find: CachedStatement<'a>,
    record: CachedStatement<'a>,
    enter: CachedStatement<'a>,
    leave: CachedStatement<'a>,
    segments: HashMap<String, i64>,
    as_of: Instant,
    run: Run,
}

impl<'a> Members<'a> {
    /// The changes of this run, of this instant.
    pub(crate) fn new(connection: &'a Connection, run: Run, as_of: Instant) -> rusqlite::Result<Members<'a>> {
        Ok(Members {
            find: connection.prepare_cached("SELECT id FROM recorded WHERE segment = ?1")?,
            record: connection
                .prepare_cached("INSERT INTO recorded (segment, since, run) VALUES (?1, ?2, ?3)")?,
            enter: connection.prepare_cached(
                "INSERT INTO members (segment, person, entered_at, run) VALUES (?1, ?2, ?3, ?4)",
            )?,
            leave: connection.prepare_cached(
                "UPDATE members SET left_at = ?3, left_run = ?4
                 WHERE segment = ?1 AND person = ?2 AND left_at IS NULL",
            )?,
            segments: HashMap::new(),
            as_of,
            run,
        })
    }

    /// From now on the members of this segment are known. Gives its number.
    pub(crate) fn record(&mut self, segment: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.segments.get(segment) {
            return Ok(*number);
        }
        let number = match self.find.query_row([segment], |row| row.get(0)).optional()? {
            Some(number) => number,
            None => self.record.insert(params![segment, self.as_of.0, self.run.seq()])?,
        };
        self.segments.insert(segment.to_owned(), number);
        Ok(number)
    }

    /// A customer is seen in a segment for the first time, or no longer.
    pub(crate) fn change(&mut self, segment: &str, person: i64, entered: bool) -> rusqlite::Result<()> {
        let segment = self.record(segment)?;
        let statement = if entered { &mut self.enter } else { &mut self.leave };
        statement.execute(params![segment, person, self.as_of.0, self.run.seq()]).map(drop)
    }
}
