//! Reading the customer table.

use super::Run;
use super::needs::Needs;
use super::reading::{ColumnNames, label, read};
use super::table::{TableReader, empty_columns};
use crate::keys::KeyGatherer;
use crate::source::{Filter, Request};
use crate::written::WrittenTexts;
use fixedbitset::FixedBitSet;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::ColumnId;
use std::collections::BTreeMap;

/// The section of the project file.
const SECTION: &str = "customer";

impl Run<'_> {
    /// Reads keys and the needed columns, in the order of the keys. Without keys nothing else can be done; values that
    /// cannot be read are kept for the report.
    pub(super) fn read_customers(&mut self, needs: &Needs) -> Result<(), Vec<Diagnostic>> {
        let scan = &self.plan.audience.customers;
        let mut names = ColumnNames::default();
        let key = names.place(&scan.key);
        let used = needs.columns.iter().map(|column| column.0 as usize);
        let context = (self.plan.zone, &self.texts);
        let mut table = TableReader::new(&scan.columns, used, key, &mut names, context);
        let mut place = |column: &ColumnId| names.place(&scan.columns[column.0 as usize].name);
        let places: Vec<(ColumnId, usize)> =
            needs.written.values().map(|column| (*column, place(column))).collect();
        let mut written: BTreeMap<ColumnId, WrittenTexts> = BTreeMap::new();
        let filters: Vec<Filter<'_>> =
            scan.filter.iter().map(|sql| Filter { section: SECTION, sql }).collect();
        let request = Request {
            source: &scan.source,
            section: SECTION,
            columns: &names.names,
            filters: &filters,
            only_filtered: !filters.is_empty(),
            not_before: None,
            at_most: None,
        };
        let mut keys = KeyGatherer::default();
        let mut columns = empty_columns(&scan.columns);
        let counted = (&mut self.work, &mut self.timings);
        read(self.tables, &request, counted, self.progress, |batch| {
            keys.add(&batch.columns[key]);
            table.decode(batch, &self.texts);
            table.values().for_each(|(column, values)| columns[column].append(values));
            for (column, place) in &places {
                let texts = written.entry(*column).or_default();
                texts.append(&batch.columns[*place], &mut |row, found| {
                    table.fault(batch, column.0 as usize, row, found)
                });
            }
        })?;
        self.memo = self.memo.filter(|memo| memo.is_pure(&request));
        let name = label(&scan.source, SECTION);
        table.report(name, &mut self.wrong);
        let (keys, order) = keys.finish(name, &scan.key).map_err(|mut wrong| {
            wrong.append(&mut self.wrong);
            wrong
        })?;
        let is_ordered = order.is_sorted();
        for column in needs.columns.iter().filter(|_| !is_ordered) {
            let column = &mut columns[column.0 as usize];
            *column = column.gather(&order);
        }
        written.values_mut().filter(|_| !is_ordered).for_each(|texts| *texts = texts.gather(&order));
        self.written = needs
            .written
            .iter()
            .filter_map(|(node, column)| Some((*node, written.remove(column)?)))
            .collect();
        self.customer_columns = columns;
        self.too_large = FixedBitSet::with_capacity(keys.len());
        self.keys = keys;
        Ok(())
    }
}
