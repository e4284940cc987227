//! Reading the customer table.

use super::Run;
use super::needs::Needs;
use super::reading::{ColumnNames, label, read};
use super::table::{TableReader, empty_columns};
use crate::keys::KeyGatherer;
use crate::source::{Filter, Request};
use fixedbitset::FixedBitSet;
use rulec_diagnostic::Diagnostic;

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
        })?;
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
        self.customer_columns = columns;
        self.too_large = FixedBitSet::with_capacity(keys.len());
        self.keys = keys;
        Ok(())
    }
}
