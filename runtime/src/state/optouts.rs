//! Who does not want to be written to.
//!
//! An opt-out holds from the transaction on that records it: planning leaves her out, and what waits for her already is
//! withheld in the same transaction. What a running session has handed over just then is under way, and stays.

use super::outcomes::{Named, find};
use super::people::receiver;
use super::{Entropy, Entry, Forgotten, People, Person, Queue, State};
use crate::audit::chain::Cause;
use crate::diagnostics::{self, Result};
use crate::optouts::{OptOut, Who};
use crate::outcomes::About;
use rulec_plan::time::Instant;
use rusqlite::params;
use std::collections::{HashMap, HashSet};

/// How opt-outs are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hearing<'a> {
    /// From where they are known, for the audit. No address, no name: it stays there for ever.
    pub source: &'a str,
    /// The clock of the machine.
    pub now: Instant,
    /// Randomness from which the salts of customers come who are new to the state.
    pub entropy: Entropy,
}

/// What became of opt-outs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OptedOut {
    /// How many are new.
    pub new: u64,
    /// How many were known, or are older than that she opted in again, or of customers who were forgotten anyway.
    pub known: u64,
    /// How many waiting messages will not be sent.
    pub withheld: u64,
}

/// What became of an opting in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OptedIn {
    /// How many opt-outs ended.
    pub ended: u64,
    /// Whether she is still opted out of every channel.
    pub of_all: bool,
}

/// A customer and the channel of a message, if it was one that told of her.
type Told = (Person, Option<String>);

impl State {
    /// Those of these customers of whom anything is recorded, or who were forgotten.
    ///
    /// # Errors
    /// `R0106`.
    pub fn known_among<'k>(&self, customers: impl Iterator<Item = &'k str>) -> Result<HashSet<&'k str>> {
        self.read(|connection| {
            let forgotten = Forgotten::read(connection)?;
            let mut query = connection.prepare("SELECT EXISTS (SELECT 1 FROM people WHERE customer = ?1)")?;
            let mut known = HashSet::new();
            for customer in customers {
                if forgotten.has(customer) || query.query_row([customer], |row| row.get(0))? {
                    known.insert(customer);
                }
            }
            Ok(known)
        })
    }

    /// Records opt-outs, and withholds what waits for those customers: all of it, or, if any message is not known, nothing.
    /// Recording them again changes nothing. There are no addresses among them any more.
    ///
    /// # Errors
    /// `R0150` for messages that are not known, with their lines; `R0103`, `R0106`.
    pub fn opt_out(&mut self, optouts: &[OptOut], hearing: Hearing<'_>) -> Result<OptedOut> {
        Queue::write(self, hearing.now, |queue| {
            let told = queue.told(optouts, hearing.entropy)?;
            let ended = queue.ended_optouts()?;
            let mut done = OptedOut::default();
            for (optout, told) in optouts.iter().zip(told) {
                let withheld = match &told {
                    Some((person, channel)) => {
                        let channel = optout.channel.as_deref().or(channel.as_deref());
                        let came_back = ended.get(&(person.id, channel.unwrap_or_default().to_owned()));
                        // Whoever opted in again later does not lose that to an old list.
                        if came_back.is_some_and(|back| *back >= optout.at) {
                            None
                        } else {
                            queue.opt_out(person, channel, hearing.source)?
                        }
                    }
                    None => None,
                };
                match withheld {
                    Some(withheld) => (done.new, done.withheld) = (done.new + 1, done.withheld + withheld),
                    None => done.known += 1,
                }
            }
            Ok(done)
        })
    }

    /// Ends the opt-outs of a customer: of one channel, or all.
    ///
    /// # Errors
    /// `R0103`, `R0106`.
    pub fn opt_in(&mut self, customer: &str, channel: Option<&str>, hearing: Hearing<'_>) -> Result<OptedIn> {
        Queue::write(self, hearing.now, |queue| {
            let person = queue.run(|connection| People::new(connection, hearing.entropy)?.known(customer))?;
            match person {
                Some(person) => queue.opt_in(&person, channel, hearing.source),
                None => Ok(OptedIn::default()),
            }
        })
    }
}

impl Queue<'_> {
    /// Of whom each of these tells; nobody where she was forgotten.
    fn told(&self, optouts: &[OptOut], entropy: Entropy) -> Result<Vec<Option<Told>>> {
        let mut unknown = Vec::new();
        let told = self.run(|connection| {
            let mut people = People::new(connection, entropy)?;
            let forgotten = Forgotten::read(connection)?;
            let mut told = Vec::with_capacity(optouts.len());
            for optout in optouts {
                let about = match &optout.who {
                    Who::Customer(customer) => {
                        told.push(people.of(customer)?.map(|person| (person, None)));
                        continue;
                    }
                    Who::Message(key) => About::Message(key.clone()),
                    Who::Code(code) => About::Code(code.clone()),
                    Who::Address(_) => {
                        told.push(None);
                        continue;
                    }
                };
                match find(connection, &about, optout.at, &forgotten)? {
                    Named::Message(message) => {
                        let person = receiver(connection, message)?;
                        let channel = "SELECT name FROM channels
                                       WHERE id = (SELECT channel FROM outbox WHERE seq = ?1)";
                        let channel = connection.query_row(channel, [message], |row| row.get(0))?;
                        told.push(Some((person, Some(channel))));
                    }
                    Named::Forgotten => told.push(None),
                    Named::Unknown => unknown.push((about, optout.line)),
                }
            }
            Ok(told)
        })?;
        if unknown.is_empty() { Ok(told) } else { Err(diagnostics::unknown_messages(&unknown)) }
    }

    /// When opt-outs ended that did, by person and channel. All at once: they lie in no index.
    fn ended_optouts(&self) -> Result<HashMap<(i64, String), Instant>> {
        let query = "SELECT person, channel, max(ended_at) FROM optouts
                     WHERE ended_at IS NOT NULL GROUP BY person, channel";
        self.run(|connection| {
            let mut query = connection.prepare_cached(query)?;
            let ended = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), Instant(row.get(2)?))))?;
            ended.collect()
        })
    }

    /// Opts a customer out from now on. Gives how many messages are withheld for it; nothing if that was known.
    fn opt_out(&mut self, person: &Person, channel: Option<&str>, source: &str) -> Result<Option<u64>> {
        let known = "SELECT EXISTS (SELECT 1 FROM optouts
                        WHERE person = ?1 AND channel = ?2 AND ended_at IS NULL)";
        let values = params![person.id, channel.unwrap_or_default()];
        if self.run(|connection| connection.prepare_cached(known)?.query_row(values, |row| row.get(0)))? {
            return Ok(None);
        }
        let insert = "INSERT INTO optouts (person, channel, at, source) VALUES (?1, ?2, ?3, ?4)";
        self.execute(insert, params![person.id, channel.unwrap_or_default(), self.stamp.0, source])?;
        self.tell_of("optout", person, Some(&detail(channel, source)))?;
        let waiting = self.waiting_for(person.id, channel, true)?;
        for one in &waiting {
            self.withhold(one, "opted out")?;
        }
        Ok(Some(waiting.len() as u64))
    }

    fn opt_in(&mut self, person: &Person, channel: Option<&str>, source: &str) -> Result<OptedIn> {
        let now = self.stamp.0;
        let end = "UPDATE optouts SET ended_at = max(?3, at)
                   WHERE person = ?1 AND (?2 IS NULL OR channel = ?2) AND ended_at IS NULL";
        let ended = self.run(|connection| connection.execute(end, params![person.id, channel, now]))?;
        if ended > 0 {
            self.tell_of("optin", person, Some(&detail(channel, source)))?;
        }
        let of_all = "SELECT EXISTS (SELECT 1 FROM optouts
                        WHERE person = ?1 AND channel = '' AND ended_at IS NULL)";
        let of_all = self.run(|connection| connection.query_row(of_all, [person.id], |row| row.get(0)))?;
        Ok(OptedIn { ended: ended as u64, of_all })
    }

    /// Adds a record about a customer, and no message.
    pub(super) fn tell_of(&mut self, kind: &str, person: &Person, detail: Option<&str>) -> Result<()> {
        let at = self.stamp;
        let told = self.trail.cause(&Cause { kind, ..Cause::default() }).and_then(|cause| {
            let person = Some((person.id, &person.commitment));
            self.trail.add(&Entry { run: None, at, person, cause: &cause, message: None, detail })
        });
        told.map_err(self.failed())
    }
}

fn detail(channel: Option<&str>, source: &str) -> String {
    serde_json::json!({ "channel": channel, "source": source }).to_string()
}
