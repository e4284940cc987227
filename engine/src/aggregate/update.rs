//! Adding the rows of a batch to their cells.

use super::cells::{Cells, Count, high, low};
use super::layout::{Family, Layout, Measure, NO_CELL, argument, is_time};
use crate::column::{Column, TRUE};
use crate::evaluate::{Evaluator, lowest_terms};
use crate::texts::SharedTexts;
use rulec_plan::audience::{NodeId, Shape, Stream};
use std::cmp::Ordering;
use std::ops::Range;

/// Rows of one batch that count for a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) stream: &'a Stream,
    /// Whose.
    pub(crate) customers: &'a [u32],
    /// When, in microseconds.
    pub(crate) times: &'a [i64],
    /// The values of the nodes that the layout names as its roots.
    pub(crate) evaluator: &'a Evaluator,
    pub(crate) texts: &'a SharedTexts,
}

/// In which interval of the layout each row lies.
#[derive(Debug, Default)]
pub(crate) struct Intervals {
    /// The one interval of all rows, as in a table whose rows came in the order of their times almost all batches have.
    one: Option<usize>,
    each: Vec<u32>,
}

/// Memory that is used again for every batch.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Where the words of each row's customer begin.
    bases: Vec<usize>,
    rows: Vec<u32>,
    cells: Vec<u32>,
}

/// Where the rows of a span go.
#[derive(Clone, Copy)]
enum Places<'a> {
    /// All to the same cell.
    One(u32),
    /// These rows to these cells, and no others anywhere.
    Some { rows: &'a [u32], cells: &'a [u32] },
}

impl Intervals {
    /// Finds the intervals of some times.
    pub(crate) fn find(&mut self, layout: &Layout, times: &[i64]) {
        let place = |time: i64| layout.cuts.partition_point(|cut| *cut <= time);
        let (mut least, mut greatest) = (i64::MAX, i64::MIN);
        for time in times {
            least = least.min(*time);
            greatest = greatest.max(*time);
        }
        self.each.clear();
        self.one = (times.is_empty() || place(least) == place(greatest)).then(|| place(least));
        if self.one.is_none() {
            self.each.extend(times.iter().map(|time| place(*time) as u32));
        }
    }
}

impl Layout {
    /// Adds the rows of a span, all of them of customers of these cells. A customer for whom a value is too large goes to
    /// `too_large`.
    pub(crate) fn update(
        &self,
        rows: Rows<'_>,
        intervals: &Intervals,
        span: Range<usize>,
        cells: &mut Cells,
        scratch: &mut Scratch,
        too_large: &mut dyn FnMut(u32),
    ) {
        let Scratch { bases, rows: chosen, cells: of_chosen } = scratch;
        bases.clear();
        bases.extend(rows.customers[span.clone()].iter().map(|customer| cells.base(*customer as usize)));
        cells.touch(bases);
        for (number, family) in self.families.iter().enumerate() {
            let Some(places) = family.places(rows, intervals, span.clone(), (chosen, of_chosen)) else {
                continue;
            };
            let placed = Placed { start: span.start, bases, places };
            let adding = Adding { rows, cells: &mut *cells, places: placed };
            match family.measure {
                Measure::Count | Measure::CountKnown(_) => adding.count(),
                Measure::Sum(node) => adding.sum(node),
                Measure::Least(node) => adding.extreme(node, low, too_large),
                Measure::Greatest(node) => adding.extreme(node, high, too_large),
                Measure::Earliest(node) => adding.edge(node, family.shape, Ordering::Less),
                Measure::Latest(node) => adding.edge(node, family.shape, Ordering::Greater),
                Measure::Distinct(node) => adding.distinct(node, number),
            }
        }
    }
}

impl Family {
    /// Where the rows of a span go; `None` if nowhere.
    fn places<'s>(
        &self,
        rows: Rows<'_>,
        intervals: &Intervals,
        span: Range<usize>,
        (chosen, of_chosen): (&'s mut Vec<u32>, &'s mut Vec<u32>),
    ) -> Option<Places<'s>> {
        let cells_of = |interval: usize| &self.cells[interval * self.classes..][..self.classes];
        if intervals.one.is_some_and(|one| cells_of(one).iter().all(|cell| *cell == NO_CELL)) {
            return None;
        }
        let known = argument(self.measure)
            .filter(|node| !is_time(*node, rows.stream))
            .map(|node| rows.evaluator.get(node))
            .filter(|column| !is_all_known(column, span.clone()));
        if let (Some(one), None, None, true) = (intervals.one, &self.switch, known, self.filter.is_empty()) {
            return Some(Places::One(cells_of(one)[0]));
        }
        let first = span.start as u32;
        chosen.clear();
        chosen.extend(first..span.end as u32);
        of_chosen.clear();
        match intervals.one {
            Some(one) => of_chosen.resize(chosen.len(), (one * self.classes) as u32),
            None => {
                let places = intervals.each[span].iter().map(|interval| interval * self.classes as u32);
                of_chosen.extend(places);
            }
        }
        if let Some(switch) = &self.switch {
            let codes = &rows.evaluator.get(switch.column).codes()[first as usize..];
            for (place, code) in of_chosen.iter_mut().zip(codes) {
                *place += switch.classes.get(*code as usize).copied().unwrap_or(0);
            }
        }
        of_chosen.iter_mut().for_each(|place| *place = self.cells[*place as usize]);
        for node in &self.filter {
            let truths = &rows.evaluator.get(*node).bools()[first as usize..];
            for (cell, truth) in of_chosen.iter_mut().zip(truths) {
                *cell = if *truth == TRUE { *cell } else { NO_CELL };
            }
        }
        if let Some(argument) = known {
            for (cell, row) in of_chosen.iter_mut().zip(&*chosen) {
                *cell = if argument.is_known(*row as usize) { *cell } else { NO_CELL };
            }
        }
        drop_unplaced(chosen, of_chosen);
        (!chosen.is_empty()).then_some(Places::Some { rows: chosen, cells: of_chosen })
    }
}

/// Drops the rows without a cell; without a branch, since which rows those are is hard to foresee.
fn drop_unplaced(rows: &mut Vec<u32>, cells: &mut Vec<u32>) {
    let mut kept = 0;
    for at in 0..rows.len() {
        let (row, cell) = (rows[at], cells[at]);
        rows[kept] = row;
        cells[kept] = cell;
        kept += usize::from(cell != NO_CELL);
    }
    rows.truncate(kept);
    cells.truncate(kept);
}

/// One family while it takes a span.
struct Adding<'a> {
    rows: Rows<'a>,
    cells: &'a mut Cells,
    places: Placed<'a>,
}

/// Where the rows of a span go, and where the words of their customers begin.
#[derive(Clone, Copy)]
struct Placed<'a> {
    start: usize,
    bases: &'a [usize],
    places: Places<'a>,
}

impl Placed<'_> {
    /// Calls `add` with each row, the place of its customer's words, and its cell.
    #[inline]
    fn each(self, mut add: impl FnMut(usize, usize, usize)) {
        match self.places {
            Places::One(cell) => {
                for (base, row) in self.bases.iter().zip(self.start..) {
                    add(row, *base, cell as usize);
                }
            }
            Places::Some { rows, cells } => {
                for (row, cell) in rows.iter().zip(cells) {
                    let row = *row as usize;
                    add(row, self.bases[row - self.start], *cell as usize);
                }
            }
        }
    }
}

impl<'a> Adding<'a> {
    fn count(self) {
        let Cells { words, full_counts, .. } = self.cells;
        let words = words.as_mut_slice();
        self.places.each(|_, base, cell| {
            let count = Count::of(cell);
            if count.add_one(&mut words[base + count.word]) {
                *full_counts.entry(count.place(base)).or_default() += 1;
            }
        });
    }

    fn sum(self, node: NodeId) {
        let values = self.ints(node);
        let Cells { words, carries, .. } = self.cells;
        let words = words.as_mut_slice();
        self.places.each(|row, base, cell| {
            let word = &mut words[base + cell];
            let (sum, over) = word.cast_signed().overflowing_add(values[row]);
            *word = sum.cast_unsigned();
            if over {
                *carries.entry(base + cell).or_default() += values[row].signum();
            }
        });
    }

    /// The greatest by `rank`. A value that has no rank is too large.
    fn extreme(self, node: NodeId, rank: impl Fn(i64) -> u64, too_large: &mut dyn FnMut(u32)) {
        let values = self.ints(node);
        let words = self.cells.words.as_mut_slice();
        self.places.each(|row, base, cell| {
            let ranked = rank(values[row]);
            if ranked == 0 {
                too_large(self.rows.customers[row]);
            }
            let best = &mut words[base + cell];
            *best = ranked.max(*best);
        });
    }

    /// The argument of the row at the edge; of several at that instant the one that lies farthest the same way.
    fn edge(self, node: NodeId, shape: Shape, wanted: Ordering) {
        let Rows { times, evaluator, texts, .. } = self.rows;
        let column = evaluator.get(node);
        let length = value_words(shape);
        let words = self.cells.words.as_mut_slice();
        self.places.each(|row, base, cell| {
            let time = if wanted == Ordering::Less { low(times[row]) } else { high(times[row]) };
            let value = value_of(column, row);
            let (best, best_value) = words[base + cell..][..1 + length].split_at_mut(1);
            let is_better =
                time > best[0] || time == best[0] && compare(&value, best_value, shape, texts) == wanted;
            if is_better {
                best[0] = time;
                best_value.copy_from_slice(&value[..length]);
            }
        });
    }

    fn distinct(self, node: NodeId, family: usize) {
        let Rows { customers, times, evaluator, stream, .. } = self.rows;
        let column = (!is_time(node, stream)).then(|| evaluator.get(node));
        let found = &mut self.cells.distinct[family];
        self.places.each(|row, _, cell| {
            let value = column.map_or([times[row].cast_unsigned(), 0], |column| value_of(column, row));
            *found.entry((customers[row], value)).or_default() |= 1 << cell;
        });
    }

    fn ints(&self, node: NodeId) -> &'a [i64] {
        if is_time(node, self.rows.stream) {
            self.rows.times
        } else {
            self.rows.evaluator.get(node).as_ints().0
        }
    }
}

/// How many words a value takes.
pub(super) fn value_words(shape: Shape) -> usize {
    if shape == Shape::Ratio { 2 } else { 1 }
}

/// A known value as words; equal for equal values of one column only.
fn value_of(column: &Column, row: usize) -> [u64; 2] {
    match column {
        Column::Bool(values) => [u64::from(values[row]), 0],
        Column::Int { values, .. } => [values[row].cast_unsigned(), 0],
        Column::Ratio { numerators, denominators } => {
            let (numerator, denominator) = lowest_terms(numerators[row], denominators[row]);
            [numerator.cast_unsigned(), denominator.cast_unsigned()]
        }
        Column::Text(codes) | Column::Set(codes) => [u64::from(codes[row]), 0],
    }
}

fn is_all_known(column: &Column, rows: Range<usize>) -> bool {
    match column {
        Column::Int { known, .. } => !known[rows].contains(&false),
        column => rows.into_iter().all(|row| column.is_known(row)),
    }
}

/// How two values of one shape compare; texts by their bytes.
pub(super) fn compare(a: &[u64], b: &[u64], shape: Shape, texts: &SharedTexts) -> Ordering {
    let int = |word: u64| word.cast_signed();
    match shape {
        Shape::Text if a[0] == b[0] => Ordering::Equal,
        Shape::Text => texts.compare(a[0] as u32, b[0] as u32),
        Shape::Ratio => {
            let wide = |word: u64| i128::from(int(word));
            (wide(a[0]) * wide(b[1])).cmp(&(wide(b[0]) * wide(a[1])))
        }
        Shape::Int => int(a[0]).cmp(&int(b[0])),
        Shape::Bool | Shape::Set => a[0].cmp(&b[0]),
    }
}
