//! Aggregates over a customer's rows.
//!
//! A row counts when its time is known and not after now, its window and its filter hold (unknown does not), and, for
//! what takes an argument, its argument is known. `count` of an argument counts the rows where it is known. `first` and
//! `last` go by the time of the row; of several rows at that instant `first` takes the least argument and `last` the
//! greatest: false before true, texts by their bytes.

use super::columns;
use super::rational::Rational;
use super::tables::key_of;
use super::value::{Value, all};
use super::{Reference, Scope};
use chrono::{DateTime, Utc};
use rulec_compiler::typed::{Aggregate, AggregateFunction, Expr};
use rulec_plan::project::EventTable;
use std::collections::{BTreeMap, BTreeSet};

/// A row of an event table that its customer's aggregates may see.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) facts: BTreeMap<String, Value>,
}

/// What an aggregate has of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowsSeen {
    /// No row that counts.
    None,
    /// A row whose argument is known, or which needs none.
    Known,
    /// A row whose argument is missing.
    Missing,
}

impl<'a> Reference<'a> {
    /// Reads all event tables and gives every customer the rows of its key. Other rows are nobody's.
    pub(super) fn sort_events(&mut self) {
        let customers: BTreeMap<_, usize> =
            (0..self.population()).map(|number| (self.key(number), number)).collect();
        for (name, table) in &self.project.events {
            let mut by_customer = vec![Vec::new(); self.population()];
            let rows = &self.tables.events[name];
            let (owner, time) = (rows.column(&table.customer), rows.column(&table.time.column));
            for row in &rows.rows {
                let Some(customer) = key_of(&row[owner]).and_then(|key| customers.get(&key)) else {
                    continue;
                };
                if row[time] == rusqlite::types::Value::Null {
                    continue;
                }
                let at = columns::time(table.time.format, &row[time]);
                if at <= self.clock.now {
                    by_customer[*customer].push(Event { at, facts: self.facts(name, table, row) });
                }
            }
            self.events.insert(name, by_customer);
        }
    }

    fn facts(
        &self,
        name: &str,
        table: &EventTable,
        row: &[rusqlite::types::Value],
    ) -> BTreeMap<String, Value> {
        let columns = &self.tables.events[name];
        let value = |fact: &rulec_plan::project::Fact| {
            columns::read(&fact.kind, self.clock.zone, &row[columns.column(&fact.column)])
        };
        table.facts.iter().map(|(fact, column)| (fact.clone(), value(column))).collect()
    }

    pub(super) fn event_fact(&self, name: &str, scope: Scope<'_>) -> Value {
        let row = scope.row.expect("a fact of a row stands in an aggregate");
        // Rows that were kept lack facts of the shop's own table of that name, and the other way round.
        row.facts.get(name).cloned().unwrap_or(Value::Missing)
    }

    pub(super) fn aggregate(&self, aggregate: &Aggregate, customer: usize) -> Value {
        let rows = &self.events[aggregate.event.as_str()][customer];
        let scope = |event| Scope::at(customer, event);
        let counted: Vec<&Event> = rows.iter().filter(|event| self.counts(aggregate, scope(event))).collect();
        let Some(argument) = &aggregate.argument else {
            return match aggregate.function {
                AggregateFunction::Count => Value::count(counted.len()),
                AggregateFunction::Exists => Value::Bool(!counted.is_empty()),
                other => panic!("{other:?} needs an argument"),
            };
        };
        let known = counted.iter().map(|event| (event.at, self.eval(argument, scope(event))));
        of_known(aggregate.function, argument, known.filter(|(_, value)| !value.is_missing()).collect())
    }

    /// What kinds of rows an aggregate has for a customer: at least one.
    pub fn rows_seen(&self, aggregate: &Aggregate, customer: usize) -> BTreeSet<RowsSeen> {
        let rows = &self.events[aggregate.event.as_str()][customer];
        let scope = |event| Scope::at(customer, event);
        let counted = rows.iter().filter(|event| self.counts(aggregate, scope(event)));
        let kind = |event| match &aggregate.argument {
            Some(argument) if self.eval(argument, scope(event)).is_missing() => RowsSeen::Missing,
            _ => RowsSeen::Known,
        };
        let seen: BTreeSet<RowsSeen> = counted.map(kind).collect();
        if seen.is_empty() { BTreeSet::from([RowsSeen::None]) } else { seen }
    }

    fn counts(&self, aggregate: &Aggregate, scope: Scope<'_>) -> bool {
        let event = scope.row.expect("a row");
        let in_window =
            aggregate.window.as_ref().map(|window| self.in_window(&Value::Time(event.at), window, scope));
        let passes = aggregate.filter.as_ref().map(|filter| self.eval(filter, scope).truth());
        all(in_window.into_iter().chain(passes)) == Some(true)
    }
}

/// What an aggregate makes of its known arguments, each with the time of its row.
fn of_known(function: AggregateFunction, argument: &Expr, known: Vec<(DateTime<Utc>, Value)>) -> Value {
    let values = || known.iter().map(|(_, value)| value.clone());
    match function {
        AggregateFunction::Count => Value::count(known.len()),
        AggregateFunction::Exists => Value::Bool(!known.is_empty()),
        AggregateFunction::Distinct => Value::count(values().collect::<BTreeSet<_>>().len()),
        AggregateFunction::Min => values().min().unwrap_or(Value::Missing),
        AggregateFunction::Max => values().max().unwrap_or(Value::Missing),
        AggregateFunction::First => known.iter().min().map_or(Value::Missing, |(_, value)| value.clone()),
        AggregateFunction::Last => known.iter().max().map_or(Value::Missing, |(_, value)| value.clone()),
        AggregateFunction::Sum => like(argument, sum(values())),
        AggregateFunction::Average if known.is_empty() => Value::Missing,
        AggregateFunction::Average => {
            let count = Rational::whole(i128::try_from(known.len()).expect("a count"));
            like(argument, sum(values()).divided_by(count).expect("there are rows"))
        }
    }
}

fn sum(values: impl Iterator<Item = Value>) -> Rational {
    values.fold(Rational::ZERO, |sum, value| match value {
        Value::Number(number) | Value::Days(number) => sum + number,
        other => panic!("{other:?} cannot be added up"),
    })
}

/// A number of the kind of an aggregate's argument.
fn like(argument: &Expr, number: Rational) -> Value {
    match argument.ty {
        rulec_compiler::types::Type::Duration => Value::Days(number),
        _ => Value::Number(number),
    }
}
