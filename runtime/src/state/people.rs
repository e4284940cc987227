//! Customers by number. Nothing is written about those who wanted to be forgotten.

use crate::audit::chain::{self, Hash, Salt};
use crate::hash::first_bytes;
use rulec_engine::Keys;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Randomness from which the salts of new people come; never stored.
pub type Entropy = [u8; 32];

/// A customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) salt: Salt,
    pub(crate) commitment: Hash,
}

/// Finds customers within a transaction, and adds new ones.
pub(crate) struct People<'a> {
    find: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    entropy: Entropy,
    next: i64,
    forgotten: Forgotten,
    /// Lines of a plan come by customer, so the last one is mostly asked for again.
    last: String,
    found: Option<Person>,
    /// Whether the last one was new: then the next one probably is, too, and need not be looked for first.
    was_new: bool,
}

impl<'a> People<'a> {
    /// All that there are; the salts of new ones come from this randomness.
    pub(crate) fn new(connection: &'a Connection, entropy: Entropy) -> rusqlite::Result<People<'a>> {
        let next = "SELECT coalesce(max(id), 0) + 1 FROM people";
        Ok(People {
            find: connection.prepare_cached("SELECT id, salt, commitment FROM people WHERE customer = ?1")?,
            insert: connection.prepare_cached(
                "INSERT INTO people (id, customer, salt, commitment) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?,
            entropy,
            next: connection.query_row(next, [], |row| row.get(0))?,
            forgotten: Forgotten::read(connection)?,
            last: String::new(),
            found: None,
            was_new: false,
        })
    }

    /// The customer of this key, who is added if she is new; `None` if she was forgotten.
    pub(crate) fn of(&mut self, customer: &str) -> rusqlite::Result<Option<Person>> {
        if self.found.is_none() || self.last != customer {
            self.found = self.look_up(customer)?;
            self.last.clear();
            self.last.push_str(customer);
        }
        Ok(self.found)
    }

    /// The customer of this key, if anything was ever recorded of her, and she was not forgotten.
    pub(crate) fn known(&mut self, customer: &str) -> rusqlite::Result<Option<Person>> {
        self.find.query_row([customer], person).optional()
    }

    /// Whether the customer of this key wanted to be forgotten.
    pub(crate) fn has_forgotten(&self, customer: &str) -> bool {
        self.forgotten.has(customer)
    }

    fn look_up(&mut self, customer: &str) -> rusqlite::Result<Option<Person>> {
        if self.forgotten.has(customer) {
            return Ok(None);
        }
        if !self.was_new {
            let known = self.find.query_row([customer], person).optional()?;
            if known.is_some() {
                return Ok(known);
            }
        }
        let added = self.add(customer)?;
        self.was_new = added.is_some();
        match added {
            Some(person) => Ok(Some(person)),
            None => self.find.query_row([customer], person).map(Some),
        }
    }

    /// Adds a customer; `None` if she is known.
    fn add(&mut self, customer: &str) -> rusqlite::Result<Option<Person>> {
        let id = self.next;
        let hash = Sha256::new().chain_update(self.entropy).chain_update(id.to_be_bytes()).finalize();
        let salt: Salt = first_bytes(&hash);
        let commitment = chain::commitment(&salt, customer);
        if self.insert.execute(params![id, customer, salt, commitment])? == 0 {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(Person { id, salt, commitment }))
    }
}

/// The customer to whom a message goes, who was not forgotten.
pub(super) fn receiver(connection: &Connection, message: i64) -> rusqlite::Result<Person> {
    let query = "SELECT id, salt, commitment FROM people
                 WHERE id = (SELECT person FROM outbox WHERE seq = ?1)";
    connection.prepare_cached(query)?.query_row([message], person)
}

/// Remembers of somebody only that she wanted to be forgotten, by her key or by that of a message of hers.
pub(super) fn mark_forgotten(connection: &Connection, key: &str, at: Instant) -> rusqlite::Result<()> {
    let mark = chain::mark(&secret(connection)?, key);
    let insert = "INSERT INTO forgotten (mark, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    connection.prepare_cached(insert)?.execute(params![mark, at.0]).map(drop)
}

fn secret(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    connection.query_row("SELECT value FROM secrets WHERE name = 'forgotten'", [], |row| row.get(0))
}

/// A person of the columns `id`, `salt`, `commitment`.
fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { id: row.get(0)?, salt: row.get(1)?, commitment: row.get(2)? })
}

/// Where those who wanted to be forgotten stand among the customers with these keys, ascending. Where nobody wanted
/// that, no customer is looked at.
pub(super) fn forgotten_among(connection: &Connection, keys: &Keys) -> rusqlite::Result<Vec<u32>> {
    let forgotten = Forgotten::read(connection)?;
    if forgotten.marks.is_empty() {
        return Ok(Vec::new());
    }
    let numbers =
        (0..keys.len()).filter(|place| keys.get(*place).is_some_and(|key| forgotten.has(&key.to_string())));
    Ok(numbers.filter_map(|place| u32::try_from(place).ok()).collect())
}

/// Those who wanted to be forgotten.
#[derive(Debug)]
pub(crate) struct Forgotten {
    secret: Vec<u8>,
    marks: HashSet<Hash>,
}

impl Forgotten {
    /// All of them.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Forgotten> {
        let mut marks = connection.prepare_cached("SELECT mark FROM forgotten")?;
        Ok(Forgotten {
            secret: secret(connection)?,
            marks: marks.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Whether the customer of this key is one of them, or the message of this key was to one of them.
    pub(crate) fn has(&self, key: &str) -> bool {
        !self.marks.is_empty() && self.marks.contains(&chain::mark(&self.secret, key))
    }
}
