//! What is to be sent, and what was. Sending works from here only.

use super::Run;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

/// Something to be sent.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// Names it for ever, whoever sends it.
    pub(crate) key: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) step: u32,
    /// `send`, `tag`, `untag`, `task`, `points`.
    pub(crate) kind: &'a str,
    /// Of a message only.
    pub(crate) channel: Option<&'a str>,
    /// One JSON line without its end.
    pub(crate) payload: &'a str,
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
            "INSERT INTO outbox (key, run, customer, rule, step, kind, channel, payload, status)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending')",
        )?;
        Ok(Outbox { insert, run })
    }

    /// Adds something to be sent.
    pub(crate) fn put(&mut self, parcel: &Parcel<'_>) -> rusqlite::Result<()> {
        let Parcel { key, customer, rule, step, kind, channel, payload } = parcel;
        let row = params![key, self.run.seq(), customer, rule, step, kind, channel, payload];
        self.insert.execute(row).map(drop)
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

/// The oldest of what a run has not sent yet, at most so many.
pub(crate) fn pending(connection: &Connection, run: Run, limit: u64) -> rusqlite::Result<Vec<Pending>> {
    let mut query = connection.prepare_cached(
        "SELECT seq, key, kind, channel, payload FROM outbox
         WHERE run = ?1 AND status = 'pending' ORDER BY seq LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map([run.seq(), limit], |row| {
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

/// The oldest plan of which something is not sent yet, and how much.
pub(crate) fn unfinished(connection: &Connection) -> rusqlite::Result<Option<(String, u64)>> {
    let oldest = "SELECT plan, count(*) FROM outbox JOIN runs ON runs.seq = outbox.run
                  WHERE status = 'pending' GROUP BY run ORDER BY run LIMIT 1";
    connection.query_row(oldest, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))).optional()
}

/// How much of a run is not sent yet.
pub(crate) fn count_pending(connection: &Connection, run: Run) -> rusqlite::Result<u64> {
    let count = "SELECT count(*) FROM outbox WHERE run = ?1 AND status = 'pending'";
    connection.query_row(count, [run.seq()], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
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
