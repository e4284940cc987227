//! Chains of follow-ups that wait, and for what.

use super::Run;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, params};

/// What becomes of a chain.
#[derive(Debug)]
pub(crate) struct Wait {
    /// The rule's number.
    pub(crate) rule: i64,
    pub(crate) person: i64,
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
    as_of: Instant,
    run: Run,
}

impl<'a> Chains<'a> {
    /// The changes of this run, of this instant.
    pub(crate) fn new(connection: &'a Connection, run: Run, as_of: Instant) -> rusqlite::Result<Chains<'a>> {
        const WAITING: &str = "WHERE rule = ?1 AND person = ?2 AND until IS NULL";
        Ok(Chains {
            find: connection.prepare_cached(&format!(
                "SELECT began_at, touched_at, first_message, last_message FROM chains {WAITING}"
            ))?,
            end: connection.prepare_cached(&format!("UPDATE chains SET until = ?3, until_run = ?4 {WAITING}"))?,
            begin: connection.prepare_cached(
                "INSERT INTO chains
                    (rule, person, began_at, step, run, since, due_at, touched_at, first_message, last_message)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            as_of,
            run,
        })
    }

    /// A chain begins, goes on, or ends.
    pub(crate) fn go_on(&mut self, wait: &Wait) -> rusqlite::Result<()> {
        let Wait { rule, person, began_at, next, sent } = wait;
        let (began_at, before) = match began_at {
            Some(began_at) => (began_at.0, (None, None, None)),
            None => self.find.query_row([rule, person], |row| {
                Ok((row.get::<_, i64>(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
            })?,
        };
        self.end.execute(params![rule, person, self.as_of.0, self.run.seq()])?;
        let Some((step, due_at)) = next else { return Ok(()) };
        let (touched_at, first, last) =
            sent.map_or(before, |sent| (Some(sent.at.0), Some(sent.first), Some(sent.last)));
        let (run, since) = (self.run.seq(), self.as_of.0);
        let row = params![rule, person, began_at, step, run, since, due_at.0, touched_at, first, last];
        self.begin.execute(row).map(drop)
    }
}
