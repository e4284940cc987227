//! Reading event tables: each once a step, for all streams and aggregates over it.

use super::Run;
use super::known::Known;
use super::nodes::Computing;
use super::reading::{ColumnNames, label};
use super::recall::{Extent, Recalled, Recording, Worthwhile};
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
use rulec_plan::audience::{AggregateId, ColumnId, EventScan, Op};
use rulec_plan::project::{FactKind, TimeFormat};
use rulec_plan::time::{Instant, SECOND};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// The event tables of one step, ready to be read.
pub(super) struct EventPlan<'s> {
    scans: Vec<ScanPlan<'s>>,
    requests: Vec<TableRequest<'s>>,
    /// Aggregates that no table is read for.
    pub(super) recalled: Vec<Recalled<'s>>,
}

/// What is asked of one table.
struct TableRequest<'s> {
    names: ColumnNames<'s>,
    sections: Vec<String>,
    filters: Vec<&'s str>,
    only_filtered: bool,
    not_before: Option<NotBefore>,
    /// Aggregates that other answers may use.
    worthwhile: Vec<Worthwhile>,
    /// Which rows were read, if nothing but the state of the database decided that.
    read: Option<Extent>,
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
        let mut plan = EventPlan { scans: Vec::new(), requests: Vec::new(), recalled: Vec::new() };
        for (scan, aggregates) in by_scan {
            let scan = &audience.scans[scan as usize];
            // Of all, recalled or not: the same rows are looked at, and the same faults found, as without a memory.
            let oldest = self.oldest_needed(scan, &aggregates);
            let looked_at_from = oldest.map_or(i64::MIN, |(_, bound)| bound);
            let (mut missing, mut worthwhile) = (Vec::new(), Vec::new());
            for id in aggregates {
                match self.recall(id, looked_at_from) {
                    Ok(recalled) => plan.recalled.push(recalled),
                    Err(found) => {
                        missing.push(id);
                        worthwhile.extend(found);
                    }
                }
            }
            if !missing.is_empty() {
                let (scan, request) = self.plan_scan(scan, &missing, oldest);
                plan.scans.push(scan);
                plan.requests.push(TableRequest { worthwhile, ..request });
            }
        }
        plan
    }

    fn plan_scan(
        &self,
        scan: &'a EventScan,
        aggregates: &[AggregateId],
        oldest: Option<(ColumnId, i64)>,
    ) -> (ScanPlan<'a>, TableRequest<'a>) {
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
            not_before: oldest
                .and_then(|(column, bound)| Some(NotBefore { column: *places.get(&column)?, bound })),
            names,
            worthwhile: Vec::new(),
            read: None,
        };
        (ScanPlan { scan, streams, places }, request)
    }

    /// Reads the event tables for a range of customers. What is wrong with them is kept for the report.
    pub(super) fn read_events(
        &mut self,
        plan: &mut EventPlan<'a>,
        range: Range<usize>,
        most_bytes: u64,
    ) -> Result<Vec<Aggregated>, Overfull> {
        if plan.scans.is_empty() {
            return Ok(Vec::new());
        }
        let keys = std::mem::replace(&mut self.keys, Keys::Integers(Vec::new()));
        let index = KeyIndex::new(&keys);
        let mut aggregated = Vec::new();
        let mut result = Ok(());
        for (scan, request) in plan.scans.iter().zip(&mut plan.requests) {
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
        asked: &mut TableRequest<'a>,
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
            notes_extent: !asked.worthwhile.is_empty(),
        };
        let table = label(request.source, request.section);
        let of = self.tables.estimate(request.source);
        let progress = &mut *self.progress;
        let tell = &mut |rows| progress(Progress { table, rows, of });
        let Some(passed) = pass(self.tables, &request, threads, (plan, &shared, &shards), tell)? else {
            return Ok(None);
        };
        let pure = self.memo.filter(|memo| !asked.worthwhile.is_empty() && memo.is_pure(&request));
        let before = asked.read.filter(|_| shared.range.start > 0).unwrap_or_default();
        asked.read = pure.map(|_| passed.extent.with(before, asked.not_before.map(|asked| asked.bound)));
        self.take_over(plan, table, passed, matches!(keys, Keys::Texts(_)));
        let aggregated = plan.streams.iter().zip(shards).map(|(stream, shards)| {
            let (cells, shard) = shards.into_cells();
            Aggregated::new(Arc::clone(&stream.layout), cells, shard)
        });
        Ok(Some(aggregated.collect()))
    }

    /// Begins to keep what is worth it, after the first range was read.
    pub(super) fn begin_recording(&self, plan: &EventPlan<'a>) -> Vec<Recording<'a>> {
        let Some(memo) = self.memo else { return Vec::new() };
        let pure = plan.requests.iter().enumerate().filter(|(_, request)| request.read.is_some());
        pure.flat_map(|(scan, request)| request.worthwhile.iter().map(move |one| (scan, one)))
            .filter_map(|(scan, one)| one.begin(scan, memo))
            .collect()
    }

    /// Keeps what was recorded, if nothing is wrong with it.
    pub(super) fn keep_recording(&self, computing: &mut Computing<'a>, plan: &EventPlan<'a>) {
        let is_right = self.wrong.is_empty() && self.too_large.is_clear();
        let recorded = std::mem::take(&mut computing.recording);
        let (Some(memo), true) = (self.memo, is_right && !recorded.is_empty()) else { return };
        for one in recorded {
            if let Some(extent) = plan.requests[one.scan].read {
                one.keep(extent);
            }
        }
        memo.tidy();
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
    fn oldest_needed(&self, scan: &EventScan, aggregates: &[AggregateId]) -> Option<(ColumnId, i64)> {
        let stream = |id: &AggregateId| self.plan.audience.aggregate(*id).stream;
        let mut times = aggregates.iter().map(|id| scan.streams[stream(id) as usize].time);
        let time = times.next()?;
        if times.any(|other| other != time) {
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
        Some((time, bound))
    }
}

/// With so many shards a thread, one hardly ever waits for another.
const SHARDS_A_THREAD: usize = 4;
