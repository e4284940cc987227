//! What a person decides about the outbox: to send again, to say what became of a message in doubt, to give up, to pause.
//! Each change is one transaction, with a record of the audit for every message.

use super::{Queue, WAITING, Waiting, waiting};
use crate::audit::chain::Cause;
use crate::diagnostics::{self, Result};
use crate::state::{Entry, OutboxStatus, State};
use indexmap::{IndexMap, IndexSet};
use rulec_plan::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// Which messages a person decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// Those with these keys.
    Keys(&'a [String]),
    /// All that stand so, through this channel if one is named.
    All(OutboxStatus, Option<&'a str>),
}

/// What is to be done with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Send them again.
    Requeue,
    /// They were delivered after all.
    Delivered,
    /// They were not delivered: from now on they are dead letters.
    Lost,
    /// Give them up: they no longer count, and their codes may go to others.
    Discard,
}

impl Handling {
    /// How messages must stand with which that can be done.
    const fn allowed(self) -> &'static [OutboxStatus] {
        match self {
            Handling::Requeue => &[OutboxStatus::Dead, OutboxStatus::Doubt],
            Handling::Delivered | Handling::Lost => &[OutboxStatus::Doubt],
            Handling::Discard => &[OutboxStatus::Dead],
        }
    }

    /// Kind and reason of its records.
    const fn told(self) -> (&'static str, Option<&'static str>) {
        match self {
            Handling::Requeue => ("requeued", None),
            Handling::Delivered => ("settled", Some("sent")),
            Handling::Lost => ("settled", Some("lost")),
            Handling::Discard => ("discarded", None),
        }
    }
}

impl State {
    /// How many messages that would be, by channel and by how they stand; changes nothing.
    ///
    /// # Errors
    /// As [`State::handle`].
    pub fn count_chosen(
        &self,
        chosen: Chosen<'_>,
        handling: Handling,
    ) -> Result<IndexMap<(String, OutboxStatus), u64>> {
        let mut counts = IndexMap::new();
        for (message, status) in self.read(|connection| find(connection, chosen))?.check(handling)? {
            *counts.entry((message.channel, status)).or_default() += 1;
        }
        counts.sort_unstable_keys();
        Ok(counts)
    }

    /// Does this with these messages, recorded as of this instant; gives how many they are.
    ///
    /// # Errors
    /// `R0240` for keys that are not there, `R0241` where messages stand otherwise, `R0242` where they are erased, `R0103`
    /// and `R0106`. Then nothing is changed.
    pub fn handle(&mut self, chosen: Chosen<'_>, handling: Handling, stamp: Instant) -> Result<u64> {
        let count = Queue::write(self, stamp, |queue| {
            let messages = queue.run(|transaction| find(transaction, chosen))?.check(handling)?;
            for (message, _) in &messages {
                queue.handle(message, handling)?;
            }
            queue.head()?;
            Ok(messages.len() as u64)
        })?;
        self.checkpoint()?;
        Ok(count)
    }

    /// From this instant on nothing goes out through this channel; through none, if its name is empty. Whoever is sending stops
    /// after what is under way.
    ///
    /// # Errors
    /// `R0103`, `R0106`.
    pub fn pause(&mut self, channel: &str, because: Option<&str>, stamp: Instant) -> Result<()> {
        Queue::write(self, stamp, |queue| {
            queue.execute(
                "INSERT INTO channels (name, paused_at, paused_because) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET paused_at = ?2, paused_because = ?3",
                params![channel, stamp.0, because],
            )?;
            queue.tell_of_channel("paused", channel, because)
        })
    }

    /// Lets a channel go on that was paused, or all of them; gives the names of those that were paused, in order: empty
    /// for the pause of all.
    ///
    /// # Errors
    /// `R0103`, `R0106`.
    pub fn resume(&mut self, channel: Option<&str>, stamp: Instant) -> Result<Vec<String>> {
        Queue::write(self, stamp, |queue| {
            let paused: Vec<String> = queue.run(|transaction| {
                let mut query = transaction.prepare_cached(
                    "UPDATE channels SET paused_at = NULL, paused_because = NULL
                     WHERE paused_at IS NOT NULL AND (?1 IS NULL OR name = ?1) RETURNING name",
                )?;
                query.query_map([channel], |row| row.get(0))?.collect()
            })?;
            let paused = paused.into_iter().collect::<BTreeSet<_>>();
            for name in &paused {
                queue.tell_of_channel("resumed", name, None)?;
            }
            Ok(paused.into_iter().collect())
        })
    }
}

impl Queue<'_> {
    fn handle(&mut self, message: &Waiting, handling: Handling) -> Result<()> {
        let seq = message.seq;
        match handling {
            // It keeps whether a try may have got through; it has been due since it was tried.
            Handling::Requeue => {
                self.set_status(message, "waiting")?;
                self.execute("UPDATE deliveries SET attempts = 0 WHERE seq = ?1", [seq])?;
            }
            Handling::Delivered => {
                self.set_status(message, "sent")?;
                self.execute("UPDATE deliveries SET maybe = 0 WHERE seq = ?1", [seq])?;
                self.erase(seq)?;
            }
            Handling::Lost => {
                self.set_status(message, "dead")?;
                self.execute("UPDATE deliveries SET maybe = 0 WHERE seq = ?1", [seq])?;
            }
            Handling::Discard => {
                self.set_status(message, "discarded")?;
                self.release(seq)?;
                self.erase(seq)?;
            }
        }
        let (kind, reason) = handling.told();
        self.tell(kind, message, reason)
    }

    fn tell_of_channel(&mut self, kind: &str, channel: &str, reason: Option<&str>) -> Result<()> {
        let path = self.path;
        let failed = |error| diagnostics::state(path, &error);
        let cause = self.trail.cause(&Cause { kind, reason, ..Cause::default() }).map_err(failed)?;
        let detail = serde_json::json!({ "channel": channel }).to_string();
        let entry = Entry {
            run: None,
            at: self.stamp,
            person: None,
            cause: &cause,
            message: None,
            detail: Some(&detail),
        };
        self.trail.add(&entry).map_err(failed)
    }
}

/// Messages with how they stand, and keys that name none.
#[derive(Debug, Default)]
struct Found {
    messages: Vec<(Waiting, OutboxStatus)>,
    unknown: Vec<String>,
}

impl Found {
    /// The messages, if that can be done with all of them.
    fn check(self, handling: Handling) -> Result<Vec<(Waiting, OutboxStatus)>> {
        if !self.unknown.is_empty() {
            return Err(diagnostics::unknown_keys(&self.unknown));
        }
        let allowed = handling.allowed();
        let others = self.messages.iter().filter(|(_, status)| !allowed.contains(status));
        let others: Vec<_> = others.map(|(message, status)| (message.key.clone(), *status)).collect();
        if !others.is_empty() {
            return Err(diagnostics::wrong_status(&others, allowed));
        }
        let is_erased = |message: &Waiting| message.payload.is_empty() || message.customer.is_none();
        let erased = self.messages.iter().filter(|(message, _)| is_erased(message));
        let erased: Vec<_> = erased.map(|(message, _)| message.key.clone()).collect();
        if handling == Handling::Requeue && !erased.is_empty() {
            return Err(diagnostics::erased_messages(&erased));
        }
        Ok(self.messages)
    }
}

fn find(connection: &Connection, chosen: Chosen<'_>) -> rusqlite::Result<Found> {
    let mut found = Found::default();
    match chosen {
        Chosen::Keys(keys) => {
            let mut query = connection.prepare_cached(&format!(
                "{WAITING} WHERE outbox.seq = (SELECT seq FROM keys WHERE keys.key = unhex(?1))"
            ))?;
            for key in keys.iter().map(|key| key.trim().to_ascii_lowercase()).collect::<IndexSet<_>>() {
                match query.query_row([&key], message).optional()? {
                    Some(message) => found.messages.push(message),
                    None => found.unknown.push(key),
                }
            }
        }
        Chosen::All(status, channel) => {
            let mut query = connection.prepare_cached(&format!(
                "{WAITING} WHERE outbox.status = ?1 AND (?2 IS NULL OR channels.name = ?2) ORDER BY outbox.seq"
            ))?;
            let messages = query.query_map(params![status.word(), channel], message)?;
            found.messages = messages.collect::<rusqlite::Result<_>>()?;
        }
    }
    Ok(found)
}

fn message(row: &Row<'_>) -> rusqlite::Result<(Waiting, OutboxStatus)> {
    Ok((waiting(row)?, OutboxStatus::read(row, "status")?))
}

#[cfg(test)]
mod tests;
