//! Decoding the columns of a table of which every row counts.

use super::reading::ColumnNames;
use crate::batch::{BATCH_ROWS, Batch};
use crate::column::Column;
use crate::decode::{Chosen, Decoder};
use crate::faults::{Faults, Found, Owner};
use crate::keys::shown_key;
use crate::texts::SharedTexts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{Column as PlanColumn, Shape};
use rulec_plan::time::Zone;

/// Decodes some columns of a plan and gathers what cannot be read.
pub(crate) struct TableReader<'a> {
    plan: &'a [PlanColumn],
    /// Index into the columns of the plan, place in the request, how to read it, the values of the last batch.
    readers: Vec<(usize, usize, Decoder, Column)>,
    /// Place of the key in the request, for messages.
    key: usize,
    faults: Faults,
    all_rows: Vec<u32>,
}

impl<'a> TableReader<'a> {
    /// For the used ones of these columns; `key` is the place of the key in the request.
    pub(crate) fn new(
        plan: &'a [PlanColumn],
        used: impl Iterator<Item = usize>,
        key: usize,
        names: &mut ColumnNames<'a>,
        (zone, texts): (Zone, &SharedTexts),
    ) -> Self {
        let mut reader = |column: usize| {
            let described = &plan[column];
            let decoder = Decoder::new(&described.kind, zone, texts);
            let values = Column::with_capacity(Shape::of(&described.kind), BATCH_ROWS);
            (column, names.place(&described.name), decoder, values)
        };
        let readers = used.map(&mut reader).collect();
        Self { plan, readers, key, faults: Faults::default(), all_rows: Vec::new() }
    }

    /// Decodes a batch.
    pub(crate) fn decode(&mut self, batch: &Batch, texts: &SharedTexts) {
        self.all_rows.clear();
        self.all_rows.extend((0_u32..).take(batch.rows));
        let (faults, rows, key) = (&mut self.faults, &self.all_rows, self.key);
        for (column, place, decoder, values) in &mut self.readers {
            let mut fault = |row: usize, found| faults.add(*column, owner(batch, key, row), found);
            let raw = &batch.columns[*place];
            decoder.decode(Chosen { raw, rows, texts, fault: &mut fault }, values);
        }
    }

    /// Takes note of a value of a batch that cannot be read.
    pub(crate) fn fault(&mut self, batch: &Batch, column: usize, row: usize, found: Found) {
        self.faults.add(column, owner(batch, self.key, row), found);
    }

    /// The values of the batch decoded last, by index into the columns of the plan.
    pub(crate) fn values(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.readers.iter().map(|(column, _, _, values)| (*column, values))
    }

    /// Everything that could not be read.
    pub(crate) fn report(&self, table: &str, wrong: &mut Vec<Diagnostic>) {
        let describe = |column: usize| {
            let described = &self.plan[column];
            (format!("{table}.{}", described.name), described)
        };
        self.faults.report(describe, wrong);
    }
}

/// Whose row it is, by the place of the key.
fn owner(batch: &Batch, key: usize, row: usize) -> Option<Owner> {
    shown_key(batch.columns[key].cell(row)).map(Owner::of)
}

/// A column without rows for each of the plan.
pub(crate) fn empty_columns(plan: &[PlanColumn]) -> Vec<Column> {
    plan.iter().map(|column| Column::with_capacity(Shape::of(&column.kind), 0)).collect()
}
