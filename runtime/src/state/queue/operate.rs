//! What a person decides about the outbox: to send again, to say what became of a message in doubt, to give up, to pause.
//! Each change of a message has a record of the audit.

use super::{Queue, WAITING, Waiting, waiting};
use crate::audit::chain::Cause;
use crate::diagnostics::{self, Result};
use crate::state::{Entry, OutboxStatus, State};
use indexmap::{IndexMap, IndexSet};
use rulec_channels::Reason;
use rulec_plan::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// Which messages a person decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// Those with these keys.
    Keys(&'a [String]),
    /// All of a group.
    All(Group<'a>),
}

/// Messages that have something in common; all that is set must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<'a> {
    /// How they stand.
    pub status: OutboxStatus,
    /// Through this channel.
    pub channel: Option<&'a str>,
    /// Of plans whose id begins like this.
    pub plan: Option<&'a str>,
}

/// What is to be done with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Send them again.
    Requeue,
    /// They were delivered after all.
    Delivered,
    /// They were not delivered: from now on they are dead letters.
    Lost,
    /// Give them up: they no longer count, and their codes may go to others. One that may have been delivered already is in
    /// doubt instead.
    Discard,
}

impl Remedy {
    /// How messages must stand with which that can be done.
    const fn allowed(self) -> &'static [OutboxStatus] {
        match self {
            Remedy::Requeue => &[OutboxStatus::Dead, OutboxStatus::Doubt],
            Remedy::Delivered | Remedy::Lost => &[OutboxStatus::Doubt],
            Remedy::Discard => &[OutboxStatus::Dead, OutboxStatus::Waiting],
        }
    }

    /// Kind and reason of its records.
    const fn told(self) -> (&'static str, Option<&'static str>) {
        match self {
            Remedy::Requeue => ("requeued", None),
            Remedy::Delivered => ("settled", Some("sent")),
            Remedy::Lost => ("settled", Some("lost")),
            Remedy::Discard => ("discarded", None),
        }
    }
}

/// So many messages of a group are changed in one transaction, so that others come to write in between.
const PAGE: usize = if cfg!(test) { 2 } else { 1_000 };

impl State {
    /// How many messages that would be, by channel and by how they stand; changes nothing.
    ///
    /// # Errors
    /// As [`State::remedy`].
    pub fn count_chosen(
        &self,
        chosen: Chosen<'_>,
        remedy: Remedy,
    ) -> Result<IndexMap<(String, OutboxStatus), u64>> {
        let mut counts = IndexMap::new();
        match chosen {
            Chosen::Keys(keys) => {
                let found = self.read(|connection| find(connection, keys))?;
                for (message, status) in found.check(remedy)? {
                    *counts.entry((message.channel, status)).or_default() += 1;
                }
            }
            Chosen::All(group) => {
                if remedy == Remedy::Requeue {
                    let erased = self.read(|connection| group.erased(connection))?;
                    if !erased.is_empty() {
                        return Err(diagnostics::erased_messages(&erased));
                    }
                }
                let by_channel = self.read(|connection| group.count(connection))?;
                counts.extend(by_channel.into_iter().map(|(name, count)| ((name, group.status), count)));
            }
        }
        counts.sort_unstable_keys();
        Ok(counts)
    }

    /// Does this with these messages, recorded as of this instant; gives how many they are. Named messages are changed all or
    /// none; those of a group a thousand at a time, and `progress` is told how many are done.
    ///
    /// # Errors
    /// `R0240` for keys that are not there, `R0241` where messages stand otherwise, `R0242` where they are erased, `R0103`
    /// and `R0106`. Then nothing more is changed.
    pub fn remedy(
        &mut self,
        chosen: Chosen<'_>,
        remedy: Remedy,
        stamp: Instant,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        let (mut done, mut after) = (0, Some(0));
        while let Some(last) = after {
            let count;
            (count, after) = Queue::write(self, stamp, |queue| queue.remedy_page(chosen, remedy, last))?;
            done += count;
            progress(done);
        }
        self.checkpoint()?;
        Ok(done)
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
    /// Changes what is named, or of a group the next that come after this row. Gives how many they are, and the last of them
    /// if there may be more.
    fn remedy_page(&mut self, chosen: Chosen<'_>, remedy: Remedy, after: i64) -> Result<(u64, Option<i64>)> {
        let found = self.run(|transaction| match chosen {
            Chosen::Keys(keys) => find(transaction, keys),
            Chosen::All(group) => group.page(transaction, after),
        })?;
        let messages = found.check(remedy)?;
        for (message, _) in &messages {
            self.remedy(message, remedy)?;
        }
        let has_more = matches!(chosen, Chosen::All(_)) && messages.len() == PAGE;
        if !has_more {
            self.head()?;
        }
        Ok((messages.len() as u64, messages.last().map(|(last, _)| last.seq).filter(|_| has_more)))
    }

    fn remedy(&mut self, message: &Waiting, remedy: Remedy) -> Result<()> {
        let seq = message.seq;
        match remedy {
            // It keeps whether a try may have got through; it has been due since it was tried.
            Remedy::Requeue => {
                self.set_status(message, "waiting")?;
                self.execute("UPDATE deliveries SET attempts = 0 WHERE seq = ?1", [seq])?;
            }
            Remedy::Delivered => {
                self.set_status(message, "sent")?;
                self.execute("UPDATE deliveries SET maybe = 0 WHERE seq = ?1", [seq])?;
                self.erase(seq)?;
            }
            Remedy::Lost => {
                self.set_status(message, "dead")?;
                self.execute("UPDATE deliveries SET maybe = 0 WHERE seq = ?1", [seq])?;
            }
            // Its code may be in the customer's hands.
            Remedy::Discard if message.maybe => {
                return self.doubt(message, &Reason::new("given up", "", &[]));
            }
            Remedy::Discard => {
                self.set_status(message, "discarded")?;
                self.release(seq)?;
                self.erase(seq)?;
            }
        }
        let (kind, reason) = remedy.told();
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
    fn check(self, remedy: Remedy) -> Result<Vec<(Waiting, OutboxStatus)>> {
        if !self.unknown.is_empty() {
            return Err(diagnostics::unknown_keys(&self.unknown));
        }
        let allowed = remedy.allowed();
        let others = self.messages.iter().filter(|(_, status)| !allowed.contains(status));
        let others: Vec<_> = others.map(|(message, status)| (message.key.clone(), *status)).collect();
        if !others.is_empty() {
            return Err(diagnostics::wrong_status(&others, allowed));
        }
        let is_erased = |message: &Waiting| message.payload.is_empty() || message.customer.is_none();
        let erased = self.messages.iter().filter(|(message, _)| is_erased(message));
        let erased: Vec<_> = erased.map(|(message, _)| message.key.clone()).collect();
        if remedy == Remedy::Requeue && !erased.is_empty() {
            return Err(diagnostics::erased_messages(&erased));
        }
        Ok(self.messages)
    }
}

/// Messages by their keys.
fn find(connection: &Connection, keys: &[String]) -> rusqlite::Result<Found> {
    let mut found = Found::default();
    let mut query = connection.prepare_cached(&format!(
        "{WAITING} WHERE outbox.seq = (SELECT seq FROM keys WHERE keys.key = unhex(?1))"
    ))?;
    for key in keys.iter().map(|key| key.trim().to_ascii_lowercase()).collect::<IndexSet<_>>() {
        match query.query_row([&key], message).optional()? {
            Some(message) => found.messages.push(message),
            None => found.unknown.push(key),
        }
    }
    Ok(found)
}

impl Group<'_> {
    /// What holds of its rows. The status stands there as it is, so that the index of those that stand so is used.
    fn condition(self) -> String {
        format!(
            "outbox.status = '{}' AND (?1 IS NULL OR channels.name = ?1)
                AND (?2 IS NULL OR outbox.run IN (SELECT seq FROM runs WHERE substr(plan, 1, length(?2)) = ?2))",
            self.status.word()
        )
    }

    /// How many there are, by channel.
    fn count(self, connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
        let mut query = connection.prepare(&format!(
            "SELECT channels.name, count(*) FROM outbox JOIN channels ON channels.id = outbox.channel
             WHERE {} GROUP BY channels.name",
            self.condition()
        ))?;
        let count = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
        query.query_map(params![self.channel, self.plan], count)?.collect()
    }

    /// The keys of those of which nobody knows any more what they say or to whom.
    fn erased(self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut query = connection.prepare(&format!(
            "SELECT lower(hex(outbox.key)) FROM outbox JOIN channels ON channels.id = outbox.channel
                JOIN people ON people.id = outbox.person LEFT JOIN payloads ON payloads.seq = outbox.seq
             WHERE {} AND (payloads.seq IS NULL OR customer IS NULL) ORDER BY outbox.seq",
            self.condition()
        ))?;
        query.query_map(params![self.channel, self.plan], |row| row.get(0))?.collect()
    }

    /// The first after this row.
    fn page(self, connection: &Connection, after: i64) -> rusqlite::Result<Found> {
        let mut query = connection.prepare_cached(&format!(
            "{WAITING} WHERE {} AND outbox.seq > ?3 ORDER BY outbox.seq LIMIT {PAGE}",
            self.condition()
        ))?;
        let messages = query.query_map(params![self.channel, self.plan, after], message)?;
        Ok(Found { messages: messages.collect::<rusqlite::Result<_>>()?, unknown: Vec::new() })
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<(Waiting, OutboxStatus)> {
    Ok((waiting(row)?, OutboxStatus::read(row, "status")?))
}

#[cfg(test)]
mod tests;
