//! Where project file and data disagree, found by reading the tables as a run would.

use crate::answers::Keys;
use crate::batch::{Batch, Cell};
use crate::column::Column;
use crate::diagnostics::{self, EventKeys};
use crate::faults::Found;
use crate::keys::{KeyGatherer, KeyIndex, Whose};
use crate::run::{ColumnNames, TableReader, index_lookup, label};
use crate::source::{Filter, Request, Tables};
use crate::texts::SharedTexts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{Column as PlanColumn, Shape};
use rulec_plan::project::{EventTable, Fact, FactKind, LookupTable, Project, Source, TimeColumn};
use rulec_plan::time::{DAY, Day, Instant};

/// How much is looked at, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaCheck {
    /// Events after this instant lie in the future.
    pub now: Instant,
    /// At most so many rows of each table, whichever come first; `None` for all. Keys of customers and outside data
    /// are always read whole.
    pub rows: Option<u64>,
}

/// Days from 5000-01-01 on: nobody plans so far ahead, so the unit of the time must be another.
const FAR_FUTURE: Day = Day(1_106_685);

/// Numbers of a project hold no more decimals than these.
const MOST_DECIMALS: u8 = 9;

/// Everything about which project file and tables disagree, in the order of the project file.
pub(crate) fn check(tables: &dyn Tables, project: &Project, extent: SchemaCheck) -> Vec<Diagnostic> {
    let mut checker =
        Checker { tables, project, extent, texts: SharedTexts::default(), findings: Vec::new() };
    let keys = checker.check_customers();
    for (name, table) in &project.events {
        checker.check_events(name, table, keys.as_ref());
    }
    for (name, table) in &project.lookups {
        checker.check_lookup(&format!("lookups.{name}"), table);
    }
    checker.findings
}

struct Checker<'a> {
    tables: &'a dyn Tables,
    project: &'a Project,
    extent: SchemaCheck,
    texts: SharedTexts,
    findings: Vec<Diagnostic>,
}

/// What a section of the project file says of its table.
struct TableParts<'a> {
    key: &'a str,
    filter: Option<&'a String>,
    columns: Vec<PlanColumn>,
    /// At most so many rows are looked at.
    rows: Option<u64>,
}

impl Checker<'_> {
    /// Checks the customers and returns their keys, if those can be used.
    fn check_customers(&mut self) -> Option<Keys> {
        let table = &self.project.customer;
        let columns = table.facts.values().map(column_of).collect();
        let parts =
            TableParts { key: &table.key, filter: table.filter.as_ref(), columns, rows: self.extent.rows };
        if !self.check_table(&table.source, "customer", &parts, |_, _| {}) {
            return None;
        }
        let mut keys = KeyGatherer::default();
        let filters = filters_of("customer", parts.filter);
        let request = request(&table.source, "customer", std::slice::from_ref(&parts.key), &filters);
        let read = self.tables.scan(&request, &mut |batch| {
            keys.add(&batch.columns[0]);
            Ok(())
        });
        let name = label(&table.source, "customer");
        match read.and_then(|()| keys.finish(name, &table.key)) {
            Ok((keys, _)) => Some(keys),
            Err(mut wrong) => {
                self.findings.append(&mut wrong);
                None
            }
        }
    }

    fn check_events(&mut self, name: &str, table: &EventTable, keys: Option<&Keys>) {
        let section = format!("events.{name}");
        let time = time_column(&table.time);
        let columns = std::iter::once(time).chain(table.facts.values().map(column_of)).collect();
        let rows = self.extent.rows;
        let parts = TableParts { key: &table.customer, filter: table.filter.as_ref(), columns, rows };
        let index = keys.map(KeyIndex::new);
        let mut seen = EventsSeen::default();
        let now = self.extent.now.0;
        self.check_table(&table.source, &section, &parts, |batch, decoded| {
            if let Some(index) = &index {
                seen.count_owners(batch, index);
            }
            if let Some((0, times)) = decoded.values().next() {
                let (times, known) = times.as_ints();
                seen.future +=
                    times.iter().zip(known).filter(|(time, known)| **known && **time > now).count() as u64;
            }
        });
        let name = label(&table.source, &section);
        if let Some(found) = &seen.first_other_type {
            self.findings.push(diagnostics::event_key_type(&EventKeys {
                table: name,
                column: &table.customer,
                rows: seen.other_type,
                found,
                customers_are_texts: matches!(keys, Some(Keys::Texts(_))),
            }));
        }
        if seen.strangers > 0 {
            self.findings.push(diagnostics::unknown_customers(name, seen.strangers, seen.rows));
        }
        if seen.future > 0 {
            self.findings.push(diagnostics::events_in_future(name, seen.future));
        }
    }

    /// Checks outside data, and its keys as a run would decode them.
    fn check_lookup(&mut self, section: &str, table: &LookupTable) {
        let columns = table.facts.values().map(column_of).collect();
        // Whole, as a run reads it: a single text far below makes texts of all keys. In a run the fact after `by` says
        // how to read them; here they do so themselves.
        let parts = TableParts { key: &table.key, filter: None, columns, rows: None };
        let mut kind = FactKind::Number { decimals: 0 };
        let is_there = self.check_table(&table.source, section, &parts, |batch, _| {
            // The key is the first column of the request.
            (0..batch.rows).for_each(|row| widen(&mut kind, batch.columns[0].cell(row)));
        });
        if !is_there {
            return;
        }
        let mut keys = Column::with_capacity(Shape::of(&kind), 0);
        let key = PlanColumn { name: table.key.clone(), kind, personal: false };
        let parts = TableParts { columns: vec![key], ..parts };
        self.check_table(&table.source, section, &parts, |_, decoded| {
            decoded.values().for_each(|(_, column)| keys.append(column));
        });
        let indexed = index_lookup(&keys, label(&table.source, section), &table.key, &self.texts.lock());
        self.findings.extend(indexed.err().map(|wrong| *wrong));
    }

    /// Reads a table and reports what cannot be read. Says whether the table could be read at all.
    fn check_table(
        &mut self,
        source: &Source,
        section: &str,
        parts: &TableParts<'_>,
        mut look: impl FnMut(&Batch, &TableReader<'_>),
    ) -> bool {
        let mut names = ColumnNames::default();
        let key = names.place(parts.key);
        let all = 0..parts.columns.len();
        let context = (self.project.zone, &self.texts);
        let mut reader = TableReader::new(&parts.columns, all, key, &mut names, context);
        let filters = filters_of(section, parts.filter);
        let request = Request { at_most: parts.rows, ..request(source, section, &names.names, &filters) };
        let mut far = vec![0_u64; parts.columns.len()];
        let read = self.tables.scan(&request, &mut |batch| {
            reader.decode(batch, &self.texts);
            for (column, values) in reader.values() {
                far[column] += far_future(&parts.columns[column].kind, values);
            }
            look(batch, &reader);
            Ok(())
        });
        let name = label(source, section);
        reader.report(name, &mut self.findings);
        for (count, column) in far.into_iter().zip(&parts.columns).filter(|(count, _)| *count > 0) {
            self.findings.push(diagnostics::time_unit(&format!("{name}.{}", column.name), count));
        }
        match read {
            Ok(()) => true,
            Err(mut wrong) => {
                self.findings.append(&mut wrong);
                false
            }
        }
    }
}

/// Whose the rows of an event table are, and when they are.
#[derive(Debug, Default)]
struct EventsSeen {
    rows: u64,
    strangers: u64,
    other_type: u64,
    first_other_type: Option<Found>,
    future: u64,
}

impl EventsSeen {
    /// The customer's key is the first column of the request.
    fn count_owners(&mut self, batch: &Batch, index: &KeyIndex<'_>) {
        self.rows += batch.rows as u64;
        for row in 0..batch.rows {
            match index.find(batch.columns[0].cell(row)) {
                Whose::Customer(_) => {}
                Whose::Stranger => self.strangers += 1,
                Whose::OtherType(found) => {
                    self.other_type += 1;
                    if self.first_other_type.as_ref().is_none_or(|first| found < *first) {
                        self.first_other_type = Some(found);
                    }
                }
            }
        }
    }
}

fn column_of(fact: &Fact) -> PlanColumn {
    PlanColumn { name: fact.column.clone(), kind: fact.kind.clone(), personal: fact.personal }
}

/// Makes the kind of a key such that it can hold this one too.
fn widen(kind: &mut FactKind, key: Cell<'_>) {
    match key {
        Cell::Text(_) => *kind = FactKind::Text,
        Cell::Real(number) if number.fract() != 0.0 && *kind != FactKind::Text => {
            *kind = FactKind::Number { decimals: MOST_DECIMALS };
        }
        _ => {}
    }
}

fn time_column(time: &TimeColumn) -> PlanColumn {
    let kind = FactKind::Time { format: time.format };
    PlanColumn { name: time.column.clone(), kind, personal: false }
}

fn filters_of<'a>(section: &'a str, filter: Option<&'a String>) -> Vec<Filter<'a>> {
    filter.map(|sql| Filter { section, sql }).into_iter().collect()
}

fn request<'a>(
    source: &'a Source,
    section: &'a str,
    columns: &'a [&'a str],
    filters: &'a [Filter<'a>],
) -> Request<'a> {
    let only_filtered = !filters.is_empty();
    Request { source, section, columns, filters, only_filtered, not_before: None, at_most: None }
}

/// How many values of a column lie in the far future.
fn far_future(kind: &FactKind, values: &Column) -> u64 {
    let far = i64::from(FAR_FUTURE.0);
    let bound = match kind {
        FactKind::Date { .. } => far,
        FactKind::Time { .. } => far * DAY,
        _ => return 0,
    };
    let (values, known) = values.as_ints();
    values.iter().zip(known).filter(|(value, known)| **known && **value >= bound).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_far_future_begins_with_the_year_5000() {
        assert_eq!(Some(FAR_FUTURE), Day::from_ymd(5000, 1, 1));
    }
}
