//! Reading the customer table.

use super::Run;
use super::needs::Needs;
use super::reading::{ColumnNames, label, read};
use crate::batch::Batch;
use crate::column::Column;
use crate::decode::{Decoder, shape_of};
use crate::faults::{Faults, Owner};
use crate::keys::{KeyGatherer, shown_key};
use crate::source::{Filter, Request};
use crate::texts::Texts;
use fixedbitset::FixedBitSet;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::Column as PlanColumn;
use rulec_plan::time::Zone;

/// The section of the project file.
const SECTION: &str = "customer";

/// Columns of a table that is read whole, one row a key.
pub(super) struct KeyedTable<'a> {
    /// Index into the columns of the plan, place in the request, how to read it.
    readers: Vec<(usize, usize, Decoder)>,
    key: usize,
    plan: &'a [PlanColumn],
    pub(super) columns: Vec<Column>,
    faults: Faults,
    all_rows: Vec<u32>,
}

impl<'a> KeyedTable<'a> {
    /// A reader of these columns of a plan, keyed by the column at this place of the request.
    pub(super) fn new(
        plan: &'a [PlanColumn],
        used: impl Iterator<Item = usize>,
        key: usize,
        names: &mut ColumnNames<'a>,
        (zone, texts): (Zone, &mut Texts),
    ) -> Self {
        let mut reader = |column: usize| {
            let described = &plan[column];
            (column, names.place(&described.name), Decoder::new(&described.kind, zone, texts))
        };
        Self {
            readers: used.map(&mut reader).collect(),
            key,
            plan,
            columns: plan.iter().map(|column| Column::with_capacity(shape_of(&column.kind), 0)).collect(),
            faults: Faults::default(),
            all_rows: Vec::new(),
        }
    }

    /// Decodes a batch.
    pub(super) fn take(&mut self, batch: &Batch, texts: &mut Texts) {
        self.all_rows.clear();
        self.all_rows.extend((0_u32..).take(batch.rows));
        for (column, place, decoder) in &mut self.readers {
            let mut fault = |row: usize, found| {
                let owner = shown_key(batch.columns[self.key].cell(row)).map(Owner::of);
                self.faults.add(*column, owner, found);
            };
            let decoded = decoder.decode(&batch.columns[*place], &self.all_rows, texts, &mut fault);
            self.columns[*column].append(&decoded);
        }
    }

    /// Everything that could not be read.
    pub(super) fn report(&self, table: &str, wrong: &mut Vec<Diagnostic>) {
        let describe = |column: usize| {
            let described = &self.plan[column];
            (format!("{table}.{}", described.name), &described.kind)
        };
        self.faults.report(describe, wrong);
    }
}

impl Run<'_> {
    /// Reads keys and the needed columns, in the order of the keys. Without keys nothing else can be done; values that
    /// cannot be read are kept for the report.
    pub(super) fn read_customers(&mut self, needs: &Needs) -> Result<(), Vec<Diagnostic>> {
        let scan = &self.plan.audience.customers;
        let mut names = ColumnNames::default();
        let key = names.place(&scan.key);
        let used = needs.columns.iter().map(|column| column.0 as usize);
        let context = (self.plan.zone, &mut self.texts);
        let mut table = KeyedTable::new(&scan.columns, used, key, &mut names, context);
        let filters: Vec<Filter<'_>> =
            scan.filter.iter().map(|sql| Filter { section: SECTION, sql }).collect();
        let request = Request {
            source: &scan.source,
            section: SECTION,
            columns: &names.names,
            filters: &filters,
            only_filtered: !filters.is_empty(),
            not_before: None,
        };
        let mut keys = KeyGatherer::default();
        let hash = read(self.tables, &request, &mut self.work, self.progress, |batch| {
            keys.add(&batch.columns[key]);
            table.take(batch, &mut self.texts);
            0
        })?;
        self.hashes.push(hash);
        let name = label(&scan.source, SECTION);
        table.report(name, &mut self.wrong);
        let (keys, order) = keys.finish(name, &scan.key).map_err(|mut wrong| {
            wrong.append(&mut self.wrong);
            wrong
        })?;
        let is_ordered = order.is_sorted();
        for column in needs.columns.iter().filter(|_| !is_ordered) {
            let column = &mut table.columns[column.0 as usize];
            *column = column.gather(&order);
        }
        self.customer_columns = table.columns;
        self.too_large = FixedBitSet::with_capacity(keys.len());
        self.keys = keys;
        Ok(())
    }
}
