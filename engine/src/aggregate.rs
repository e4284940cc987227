//! Aggregates: one accumulator for each, by customer, filled batch by batch. What comes out does not depend on the order
//! of rows.

use crate::column::{Column, differing_shapes, truth};
use crate::evaluate::{compare_ratios, keeps, lowest_terms};
use crate::texts::Texts;
use rulec_plan::audience::{Aggregate, Function, Shape};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// The visible rows of one stream in one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Whose.
    pub(crate) customers: &'a [u32],
    /// When, in microseconds.
    pub(crate) times: &'a [i64],
}

/// What is known so far of one aggregate.
#[derive(Debug)]
pub(crate) struct Accumulator {
    from: i64,
    /// No row is at the end of time: all formats count in whole milliseconds or end with the year 9999.
    until: i64,
    state: State,
}

#[derive(Debug)]
enum State {
    Count(Vec<i64>),
    /// 128 bits: no order of additions goes past them.
    Sum(Vec<i128>),
    Extreme {
        wanted: Ordering,
        best: Column,
    },
    Edge {
        wanted: Ordering,
        times: Vec<i64>,
        best: Column,
    },
    Distinct {
        seen: FxHashSet<(u32, i64, i64)>,
        counts: Vec<i64>,
    },
    Exists(Vec<u8>),
}

impl Accumulator {
    /// For so many customers. `shape` is the argument's.
    pub(crate) fn new(aggregate: &Aggregate, shape: Shape, customers: usize) -> Self {
        let state = match aggregate.function {
            Function::Count | Function::CountKnown(_) => State::Count(vec![0; customers]),
            Function::Sum(_) => State::Sum(vec![0; customers]),
            Function::Min(_) => {
                State::Extreme { wanted: Ordering::Less, best: Column::missing(Shape::Int, customers) }
            }
            Function::Max(_) => {
                State::Extreme { wanted: Ordering::Greater, best: Column::missing(Shape::Int, customers) }
            }
            Function::First(_) => edge(Ordering::Less, shape, customers),
            Function::Last(_) => edge(Ordering::Greater, shape, customers),
            Function::Distinct(_) => {
                State::Distinct { seen: FxHashSet::default(), counts: vec![0; customers] }
            }
            Function::Exists => State::Exists(vec![truth(false); customers]),
        };
        Self {
            from: aggregate.from.map_or(i64::MIN, |instant| instant.0),
            until: aggregate.until.map_or(i64::MAX, |instant| instant.0),
            state,
        }
    }

    /// Takes in the rows inside the window that the filter keeps and whose argument is known.
    pub(crate) fn add(
        &mut self,
        rows: Rows<'_>,
        filter: Option<&Column>,
        argument: Option<&Column>,
        texts: &Texts,
    ) {
        let (from, until) = (self.from, self.until);
        let counts = |row: &usize| {
            let time = rows.times[*row];
            from <= time
                && time < until
                && keeps(filter, *row)
                && argument.is_none_or(|argument| argument.is_known(*row))
        };
        let chosen = (0..rows.times.len()).filter(counts).map(|row| (row, rows.customers[row] as usize));
        match (&mut self.state, argument) {
            (State::Count(counts), _) => chosen.for_each(|(_, customer)| counts[customer] += 1),
            (State::Exists(found), _) => chosen.for_each(|(_, customer)| found[customer] = truth(true)),
            (State::Sum(sums), Some(argument)) => {
                let (values, _) = argument.as_ints();
                chosen.for_each(|(row, customer)| sums[customer] += i128::from(values[row]));
            }
            (State::Extreme { wanted, best }, Some(argument)) => chosen.for_each(|(row, customer)| {
                if !best.is_known(customer) || compare(argument, row, best, customer, texts) == *wanted {
                    best.set(customer, argument, row);
                }
            }),
            (State::Edge { wanted, times, best }, Some(argument)) => chosen.for_each(|(row, customer)| {
                let order = rows.times[row].cmp(&times[customer]);
                let better = || order.then_with(|| compare(argument, row, best, customer, texts)) == *wanted;
                if !best.is_known(customer) || better() {
                    best.set(customer, argument, row);
                    times[customer] = rows.times[row];
                }
            }),
            (State::Distinct { seen, counts }, Some(argument)) => chosen.for_each(|(row, customer)| {
                let (a, b) = identity(argument, row);
                counts[customer] += i64::from(seen.insert((rows.customers[row], a, b)));
            }),
            (_, None) => differing_shapes(),
        }
    }

    /// The results for all customers. Customers whose sum does not fit go to `too_large`.
    pub(crate) fn finish(self, too_large: &mut dyn FnMut(usize)) -> Column {
        match self.state {
            State::Count(counts) | State::Distinct { counts, .. } => Column::ints(counts),
            State::Exists(found) => Column::Bool(found),
            State::Extreme { best, .. } | State::Edge { best, .. } => best,
            State::Sum(sums) => {
                let fit = |(customer, sum): (usize, i128)| {
                    i64::try_from(sum).unwrap_or_else(|_| {
                        too_large(customer);
                        0
                    })
                };
                Column::ints(sums.into_iter().enumerate().map(fit).collect())
            }
        }
    }
}

fn edge(wanted: Ordering, shape: Shape, customers: usize) -> State {
    State::Edge { wanted, times: vec![0; customers], best: Column::missing(shape, customers) }
}

/// How two known values of one shape compare; texts by their bytes.
fn compare(a: &Column, row: usize, b: &Column, other: usize, texts: &Texts) -> Ordering {
    match (a, b) {
        (Column::Bool(a), Column::Bool(b)) => a[row].cmp(&b[other]),
        (Column::Text(a), Column::Text(b)) if a[row] == b[other] => Ordering::Equal,
        (Column::Text(a), Column::Text(b)) => texts.text(a[row]).cmp(texts.text(b[other])),
        _ => compare_ratios(a, row, b, other),
    }
}

/// Two numbers that are equal for equal values of one column only.
fn identity(column: &Column, row: usize) -> (i64, i64) {
    match column {
        Column::Bool(values) => (i64::from(values[row]), 0),
        Column::Int { values, .. } => (values[row], 0),
        Column::Ratio { numerators, denominators } => lowest_terms(numerators[row], denominators[row]),
        Column::Text(codes) | Column::Set(codes) => (i64::from(codes[row]), 0),
    }
}
