//! Reading event tables: each once a stage, for all streams and aggregates over it.

use super::Run;
use super::reading::{ColumnNames, label, read};
use super::stream::{Around, Belongs, ScanColumns, StreamReading};
use crate::answers::Keys;
use crate::decode::Decoder;
use crate::keys::KeyIndex;
use crate::source::{Filter, NotBefore, Request};
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{AggregateId, EventScan, Op};
use rulec_plan::project::{FactKind, TimeFormat};
use rulec_plan::time::{Instant, SECOND};
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
            columns.begin_batch();
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
        &mut self,
        scan: &'s EventScan,
        aggregates: &[AggregateId],
        names: &mut ColumnNames<'s>,
    ) -> Vec<StreamReading<'s>> {
        let mut readings = Vec::new();
        for (stream, number) in scan.streams.iter().zip(0..) {
            let own = aggregates.iter().filter(|id| self.plan.audience.aggregate(**id).stream == number);
            let own: Vec<AggregateId> = own.copied().collect();
            if !own.is_empty() {
                readings.push(StreamReading::new(
                    stream,
                    &own,
                    self.plan,
                    self.keys.len(),
                    names,
                    &mut self.texts,
                ));
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
        ScanColumns::new(readers)
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
