//! Reading event tables: each once a stage, for all streams and aggregates over it.

use super::needs::{roots, stream_nodes};
use super::reading::{ColumnNames, label, read};
use super::{Run, whole};
use crate::aggregate::{Accumulator, Rows, argument_of};
use crate::answers::Keys;
use crate::batch::Batch;
use crate::column::Column;
use crate::decode::Decoder;
use crate::evaluate::{Context, Registers, evaluate, is_leaf};
use crate::faults::{Faults, Found, Owner};
use crate::keys::{KeyIndex, Whose};
use crate::source::{Filter, NotBefore, Request};
use crate::{diagnostics, lookup::Lookup, texts::Texts};
use fixedbitset::FixedBitSet;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::{AggregateId, ColumnId, EventScan, NodeId, Op, Shape, Stream};
use rulec_plan::project::{FactKind, TimeFormat};
use rulec_plan::time::{Instant, SECOND};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

impl Run<'_> {
    /// Reads the tables of these aggregates. What is wrong with them is kept for the report.
    pub(super) fn read_events(&mut self, aggregates: &BTreeSet<AggregateId>) {
        let audience = &self.plan.audience;
        let mut by_scan: BTreeMap<u32, Vec<AggregateId>> = BTreeMap::new();
        for id in aggregates {
            by_scan.entry(audience.aggregate(*id).scan).or_default().push(*id);
        }
        for (scan, aggregates) in by_scan {
            if let Err(mut wrong) = self.read_scan(&audience.scans[scan as usize], &aggregates) {
                self.wrong.append(&mut wrong);
            }
        }
    }

    fn read_scan(&mut self, scan: &EventScan, aggregates: &[AggregateId]) -> Result<(), Vec<Diagnostic>> {
        let mut names = ColumnNames::default();
        let mut streams = self.streams_of(scan, aggregates, &mut names);
        let mut columns = self.columns_of(scan, &streams, &mut names);
        let sections: Vec<String> =
            streams.iter().map(|reading| format!("events.{}", reading.stream.name)).collect();
        let mut filters: Vec<Filter<'_>> = Vec::new();
        for (reading, section) in streams.iter_mut().zip(&sections) {
            if let Some(sql) = &reading.stream.filter {
                reading.filter = Some(filters.len());
                filters.push(Filter { section, sql });
            }
        }
        let request = Request {
            source: &scan.source,
            section: sections.first().map_or("events", String::as_str),
            columns: &names.names,
            filters: &filters,
            only_filtered: streams.iter().all(|reading| reading.filter.is_some()),
            not_before: self.not_before(scan, &streams, aggregates, &names),
            at_most: None,
        };
        let keys = std::mem::replace(&mut self.keys, Keys::Integers(Vec::new()));
        let index = KeyIndex::new(&keys);
        let mut belongs = Vec::new();
        let result = read(self.tables, &request, &mut self.work, self.progress, |batch| {
            belongs.clear();
            belongs.resize(batch.rows, Belongs::Unasked);
            let mut around = Around {
                plan: self.plan,
                keys: &keys,
                index: &index,
                whole: &self.whole,
                lookups: &self.lookups,
                texts: &mut self.texts,
                too_large: &mut self.too_large,
            };
            columns.reported.clear();
            for reading in &mut streams {
                reading.take(batch, &mut columns, &mut belongs, &mut around);
            }
            belongs.iter().filter(|belongs| **belongs == Belongs::ToStranger).count() as u64
        });
        let name = label(request.source, request.section);
        columns.report(scan, name, &mut self.wrong);
        for reading in streams {
            reading.finish(name, &keys, (&mut self.aggregates, &mut self.too_large), &mut self.wrong);
        }
        self.keys = keys;
        self.hashes.push(result?);
        Ok(())
    }

    /// The streams of a scan that these aggregates use, in the order of the plan.
    fn streams_of<'s>(
        &self,
        scan: &'s EventScan,
        aggregates: &[AggregateId],
        names: &mut ColumnNames<'s>,
    ) -> Vec<StreamReading<'s>> {
        let mut readings = Vec::new();
        for (stream, number) in scan.streams.iter().zip(0..) {
            let own = aggregates.iter().filter(|id| self.plan.audience.aggregate(**id).stream == number);
            let own: Vec<AggregateId> = own.copied().collect();
            if !own.is_empty() {
                readings.push(StreamReading::new(stream, &own, self.plan, self.keys.len(), names));
            }
        }
        readings
    }

    /// The columns that the streams read, with their decoders.
    fn columns_of<'s>(
        &mut self,
        scan: &'s EventScan,
        streams: &[StreamReading<'s>],
        names: &mut ColumnNames<'s>,
    ) -> ScanColumns {
        let mut readers = BTreeMap::new();
        for reading in streams {
            let columns =
                reading.leaves.iter().filter_map(|id| match reading.stream.nodes[id.0 as usize].op {
                    Op::Column(column) => Some(column),
                    _ => None,
                });
            for id in columns.chain([reading.stream.time]) {
                let column = &scan.columns[id.0 as usize];
                let place = names.place(&column.name);
                readers
                    .entry(id)
                    .or_insert_with(|| (place, Decoder::new(&column.kind, self.plan.zone, &mut self.texts)));
            }
        }
        ScanColumns { readers, faults: Faults::default(), reported: FxHashSet::default() }
    }

    /// From when on rows matter, if all aggregates begin somewhere and all streams have one time column whose numbers grow
    /// with time.
    fn not_before(
        &self,
        scan: &EventScan,
        streams: &[StreamReading<'_>],
        aggregates: &[AggregateId],
        names: &ColumnNames<'_>,
    ) -> Option<NotBefore> {
        let time = streams.first()?.stream.time;
        if streams.iter().any(|reading| reading.stream.time != time) {
            return None;
        }
        let oldest = aggregates
            .iter()
            .map(|id| self.plan.audience.aggregate(*id).from)
            .try_fold(Instant(i64::MAX), |oldest, from| from.map(|from| oldest.min(from)))?;
        let column = &scan.columns[time.0 as usize];
        let unit = match column.kind {
            FactKind::Time { format: TimeFormat::Unix } => SECOND,
            FactKind::Time { format: TimeFormat::UnixMillis } => SECOND / 1_000,
            _ => return None,
        };
        let bound = oldest.0.div_euclid(unit) + i64::from(oldest.0.rem_euclid(unit) != 0);
        let place = names.names.iter().position(|name| *name == column.name)?;
        Some(NotBefore { column: place, bound })
    }
}

/// Whether a row that some stream asked for is of a known customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belongs {
    Unasked,
    ToStranger,
    ToCustomer,
}

/// What a stream needs to know of the run while it takes a batch.
struct Around<'a> {
    plan: &'a Plan,
    keys: &'a Keys,
    index: &'a KeyIndex<'a>,
    whole: &'a [Option<Column>],
    lookups: &'a [Lookup],
    texts: &'a mut Texts,
    too_large: &'a mut FixedBitSet,
}

/// The columns that the streams of a scan share.
struct ScanColumns {
    /// Place in the request, and how to read it.
    readers: BTreeMap<ColumnId, (usize, Decoder)>,
    faults: Faults,
    /// Cells of the batch that were found unreadable by one stream and need no second report.
    reported: FxHashSet<(ColumnId, u32)>,
}

impl ScanColumns {
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

    fn report(&self, scan: &EventScan, table: &str, wrong: &mut Vec<Diagnostic>) {
        let describe = |column: usize| {
            let column = &scan.columns[column];
            (format!("{table}.{}", column.name), &column.kind)
        };
        self.faults.report(describe, wrong);
    }
}

/// One stream while its table is read.
struct StreamReading<'s> {
    stream: &'s Stream,
    /// Place of the customer's key in the request.
    customer: usize,
    /// Place of the stream's filter in the request.
    filter: Option<usize>,
    /// Columns of the table and values of the customers.
    leaves: Vec<NodeId>,
    program: Vec<NodeId>,
    accumulators: Vec<Accumulating>,
    registers: Registers,
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
    fn new(
        stream: &'s Stream,
        aggregates: &[AggregateId],
        plan: &Plan,
        customers: usize,
        names: &mut ColumnNames<'s>,
    ) -> Self {
        let of = |id: &AggregateId| plan.audience.aggregate(*id);
        let accumulating = |id: &AggregateId| {
            let argument = argument_of(of(id).function);
            let shape = argument.map_or(Shape::Int, |node| stream.nodes[node.0 as usize].shape);
            let accumulator = Accumulator::new(of(id), shape, customers);
            Accumulating { id: *id, accumulator, filter: of(id).filter, argument }
        };
        let needed = stream_nodes(stream, aggregates.iter().flat_map(|id| roots(of(id))));
        let (leaves, program) = needed.into_iter().partition(|id| is_leaf(&stream.nodes[id.0 as usize].op));
        Self {
            stream,
            leaves,
            program,
            customer: names.place(&stream.customer),
            filter: None,
            accumulators: aggregates.iter().map(accumulating).collect(),
            registers: Registers::new(stream.nodes.len()),
            other_type: 0,
            first_other_type: None,
            visible: Visible::default(),
        }
    }

    /// Takes in a batch.
    fn take(
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
            self.registers.set(*id, column);
        }
        let mut context = Context {
            zone: around.plan.zone,
            texts: around.texts,
            lookups: around.lookups,
            overflows: Vec::new(),
        };
        evaluate(&self.program, &self.stream.nodes, rows.len(), &mut self.registers, &mut context);
        for row in context.overflows {
            around.too_large.insert(customers[row] as usize);
        }
        let visible = Rows { customers, times };
        for Accumulating { accumulator, filter, argument, .. } in &mut self.accumulators {
            let column = |node: &Option<NodeId>| node.map(|node| self.registers.get(node));
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
    fn finish(
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
