//! Answers an [audience plan](rulec_plan::audience) from a customer database: who fulfils which condition, and on which
//! values. Customer databases are only ever read.
//!
//! | stage | file |
//! | --- | --- |
//! | rows come in batches of undecoded columns | [`batch`], [`source`]; [`sqlite`], [`memory`] |
//! | cells become values, strictly | `decode`, `texts`, `written`, `column`; what cannot be read: `faults` |
//! | customers get numbers, events find their customers | `keys` |
//! | rows become aggregates | `aggregate` |
//! | nodes are computed, a tile of customers at a time | `evaluate`, `population` |
//! | values that were asked for | `outputs`, `packed` |
//! | aggregates that were finished for an earlier answer | `memo` |
//! | the order of all that | `run` |
//! | where project file and data disagree | `schema` |
//! | what a database has, for a first project file | [`introspect`] |
//!
//! Deliberately absent: SQL for each rule, evaluation row by row, writing.

mod aggregate;
mod answers;
pub mod batch;
mod column;
mod decode;
mod diagnostics;
mod evaluate;
mod faults;
mod hash;
mod keys;
mod lookup;
mod memo;
pub mod memory;
mod outputs;
mod packed;
mod population;
mod run;
mod schema;
pub mod source;
pub mod sqlite;
mod texts;
mod written;

pub use answers::{Answers, Key, Keys, TableWork, Timings, Tristate, Values, Work};
pub use memory::{MemoryEngine, Table, Value};
pub use schema::SchemaCheck;
pub use sqlite::{SqliteEngine, introspect};

use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
#[cfg(doc)]
use rulec_plan::project::Source;
use source::Tables;
use std::fmt;

/// What is asked of an engine.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The audience, the instant of the run and the zone.
    pub plan: &'a Plan,
    /// The Bool nodes whose customers are wanted.
    pub conditions: &'a [NodeId],
    /// The nodes whose values are wanted, for audit and messages.
    pub outputs: &'a [NodeId],
    /// Whether the hash of the data is wanted.
    pub data_hash: bool,
    /// Where the tables of [`Source::Kept`] are, and nothing else is read from there; `None`: they are empty. Customers
    /// stand in them by their key as text.
    pub kept: Option<&'a dyn Tables>,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, conditions, outputs, data_hash, kept } = self;
        f.debug_struct("Question")
            .field("plan", plan)
            .field("conditions", conditions)
            .field("outputs", outputs)
            .field("data_hash", data_hash)
            .field("has_kept", &kept.is_some())
            .finish()
    }
}

/// How an engine goes about an answer. No choice changes what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many threads read and add up; at least 1.
    pub threads: usize,
    /// About how many bytes may be held at a time. What would need more is done for one range of customers after the
    /// other, at the price of reading the event tables once for each range.
    pub memory: u64,
    /// How tables of an SQLite file are read.
    pub reader: Reader,
}

/// How tables of an SQLite file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// From its pages where that is possible, else by stepping.
    #[default]
    Fastest,
    /// By statements, row after row.
    Stepping,
}

impl Default for Options {
    /// One thread, 2 GiB.
    fn default() -> Self {
        Self { threads: 1, memory: 2 << 30, reader: Reader::default() }
    }
}

/// Something that can answer. Two engines asked the same question give the same answers.
pub trait Engine {
    /// Answers a question from one snapshot of the database. `progress` is told from time to time how far it is.
    ///
    /// # Errors
    /// Family `R`: what the database lacks, or which rows hold what they must not. Nothing is answered then.
    fn answer(
        &mut self,
        question: Question<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answers, Vec<Diagnostic>>;
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The table or event table that is being read.
    pub table: &'a str,
    /// How many rows were read.
    pub rows: u64,
    /// About how many there are, if that is known without reading them.
    pub of: Option<u64>,
}
