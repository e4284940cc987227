//! One event table of the project while its table is read: which rows count, and what is computed of them.

use super::needs::{roots, stream_nodes};
use super::reading::ColumnNames;
use super::whole;
use crate::aggregate::{Accumulator, Rows};
use crate::answers::Keys;
use crate::batch::Batch;
use crate::column::Column;
use crate::decode::Decoder;
use crate::evaluate::{Context, Evaluator, is_leaf};
use crate::faults::{Faults, Found, Owner};
use crate::keys::{KeyIndex, Whose};
use crate::{diagnostics, lookup::Lookup, texts::Texts};
use fixedbitset::FixedBitSet;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::{AggregateId, ColumnId, EventScan, NodeId, Op, Shape, Stream};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Whether a row that some stream asked for is of a known customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    Unasked,
    ToStranger,
    ToCustomer,
}

/// What a stream needs to know of the run while it takes a batch.
pub(super) struct Around<'a> {
    pub(super) plan: &'a Plan,
    pub(super) keys: &'a Keys,
    pub(super) index: &'a KeyIndex<'a>,
    pub(super) whole: &'a [Option<Column>],
    pub(super) lookups: &'a [Lookup],
    pub(super) texts: &'a mut Texts,
    pub(super) too_large: &'a mut FixedBitSet,
}

/// The columns that the streams of a scan share.
pub(super) struct ScanColumns {
    /// Place in the request, and how to read it.
    readers: BTreeMap<ColumnId, (usize, Decoder)>,
    faults: Faults,
    /// Cells of the batch that were found unreadable by one stream and need no second report.
    reported: FxHashSet<(ColumnId, u32)>,
}

impl ScanColumns {
    /// With these readers.
    pub(super) fn new(readers: BTreeMap<ColumnId, (usize, Decoder)>) -> Self {
        Self { readers, faults: Faults::default(), reported: FxHashSet::default() }
    }

    /// Row numbers begin anew.
    pub(super) fn begin_batch(&mut self) {
        self.reported.clear();
    }

    /// Decodes chosen rows, which belong to these customers.
    fn decode(
        &mut self,
        id: ColumnId,
        batch: &Batch,
        rows: &[u32],
        customers: &[u32],
        around: &mut Around<'_>,
    ) -> Column {
        let Some((place, decoder)) = self.readers.get_mut(&id) else { crate::column::differing_shapes() };
        let mut fault = |at: usize, found: Found| {
            if self.reported.insert((id, rows[at])) {
                let owner = around.keys.get(customers[at] as usize).map(Owner::of);
                self.faults.add(id.0 as usize, owner, found);
            }
        };
        decoder.decode(&batch.columns[*place], rows, around.texts, &mut fault)
    }

    pub(super) fn report(&self, scan: &EventScan, table: &str, wrong: &mut Vec<Diagnostic>) {
        let describe = |column: usize| {
            let column = &scan.columns[column];
            (format!("{table}.{}", column.name), column)
        };
        self.faults.report(describe, wrong);
    }
}

/// One stream while its table is read.
pub(super) struct StreamReading<'s> {
    pub(super) stream: &'s Stream,
    /// Place of the customer's key in the request.
    customer: usize,
    /// Place of the stream's filter in the request.
    pub(super) filter: Option<usize>,
    /// Columns of the table and values of the customers.
    pub(super) leaves: Vec<NodeId>,
    accumulators: Vec<Accumulating>,
    evaluator: Evaluator,
    other_type: u64,
    first_other_type: Option<Found>,
    visible: Visible,
}

/// An aggregate and where it takes its rows from.
struct Accumulating {
    id: AggregateId,
    accumulator: Accumulator,
    filter: Option<NodeId>,
    argument: Option<NodeId>,
}

/// Rows of a batch that count: of a known customer, fulfilling the filter, at a time that is known and not after now.
#[derive(Debug, Default)]
struct Visible {
    rows: Vec<u32>,
    customers: Vec<u32>,
    times: Vec<i64>,
}

impl<'s> StreamReading<'s> {
    pub(super) fn new(
        stream: &'s Stream,
        aggregates: &[AggregateId],
        plan: &Plan,
        customers: usize,
        names: &mut ColumnNames<'s>,
        texts: &mut Texts,
    ) -> Self {
        let of = |id: &AggregateId| plan.audience.aggregate(*id);
        let accumulating = |id: &AggregateId| {
            let argument = of(id).function.argument();
            let shape = argument.map_or(Shape::Int, |node| stream.nodes[node.0 as usize].shape);
            let accumulator = Accumulator::new(of(id), shape, customers);
            Accumulating { id: *id, accumulator, filter: of(id).filter, argument }
        };
        let wanted: Vec<NodeId> = aggregates.iter().flat_map(|id| roots(of(id))).collect();
        let needed = stream_nodes(stream, wanted.iter().copied());
        let (leaves, program): (Vec<NodeId>, Vec<NodeId>) =
            needed.into_iter().partition(|id| is_leaf(&stream.nodes[id.0 as usize].op));
        let evaluator = Evaluator::new(&stream.nodes, &leaves, program, &wanted, texts);
        Self {
            stream,
            leaves,
            evaluator,
            customer: names.place(&stream.customer),
            filter: None,
            accumulators: aggregates.iter().map(accumulating).collect(),
            other_type: 0,
            first_other_type: None,
            visible: Visible::default(),
        }
    }

    /// Takes in a batch.
    pub(super) fn take(
        &mut self,
        batch: &Batch,
        columns: &mut ScanColumns,
        belongs: &mut [Belongs],
        around: &mut Around<'_>,
    ) {
        self.find_customers(batch, belongs, around.index);
        self.drop_invisible(batch, columns, around);
        let Visible { rows, customers, times } = &self.visible;
        for id in &self.leaves {
            let column = match self.stream.nodes[id.0 as usize].op {
                Op::Column(column) if column == self.stream.time => Column::ints(times.clone()),
                Op::Column(column) => columns.decode(column, batch, rows, customers, around),
                Op::Customer(node) => whole(around.whole, node).gather(customers),
                _ => crate::column::differing_shapes(),
            };
            *self.evaluator.leaf(*id) = column;
        }
        let mut context = Context {
            zone: around.plan.zone,
            texts: around.texts,
            lookups: around.lookups,
            overflows: Vec::new(),
        };
        self.evaluator.evaluate(&self.stream.nodes, rows.len(), &mut context);
        for row in context.overflows {
            around.too_large.insert(customers[row] as usize);
        }
        let visible = Rows { customers, times };
        for Accumulating { accumulator, filter, argument, .. } in &mut self.accumulators {
            let column = |node: &Option<NodeId>| node.map(|node| self.evaluator.get(node));
            accumulator.add(visible, column(filter), column(argument), around.texts);
        }
    }

    /// Chooses the rows that fulfil the filter and belong to a known customer.
    fn find_customers(&mut self, batch: &Batch, belongs: &mut [Belongs], index: &KeyIndex<'_>) {
        let filter = self.filter.map(|place| &batch.filters[place]);
        let keys = &batch.columns[self.customer];
        self.visible.rows.clear();
        self.visible.customers.clear();
        for (row, number) in (0..batch.rows).zip(0_u32..) {
            if filter.is_some_and(|filter| !filter[row]) {
                continue;
            }
            match index.find(keys.cell(row)) {
                Whose::Customer(customer) => {
                    self.visible.rows.push(number);
                    self.visible.customers.push(customer);
                    belongs[row] = Belongs::ToCustomer;
                }
                whose => {
                    if belongs[row] == Belongs::Unasked {
                        belongs[row] = Belongs::ToStranger;
                    }
                    if let Whose::OtherType(found) = whose {
                        self.add_other_type(found);
                    }
                }
            }
        }
    }

    fn add_other_type(&mut self, found: Found) {
        self.other_type += 1;
        if self.first_other_type.as_ref().is_none_or(|first| found < *first) {
            self.first_other_type = Some(found);
        }
    }

    /// Drops the rows without a time and those after now.
    fn drop_invisible(&mut self, batch: &Batch, columns: &mut ScanColumns, around: &mut Around<'_>) {
        let Visible { rows, customers, times } = &mut self.visible;
        let decoded = columns.decode(self.stream.time, batch, rows, customers, around);
        let (all, known) = decoded.as_ints();
        let as_of = around.plan.as_of.0;
        times.clear();
        for at in 0..rows.len() {
            if known[at] && all[at] <= as_of {
                rows[times.len()] = rows[at];
                customers[times.len()] = customers[at];
                times.push(all[at]);
            }
        }
        rows.truncate(times.len());
        customers.truncate(times.len());
    }

    /// Hands over the results, and what was wrong with the keys.
    pub(super) fn finish(
        self,
        table: &str,
        keys: &Keys,
        (results, too_large): (&mut [Option<Column>], &mut FixedBitSet),
        wrong: &mut Vec<Diagnostic>,
    ) {
        if let Some(found) = &self.first_other_type {
            wrong.push(diagnostics::event_key_type(&diagnostics::EventKeys {
                table,
                column: &self.stream.customer,
                rows: self.other_type,
                found,
                customers_are_texts: matches!(keys, Keys::Texts(_)),
            }));
        }
        for Accumulating { id, accumulator, .. } in self.accumulators {
            let column = accumulator.finish(&mut |customer| too_large.insert(customer));
            results[id.0 as usize] = Some(column);
        }
    }
}
