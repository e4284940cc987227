//! What is to be done, and what was done. Sending works from here only.

use super::{ActionNumber, Run};
use crate::audit::chain::{Hash, MessageKey, MessageSeal};
use crate::hash::hex;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

/// Something to be done.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// Names it for ever, whoever sends it.
    pub(crate) key: MessageKey,
    /// Names it to the record.
    pub(crate) seal: MessageSeal,
    /// For whom.
    pub(crate) person: i64,
    pub(crate) what: ActionNumber,
    /// When it is to be done.
    pub(crate) at: Instant,
    /// Not to be handed over before.
    pub(crate) due_at: Instant,
    /// As how many messages it is billed; 0 if it is none.
    pub(crate) parts: u32,
    pub(crate) cost_micros: i64,
    /// The most that its coupons can cost.
    pub(crate) coupon_micros: i64,
    /// One JSON line without its end.
    pub(crate) payload: &'a str,
}

impl Contents {
    /// As a record says it.
    pub(crate) fn detail(&self) -> String {
        format!("{{\"count\":{},\"hash\":\"{}\"}}", self.count, hex(&self.hash))
    }
}

/// Fills the outbox within a transaction.
pub(crate) struct Outbox<'a> {
    insert: CachedStatement<'a>,
    payload: CachedStatement<'a>,
    key: CachedStatement<'a>,
    run: Run,
    /// Of all that was put in. They go into their index at the end and in their order: they are hashes, so each would go to
    /// another page.
    keys: Vec<(MessageKey, i64)>,
    is_sorted: bool,
    /// Of all seals so far.
    seals: Sha256,
}

/// All that a run put into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) count: u64,
    /// Of all seals, in their order.
    pub(crate) hash: Hash,
}

impl<'a> Outbox<'a> {
    /// The outbox of this run.
    pub(crate) fn new(connection: &'a Connection, run: Run) -> rusqlite::Result<Outbox<'a>> {
        Ok(Outbox {
            insert: connection.prepare_cached(
                "INSERT INTO outbox
                    (run, person, action, channel, key, seal, at, due_at, status, parts, cost_micros, coupon_micros)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', ?9, ?10, ?11)",
            )?,
            payload: connection.prepare_cached("INSERT INTO payloads (seq, payload) VALUES (?1, ?2)")?,
            key: connection.prepare_cached("INSERT INTO keys (key, seq) VALUES (?1, ?2)")?,
            run,
            keys: Vec::new(),
            is_sorted: true,
            seals: Sha256::new(),
        })
    }

    /// Adds something to be done. Gives its row.
    pub(crate) fn put(&mut self, parcel: &Parcel<'_>) -> rusqlite::Result<i64> {
        let Parcel { key, seal, person, what, at, due_at, parts, cost_micros, coupon_micros, payload } =
            parcel;
        let ActionNumber { action, channel } = what;
        let run = self.run.seq();
        let seq = self.insert.insert(params![
            run,
            person,
            action,
            channel,
            key,
            seal,
            at.0,
            due_at.0,
            parts,
            cost_micros,
            coupon_micros
        ])?;
        self.payload.execute(params![seq, payload])?;
        self.keys.push((*key, seq));
        self.seals.update(seal);
        self.is_sorted = false;
        Ok(seq)
    }

    /// The row of what was put in with this key.
    pub(crate) fn find(&mut self, key: &MessageKey) -> Option<i64> {
        self.sort();
        let place = self.keys.binary_search_by_key(key, |(key, _)| *key).ok()?;
        Some(self.keys[place].1)
    }

    /// Makes all that was put in known by its key; says what that is.
    pub(crate) fn finish(mut self) -> rusqlite::Result<Contents> {
        self.sort();
        for (key, seq) in &self.keys {
            self.key.execute(params![key, seq])?;
        }
        Ok(Contents { count: self.keys.len() as u64, hash: self.seals.finalize().into() })
    }

    fn sort(&mut self) {
        if !self.is_sorted {
            self.keys.sort_unstable();
            self.is_sorted = true;
        }
    }
}

/// The oldest plan of which something is due by now and not sent yet, and how much.
pub(crate) fn unfinished(connection: &Connection, now: Instant) -> rusqlite::Result<Option<(String, u64)>> {
    let oldest = "SELECT plan, count(*) FROM outbox JOIN runs ON runs.seq = outbox.run
                  WHERE status = 'waiting' AND due_at <= ?1 GROUP BY run ORDER BY run LIMIT 1";
    connection
        .query_row(oldest, [now.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
        .optional()
}

/// Marks all of a run as sent, and erases what it said and to whom.
pub(crate) fn mark_all_sent(transaction: &Transaction<'_>, run: Run) -> rusqlite::Result<()> {
    let erase = "DELETE FROM payloads
                 WHERE seq IN (SELECT seq FROM outbox WHERE run = ?1 AND status = 'waiting')";
    transaction.execute(erase, [run.seq()])?;
    let mark = "UPDATE outbox SET status = 'sent' WHERE run = ?1 AND status = 'waiting'";
    transaction.execute(mark, [run.seq()]).map(drop)
}
