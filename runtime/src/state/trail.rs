//! Writing the audit: each record is chained to the one before. `audit/chain.rs` says what the hashes are made of.

use super::Run;
use crate::audit::chain::{self, Cause, Hash, MessageSeal, Record};
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::collections::HashMap;

/// A cause by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CauseNumber {
    id: i64,
    hash: Hash,
}

/// A record to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) run: Option<Run>,
    pub(crate) at: Instant,
    /// Number and commitment.
    pub(crate) person: Option<(i64, &'a Hash)>,
    pub(crate) cause: &'a CauseNumber,
    /// Row and seal.
    pub(crate) message: Option<(i64, &'a MessageSeal)>,
    /// JSON.
    pub(crate) detail: Option<&'a str>,
}

/// The end of the chain, within a transaction. Whatever is added counts only once it is [closed](Trail::close).
pub(crate) struct Trail<'a> {
    connection: &'a Connection,
    insert: CachedStatement<'a>,
    causes: HashMap<Hash, CauseNumber>,
    /// Whether anything was added.
    has_moved: bool,
    count: i64,
    hash: Hash,
    bytes: Vec<u8>,
}

impl<'a> Trail<'a> {
    /// Takes the chain up where it ends.
    pub(crate) fn open(connection: &'a Connection) -> rusqlite::Result<Trail<'a>> {
        let tip = connection
            .query_row("SELECT count, hash FROM tip", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (count, hash) = tip.unwrap_or_else(|| (0, chain::start()));
        let insert = connection.prepare_cached(
            "INSERT INTO audit (seq, run, at, person, cause, message, detail, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        Ok(Trail {
            connection,
            insert,
            causes: HashMap::new(),
            has_moved: false,
            count,
            hash,
            bytes: Vec::new(),
        })
    }

    /// The number of a cause, which is added if it is new.
    pub(crate) fn cause(&mut self, cause: &Cause<'_>) -> rusqlite::Result<CauseNumber> {
        let hash = cause.hash();
        if let Some(number) = self.causes.get(&hash) {
            return Ok(*number);
        }
        let Cause { kind, rule, rule_hash, step, arm, verdict, reason, actions } = cause;
        self.connection
            .prepare_cached(
                "INSERT INTO causes (digest, kind, rule, rule_hash, step, arm, verdict, reason, actions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
            )?
            .execute(params![hash, kind, rule, rule_hash, step, arm, verdict, reason, actions])?;
        let id = self
            .connection
            .prepare_cached("SELECT id FROM causes WHERE digest = ?1")?
            .query_row([hash], |row| row.get(0))?;
        let number = CauseNumber { id, hash };
        self.causes.insert(hash, number);
        Ok(number)
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, entry: &Entry<'_>) -> rusqlite::Result<()> {
        let Entry { run, at, person, cause, message, detail } = entry;
        let seq = self.count + 1;
        let run = run.map(Run::seq);
        let (person, commitment) = person.unzip();
        let (message, seal) = message.unzip();
        let record = Record {
            seq,
            run,
            at: at.0,
            person: commitment,
            cause: &cause.hash,
            message: seal,
            detail: detail.map(str::as_bytes),
        };
        let hash = record.hash(&self.hash, &mut self.bytes);
        self.insert.execute(params![seq, run, at.0, person, cause.id, message, detail, hash])?;
        (self.count, self.hash, self.has_moved) = (seq, hash, true);
        Ok(())
    }

    /// Remembers where the chain stands now: after the decisions of a run, or when sending pauses.
    pub(crate) fn mark_head(&mut self, run: Option<Run>) -> rusqlite::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let insert = "INSERT INTO heads (seq, run, hash) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let marked = self.connection.execute(insert, params![self.count, run.map(Run::seq), self.hash])?;
        self.has_moved |= marked > 0;
        Ok(())
    }

    /// Remembers how many records there are, so that it shows when the last are cut off.
    pub(crate) fn close(self) -> rusqlite::Result<()> {
        if !self.has_moved {
            return Ok(());
        }
        let tip = "INSERT OR REPLACE INTO tip (only, count, hash, heads)
                   VALUES (1, ?1, ?2, (SELECT count(*) FROM heads))";
        self.connection.execute(tip, params![self.count, self.hash]).map(drop)
    }
}
