//! Chains of follow-ups that wait, and for what.

use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

/// What becomes of a chain.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    pub(crate) rule: &'a str,
    pub(crate) customer: &'a str,
    /// The instant of the run, if the chain begins with it: then it takes the place of one that waits. `None`: the one that
    /// waits goes on.
    pub(crate) began_at: Option<Instant>,
    /// The follow-up that it waits for now, and when that is due; none: it ends.
    pub(crate) next: Option<(u32, Instant)>,
    /// What this run's step of it sends, if anything.
    pub(crate) sent: Option<Sent>,
}

/// Messages that a step of a chain sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    /// When the latest goes out.
    pub(crate) at: Instant,
    /// Their rows.
    pub(crate) first: i64,
    /// The last of them.
    pub(crate) last: i64,
}

/// Changes chains within a transaction.
pub(crate) struct Chains<'a> {
    find: CachedStatement<'a>,
    end: CachedStatement<'a>,
    begin: CachedStatement<'a>,
    message: CachedStatement<'a>,
    as_of: Instant,
}

impl<'a> Chains<'a> {
    /// The changes of a run at this instant.
    pub(crate) fn new(connection: &'a Connection, as_of: Instant) -> rusqlite::Result<Chains<'a>> {
        const WAITING: &str = "WHERE rule = ?1 AND customer = ?2 AND until IS NULL";
        Ok(Chains {
            find: connection.prepare_cached(&format!(
                "SELECT began_at, touched_at, first_touch, last_touch FROM chains {WAITING}"
            ))?,
            end: connection.prepare_cached(&format!("UPDATE chains SET until = ?3 {WAITING}"))?,
            // A chain may begin anew at the instant at which one began: when the spell between ended at that instant, too.
            begin: connection.prepare_cached(
                "INSERT OR REPLACE INTO chains
                    (rule, customer, began_at, step, since, due_at, touched_at, first_touch, last_touch)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            message: connection.prepare_cached("SELECT seq FROM outbox WHERE key = ?1")?,
            as_of,
        })
    }

    /// The row of the message with this key.
    pub(crate) fn message(&mut self, key: &str) -> rusqlite::Result<Option<i64>> {
        self.message.query_row([key], |row| row.get(0)).optional()
    }

    /// A chain begins, goes on, or ends.
    pub(crate) fn go_on(&mut self, wait: &Wait<'_>) -> rusqlite::Result<()> {
        let Wait { rule, customer, began_at, next, sent } = wait;
        let (began_at, before) = match began_at {
            Some(began_at) => (began_at.0, (None, None, None)),
            None => self.find.query_row(params![rule, customer], |row| {
                Ok((row.get::<_, i64>(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
            })?,
        };
        self.end.execute(params![rule, customer, self.as_of.0])?;
        let Some((step, due_at)) = next else { return Ok(()) };
        let (touched_at, first, last) =
            sent.map_or(before, |sent| (Some(sent.at.0), Some(sent.first), Some(sent.last)));
        let since = self.as_of.0;
        let row = params![rule, customer, began_at, step, since, due_at.0, touched_at, first, last];
        self.begin.execute(row).map(drop)
    }
}
