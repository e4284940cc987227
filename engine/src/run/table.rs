//! Decoding the columns of a table of which every row counts.

use super::reading::ColumnNames;
use crate::batch::Batch;
use crate::column::Column;
use crate::decode::Decoder;
use crate::faults::{Faults, Owner};
use crate::keys::shown_key;
use crate::texts::Texts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{Column as PlanColumn, Shape};
use rulec_plan::time::Zone;

/// Decodes some columns of a plan and gathers what cannot be read.
pub(crate) struct TableReader<'a> {
    plan: &'a [PlanColumn],
    /// Index into the columns of the plan, place in the request, how to read it.
    readers: Vec<(usize, usize, Decoder)>,
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
        (zone, texts): (Zone, &mut Texts),
    ) -> Self {
        let mut reader = |column: usize| {
            let described = &plan[column];
            (column, names.place(&described.name), Decoder::new(&described.kind, zone, texts))
        };
        let readers = used.map(&mut reader).collect();
        Self { plan, readers, key, faults: Faults::default(), all_rows: Vec::new() }
    }

    /// The values of a batch, by index into the columns of the plan.
    pub(crate) fn decode(&mut self, batch: &Batch, texts: &mut Texts) -> Vec<(usize, Column)> {
        self.all_rows.clear();
        self.all_rows.extend((0_u32..).take(batch.rows));
        let (faults, all_rows, key) = (&mut self.faults, &self.all_rows, self.key);
        let decoded = self.readers.iter_mut().map(|(column, place, decoder)| {
            let mut fault = |row: usize, found| {
                let owner = shown_key(batch.columns[key].cell(row)).map(Owner::of);
                faults.add(*column, owner, found);
            };
            (*column, decoder.decode(&batch.columns[*place], all_rows, texts, &mut fault))
        });
        decoded.collect()
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

/// A column without rows for each of the plan.
pub(crate) fn empty_columns(plan: &[PlanColumn]) -> Vec<Column> {
    plan.iter().map(|column| Column::with_capacity(Shape::of(&column.kind), 0)).collect()
}
