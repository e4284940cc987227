//! What came of messages, recorded. The earliest time of a kind stands in its message; each new one is logged.

use super::people::Forgotten;
use super::{Entry, State, Trail, changes};
use crate::audit::chain::Cause;
use crate::diagnostics::{self, Result};
use crate::outcomes::{About, Outcome, OutcomeKind};
use rulec_plan::time::Instant;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedOutcomes {
    /// How many of each kind are new, or earlier than was known.
    pub new: BTreeMap<OutcomeKind, u64>,
    /// How many were known before.
    pub known: u64,
}

/// A message that there is not, and the line that tells of it.
pub(crate) type Unknown = (About, Option<u64>);

/// What is new, by message and kind: the earliest time.
type News = BTreeMap<(i64, OutcomeKind), Instant>;

impl State {
    /// Records what came of messages: all of it, or, if any message is not known, nothing. Recording again changes nothing.
    ///
    /// # Errors
    /// `R0150` for messages that are not known, with their lines; `R0103`, `R0106`.
    pub fn record_outcomes(&mut self, outcomes: &[Outcome], now: Instant) -> Result<RecordedOutcomes> {
        let path = self.path().to_owned();
        self.write(|transaction| {
            let (news, unknown) =
                take_in(transaction, outcomes).map_err(|error| diagnostics::state(&path, &error))?;
            if !unknown.is_empty() {
                return Err(diagnostics::unknown_messages(&unknown));
            }
            log(transaction, &news, now).map_err(|error| diagnostics::state(&path, &error))?;
            let mut new = BTreeMap::new();
            for (_, kind) in news.keys() {
                *new.entry(*kind).or_default() += 1;
            }
            Ok(RecordedOutcomes { new, known: outcomes.len() as u64 - news.len() as u64 })
        })
    }
}

/// Puts all outcomes into their messages. Gives what is new, and the outcomes of messages that there are not.
fn take_in(transaction: &Transaction<'_>, outcomes: &[Outcome]) -> rusqlite::Result<(News, Vec<Unknown>)> {
    let mut news = News::new();
    let mut unknown = Vec::new();
    let forgotten = Forgotten::read(transaction)?;
    for outcome in outcomes {
        match find(transaction, &outcome.about, outcome.at, &forgotten)? {
            Named::Message(message) if put(transaction, message, outcome)? => {
                let earliest = news.entry((message, outcome.kind)).or_insert(outcome.at);
                *earliest = outcome.at.min(*earliest);
            }
            Named::Message(_) | Named::Forgotten => {}
            Named::Unknown => unknown.push((outcome.about.clone(), outcome.line)),
        }
    }
    Ok((news, unknown))
}

/// Which message is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Message(i64),
    /// One to somebody who was forgotten: nothing is recorded of it any more.
    Forgotten,
    Unknown,
}

/// The message that is spoken of.
pub(super) fn find(
    connection: &Connection,
    about: &About,
    at: Instant,
    forgotten: &Forgotten,
) -> rusqlite::Result<Named> {
    let is_forgotten = match about {
        About::Message(key) => forgotten.has(&key.to_ascii_lowercase()),
        About::Last { customer, .. } => forgotten.has(customer),
        About::Code(_) => false,
    };
    if is_forgotten {
        return Ok(Named::Forgotten);
    }
    let found = look_up(connection, about, at)?;
    Ok(match found {
        Some((message, true)) => Named::Message(message),
        Some((_, false)) => Named::Forgotten,
        None => Named::Unknown,
    })
}

/// The row of a message, and whether its customer is named.
fn look_up(connection: &Connection, about: &About, at: Instant) -> rusqlite::Result<Option<(i64, bool)>> {
    let seq = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    match about {
        About::Message(key) => connection
            .prepare_cached(
                "SELECT outbox.seq, true FROM keys JOIN outbox ON outbox.seq = keys.seq
                    JOIN actions ON actions.id = outbox.action
                 WHERE keys.key = unhex(?1) AND kind = 'send'",
            )?
            .query_row([key], seq),
        About::Code(code) => connection
            .prepare_cached(
                "SELECT message, customer IS NOT NULL FROM codes JOIN outbox ON outbox.seq = message
                    JOIN people ON people.id = person
                 WHERE code = ?1 AND released_at IS NULL",
            )?
            .query_row([code], seq),
        About::Last { customer, channel, rule } => connection
            .prepare_cached(
                "SELECT outbox.seq, true FROM people JOIN outbox ON outbox.person = people.id
                    JOIN actions ON actions.id = outbox.action JOIN rules ON rules.id = actions.rule
                    JOIN channels ON channels.id = outbox.channel
                 WHERE customer = ?1 AND kind = 'send' AND (?2 IS NULL OR channels.name = ?2)
                    AND (?3 IS NULL OR rules.name = ?3) AND status IN ('marked', 'sent', 'doubt') AND due_at <= ?4
                 ORDER BY due_at DESC, outbox.seq DESC LIMIT 1",
            )?
            .query_row(params![customer, channel, rule, at.0], seq),
    }
    .optional()
}

/// Puts an outcome into its message. Gives whether it was not known, or only with a later time.
fn put(connection: &Connection, message: i64, outcome: &Outcome) -> rusqlite::Result<bool> {
    let column = match outcome.kind {
        OutcomeKind::Opened => "opened_at",
        OutcomeKind::Clicked => "clicked_at",
        OutcomeKind::Replied => "replied_at",
        OutcomeKind::Redeemed => "redeemed_at",
        OutcomeKind::Converted => "converted_at",
    };
    let earlier = |table: &str, key: &str, column: &str| {
        let update = format!(
            "UPDATE {table} SET {column} = ?2 WHERE {key} = ?1 AND ({column} IS NULL OR {column} > ?2)"
        );
        connection.prepare_cached(&update)?.execute([message, outcome.at.0])
    };
    if outcome.kind == OutcomeKind::Redeemed {
        earlier("coupons", "message", column)?;
    }
    Ok(earlier("outbox", "seq", column)? > 0)
}

fn log(transaction: &Transaction<'_>, news: &News, now: Instant) -> rusqlite::Result<()> {
    let Some(first) = news.values().min() else { return Ok(()) };
    let mut digest = Sha256::new();
    for ((message, kind), at) in news {
        digest.update(format!("{message} {} {}\n", kind.word(), at.0));
    }
    let digest = crate::hash::hex(&digest.finalize());
    let change = changes::add(transaction, None, (now, *first), &digest)?;
    audit(transaction, news.len(), &digest, now)?;
    let mut insert = transaction
        .prepare_cached("INSERT INTO outcomes (change, message, kind, at) VALUES (?1, ?2, ?3, ?4)")?;
    for ((message, kind), at) in news {
        insert.execute(params![change, message, kind.word(), at.0])?;
    }
    Ok(())
}

/// How many there were, and their hash.
fn audit(transaction: &Transaction<'_>, count: usize, digest: &str, now: Instant) -> rusqlite::Result<()> {
    let mut trail = Trail::open(transaction)?;
    let cause = trail.cause(&Cause { kind: "outcomes", ..Cause::default() })?;
    let detail = format!("{{\"count\":{count},\"digest\":\"{digest}\"}}");
    trail.add(&Entry {
        run: None,
        at: now,
        person: None,
        cause: &cause,
        message: None,
        detail: Some(&detail),
    })?;
    trail.close()
}
