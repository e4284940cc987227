//! Reading event tables: each once a step, for all streams and aggregates over it.

use super::Run;
use super::known::Known;
use super::reading::{ColumnNames, label};
use super::scan::{Passed, ScanPlan, Shared, pass};
use super::stream::{Shards, StreamPlan};
use crate::Progress;
use crate::aggregate::{Aggregated, Layout};
use crate::answers::Keys;
use crate::diagnostics;
use crate::evaluate::is_leaf;
use crate::keys::KeyIndex;
use crate::source::{Filter, NotBefore, Request};
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{AggregateId, EventScan, Op};
use rulec_plan::project::{FactKind, TimeFormat};
use rulec_plan::time::{Instant, SECOND};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// The event tables of one step, ready to be read.
pub(super) struct EventPlan<'s> {
    scans: Vec<ScanPlan<'s>>,
    requests: Vec<TableRequest<'s>>,
}

/// What is asked of one table.
struct TableRequest<'s> {
    names: ColumnNames<'s>,
    sections: Vec<String>,
    filters: Vec<&'s str>,
    only_filtered: bool,
    not_before: Option<NotBefore>,
}

/// Reading for one range of customers came to too many bytes.
pub(super) struct Overfull;

impl EventPlan<'_> {
    /// How many bytes the cells of one customer take.
    pub(super) fn bytes_per_customer(&self) -> u64 {
        let streams = self.scans.iter().flat_map(|scan| &scan.streams);
        streams.map(|stream| stream.layout.words as u64 * 8).sum()
    }
}

impl<'a> Run<'a> {
    /// Lays out what must be read for these aggregates.
    pub(super) fn plan_events(&self, aggregates: &BTreeSet<AggregateId>) -> EventPlan<'a> {
        let audience = &self.plan.audience;
        let mut by_scan: BTreeMap<u32, Vec<AggregateId>> = BTreeMap::new();
        for id in aggregates {
            by_scan.entry(audience.aggregate(*id).scan).or_default().push(*id);
        }
        let mut plan = EventPlan { scans: Vec::new(), requests: Vec::new() };
        for (scan, aggregates) in by_scan {
            let (scan, request) = self.plan_scan(&audience.scans[scan as usize], &aggregates);
            plan.scans.push(scan);
            plan.requests.push(request);
        }
        plan
    }

    fn plan_scan(&self, scan: &'a EventScan, aggregates: &[AggregateId]) -> (ScanPlan<'a>, TableRequest<'a>) {
        let mut names = ColumnNames::default();
        let mut places = BTreeMap::new();
        let mut filters = Vec::new();
        let mut streams = Vec::new();
        for (stream, number) in scan.streams.iter().zip(0..) {
            let own = aggregates.iter().filter(|id| self.plan.audience.aggregate(**id).stream == number);
            let own: Vec<AggregateId> = own.copied().collect();
            if own.is_empty() {
                continue;
            }
            let layout = Layout::new(stream, &own, &self.plan.audience, &mut self.texts.lock());
            let roots = layout.roots(stream);
            let needed = super::needs::stream_nodes(stream, roots.iter().copied());
            let (leaves, program): (Vec<_>, Vec<_>) =
                needed.into_iter().partition(|id| is_leaf(&stream.nodes[id.0 as usize].op));
            let columns = leaves.iter().filter_map(|id| match stream.nodes[id.0 as usize].op {
                Op::Column(column) => Some(column),
                _ => None,
            });
            for column in columns.chain([stream.time]) {
                places.entry(column).or_insert_with(|| names.place(&scan.columns[column.0 as usize].name));
            }
            let filter = stream.filter.as_deref().map(|sql| {
                filters.push(sql);
                filters.len() - 1
            });
            let customer = names.place(&stream.customer);
            streams.push(StreamPlan {
                stream,
                layout: Arc::new(layout),
                customer,
                filter,
                leaves,
                program,
                roots,
            });
        }
        let request = TableRequest {
            only_filtered: filters.len() == streams.len(),
            filters,
            sections: streams.iter().map(|plan| format!("events.{}", plan.stream.name)).collect(),
            not_before: self.not_before(scan, &streams, aggregates, &names),
            names,
        };
        (ScanPlan { scan, streams, places }, request)
    }

    /// Reads the event tables for a range of customers. What is wrong with them is kept for the report.
    pub(super) fn read_events(
        &mut self,
        plan: &EventPlan<'a>,
        range: Range<usize>,
        most_bytes: u64,
    ) -> Result<Vec<Aggregated>, Overfull> {
        let keys = std::mem::replace(&mut self.keys, Keys::Integers(Vec::new()));
        let index = KeyIndex::new(&keys);
        let mut aggregated = Vec::new();
        let mut result = Ok(());
        for (scan, request) in plan.scans.iter().zip(&plan.requests) {
            match self.read_scan(scan, request, (&keys, &index), range.clone(), most_bytes) {
                Ok(Some(mut found)) => aggregated.append(&mut found),
                Ok(None) => result = Err(Overfull),
                Err(mut wrong) => self.wrong.append(&mut wrong),
            }
        }
        drop(index);
        self.keys = keys;
        result.map(|()| aggregated)
    }

    /// Reads one table; `None` if that came to too many bytes.
    fn read_scan(
        &mut self,
        plan: &ScanPlan<'a>,
        asked: &TableRequest<'a>,
        (keys, index): (&Keys, &KeyIndex<'_>),
        range: Range<usize>,
        most_bytes: u64,
    ) -> Result<Option<Vec<Aggregated>>, Vec<Diagnostic>> {
        let filtered = plan.streams.iter().zip(&asked.sections).filter(|(stream, _)| stream.filter.is_some());
        let filters: Vec<Filter<'_>> =
            filtered.zip(&asked.filters).map(|((_, section), sql)| Filter { section, sql }).collect();
        let request = Request {
            source: &plan.scan.source,
            section: asked.sections.first().map_or("events", String::as_str),
            columns: &asked.names.names,
            filters: &filters,
            only_filtered: asked.only_filtered,
            not_before: asked.not_before,
            at_most: None,
        };
        let threads = self.options.threads;
        let shards = if threads > 1 { threads * SHARDS_A_THREAD } else { 1 };
        let shards: Vec<Shards> =
            plan.streams.iter().map(|stream| Shards::new(&stream.layout, range.clone(), shards)).collect();
        let shared = Shared {
            plan: self.plan,
            keys,
            index,
            known: Known { plan: self.plan, columns: &self.customer_columns, kept: &self.kept },
            lookups: &self.lookups,
            texts: &self.texts,
            is_first_range: range.start == 0,
            range,
            most_bytes,
        };
        let table = label(request.source, request.section);
        let of = self.tables.estimate(request.source);
        let progress = &mut *self.progress;
        let tell = &mut |rows| progress(Progress { table, rows, of });
        let Some(passed) = pass(self.tables, &request, threads, (plan, &shared, &shards), tell)? else {
            return Ok(None);
        };
        self.take_over(plan, table, passed, matches!(keys, Keys::Texts(_)));
        let aggregated = plan.streams.iter().zip(shards).map(|(stream, shards)| {
            let (cells, shard) = shards.into_cells();
            Aggregated::new(Arc::clone(&stream.layout), cells, shard)
        });
        Ok(Some(aggregated.collect()))
    }

    /// Takes note of what a pass over a table came to.
    fn take_over(&mut self, plan: &ScanPlan<'_>, table: &str, passed: Passed, customers_are_texts: bool) {
        self.work.count(table, passed.rows, passed.strangers);
        self.timings.read += passed.read;
        self.timings.aggregate += passed.aggregate;
        passed.too_large.into_iter().for_each(|customer| self.too_large.insert(customer as usize));
        let describe = |column: usize| {
            let column = &plan.scan.columns[column];
            (format!("{table}.{}", column.name), column)
        };
        passed.faults.report(describe, &mut self.wrong);
        for (stream, (rows, found)) in plan.streams.iter().zip(&passed.other_types) {
            if let Some(found) = found {
                let column = &stream.stream.customer;
                let keys = diagnostics::EventKeys { table, column, rows: *rows, found, customers_are_texts };
                self.wrong.push(diagnostics::event_key_type(&keys));
            }
        }
    }

    /// From when on rows matter, if all aggregates begin somewhere and all streams have one time column whose numbers grow
    /// with time.
    fn not_before(
        &self,
        scan: &EventScan,
        streams: &[StreamPlan<'_>],
        aggregates: &[AggregateId],
        names: &ColumnNames<'_>,
    ) -> Option<NotBefore> {
        let time = streams.first()?.stream.time;
        if streams.iter().any(|plan| plan.stream.time != time) {
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
            FactKind::Time { format: TimeFormat::UnixMicros } => 1,
            _ => return None,
        };
        let bound = oldest.0.div_euclid(unit) + i64::from(oldest.0.rem_euclid(unit) != 0);
        let place = names.names.iter().position(|name| *name == column.name)?;
        Some(NotBefore { column: place, bound })
    }
}

/// With so many shards a thread, one hardly ever waits for another.
const SHARDS_A_THREAD: usize = 4;
