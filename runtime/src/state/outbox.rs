//! What is to be sent, and what was. Sending works from here only.

use super::Run;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

/// Something to be sent.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// Names it for ever, whoever sends it.
    pub(crate) key: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) rule: &'a str,
    /// 0: of the rule itself; n: of its n-th follow-up.
    pub(crate) step: u32,
    /// Its place among the actions of the step.
    pub(crate) action: u32,
    /// `send`, `tag`, `untag`, `task`, `points`.
    pub(crate) kind: &'a str,
    /// Of a message only.
    pub(crate) channel: Option<&'a str>,
    /// One JSON line without its end.
    pub(crate) payload: &'a str,
    /// Not to be sent before.
    pub(crate) due_at: Instant,
}

/// Fills the outbox within a transaction.
pub(crate) struct Outbox<'a> {
    insert: CachedStatement<'a>,
    run: Run,
}

impl<'a> Outbox<'a> {
    /// The outbox of this run.
    pub(crate) fn new(connection: &'a Connection, run: Run) -> rusqlite::Result<Outbox<'a>> {
        let insert = connection.prepare_cached(
            "INSERT INTO outbox (key, run, customer, rule, step, action, kind, channel, payload, due_at, status)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'pending')",
        )?;
        Ok(Outbox { insert, run })
    }

    /// Adds something to be sent. Gives its row.
    pub(crate) fn put(&mut self, parcel: &Parcel<'_>) -> rusqlite::Result<i64> {
        let Parcel { key, customer, rule, step, action, kind, channel, payload, due_at } = parcel;
        let (run, due_at) = (self.run.seq(), due_at.0);
        self.insert.insert(params![key, run, customer, rule, step, action, kind, channel, payload, due_at])
    }
}

/// Something that was not sent yet.
#[derive(Debug)]
pub(crate) struct Pending {
    seq: i64,
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) channel: Option<String>,
    pub(crate) payload: String,
}

/// What a run has not sent yet and what is due by now, at most so many: first what has been due the longest.
pub(crate) fn pending(
    connection: &Connection,
    run: Run,
    now: Instant,
    limit: u64,
) -> rusqlite::Result<Vec<Pending>> {
    let mut query = connection.prepare_cached(
        "SELECT seq, key, kind, channel, payload FROM outbox
         WHERE run = ?1 AND status = 'pending' AND due_at <= ?2 ORDER BY due_at, seq LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map([run.seq(), now.0, limit], |row| {
        Ok(Pending {
            seq: row.get(0)?,
            key: row.get(1)?,
            kind: row.get(2)?,
            channel: row.get(3)?,
            payload: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// The oldest plan of which something is due by now and not sent yet, and how much.
pub(crate) fn unfinished(connection: &Connection, now: Instant) -> rusqlite::Result<Option<(String, u64)>> {
    let oldest = "SELECT plan, count(*) FROM outbox JOIN runs ON runs.seq = outbox.run
                  WHERE status = 'pending' AND due_at <= ?1 GROUP BY run ORDER BY run LIMIT 1";
    connection
        .query_row(oldest, [now.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
        .optional()
}

/// What a run has not sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// How much of it is due by now.
    pub(crate) due: u64,
    /// How much waits for later.
    pub(crate) waiting: u64,
    /// When the first of that is due.
    pub(crate) next: Option<Instant>,
}

/// How much of a run is not sent yet.
pub(crate) fn left(connection: &Connection, run: Run, now: Instant) -> rusqlite::Result<Left> {
    let count = "SELECT count(*) FILTER (WHERE due_at <= ?2), count(*) FILTER (WHERE due_at > ?2),
                    min(due_at) FILTER (WHERE due_at > ?2)
                 FROM outbox WHERE run = ?1 AND status = 'pending'";
    connection.query_row(count, [run.seq(), now.0], |row| {
        Ok(Left {
            due: row.get::<_, i64>(0)?.unsigned_abs(),
            waiting: row.get::<_, i64>(1)?.unsigned_abs(),
            next: row.get::<_, Option<i64>>(2)?.map(Instant),
        })
    })
}

/// Marks these as sent, and erases what they said and to whom.
pub(crate) fn mark_sent(transaction: &Transaction<'_>, sent: &[Pending]) -> rusqlite::Result<()> {
    let mut mark =
        transaction.prepare_cached("UPDATE outbox SET status = 'sent', payload = NULL WHERE seq = ?1")?;
    for one in sent {
        mark.execute([one.seq])?;
    }
    Ok(())
}

/// Marks all of a run as sent, and erases what it said and to whom.
pub(crate) fn mark_all_sent(transaction: &Transaction<'_>, run: Run) -> rusqlite::Result<()> {
    let mark = "UPDATE outbox SET status = 'sent', payload = NULL WHERE run = ?1 AND status = 'pending'";
    transaction.execute(mark, [run.seq()]).map(drop)
}
