//! One pass over an event table: all its streams at once, on one thread or several.

use super::known::Known;
use super::reading::is_time_to_tell;
use super::recall::Extent;
use super::stream::{Shards, StreamPlan, StreamReading};
use crate::answers::Keys;
use crate::batch::Batch;
use crate::column::Column;
use crate::decode::{Chosen, Decoder};
use crate::faults::{Faults, Found, Owner};
use crate::keys::{KeyIndex, NOBODY, OTHER_TYPE};
use crate::lookup::Lookup;
use crate::source::{Part, Parts, Request, Sink, Tables};
use crate::texts::SharedTexts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::{ColumnId, EventScan};
use rulec_plan::project::Source;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is to be done with the rows of a table.
pub(super) struct ScanPlan<'s> {
    pub(super) scan: &'s EventScan,
    pub(super) streams: Vec<StreamPlan<'s>>,
    /// Place in the request by column.
    pub(super) places: BTreeMap<ColumnId, usize>,
}

/// What all threads of a pass look at.
pub(super) struct Shared<'a> {
    pub(super) plan: &'a Plan,
    pub(super) keys: &'a Keys,
    pub(super) index: &'a KeyIndex<'a>,
    pub(super) known: Known<'a>,
    pub(super) lookups: &'a [Lookup],
    pub(super) texts: &'a SharedTexts,
    /// The customers whose rows count in this pass.
    pub(super) range: Range<usize>,
    /// Whether no pass over this table for other customers came before.
    pub(super) is_first_range: bool,
    /// How many bytes may grow with the rows.
    pub(super) most_bytes: u64,
    /// Whether the times of rows are noted, for keeping what they come to.
    pub(super) notes_extent: bool,
}

/// The columns that the streams of a scan share.
pub(super) struct ScanColumns {
    /// Place in the request, and how to read it.
    readers: BTreeMap<ColumnId, (usize, Decoder)>,
    faults: Faults,
    /// Cells of the batch that were found unreadable by one stream and need no second report.
    reported: FxHashSet<(ColumnId, u32)>,
    /// The times of all rows of the batch, of columns in which nothing can be wrong with them.
    times: BTreeMap<ColumnId, (bool, Vec<i64>)>,
}

impl ScanColumns {
    fn new(plan: &ScanPlan<'_>, shared: &Shared<'_>) -> Self {
        let reader = |(id, place): (&ColumnId, &usize)| {
            let kind = &plan.scan.columns[id.0 as usize].kind;
            (*id, (*place, Decoder::new(kind, shared.plan.zone, shared.texts)))
        };
        Self {
            readers: plan.places.iter().map(reader).collect(),
            faults: Faults::default(),
            reported: FxHashSet::default(),
            times: plan.streams.iter().map(|stream| (stream.stream.time, (false, Vec::new()))).collect(),
        }
    }

    /// Row numbers begin anew.
    fn begin_batch(&mut self, batch: &Batch) {
        self.reported.clear();
        for (id, (is_readable, times)) in &mut self.times {
            let Some((place, decoder)) = self.readers.get(id) else { crate::column::differing_shapes() };
            *is_readable = decoder.decode_integers(&batch.columns[*place], times);
        }
    }

    /// The times of all rows in microseconds, if nothing can be wrong with any.
    pub(super) fn times(&self, id: ColumnId) -> Option<&[i64]> {
        self.times.get(&id).filter(|(is_readable, _)| *is_readable).map(|(_, times)| times.as_slice())
    }

    /// Decodes chosen rows, which belong to these customers.
    pub(super) fn decode(
        &mut self,
        id: ColumnId,
        batch: &Batch,
        (rows, customers): (&[u32], &[u32]),
        shared: &Shared<'_>,
        out: &mut Column,
    ) {
        let Some((place, decoder)) = self.readers.get_mut(&id) else { crate::column::differing_shapes() };
        let mut fault = |at: usize, found: Found| {
            if self.reported.insert((id, rows[at])) {
                let owner = shared.keys.get(customers[at] as usize).map(Owner::of);
                self.faults.add(id.0 as usize, owner, found);
            }
        };
        let raw = &batch.columns[*place];
        decoder.decode(Chosen { raw, rows, texts: shared.texts, fault: &mut fault }, out);
    }
}

/// One thread's part in a pass.
struct Worker<'p> {
    /// Whether the runtime keeps the table, in which customers stand by their key as text.
    is_kept: bool,
    columns: ScanColumns,
    streams: Vec<StreamReading<'p>>,
    /// The customers of the rows of the batch, by place of the key.
    customers: BTreeMap<usize, Vec<u32>>,
    too_large: Vec<u32>,
    rows: u64,
    strangers: u64,
    read: Duration,
    aggregate: Duration,
}

impl<'p> Worker<'p> {
    fn new(plan: &'p ScanPlan<'p>, shared: &Shared<'_>) -> Self {
        Self {
            is_kept: matches!(plan.scan.source, Source::Kept(_)),
            columns: ScanColumns::new(plan, shared),
            streams: plan.streams.iter().map(|stream| StreamReading::new(stream, shared)).collect(),
            customers: plan.streams.iter().map(|stream| (stream.customer, Vec::new())).collect(),
            too_large: Vec::new(),
            rows: 0,
            strangers: 0,
            read: Duration::ZERO,
            aggregate: Duration::ZERO,
        }
    }

    fn take(&mut self, batch: &Batch, shared: &Shared<'_>, shards: &[Shards]) {
        self.rows += batch.rows as u64;
        for (place, customers) in &mut self.customers {
            let keys = &batch.columns[*place];
            if self.is_kept {
                shared.index.find_all_written(keys, customers);
            } else {
                shared.index.find_all(keys, customers);
            }
        }
        self.columns.begin_batch(batch);
        for (stream, shards) in self.streams.iter_mut().zip(shards) {
            let customers = &self.customers[&stream.plan.customer];
            stream.take(batch, customers, &mut self.columns, shared, (shards, &mut self.too_large));
        }
        if shared.is_first_range {
            self.strangers += self.count_strangers(batch);
        }
    }

    /// How many rows some stream asks for, and belong to no known customer.
    fn count_strangers(&self, batch: &Batch) -> u64 {
        let is_stranger = |customer: &u32| matches!(*customer, NOBODY | OTHER_TYPE);
        if !self.customers.values().flatten().any(is_stranger) {
            return 0;
        }
        let strange = |row: &usize| {
            let mut asking =
                self.streams.iter().filter(|stream| stream.plan.asks_for(batch, *row)).peekable();
            let is_asked = asking.peek().is_some();
            is_asked && asking.all(|stream| is_stranger(&self.customers[&stream.plan.customer][*row]))
        };
        (0..batch.rows).filter(strange).count() as u64
    }
}

/// What a pass over a table came to, besides the cells.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) rows: u64,
    pub(super) strangers: u64,
    pub(super) read: Duration,
    pub(super) aggregate: Duration,
    /// Customers for whom a value is too large.
    pub(super) too_large: Vec<u32>,
    pub(super) faults: Faults,
    pub(super) extent: Extent,
    /// By stream, how many rows have keys of another type than the customers', and the least of what was found.
    pub(super) other_types: Vec<(u64, Option<Found>)>,
}

impl Passed {
    fn of(worker: Worker<'_>) -> Self {
        let mut extent = Extent::EMPTY;
        worker.streams.iter().for_each(|one| extent.merge(one.extent));
        let other_types = worker.streams.into_iter().map(|one| (one.other_type, one.first_other_type));
        Self {
            rows: worker.rows,
            strangers: worker.strangers,
            read: worker.read,
            aggregate: worker.aggregate,
            too_large: worker.too_large,
            faults: worker.columns.faults,
            extent,
            other_types: other_types.collect(),
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.strangers += other.strangers;
        self.read += other.read;
        self.aggregate += other.aggregate;
        self.too_large.extend(other.too_large);
        self.faults.merge(other.faults);
        self.extent.merge(other.extent);
        for ((rows, first), (more, found)) in self.other_types.iter_mut().zip(other.other_types) {
            *rows += more;
            *first = match (first.take(), found) {
                (Some(first), Some(found)) => Some(first.min(found)),
                (first, found) => first.or(found),
            };
        }
        self
    }
}

/// How many rows lie between two looks at the memory.
const LOOK_ROWS: u64 = 1 << 20;

/// Takes all rows of a table. Each thread reads a part of it and adds to the cells of all. `None` if what grows with the
/// rows came to too many bytes.
///
/// # Errors
/// The table, or the rows that it has, cannot be read.
pub(super) fn pass(
    tables: &dyn Tables,
    request: &Request<'_>,
    threads: usize,
    (plan, shared, shards): (&ScanPlan<'_>, &Shared<'_>, &[Shards]),
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Passed>, Vec<Diagnostic>> {
    let pass = Pass { plan, shared, shards, rows: AtomicU64::new(0), overfull: AtomicBool::new(false) };
    let parts = if threads > 1 { tables.parts(request, threads)? } else { None };
    let results = match parts {
        None => vec![pass.read(&mut |sink| tables.scan(request, sink), progress)],
        Some(parts) => pass.read_parts(parts, progress),
    };
    if pass.overfull.load(Ordering::Relaxed) {
        return Ok(None);
    }
    progress(pass.rows.load(Ordering::Relaxed));
    let results: Vec<Passed> = results.into_iter().collect::<Result<_, _>>()?;
    Ok(Some(results.into_iter().reduce(Passed::merge).unwrap_or_default()))
}

struct Pass<'a> {
    plan: &'a ScanPlan<'a>,
    shared: &'a Shared<'a>,
    shards: &'a [Shards],
    /// Taken by all threads.
    rows: AtomicU64,
    overfull: AtomicBool,
}

type Scan<'s> = &'s mut dyn FnMut(Sink<'_>) -> Result<(), Vec<Diagnostic>>;

impl Pass<'_> {
    fn read(&self, scan: Scan<'_>, tell: &mut dyn FnMut(u64)) -> Result<Passed, Vec<Diagnostic>> {
        let mut worker = Worker::new(self.plan, self.shared);
        let mut before = Instant::now();
        scan(&mut |batch| {
            let begun = Instant::now();
            worker.take(batch, self.shared, self.shards);
            worker.read += begun - before;
            before = Instant::now();
            worker.aggregate += before - begun;
            let rows = batch.rows as u64;
            let so_far = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
            if is_time_to_tell(so_far, batch.rows) {
                tell(so_far);
            }
            if worker.rows % LOOK_ROWS < rows && self.is_overfull() {
                self.overfull.store(true, Ordering::Relaxed);
            }
            if self.overfull.load(Ordering::Relaxed) { Err(Vec::new()) } else { Ok(()) }
        })?;
        worker.read += before.elapsed();
        Ok(Passed::of(worker))
    }

    fn is_overfull(&self) -> bool {
        self.shards.iter().map(Shards::distinct_bytes).sum::<u64>() > self.shared.most_bytes
    }

    /// The first part on this thread, the others on threads of their own; the results in the order of the parts.
    fn read_parts(
        &self,
        parts: Parts<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Vec<Result<Passed, Vec<Diagnostic>>> {
        let read =
            |part: &mut dyn Part, tell: &mut dyn FnMut(u64)| self.read(&mut |sink| part.scan(sink), tell);
        std::thread::scope(|scope| {
            let mut parts = parts.into_iter();
            let own = parts.next();
            let others: Vec<_> =
                parts.map(|mut part| scope.spawn(move || read(part.as_mut(), &mut |_| {}))).collect();
            let own = own.map(|mut part| read(part.as_mut(), progress));
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            own.into_iter().chain(others).collect()
        })
    }
}
