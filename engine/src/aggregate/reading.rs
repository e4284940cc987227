//! Putting aggregates together from their cells, a tile of customers at a time.

use super::cells::{Cells, Count, from_high, from_low};
use super::layout::{Family, Layout, Measure, Member};
use super::update::{compare, value_words};
use crate::column::{Column, UNKNOWN, differing_shapes, truth};
use crate::texts::{MISSING, SharedTexts};
use rulec_plan::audience::AggregateId;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// The aggregates of one stream for a range of customers: shards of equally many customers, the last perhaps fewer.
#[derive(Debug)]
pub(crate) struct Aggregated {
    layout: Arc<Layout>,
    shards: Vec<Cells>,
    /// Customers a shard.
    shard: usize,
    /// By family and member, for measures of different values: by customer of the range.
    distinct: Vec<Vec<Vec<u32>>>,
}

/// Takes what was read of an aggregate.
pub(crate) trait Wanted {
    /// The column to fill, if this aggregate is wanted.
    fn column(&mut self, id: AggregateId) -> Option<&mut Column>;
    /// The sum of a customer does not fit.
    fn too_large(&mut self, customer: usize);
}

impl Aggregated {
    /// Of cells that have seen all rows.
    pub(crate) fn new(layout: Arc<Layout>, mut shards: Vec<Cells>, shard: usize) -> Self {
        let distinct = (0..layout.families.len()).map(|family| count_distinct(&layout, family, &mut shards));
        let distinct = distinct.collect();
        Self { layout, shards, shard, distinct }
    }

    /// Fills the columns of a tile that lies in one shard.
    pub(crate) fn read(&self, tile: Range<usize>, texts: &SharedTexts, wanted: &mut dyn Wanted) {
        let first = self.shards.first().map_or(0, |cells| cells.customers().start);
        let Some(cells) = self.shards.get((tile.start - first) / self.shard) else { return };
        for (family, distinct) in self.layout.families.iter().zip(&self.distinct) {
            let reading = Reading { family, cells, tile: tile.clone() };
            match family.measure {
                Measure::Count | Measure::CountKnown(_) => reading.counts(wanted),
                Measure::Sum(_) => reading.sums(wanted),
                Measure::Least(_) => reading.extremes(from_low, wanted),
                Measure::Greatest(_) => reading.extremes(from_high, wanted),
                Measure::Earliest(_) => reading.edges(Ordering::Less, texts, wanted),
                Measure::Latest(_) => reading.edges(Ordering::Greater, texts, wanted),
                Measure::Distinct(_) => {
                    for (member, counts) in family.members.iter().zip(distinct) {
                        let counts = &counts[tile.start - first..tile.end - first];
                        fill_ints(wanted, member.id, counts.iter().map(|count| i64::from(*count)));
                    }
                }
            }
        }
    }
}

/// For each member of a family how many different values each customer has; frees what was kept for that.
fn count_distinct(layout: &Layout, family: usize, shards: &mut [Cells]) -> Vec<Vec<u32>> {
    let Family { measure: Measure::Distinct(_), members, .. } = &layout.families[family] else {
        return Vec::new();
    };
    let mut bits = 0;
    let masks = members.iter().map(|member| {
        bits = if member.continues { bits } else { 0 };
        bits |= member.cells.iter().fold(0, |bits, cell| bits | 1_u64 << cell);
        bits
    });
    let masks: Vec<u64> = masks.collect();
    let range = shards.first().map_or(0, |cells| cells.customers().start)
        ..shards.last().map_or(0, |cells| cells.customers().end);
    let mut counts = vec![vec![0; range.len()]; members.len()];
    for ((customer, _), occurs) in
        shards.iter_mut().flat_map(|cells| std::mem::take(&mut cells.distinct[family]))
    {
        for (mask, counts) in masks.iter().zip(&mut counts) {
            counts[customer as usize - range.start] += u32::from(occurs & mask != 0);
        }
    }
    counts
}

/// One family while a tile of it is read.
struct Reading<'a> {
    family: &'a Family,
    cells: &'a Cells,
    tile: Range<usize>,
}

impl Reading<'_> {
    /// The words of each customer of the tile.
    fn rows(&self) -> impl Iterator<Item = &[u64]> {
        let Cells { words, stride, .. } = self.cells;
        let start = self.cells.base(self.tile.start);
        words[start..start + stride * self.tile.len()].chunks_exact(*stride)
    }

    fn counts(&self, wanted: &mut dyn Wanted) {
        let mut so_far = vec![0_i64; self.tile.len()];
        for Member { id, cells, continues } in &self.family.members {
            if !continues {
                so_far.fill(0);
            }
            for cell in cells {
                let count = Count::of(*cell as usize);
                for (so_far, words) in so_far.iter_mut().zip(self.rows()) {
                    *so_far += i64::from(count.read(words[count.word]));
                }
                self.add_full_counts(count, &mut so_far);
            }
            fill_counts(wanted, *id, &so_far);
        }
    }

    /// Hardly ever are there any.
    fn add_full_counts(&self, count: Count, counts: &mut [i64]) {
        if self.cells.full_counts.is_empty() {
            return;
        }
        for (so_far, customer) in counts.iter_mut().zip(self.tile.clone()) {
            let full = self.cells.full_counts.get(&count.place(self.cells.base(customer)));
            *so_far += full.copied().unwrap_or(0) << u16::BITS;
        }
    }

    fn sums(&self, wanted: &mut dyn Wanted) {
        let mut so_far = vec![0_i128; self.tile.len()];
        for Member { id, cells, continues } in &self.family.members {
            if !continues {
                so_far.fill(0);
            }
            for cell in cells {
                for (so_far, words) in so_far.iter_mut().zip(self.rows()) {
                    *so_far += i128::from(words[*cell as usize].cast_signed());
                }
                self.add_carries(*cell as usize, &mut so_far);
            }
            let fit = |at: usize| i64::try_from(so_far[at]).ok();
            (0..so_far.len())
                .filter(|at| fit(*at).is_none())
                .for_each(|at| wanted.too_large(self.tile.start + at));
            fill_ints(wanted, *id, (0..so_far.len()).map(|at| fit(at).unwrap_or(0)));
        }
    }

    /// Hardly ever are there any.
    fn add_carries(&self, cell: usize, sums: &mut [i128]) {
        if self.cells.carries.is_empty() {
            return;
        }
        for (sum, customer) in sums.iter_mut().zip(self.tile.clone()) {
            let carries = self.cells.carries.get(&(self.cells.base(customer) + cell));
            *sum += i128::from(carries.copied().unwrap_or(0)) << 64;
        }
    }

    fn extremes(&self, value: impl Fn(u64) -> i64, wanted: &mut dyn Wanted) {
        let mut best = vec![0; self.tile.len()];
        for Member { id, cells, continues } in &self.family.members {
            if !continues {
                best.fill(0);
            }
            for cell in cells {
                for (best, words) in best.iter_mut().zip(self.rows()) {
                    *best = words[*cell as usize].max(*best);
                }
            }
            if let Some(column) = wanted.column(*id) {
                set_ints(column, best.iter().map(|best| (*best != 0).then(|| value(*best))));
            }
        }
    }

    fn edges(&self, side: Ordering, texts: &SharedTexts, wanted: &mut dyn Wanted) {
        let shape = self.family.shape;
        let length = 1 + value_words(shape);
        let mut best = vec![0; length * self.tile.len()];
        for Member { id, cells, continues } in &self.family.members {
            if !continues {
                best.fill(0);
            }
            for cell in cells {
                for (best, words) in best.chunks_exact_mut(length).zip(self.rows()) {
                    let found = &words[*cell as usize..][..length];
                    let is_better = found[0] > best[0]
                        || found[0] == best[0] && compare(&found[1..], &best[1..], shape, texts) == side;
                    if found[0] != 0 && is_better {
                        best.copy_from_slice(found);
                    }
                }
            }
            if let Some(column) = wanted.column(*id) {
                fill_values(column, best.chunks_exact(length));
            }
        }
    }
}

fn fill_ints(wanted: &mut dyn Wanted, id: AggregateId, values: impl Iterator<Item = i64>) {
    if let Some(column) = wanted.column(id) {
        set_ints(column, values.map(Some));
    }
}

/// Counts as numbers, or as whether there is a row, as the column has it.
fn fill_counts(wanted: &mut dyn Wanted, id: AggregateId, counts: &[i64]) {
    match wanted.column(id) {
        Some(Column::Bool(found)) => {
            found.clear();
            found.extend(counts.iter().map(|count| truth(*count > 0)));
        }
        Some(column) => set_ints(column, counts.iter().map(|count| Some(*count))),
        None => {}
    }
}

fn set_ints(column: &mut Column, integers: impl Iterator<Item = Option<i64>>) {
    let Column::Int { values, known } = column else { differing_shapes() };
    values.clear();
    known.clear();
    for integer in integers {
        values.push(integer.unwrap_or(0));
        known.push(integer.is_some());
    }
}

/// The values behind times, or missing ones where there is no time; see [`super::update`].
fn fill_values<'w>(column: &mut Column, found: impl Iterator<Item = &'w [u64]>) {
    let code = |words: &[u64]| if words[0] == 0 { MISSING } else { words[1] as u32 };
    match column {
        Column::Bool(truths) => {
            truths.clear();
            truths.extend(found.map(|words| if words[0] == 0 { UNKNOWN } else { words[1] as u8 }));
        }
        Column::Int { .. } => {
            set_ints(column, found.map(|words| (words[0] != 0).then(|| words[1].cast_signed())));
        }
        Column::Ratio { numerators, denominators } => {
            numerators.clear();
            denominators.clear();
            for words in found {
                numerators.push(words[1].cast_signed());
                denominators.push(words[2].cast_signed());
            }
        }
        Column::Text(codes) | Column::Set(codes) => {
            codes.clear();
            codes.extend(found.map(code));
        }
    }
}
