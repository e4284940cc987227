//! What rules do besides messages: ledgers to which rows are only ever added.

use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, params};

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed<'a> {
    /// A tag is put on the customer, or taken off.
    Tag(&'a str, bool),
    /// Somebody gets a task.
    Task { who: &'a str, what: &'a str },
    /// Points are credited.
    Points(i64),
}

/// Adds to the ledgers within a transaction.
pub(crate) struct Deeds<'a> {
    tag: CachedStatement<'a>,
    task: CachedStatement<'a>,
    points: CachedStatement<'a>,
}

impl<'a> Deeds<'a> {
    pub(crate) fn new(connection: &'a Connection) -> rusqlite::Result<Deeds<'a>> {
        Ok(Deeds {
            tag: connection.prepare_cached(
                "INSERT INTO tags (seq, customer, at, tag, put) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            task: connection.prepare_cached(
                "INSERT INTO tasks (seq, customer, at, who, what) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            points: connection
                .prepare_cached("INSERT INTO points (seq, customer, at, points) VALUES (?1, ?2, ?3, ?4)")?,
        })
    }

    /// Adds a deed; `seq`: its row in the outbox, `at`: when it is to be done.
    pub(crate) fn add(
        &mut self,
        seq: i64,
        customer: &str,
        at: Instant,
        deed: Deed<'_>,
    ) -> rusqlite::Result<()> {
        match deed {
            Deed::Tag(tag, put) => self.tag.execute(params![seq, customer, at.0, tag, put]),
            Deed::Task { who, what } => self.task.execute(params![seq, customer, at.0, who, what]),
            Deed::Points(points) => self.points.execute(params![seq, customer, at.0, points]),
        }
        .map(drop)
    }
}
