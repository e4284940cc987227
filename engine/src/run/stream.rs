//! One event table of the project while its table is read: which rows count, and what is computed of them.

use super::recall::Extent;
use super::scan::{ScanColumns, Shared};
use crate::aggregate::{Cells, Intervals, Layout, Rows, Scratch};
use crate::batch::{BATCH_ROWS, Batch};
use crate::column::Column;
use crate::evaluate::{Context, Evaluator};
use crate::faults::Found;
use crate::keys::{OTHER_TYPE, Whose};
use rulec_plan::audience::{NodeId, Op, Shape, Stream};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is to be done with the rows of a stream; the same for all threads.
#[derive(Debug)]
pub(super) struct StreamPlan<'s> {
    pub(super) stream: &'s Stream,
    pub(super) layout: Arc<Layout>,
    /// Place of the customer's key in the request.
    pub(super) customer: usize,
    /// Place of the stream's filter in the request.
    pub(super) filter: Option<usize>,
    /// Columns of the table and values of the customers.
    pub(super) leaves: Vec<NodeId>,
    pub(super) program: Vec<NodeId>,
    /// What the layout asks for.
    pub(super) roots: Vec<NodeId>,
}

impl StreamPlan<'_> {
    /// Whether a row fulfils the stream's filter.
    pub(super) fn asks_for(&self, batch: &Batch, row: usize) -> bool {
        self.filter.is_none_or(|place| batch.filters[place][row])
    }
}

/// The cells of a stream, cut into shards so that threads seldom wait for one another.
#[derive(Debug)]
pub(super) struct Shards {
    shards: Vec<Mutex<Cells>>,
    /// The customers of all shards.
    customers: Range<usize>,
    /// Customers a shard: two to this power.
    bits: u32,
}

/// For so many rows the cells of their customers, which lie anywhere, stay in the first-level cache from one family to the
/// next.
const SPAN_ROWS: usize = 256;

/// The least number of customers a shard, as a power of two: a tile of customers must lie in one shard.
const LEAST_SHARD_BITS: u32 = BATCH_ROWS.trailing_zeros();

impl Shards {
    /// Fresh cells for some customers, in about as many shards.
    pub(super) fn new(layout: &Layout, customers: Range<usize>, shards: usize) -> Self {
        let bits = customers.len().div_ceil(shards.max(1)).next_power_of_two().trailing_zeros();
        let bits = bits.max(LEAST_SHARD_BITS);
        let starts = customers.clone().step_by(1 << bits);
        let cells = starts.map(|start| {
            let end = customers.end.min(start + (1 << bits));
            Mutex::new(Cells::new(layout, start..end))
        });
        Self { shards: cells.collect(), bits, customers }
    }

    /// The cells, and how many customers each shard has.
    pub(super) fn into_cells(self) -> (Vec<Cells>, usize) {
        let cells =
            self.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        (cells.collect(), 1 << self.bits)
    }

    /// About how many bytes grew with the rows and not with the customers.
    pub(super) fn distinct_bytes(&self) -> u64 {
        self.shards.iter().map(|shard| lock(shard).distinct_bytes()).sum()
    }

    fn of(&self, customer: u32) -> usize {
        (customer as usize - self.customers.start) >> self.bits
    }
}

fn lock(shard: &Mutex<Cells>) -> MutexGuard<'_, Cells> {
    // Cells of a thread that panicked are never read: the panic goes on when the threads are joined.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread's reading of a stream.
pub(super) struct StreamReading<'p> {
    pub(super) plan: &'p StreamPlan<'p>,
    evaluator: Evaluator,
    visible: Visible,
    sorted: Visible,
    times: Column,
    intervals: Intervals,
    scratch: Scratch,
    /// Of the rows of known customers that fulfil the filter.
    pub(super) extent: Extent,
    pub(super) other_type: u64,
    pub(super) first_other_type: Option<Found>,
}

/// Rows of a batch that count: of a known customer, fulfilling the filter, at a time that is known and not after now.
#[derive(Debug, Default)]
struct Visible {
    rows: Vec<u32>,
    customers: Vec<u32>,
    times: Vec<i64>,
    /// How many of them there are; what stands behind them is of earlier batches.
    kept: usize,
    /// The rows of each shard, once they are sorted.
    spans: Vec<Range<usize>>,
}

impl<'p> StreamReading<'p> {
    pub(super) fn new(plan: &'p StreamPlan<'p>, shared: &Shared<'_>) -> Self {
        let nodes = &plan.stream.nodes;
        let mut texts = shared.texts.lock();
        Self {
            plan,
            evaluator: Evaluator::new(nodes, &plan.leaves, plan.program.clone(), &plan.roots, &mut texts),
            visible: Visible::default(),
            sorted: Visible::default(),
            times: Column::with_capacity(Shape::Int, BATCH_ROWS),
            intervals: Intervals::default(),
            scratch: Scratch::default(),
            extent: Extent::EMPTY,
            other_type: 0,
            first_other_type: None,
        }
    }

    /// Takes in a batch whose rows belong to these customers. Those for whom a result does not fit go to `too_large`.
    pub(super) fn take(
        &mut self,
        batch: &Batch,
        customers: &[u32],
        columns: &mut ScanColumns,
        shared: &Shared<'_>,
        (shards, too_large): (&Shards, &mut Vec<u32>),
    ) {
        self.note_other_types(batch, customers, shared);
        self.choose(batch, customers, columns, shared);
        if shards.shards.len() > 1 {
            self.visible.sort_by_shard(shards, &mut self.sorted);
            std::mem::swap(&mut self.visible, &mut self.sorted);
        }
        if self.visible.kept == 0 {
            return;
        }
        self.compute(batch, columns, shared, too_large);
        let (customers, times, spans) = (self.visible.customers(), self.visible.times(), &self.visible.spans);
        let all = 0..customers.len();
        let spans = if shards.shards.len() > 1 { spans.as_slice() } else { std::slice::from_ref(&all) };
        let layout = &self.plan.layout;
        self.intervals.find(layout, times);
        let rows = Rows {
            stream: self.plan.stream,
            customers,
            times,
            evaluator: &self.evaluator,
            texts: shared.texts,
        };
        for (span, shard) in spans.iter().zip(&shards.shards).filter(|(span, _)| !span.is_empty()) {
            let mut cells = lock(shard);
            let too_large = &mut |customer| too_large.push(customer);
            for start in span.clone().step_by(SPAN_ROWS) {
                let span = start..span.end.min(start + SPAN_ROWS);
                layout.update(rows, &self.intervals, span, &mut cells, &mut self.scratch, too_large);
            }
        }
    }

    /// Keys of a type that no customer's has are told once, not once for each range of customers.
    fn note_other_types(&mut self, batch: &Batch, customers: &[u32], shared: &Shared<'_>) {
        if !shared.is_first_range || !customers.contains(&OTHER_TYPE) {
            return;
        }
        for row in (0..batch.rows).filter(|row| self.plan.asks_for(batch, *row)) {
            if let Whose::OtherType(found) = shared.index.find(batch.columns[self.plan.customer].cell(row)) {
                self.other_type += 1;
                if self.first_other_type.as_ref().is_none_or(|first| found < *first) {
                    self.first_other_type = Some(found);
                }
            }
        }
    }

    /// Chooses the rows that count.
    fn choose(&mut self, batch: &Batch, customers: &[u32], columns: &mut ScanColumns, shared: &Shared<'_>) {
        let filter = self.plan.filter.map(|place| batch.filters[place].as_slice());
        let range = &shared.range;
        let (start, length) = (range.start as u32, range.len() as u32);
        let is_ours = |row: usize| {
            customers[row].wrapping_sub(start) < length && filter.is_none_or(|filter| filter[row])
        };
        let now = shared.plan.as_of.0;
        let visible = &mut self.visible;
        match columns.times(self.plan.stream.time) {
            Some(times) => {
                if shared.notes_extent {
                    let ours = (0..batch.rows).filter(|row| is_ours(*row));
                    self.extent.note(ours.map(|row| times[row]), now);
                }
                visible
                    .keep(batch.rows, |row| (is_ours(row) & (times[row] <= now), customers[row], times[row]));
            }
            None => {
                visible.keep(batch.rows, |row| (is_ours(row), customers[row], 0));
                let chosen = (visible.rows(), visible.customers());
                columns.decode(self.plan.stream.time, batch, chosen, shared, &mut self.times);
                let (times, known) = self.times.as_ints();
                if shared.notes_extent {
                    let known = times.iter().zip(known).filter(|(_, known)| **known);
                    self.extent.note(known.map(|(time, _)| *time), now);
                }
                visible.keep_again(|at| (known[at] & (times[at] <= now), times[at]));
            }
        }
    }

    /// Computes what the aggregates ask of each row.
    fn compute(
        &mut self,
        batch: &Batch,
        columns: &mut ScanColumns,
        shared: &Shared<'_>,
        too_large: &mut Vec<u32>,
    ) {
        let (rows, customers, times) = (self.visible.rows(), self.visible.customers(), self.visible.times());
        for id in &self.plan.leaves {
            let leaf = self.evaluator.leaf(*id);
            match self.plan.stream.nodes[id.0 as usize].op {
                Op::Column(column) if column == self.plan.stream.time => leaf.fill_ints(times),
                Op::Column(column) => columns.decode(column, batch, (rows, customers), shared, leaf),
                Op::Customer(node) => leaf.gather_from(shared.known.get(node), customers),
                _ => crate::column::differing_shapes(),
            }
        }
        if self.plan.program.is_empty() {
            return;
        }
        let texts = shared.texts.lock();
        let mut context =
            Context { zone: shared.plan.zone, texts: &texts, lookups: shared.lookups, overflows: Vec::new() };
        self.evaluator.evaluate(&self.plan.stream.nodes, rows.len(), &mut context);
        too_large.extend(context.overflows.into_iter().map(|row| customers[row]));
    }
}

impl Visible {
    /// Room for so many rows, whatever stands in it. What is there stays, so that nothing is cleared for every batch.
    fn make_room(&mut self, rows: usize) {
        if self.rows.len() < rows {
            self.rows.resize(rows, 0);
            self.customers.resize(rows, 0);
            self.times.resize(rows, 0);
        }
    }

    fn rows(&self) -> &[u32] {
        &self.rows[..self.kept]
    }

    fn customers(&self) -> &[u32] {
        &self.customers[..self.kept]
    }

    fn times(&self) -> &[i64] {
        &self.times[..self.kept]
    }

    /// Keeps some of so many rows, without a branch: which they are is hard to foresee.
    fn keep(&mut self, rows: usize, row: impl Fn(usize) -> (bool, u32, i64)) {
        self.make_room(rows);
        self.kept = 0;
        for number in 0..rows {
            let (is_kept, customer, time) = row(number);
            self.rows[self.kept] = number as u32;
            self.customers[self.kept] = customer;
            self.times[self.kept] = time;
            self.kept += usize::from(is_kept);
        }
    }

    /// Keeps some of those kept.
    fn keep_again(&mut self, row: impl Fn(usize) -> (bool, i64)) {
        let rows = std::mem::take(&mut self.kept);
        for at in 0..rows {
            let (is_kept, time) = row(at);
            self.rows[self.kept] = self.rows[at];
            self.customers[self.kept] = self.customers[at];
            self.times[self.kept] = time;
            self.kept += usize::from(is_kept);
        }
    }

    /// The same rows, those of each shard together.
    fn sort_by_shard(&self, shards: &Shards, sorted: &mut Visible) {
        let mut ends = vec![0; shards.shards.len() + 1];
        self.customers().iter().for_each(|customer| ends[shards.of(*customer) + 1] += 1);
        sorted.spans.clear();
        for shard in 1..ends.len() {
            ends[shard] += ends[shard - 1];
            sorted.spans.push(ends[shard - 1]..ends[shard]);
        }
        sorted.make_room(self.kept);
        sorted.kept = self.kept;
        for at in 0..self.kept {
            let place = &mut ends[shards.of(self.customers[at])];
            sorted.rows[*place] = self.rows[at];
            sorted.customers[*place] = self.customers[at];
            sorted.times[*place] = self.times[at];
            *place += 1;
        }
    }
}
