//! Forgetting a customer: what names her goes, what was done stays.

use super::people::mark_forgotten;
use super::{Entropy, People, Queue, State};
use crate::diagnostics::Result;
use crate::traces::Known;
use rulec_plan::time::Instant;
use rusqlite::{Connection, ErrorCode};
use std::collections::HashSet;

/// What became of forgetting a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgot {
    /// Whether anything was known of her.
    pub was_known: bool,
    /// Whether she had been forgotten before.
    pub again: bool,
    /// How many waiting messages and other actions will not be done.
    pub withheld: u64,
    /// How many messages are being handed over just now; nothing of her is left of them when that is over.
    pub under_way: u64,
}

/// What is erased of her messages, however they ended. Whoever sends one just now has its own copy. Their keys, too: they
/// are made of nothing but what others know, so by trying customers one would find hers.
const ERASE: [&str; 4] = [
    "DELETE FROM payloads WHERE seq IN (SELECT seq FROM outbox WHERE person = ?1)",
    "UPDATE deliveries SET said = NULL, provider_id = NULL
     WHERE seq IN (SELECT seq FROM outbox WHERE person = ?1)",
    "DELETE FROM keys WHERE key IN (SELECT key FROM outbox WHERE person = ?1)",
    "UPDATE outbox SET key = NULL WHERE person = ?1",
];

impl State {
    /// By what a customer is known in files beside the state; to be asked before she is forgotten.
    ///
    /// # Errors
    /// `R0106`.
    pub fn known_by(&self, customer: &str) -> Result<Known> {
        let messages = self.read(|connection| keys_of(connection, customer))?;
        Ok(Known { customer: customer.to_owned(), messages })
    }

    /// Forgets a customer: her key and what seals her records go, what waits for her is withheld, the texts and addresses
    /// of all her messages are erased, and a mark remains by which nothing is ever recorded of her again. The audit
    /// says that she was forgotten, and stays valid. [`State::sweep`] then leaves no copy of it.
    ///
    /// # Errors
    /// `R0103`, `R0106`.
    pub fn forget(&mut self, customer: &str, now: Instant) -> Result<Forgot> {
        Queue::write(self, now, |queue| queue.forget(customer))
    }

    /// Leaves no byte of what was erased in the file and in the log beside it. SQLite overwrites what is erased, but not the
    /// copies that remain where it moves cells within a page; so the file is written anew, which takes as long as copying it.
    /// Gives whether it could: not while somebody else uses the state. Nobody may be sending meanwhile.
    ///
    /// # Errors
    /// `R0106`.
    pub fn sweep(&self) -> Result<bool> {
        match self.connection.execute_batch("VACUUM") {
            Ok(()) => self.checkpoint(),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }
}

impl Queue<'_> {
    fn forget(&mut self, customer: &str) -> Result<Forgot> {
        // Nobody is added, so no salt is made.
        let (person, again) = self.run(|connection| {
            let mut people = People::new(connection, Entropy::default())?;
            Ok((people.known(customer)?, people.has_forgotten(customer)))
        })?;
        let now = self.stamp;
        self.run(|connection| mark_forgotten(connection, customer, now))?;
        let Some(person) = person else { return Ok(Forgot { again, ..Forgot::default() }) };
        let waiting = self.waiting_for(person.id, None, false)?;
        for one in &waiting {
            self.withhold(one, "forgotten")?;
        }
        self.run(|connection| {
            let keys = keys_of(connection, customer)?;
            keys.iter().try_for_each(|key| mark_forgotten(connection, key, now))
        })?;
        for erase in ERASE {
            self.execute(erase, [person.id])?;
        }
        self.tell_of("forgotten", &person, None)?;
        self.execute("UPDATE people SET customer = NULL, salt = NULL WHERE id = ?1", [person.id])?;
        let marked = "SELECT count(*) FROM outbox WHERE person = ?1 AND status = 'marked'";
        let under_way =
            self.run(|connection| connection.query_row(marked, [person.id], |row| row.get::<_, i64>(0)))?;
        Ok(Forgot {
            was_known: true,
            again,
            withheld: waiting.len() as u64,
            under_way: under_way.unsigned_abs(),
        })
    }
}

/// The keys of the messages of a customer, as hex.
fn keys_of(connection: &Connection, customer: &str) -> rusqlite::Result<HashSet<String>> {
    let mut query = connection.prepare(
        "SELECT lower(hex(key)) FROM people JOIN outbox ON outbox.person = people.id
         WHERE customer = ?1 AND key IS NOT NULL",
    )?;
    query.query_map([customer], |row| row.get(0))?.collect()
}
