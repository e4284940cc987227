//! What an engine answers.

use fixedbitset::FixedBitSet;
use rulec_plan::audience::{NodeId, Scalar};
use std::collections::BTreeMap;
use std::time::Duration;

/// The key of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// An integer key.
    Integer(i64),
    /// A text key.
    Text(&'a str),
}

impl std::fmt::Display for Key<'_> {
    /// The key as text, as the published split function and all output have it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Integer(number) => number.fmt(f),
            Key::Text(text) => f.write_str(text),
        }
    }
}

/// The keys of all customers, ascending: integers by value, texts by their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Integer keys.
    Integers(Vec<i64>),
    /// Text keys.
    Texts(Vec<Box<str>>),
}

impl Keys {
    /// How many customers there are.
    pub fn len(&self) -> usize {
        match self {
            Keys::Integers(keys) => keys.len(),
            Keys::Texts(keys) => keys.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes they take.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Keys::Integers(keys) => keys.len() as u64 * 8,
            // Address and length, and what the allocator adds.
            Keys::Texts(keys) => keys.iter().map(|key| key.len() as u64 + 32).sum(),
        }
    }

    /// The key of this customer, if there are so many.
    pub fn get(&self, customer: usize) -> Option<Key<'_>> {
        match self {
            Keys::Integers(keys) => keys.get(customer).map(|key| Key::Integer(*key)),
            Keys::Texts(keys) => keys.get(customer).map(|key| Key::Text(key)),
        }
    }
}

/// For which customers a condition is true, and for which it is unknown; for all others it is false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tristate {
    /// True.
    pub yes: FixedBitSet,
    /// Unknown: it rests on a missing value.
    pub unknown: FixedBitSet,
}

/// The values of one node for all customers.
pub trait Values: std::fmt::Debug {
    /// The value for this customer; [`Scalar::Missing`] for a customer that there is not.
    fn get(&self, customer: usize) -> Scalar;
}

/// What was asked, answered. Customers are numbered from 0 in the order of their keys.
#[derive(Debug)]
pub struct Answers {
    /// Their keys.
    pub keys: Keys,
    /// One for each condition of the question.
    pub conditions: BTreeMap<NodeId, Tristate>,
    /// One for each output of the question.
    pub outputs: BTreeMap<NodeId, Box<dyn Values>>,
    /// What it took.
    pub work: Work,
    /// How long it took; the only thing here that differs from run to run.
    pub timings: Timings,
    /// SHA-256, lower-case hex, of what identifies this state of the data for the engine; the same data gives the same.
    /// Empty where the question does not ask for it.
    pub data_hash: String,
}

/// What it took to answer: counted, not timed.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Work {
    /// By table, in the order read.
    pub tables: Vec<TableWork>,
}

/// What reading one table took.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct TableWork {
    /// The table, or the event table of a query.
    pub table: String,
    /// How many times it was read from end to end.
    pub scans: u32,
    /// How many rows were read in all.
    pub rows: u64,
    /// How many of them belong to no known customer.
    pub strangers: u64,
}

/// Time spent, summed over all threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Getting rows out of their store.
    pub read: Duration,
    /// Turning rows into aggregates of customers.
    pub aggregate: Duration,
    /// Computing conditions, and ranking customers.
    pub evaluate: Duration,
}

impl Work {
    /// Counts one reading of a table.
    pub(crate) fn count(&mut self, table: &str, rows: u64, strangers: u64) {
        let place = self.tables.iter().position(|known| known.table == table).unwrap_or_else(|| {
            self.tables.push(TableWork { table: table.to_owned(), ..TableWork::default() });
            self.tables.len() - 1
        });
        let counted = &mut self.tables[place];
        counted.scans += 1;
        counted.rows += rows;
        counted.strangers += strangers;
    }
}

impl Answers {
    /// How many customers there are.
    pub fn population(&self) -> usize {
        self.keys.len()
    }

    /// For whom this condition holds.
    ///
    /// # Panics
    /// If it was not asked.
    pub fn condition(&self, node: NodeId) -> &Tristate {
        &self.conditions[&node]
    }

    /// The value of this output for this customer.
    ///
    /// # Panics
    /// If it was not asked.
    pub fn value(&self, node: NodeId, customer: usize) -> Scalar {
        self.outputs[&node].get(customer)
    }
}
