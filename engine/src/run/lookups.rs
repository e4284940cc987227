//! Reading outside data.

use super::Run;
use super::needs::Needs;
use super::reading::{ColumnNames, label, read};
use super::table::{TableReader, empty_columns};
use crate::answers::Key;
use crate::column::Column;
use crate::diagnostics;
use crate::hash::{RowsHash, TextHashes};
use crate::lookup::{Lookup, key_at};
use crate::source::Request;
use crate::texts::Texts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{LookupId, LookupScan};
use rulec_plan::project::Source;
use rustc_hash::FxHashMap;

impl Run<'_> {
    /// Reads the tables that are needed. What is wrong with them is kept for the report.
    pub(super) fn read_lookups(&mut self, needs: &Needs) {
        for (scan, id) in self.plan.audience.lookups.iter().zip(0..) {
            let lookup = match needs.lookups.get(&LookupId(id)) {
                None => Ok(Lookup::default()),
                Some(columns) => {
                    let used: Vec<usize> = columns.iter().map(|column| column.0 as usize).collect();
                    self.read_lookup(scan, &used)
                }
            };
            self.lookups.push(lookup.unwrap_or_else(|mut wrong| {
                self.wrong.append(&mut wrong);
                Lookup { columns: empty_columns(&scan.columns), ..Lookup::default() }
            }));
        }
    }

    fn read_lookup(&mut self, scan: &LookupScan, used: &[usize]) -> Result<Lookup, Vec<Diagnostic>> {
        // The key is one more column behind those of the plan.
        let plan: Vec<_> = scan.columns.iter().chain([&scan.key]).cloned().collect();
        let key_column = scan.columns.len();
        let section = format!("lookups.{}", scan.name);
        let mut names = ColumnNames::default();
        let key = names.place(&scan.key.name);
        let context = (self.plan.zone, &self.texts);
        let mut table =
            TableReader::new(&plan, used.iter().copied().chain([key_column]), key, &mut names, context);
        let request = Request {
            source: &scan.source,
            section: &section,
            columns: &names.names,
            filters: &[],
            only_filtered: false,
            not_before: None,
            at_most: None,
        };
        let mut columns = empty_columns(&plan);
        let counted = (&mut self.work, &mut self.timings);
        read(self.tables, &request, counted, self.progress, |batch| {
            table.decode(batch, &self.texts);
            table.values().for_each(|(column, values)| columns[column].append(values));
        })?;
        if !matches!(scan.source, Source::Kept(_)) {
            self.hash_lookup(&section, &columns, used);
        }
        let name = label(&scan.source, &section);
        table.report(name, &mut self.wrong);
        let keys = columns.pop().unwrap_or_else(|| crate::column::differing_shapes());
        let rows = index(&keys, name, &scan.key.name, &self.texts.lock()).map_err(|wrong| vec![*wrong])?;
        Ok(Lookup { rows, columns })
    }

    /// The key is the last column.
    fn hash_lookup(&mut self, section: &str, columns: &[Column], used: &[usize]) {
        let texts = TextHashes::new(&self.texts.lock());
        let mut hash = RowsHash::new(section.to_owned());
        hash.begin(columns.last().map_or(0, Column::len));
        let columns = used.iter().filter_map(|column| columns.get(*column)).chain(columns.last());
        columns.for_each(|column| hash.add(column, &texts));
        hash.end();
        self.hashes.push(hash);
    }
}

/// Rows by key. A row without a key is never found, and so does no harm; a key on two rows would be a matter of chance.
pub(crate) fn index(
    keys: &Column,
    table: &str,
    column: &str,
    texts: &Texts,
) -> Result<FxHashMap<i64, u32>, Box<Diagnostic>> {
    let mut rows = FxHashMap::default();
    let mut repeated: FxHashMap<i64, u64> = FxHashMap::default();
    for (row, number) in (0..keys.len()).zip(0_u32..) {
        if let Some(key) = key_at(keys, row)
            && rows.insert(key, number).is_some()
        {
            *repeated.entry(key).or_insert(1) += 1;
        }
    }
    let shown = |key: i64| match keys {
        Column::Text(_) => u32::try_from(key).map_or(Key::Integer(key), |code| Key::Text(texts.text(code))),
        _ => Key::Integer(key),
    };
    match repeated.iter().map(|(key, count)| (shown(*key), *count)).min() {
        None => Ok(rows),
        Some((first, count)) => {
            Err(Box::new(diagnostics::key_twice(table, column, repeated.len() as u64, first, count)))
        }
    }
}
