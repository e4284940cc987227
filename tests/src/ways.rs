//! All ways in which engines can go about one question: whatever is chosen, the answer is the same.

use crate::random::{Case, Database};
use crate::whole::ask_after_runs;
use crate::{database, whole};
use rulec_diagnostic::Diagnostic;
use rulec_engine::{Answers, MemoryEngine, Options, Reader, SqliteEngine, Value};
use rulec_plan::Plan;
use rulec_plan::audience::{Aggregate, AggregateId, Audience, Function, Node, NodeId, Op, Shape};
use rulec_plan::time::{HOUR, Instant};
use std::path::{Path, PathBuf};

/// Where the tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In an SQLite file.
    File,
    /// In memory, with the rows of every table in another order.
    Shuffled,
}

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Where the tables are.
    pub store: Store,
    /// How an engine goes about it.
    pub options: Options,
}

/// The plainest: row after row, on one thread, all customers at once. It is what is held against the reference.
pub const PLAIN: Way = way(Store::File, Reader::Stepping, 1, u64::MAX);

/// All others: readers and threads, with memory for everybody and for as few customers at a time as can be.
pub const OTHERS: &[Way] = &[
    way(Store::File, Reader::Fastest, 1, u64::MAX),
    way(Store::File, Reader::Fastest, 2, u64::MAX),
    way(Store::Shuffled, Reader::Fastest, 1, 0),
    way(Store::File, Reader::Fastest, 3, 0),
    way(Store::Shuffled, Reader::Fastest, 2, u64::MAX),
    way(Store::File, Reader::Stepping, 2, 0),
    way(Store::Shuffled, Reader::Fastest, 3, 0),
];

const fn way(store: Store, reader: Reader, threads: usize, memory: u64) -> Way {
    Way { store, options: Options { threads, memory, reader } }
}

/// What an engine says: the answer, or what is wrong.
pub type Said = Result<Answers, Vec<Diagnostic>>;

/// The file of the state beside a database.
pub fn state_beside(database: &Path) -> PathBuf {
    database.with_file_name("state.db")
}

/// Asks a case in one way; `path` is its database as a file, beside its state.
pub fn answer(way: Way, case: &Case, path: &Path, plan: &Plan, outputs: &[NodeId]) -> Said {
    match way.store {
        Store::File => ask_files(path, way.options, plan, outputs),
        Store::Shuffled => {
            let [database, state] = case.shuffled();
            let mut engine = shop_in_memory(&database).with(way.options);
            ask_after_runs(&mut engine, plan, outputs, Some(&in_memory(&state)))
        }
    }
}

/// Asks the files of a case.
///
/// # Errors
/// What is wrong.
pub fn ask_files(path: &Path, options: Options, plan: &Plan, outputs: &[NodeId]) -> Said {
    let mut engine = SqliteEngine::open(path).map_err(|found| vec![found])?.with(options);
    let mut state = SqliteEngine::open_state(&state_beside(path)).map_err(|found| vec![found])?;
    let asked = state.snapshot(|kept| ask_after_runs(&mut engine, plan, outputs, Some(kept)));
    asked.map_err(|found| vec![found])?
}

/// Adds aggregates to a plan, until what is held for so many customers is more than an engine holds at a time that was
/// given no memory. The nodes of the new aggregates.
pub fn crowd(plan: &mut Plan, customers: usize) -> Vec<NodeId> {
    /// Of eight bytes each: a quarter more than the least that an engine takes.
    const CELLS: usize = 5 << 19;
    let aggregate_count = (CELLS / customers.max(1)) as i64;
    let as_of = plan.as_of.0;
    let Some(scan) = plan.audience.scans.first_mut() else { return Vec::new() };
    let stream = &mut scan.streams[0];
    stream.nodes.push(Node { op: Op::Column(stream.time), shape: Shape::Int });
    let time = NodeId(stream.nodes.len() as u32 - 1);
    let hours_ago = |number: i64| Some(Instant(as_of - number * HOUR));
    let mut nodes = Vec::new();
    for number in 0..aggregate_count {
        let Audience { aggregates, nodes: all, .. } = &mut plan.audience;
        all.push(Node { op: Op::Aggregate(AggregateId(aggregates.len() as u32)), shape: Shape::Int });
        nodes.push(NodeId(all.len() as u32 - 1));
        aggregates.push(Aggregate {
            scan: 0,
            stream: 0,
            function: Function::Min(time),
            from: hours_ago(number + 1),
            until: hours_ago(number),
            filter: None,
            stage: 0,
        });
    }
    nodes
}

fn in_memory(tables: &Database) -> MemoryEngine {
    tables
        .iter()
        .fold(MemoryEngine::new(), |engine, (name, table)| engine.table(name, database::in_memory(table)))
}

fn shop_in_memory(tables: &Database) -> MemoryEngine {
    let engine = in_memory(tables)
        .filter("active = 1", |cell| cell("active") == Value::Integer(1))
        .filter("what = 'paid'", |cell| cell("what") == Value::from("paid"))
        .filter("what = 'refunded'", |cell| cell("what") == Value::from("refunded"));
    tables.iter().fold(engine, |engine, (name, table)| {
        engine.table(&format!("SELECT * FROM {name}"), database::in_memory(table))
    })
}

/// How often one way must have read tables, compared with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readings {
    /// As often, and as many rows.
    AsMany,
    /// More often: for one range of customers after the other.
    More,
}

/// How often tables were read from end to end, in all.
fn scans(answers: &Answers) -> u32 {
    answers.work.tables.iter().map(|table| table.scans).sum()
}

/// Holds what two ways have said of the same question together.
///
/// # Errors
/// The first difference.
pub fn same(one: &Said, other: &Said, outputs: &[NodeId], readings: Readings) -> Result<(), String> {
    let (one, other) = match (one, other) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(one), Err(other)) if one == other => return Ok(()),
        (one, other) => return Err(format!("{} and not {}", told(other), told(one))),
    };
    if one.keys != other.keys || one.conditions != other.conditions {
        return Err("other customers are taken".to_owned());
    }
    // Customer by customer: values are computed for some customers at a time, when they are looked at.
    for customer in 0..one.population() {
        for output in outputs {
            let (own, others) = (one.value(*output, customer), other.value(*output, customer));
            if own != others {
                return Err(format!("{output:?} of customer {customer} is {others:?} and not {own:?}"));
            }
        }
    }
    if one.data_hash != other.data_hash {
        return Err(format!("the same data has the hash {} and not {}", other.data_hash, one.data_hash));
    }
    let is_expected = match readings {
        Readings::AsMany => one.work == other.work,
        Readings::More => scans(one) < scans(other),
    };
    if is_expected { Ok(()) } else { Err(format!("the work is {:?} and not {:?}", other.work, one.work)) }
}

fn told(said: &Said) -> String {
    match said {
        Ok(answers) => format!("{} customers are answered", answers.population()),
        Err(found) => whole::listed(found, &rulec_diagnostic::Sources::default()),
    }
}
